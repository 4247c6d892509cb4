//! Short ways to write events down. They go through no core command, so that a test can
//! also write what no honest client would.

use palimpsest_core::{
    AuthorId, CorrelationId, DocumentId, Event, EventId, Header, Intent, Op, Payload, ReplicaId,
    Timestamp,
};

/// The `n`-th document.
pub(crate) fn document(n: u8) -> DocumentId {
    DocumentId([n; 16])
}

pub(crate) fn author(n: u8) -> AuthorId {
    AuthorId([n; 16])
}

pub(crate) fn id(replica: u64, counter: u64) -> EventId {
    EventId { replica: ReplicaId(replica), counter }
}

/// An event of `replica` after `parents`.
pub(crate) fn event(replica: u64, counter: u64, parents: &[EventId], payload: Payload) -> Event {
    let mut parents = parents.to_vec();
    parents.sort();
    let header = Header {
        id: id(replica, counter),
        parents,
        author: author(replica as u8),
        time: Timestamp(1_700_000_000_000 + counter as i64),
        intent: Intent::Typed,
        correlation: CorrelationId(0),
        causation: None,
    };
    Event { header, payload }
}

pub(crate) fn created(replica: u64, title: &str) -> Event {
    event(replica, 0, &[], Payload::DocumentCreated { title: title.into() })
}

/// An insert of `text` at the beginning.
pub(crate) fn insert(replica: u64, counter: u64, parents: &[EventId], text: &str) -> Event {
    let ops = vec![Op::Insert { pos: 0, text: text.into() }];
    event(replica, counter, parents, Payload::TextEdited { ops })
}

/// A document's creation and `count` inserts, one after the other, all of one replica.
pub(crate) fn chain(replica: u64, count: u64) -> Vec<Event> {
    let mut events = vec![created(replica, "A chain")];
    for counter in 1..=count {
        events.push(insert(replica, counter, &[id(replica, counter - 1)], "x"));
    }
    events
}

/// A small seeded source of numbers.
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
