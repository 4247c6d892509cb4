//! What a file is that is to become a document: an exported log, or a text. Nothing is stored here.

use palimpsest_core::codec::{self, DecodeError};
use palimpsest_core::{Graph, Ordered, Revision, Timestamp};
use thiserror::Error;

/// How many events a log always may have. Each takes some hundred bytes when it is written into the
/// store, though a log may hold thousands in one.
const EVENTS_MIN: usize = 1 << 20;
/// How many it may have beyond that, for each of its bytes. What people write comes to about one.
const EVENTS_PER_BYTE: usize = 16;

/// What a file holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Incoming {
    /// The whole log of a document.
    Log(Vec<Ordered>),
    /// A text.
    Text(String),
}

/// Why a file is not taken.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum IncomingError {
    /// It is of no known kind.
    #[error("it is neither an exported log ({0}) nor a text")]
    Neither(DecodeError),
    /// A log claims more than anybody could have written.
    #[error("it says that it has {0} events, which it is too small for")]
    TooMany(usize),
    /// A log claims that more was erased from it than a log holds.
    #[error("it says that {0} characters were erased from it, which no log ever had")]
    TooMuchErased(usize),
    /// A log ends, and goes on later.
    #[error("it is damaged: revision {} is missing", .0.0)]
    Missing(Revision),
    /// A log without events, or with times that go backwards.
    #[error("it is no whole log of a document")]
    NotWhole,
}

/// Says what a file's bytes are. A log that somebody exported on a device does not say when its
/// events were recorded; they were when they were made, and not after `now`.
///
/// # Errors
/// If they are neither, or a log is not whole.
pub fn read(bytes: Vec<u8>, now: Timestamp) -> Result<Incoming, IncomingError> {
    let may_have = EVENTS_MIN.max(bytes.len().saturating_mul(EVENTS_PER_BYTE));
    let fits = |events: usize| match events > may_have {
        true => Err(IncomingError::TooMany(events)),
        false => Ok(()),
    };
    let events = match (codec::decode_block(&bytes), codec::decode_log(&bytes)) {
        (Ok(block), _) => {
            fits(block.len())?;
            // Events that have no places are none of these.
            block.ordered().collect()
        }
        (_, Ok(graph)) => {
            fits(graph.len())?;
            placed(&graph, now)
        }
        (Err(as_block), Err(as_log)) => {
            let is_log = !matches!(as_log, DecodeError::WrongMagic(_));
            let error = if is_log { as_log } else { as_block };
            let text = String::from_utf8(bytes);
            return text.map(Incoming::Text).map_err(|_| IncomingError::Neither(error));
        }
    };
    check(&events)?;
    Ok(Incoming::Log(events))
}

/// The events of a graph in its order.
fn placed(graph: &Graph, now: Timestamp) -> Vec<Ordered> {
    let mut recorded = Timestamp(i64::MIN);
    let place = |lv| {
        let event = graph.event(lv);
        recorded = recorded.max(event.header.time.min(now));
        Ordered { revision: Revision(lv as u64 + 1), recorded, event }
    };
    (0..graph.len()).map(place).collect()
}

/// Whether events are all that a document has.
fn check(events: &[Ordered]) -> Result<(), IncomingError> {
    let erased = events.iter().map(|ordered| ordered.event.payload.erased_scalars());
    let erased = erased.fold(0, usize::saturating_add);
    if erased > codec::BLOCK_BYTES_MAX {
        return Err(IncomingError::TooMuchErased(erased));
    }
    if let Some((_, due)) = events.iter().zip(1..).find(|(it, due)| it.revision.0 != *due) {
        return Err(IncomingError::Missing(Revision(due)));
    }
    if events.is_empty() || !events.is_sorted_by_key(|ordered| ordered.recorded) {
        return Err(IncomingError::NotWhole);
    }
    Ok(())
}
