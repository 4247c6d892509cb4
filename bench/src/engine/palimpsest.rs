//! Ours.

use palimpsest_core::codec::{
    decode_block, decode_events, decode_log, decode_snapshot, encode_events, encode_log,
    encode_snapshot,
};
use palimpsest_core::{
    AuthorId, Command, Document, DocumentId, Event, EventId, Intent, Patch, ReplicaId, Revision,
    TextChange, Timeline, Timestamp,
};

use super::Engine;
use crate::history::{Splice, typed_at};

/// Palimpsest's core.
#[derive(Debug)]
pub enum Palimpsest {}

/// A document, the patches that a view would have drawn, and what is not sent yet.
#[derive(Debug)]
pub struct Replica {
    /// The document.
    pub document: Document,
    /// Every patch so far.
    pub patches: Vec<Patch>,
    timeline: Timeline,
    sent: usize,
    edits: usize,
    /// The log of a document that was opened with a snapshot: its past, to be read later.
    pub log: Vec<u8>,
}

/// How long the news of a few keystrokes are at most.
const KEYSTROKES_BYTES_MAX: usize = 512;

/// An empty document of an agent.
pub fn document(agent: u64) -> Document {
    Document::new(DocumentId([7; 16]), ReplicaId(agent + 1), AuthorId([agent as u8; 16]))
}

/// The event that makes a document, the same in every replica.
pub fn birth() -> Vec<Event> {
    let mut document = document(u64::MAX - 1);
    let create = Command::CreateDocument { title: "Bench".into() };
    document.execute(create, Timestamp(1)).expect("a new document can be created").events
}

impl Replica {
    /// A replica that has sent all there is.
    pub fn new(document: Document) -> Self {
        let sent = document.graph().len();
        let (patches, timeline) = (Vec::new(), Timeline::new());
        Self { document, patches, timeline, sent, edits: 0, log: Vec::new() }
    }

    fn events(&self, from: usize) -> Vec<Event> {
        (from..self.document.graph().len()).map(|lv| self.document.graph().event(lv)).collect()
    }
}

impl Engine for Palimpsest {
    const NAME: &'static str = "palimpsest";
    const KEEPS_AUTHORS_AND_TIMES: bool = true;
    const KEYSTROKES: bool = true;
    type Replica = Replica;
    type Version = Revision;

    fn new(agent: u64) -> Replica {
        let mut document = document(agent);
        document.merge(birth());
        Replica::new(document)
    }

    fn edit(replica: &mut Replica, splice: &Splice) {
        let insert = splice.inserted.as_str();
        let key = TextChange::new(splice.pos.scalars, splice.deleted.scalars, insert);
        let command = Command::EditText { changes: [key].into(), intent: Intent::Typed };
        let now = typed_at(replica.edits);
        replica.edits += 1;
        let change = replica.document.execute(command, now).expect("recorded edits fit");
        // Mostly it is one.
        match change.patches.into_inner() {
            Ok([patch]) => replica.patches.push(patch),
            Err(patches) => replica.patches.extend(patches),
        }
    }

    fn commit(replica: &mut Replica) {
        replica.document.seal();
    }

    fn text(replica: &Replica) -> String {
        replica.document.text().to_string()
    }

    fn news(replica: &mut Replica) -> Vec<u8> {
        replica.document.seal();
        let news = encode_events(&replica.events(replica.sent));
        replica.sent = replica.document.graph().len();
        news
    }

    fn receive(replica: &mut Replica, news: &[u8]) {
        // What comes while somebody writes is merged event by event, what comes at once is
        // merged as it came.
        let change = if news.len() <= KEYSTROKES_BYTES_MAX {
            replica.document.merge(decode_events(news).expect("bytes of the codec"))
        } else {
            replica.document.merge_block(decode_block(news).expect("bytes of the codec"))
        };
        replica.patches.extend(change.patches);
        replica.sent = replica.document.graph().len();
    }

    fn receive_all(replica: &mut Replica, news: &[&[u8]]) {
        let decode = |news: &&[u8]| decode_events(news).expect("bytes of the codec");
        let change = replica.document.merge(news.iter().flat_map(decode).collect());
        replica.patches.extend(change.patches);
        replica.sent = replica.document.graph().len();
    }

    fn save(replica: &mut Replica) -> Vec<u8> {
        replica.document.seal();
        encode_log(replica.document.graph())
    }

    fn load(bytes: &[u8], agent: u64) -> Replica {
        let graph = decode_log(bytes).expect("bytes of the codec");
        let empty = document(agent);
        let document = Document::open(empty.id(), empty.replica(), empty.author(), graph);
        Replica::new(document)
    }

    fn save_to_open(replica: &mut Replica) -> Option<Vec<u8>> {
        let log = Self::save(replica);
        let snapshot = encode_snapshot(&replica.document.snapshot());
        let len = (snapshot.len() as u64).to_le_bytes();
        Some([&len, &snapshot[..], &log].concat())
    }

    fn open(bytes: &[u8], agent: u64) -> Replica {
        let (len, rest) = bytes.split_first_chunk().expect("bytes of save_to_open");
        let (snapshot, log) = rest.split_at(u64::from_le_bytes(*len) as usize);
        let snapshot = decode_snapshot(snapshot).expect("bytes of the codec");
        let empty = document(agent);
        let document = Document::resume(empty.id(), empty.replica(), empty.author(), snapshot);
        Replica { log: log.to_vec(), ..Replica::new(document) }
    }

    fn version(replica: &mut Replica) -> Revision {
        replica.document.seal();
        Revision(replica.document.graph().len() as u64)
    }

    fn prepare_to_seek(replica: &mut Replica) {
        let graph = replica.document.graph();
        let ordered: Vec<(EventId, Timestamp)> =
            (0..graph.len()).map(|lv| (graph.id_of(lv), graph.time(lv))).collect();
        replica.timeline.extend(graph, &ordered);
    }

    fn text_at(replica: &mut Replica, version: &Revision) -> Option<String> {
        Some(replica.timeline.text_at(*version).to_string())
    }
}
