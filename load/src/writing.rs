//! What a client writes: one word after the other, each an event of its own, at a place of its own
//! in the text, which it does not keep.

use palimpsest_core::{
    AuthorId, CorrelationId, DocumentId, Event, EventId, Header, Intent, Op, Payload, Timestamp,
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

/// The event of a replica that is made on `parents`, at `pos` or where the text ends before. A
/// document's first event has no parents and makes the document. `sent` comes back with the event,
/// wherever it is relayed to.
pub(crate) fn event(id: EventId, parents: Vec<EventId>, pos: usize, sent: u64, time: i64) -> Event {
    let payload = match parents.is_empty() {
        true => Payload::DocumentCreated { title: "Under load".into() },
        false => {
            let text = WORDS[(id.counter % WORDS.len() as u64) as usize].to_owned();
            Payload::TextEdited { ops: vec![Op::Insert { pos, text }] }
        }
    };
    let mut author = [0; 16];
    author[8..].copy_from_slice(&id.replica.0.to_be_bytes());
    let header = Header {
        id,
        parents,
        author: AuthorId(author),
        time: Timestamp(time),
        intent: Intent::Typed,
        correlation: CorrelationId(sent),
        causation: None,
    };
    Event { header, payload }
}
