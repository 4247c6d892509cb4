//! A value that is replaced as a whole, by people who may not know of one another.

use crate::event::EventId;
use crate::graph::{Graph, Lv};

/// A value that is replaced as a whole. Of replacements that knew nothing of one another the
/// one with the greatest event id counts, on every replica, whatever the order of arrival.
#[derive(Clone, Debug)]
pub(super) struct Register<T> {
    /// The replacements that no other one has replaced.
    heads: Vec<(Lv, EventId, T)>,
}

impl<T> Default for Register<T> {
    fn default() -> Self {
        Self { heads: Vec::new() }
    }
}

impl<T> Register<T> {
    /// A value that an event before all that are here gave it.
    pub(super) fn known(lv: Lv, event: EventId, value: T) -> Self {
        Self { heads: vec![(lv, event, value)] }
    }

    pub(super) fn set(&mut self, graph: &Graph, lv: Lv, value: T) {
        self.heads.retain(|&(old, _, _)| !graph.version_contains(&[lv], old));
        if !self.heads.iter().any(|&(head, _, _)| graph.version_contains(&[head], lv)) {
            self.heads.push((lv, graph.id_of(lv), value));
        }
    }

    pub(super) fn get(&self) -> Option<&T> {
        self.latest().map(|(_, value)| value)
    }

    /// The value, and the event that it comes from.
    pub(super) fn latest(&self) -> Option<(EventId, &T)> {
        let latest = self.heads.iter().max_by_key(|(_, id, _)| *id);
        latest.map(|(_, id, value)| (*id, value))
    }
}
