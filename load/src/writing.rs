//! What a client writes: one word after the other, each an event of its own. It keeps no text;
//! a server that orders events does not look at where they insert.

use palimpsest_core::{
    AuthorId, CorrelationId, DocumentId, Event, EventId, Header, Intent, Op, Payload, ReplicaId,
    Timestamp,
};

/// The words that are written, one after the other.
const WORDS: [&str; 6] = ["a ", "palimpsest ", "never ", "forgets ", "what ", "stood "];

/// The `n`-th document of this run. `run` makes the ids of two runs differ.
pub(crate) fn document(run: u64, n: usize) -> DocumentId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&run.to_be_bytes());
    id[8..].copy_from_slice(&(n as u64).to_be_bytes());
    DocumentId(id)
}

/// The `counter`-th event of a replica, made on `parent`. A document's first event has none and
/// makes the document. `sent` comes back with the event, wherever it is relayed to.
pub(crate) fn event(
    replica: ReplicaId,
    counter: u64,
    parent: Option<EventId>,
    sent: u64,
    time: i64,
) -> Event {
    let payload = match parent {
        None => Payload::DocumentCreated { title: "Under load".into() },
        Some(_) => {
            let text = WORDS[(counter % WORDS.len() as u64) as usize].to_owned();
            Payload::TextEdited { ops: vec![Op::Insert { pos: 0, text }] }
        }
    };
    let mut author = [0; 16];
    author[8..].copy_from_slice(&replica.0.to_be_bytes());
    let header = Header {
        id: EventId { replica, counter },
        parents: parent.into_iter().collect(),
        author: AuthorId(author),
        time: Timestamp(time),
        intent: Intent::Typed,
        correlation: CorrelationId(sent),
        causation: None,
    };
    Event { header, payload }
}
