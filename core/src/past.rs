//! The past of a document on its way in: blocks of its log, taken one by one, so that whoever
//! reads them can do other things in between. What it becomes part of is `document`'s business.

use thiserror::Error;

use crate::block::Block;
use crate::graph::Graph;
use crate::projection::timeline::Timeline;

/// The first events of a document's log, as far as they were read, and their timeline.
///
/// # Laws
/// - Taking blocks in is merging their events in order and extending a timeline with them,
///   however the events are cut into blocks.
#[derive(Clone, Default, Debug)]
pub struct Past {
    pub(crate) graph: Graph,
    pub(crate) timeline: Timeline,
}

/// Why a past was not taken. Nothing was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PastError {
    /// A block is not what comes next.
    #[error("the history goes on from revision {expected}, and this begins elsewhere")]
    Gap {
        /// The revision of the next event.
        expected: u64,
    },
    /// An event was made on one that is not there.
    #[error("the history after revision {after} lacks an event that it was made on")]
    Incomplete {
        /// The last revision that is complete.
        after: u64,
    },
    /// It is not the past of this document, or the snapshot is not of its log.
    #[error("the history and what was kept of it do not fit together")]
    Other,
}

impl Past {
    /// How many events were read.
    pub fn len(&self) -> usize {
        self.graph.len()
    }

    /// Whether none were.
    pub fn is_empty(&self) -> bool {
        self.graph.is_empty()
    }

    /// Takes the next events of the log, which must have places.
    ///
    /// # Errors
    /// If they are not the next, or miss something that they were made on.
    pub fn take(&mut self, mut block: Block) -> Result<(), PastError> {
        let last = self.len() as u64;
        let is_next =
            block.is_gapless() && block.revisions().is_none_or(|(first, _)| first.0 == last + 1);
        let places = block.places.take().filter(|_| is_next);
        let places = places.ok_or(PastError::Gap { expected: last + 1 })?;
        let added = self.graph.append_block(&mut block);
        let added = added.ok_or(PastError::Incomplete { after: last })?;
        let clamped = self.timeline.extend_with(&self.graph, added, &places.recorded);
        self.graph.content.replayed(clamped);
        Ok(())
    }
}
