//! A snapshot: what a document has to know to be shown and edited before its past is read.
//! A cache of the log: without it the same document comes out of the log, later.

use crate::event::{EventId, Timestamp};
use crate::graph::{Base, Graph};
use crate::projection::facts::Facts;
use crate::text::Text;

/// A document after the first so many events of its log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    pub(crate) base: Base,
    /// The event that created the document, and when.
    pub(crate) created: Option<(EventId, Timestamp)>,
    pub(crate) title: String,
    pub(crate) archived: bool,
    pub(crate) text: Text,
}

impl Snapshot {
    /// How many events it stands for: as a part of a log, the last revision in it.
    pub fn events(&self) -> usize {
        self.base.len
    }

    /// The text after those events.
    pub fn text(&self) -> &Text {
        &self.text
    }

    pub(crate) fn of(graph: &Graph, text: &Text, facts: &Facts) -> Self {
        Self {
            base: graph.as_base(),
            created: facts.creation(),
            title: facts.title().to_owned(),
            archived: facts.archived(),
            text: text.clone(),
        }
    }
}
