//! A device's own store: what is here survives a crash of the app. It takes a write whole or
//! not at all, and knows nothing of documents.

use palimpsest_core::{Event, EventId, Ordered};

/// What survives.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    /// The server's prefix.
    pub(super) ordered: Vec<Ordered>,
    /// Events without a revision yet, in causal order, and whether each is complete.
    pub(super) pending: Vec<(Event, bool)>,
}

/// One transaction.
#[derive(Clone, Debug, Default)]
pub(super) struct Write {
    /// Own events; one that is there already is replaced, since it was still growing.
    pub(super) pending: Vec<(Event, bool)>,
    /// The next revisions. They take the place of pending events of the same ids.
    pub(super) ordered: Vec<Ordered>,
}

impl Write {
    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.ordered.is_empty()
    }
}

impl Disk {
    /// Takes a write.
    ///
    /// # Panics
    /// If it leaves a gap in the revisions, or changes an event that was complete: the fault of
    /// whoever writes.
    pub(super) fn take(&mut self, write: Write) {
        for (event, complete) in write.pending {
            let id = event.header.id;
            let known = self.pending.iter_mut().find(|(known, _)| known.header.id == id);
            match known {
                Some(known) => {
                    assert!(!known.1 || known.0 == event, "event {id} was complete");
                    *known = (event, complete);
                }
                None => self.pending.push((event, complete)),
            }
        }
        for ordered in write.ordered {
            assert_eq!(ordered.revision.0, self.ordered.len() as u64 + 1, "no gap on the device");
            self.pending.retain(|(event, _)| event.header.id != ordered.event.header.id);
            self.ordered.push(ordered);
        }
    }

    /// The event that was still growing when it was last written.
    pub(super) fn draft(&self) -> Option<EventId> {
        self.pending.iter().find(|(_, complete)| !complete).map(|(event, _)| event.header.id)
    }
}
