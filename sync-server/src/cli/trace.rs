//! Editing traces: recorded editing histories in the formats of josephg/editing-traces and of
//! the Eg-walker paper's data, read into the events of a document. Nothing is stored here.
//!
//! - *sequential*: `{startContent, endContent, txns: [{time, patches: [[pos, deleted, inserted]]}]}`
//! - *concurrent*: `{endContent, txns: [{parents, agent, time, patches}]}`; `parents` number
//!   earlier transactions.
//! - *conformance*: `{endContent, txns: [{span, parents, agent, seqStart, ops}]}`; every inserted
//!   or deleted character has a number, `span` is a transaction's range of them, and `parents` are
//!   characters. A parent inside a transaction splits it. `seqStart` counts an agent's characters
//!   and decides between its own concurrent inserts.
//!
//! A file holds one trace or a list of them, as JSON or gzipped JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use palimpsest_core::{
    AuthorId, CorrelationId, Document, DocumentId, Event, EventId, Header, Intent, Op, Ordered,
    Payload, Profile, ReplicaId, Revision, Timestamp,
};
use serde::Deserialize;
use thiserror::Error;

use super::steps::{self, Agent, Transaction, steps_by_character, steps_by_transaction};

pub use super::steps::{Splice, Step};

/// How large an unpacked trace may be.
const TRACE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// How many events are replayed at a time.
const CHECKED_AT_ONCE: usize = 20_000;

/// How many colours profiles choose from.
const COLOURS: usize = 8;

/// Why a file is not taken for a trace.
#[derive(Debug, Error)]
pub enum TraceError {
    /// The file cannot be read.
    #[error("cannot read it: {0}")]
    Io(io::Error),
    /// The packed data ends early or is damaged.
    #[error("the gzip data is damaged or cut off: {0}")]
    Gzip(io::Error),
    /// It is too large to be unpacked here.
    #[error("it is larger than {TRACE_BYTES_MAX} bytes unpacked")]
    TooLarge,
    /// It is no JSON, or cut off, or JSON of something else.
    #[error("it is not an editing trace: {0}")]
    Json(serde_json::Error),
    /// It has the parts of a trace, and they do not fit together.
    #[error("transaction {transaction} makes no sense: {why}")]
    Broken {
        /// The transaction, from 0.
        transaction: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Its replay ends in another text than it says.
    #[error(
        "its replay gives {replayed} characters, it says {recorded}; they differ first at {at}"
    )]
    WrongEnd {
        /// The length of the replayed text.
        replayed: usize,
        /// The length of the text that the trace ends with.
        recorded: usize,
        /// The first scalar that differs.
        at: usize,
    },
}

/// One recorded editing history.
#[derive(Debug)]
pub struct Trace {
    start: String,
    end: String,
    /// The agents' names, in the order that decides between concurrent inserts.
    agents: Vec<String>,
    steps: Vec<Step>,
}

/// A trace as a document's whole log.
#[derive(Clone, Debug)]
pub struct History {
    /// Every event in order, checked: their replay ends in the trace's text.
    pub events: Vec<Ordered>,
    /// One profile per agent of the trace.
    pub profiles: Vec<Profile>,
    /// The text at the end.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TraceFile {
    #[serde(default)]
    start_content: String,
    end_content: String,
    txns: Vec<Transaction>,
}

/// Reads every trace of a file.
pub fn read(path: &Path) -> Result<Vec<Trace>, TraceError> {
    let bytes = fs::read(path).map_err(TraceError::Io)?;
    parse(&bytes)
}

/// Reads every trace of a file's bytes, gzipped or not. What is packed is read as it is unpacked: a
/// few bytes may stand for very many.
pub fn parse(bytes: &[u8]) -> Result<Vec<Trace>, TraceError> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let files = if bytes.starts_with(&GZIP) {
        let unpacking = GzDecoder::new(bytes).take(TRACE_BYTES_MAX + 1);
        let mut reader = BufReader::new(unpacking);
        let files = read_json(&mut reader);
        if reader.get_ref().limit() == 0 {
            return Err(TraceError::TooLarge);
        }
        files?
    } else {
        read_json(bytes)?
    };
    files.into_iter().map(Trace::new).collect()
}

/// Reads one trace or a list of them. Bytes that are here can be read; what is unpacked may not be.
fn read_json(mut reader: impl BufRead) -> Result<Vec<TraceFile>, TraceError> {
    let is_list = first(&mut reader).map_err(TraceError::Gzip)? == Some(b'[');
    let files = match is_list {
        true => serde_json::from_reader(reader),
        false => serde_json::from_reader(reader).map(|file| vec![file]),
    };
    files.map_err(|error| match error.is_io() {
        true => TraceError::Gzip(error.into()),
        false => TraceError::Json(error),
    })
}

/// The first byte that is no space, which stays to be read.
fn first(reader: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let here = reader.fill_buf()?;
        let spaces = here.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        match (here.get(spaces).copied(), here.is_empty()) {
            (None, false) => reader.consume(spaces),
            (found, _) => return Ok(found),
        }
    }
}

impl Trace {
    fn new(file: TraceFile) -> Result<Self, TraceError> {
        steps::check(&file.txns)?;
        let mut names: BTreeSet<Agent> = file.txns.iter().filter_map(|t| t.agent.clone()).collect();
        if names.is_empty() {
            names.insert(Agent::Number(0));
        }
        let order: BTreeMap<&Agent, usize> = names.iter().zip(0..).collect();
        let agent_of = |t: &Transaction| t.agent.as_ref().map_or(0, |agent| order[agent]);
        let by_character = file.txns.iter().any(|t| t.span.is_some());
        let steps = if by_character {
            steps_by_character(&file.txns, agent_of)?
        } else {
            steps_by_transaction(&file.txns, agent_of)?
        };
        let agents = names.iter().map(|agent| match agent {
            Agent::Number(number) => format!("Author {}", number + 1),
            Agent::Name(name) => name.clone(),
        });
        Ok(Self {
            start: file.start_content,
            end: file.end_content,
            agents: agents.collect(),
            steps,
        })
    }

    /// The text it starts with.
    pub fn start(&self) -> &str {
        &self.start
    }

    /// The text that a correct replay ends with.
    pub fn end(&self) -> &str {
        &self.end
    }

    /// How many agents wrote it.
    pub fn agents(&self) -> usize {
        self.agents.len()
    }

    /// What they did; each step comes after its parents.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The trace as the log of a document called `title`: revision 1 makes the document,
    /// then comes the text it starts with, if any, then one event per transaction. Replica and
    /// author ids come from `random`; where the trace has no times, they are `now`.
    pub fn into_history(
        self,
        title: &str,
        mut random: impl FnMut() -> u64,
        now: Timestamp,
    ) -> Result<History, TraceError> {
        let (importer, replicas) = replica_ids(self.agents.len(), &mut random);
        let authors: Vec<AuthorId> =
            self.agents.iter().map(|_| author_id(random(), random())).collect();
        let profiles = self.agents.into_iter().zip(&authors).enumerate();
        let profiles = profiles
            .map(|(nth, (name, &author))| Profile { author, name, colour: (nth % COLOURS) as u8 })
            .collect();

        let first_author = self.steps.first().map_or(authors[0], |step| authors[step.agent]);
        let first_time = self.steps.first().and_then(|step| step.time).unwrap_or(now);
        let mut log = Log::default();
        log.events.reserve_exact(self.steps.len() + 2);
        let title = Payload::DocumentCreated { title: title.to_owned() };
        let mut root = log.add(importer, Vec::new(), first_author, first_time, title);
        if !self.start.is_empty() {
            let ops = vec![Op::Insert { pos: 0, text: self.start }];
            let payload = Payload::TextEdited { ops };
            root = log.add(importer, vec![root], first_author, first_time, payload);
        }
        let mut ids = Vec::with_capacity(self.steps.len());
        for step in self.steps {
            let mut parents: Vec<EventId> = step.parents.iter().map(|&nth| ids[nth]).collect();
            if parents.is_empty() {
                parents.push(root);
            }
            let payload = Payload::TextEdited { ops: ops(step.splices) };
            let (replica, author) = (replicas[step.agent], authors[step.agent]);
            ids.push(log.add(replica, parents, author, step.time.unwrap_or(now), payload));
        }
        check(&log.events, &self.end)?;
        Ok(History { events: log.events, profiles, text: self.end })
    }
}

fn ops(splices: Vec<Splice>) -> Vec<Op> {
    let mut ops = Vec::new();
    for Splice(pos, deleted, inserted) in splices {
        if deleted > 0 {
            ops.push(Op::Delete { pos, len: deleted });
        }
        if !inserted.is_empty() {
            ops.push(Op::Insert { pos, text: inserted });
        }
    }
    ops
}

/// A log while it is written.
#[derive(Default)]
struct Log {
    events: Vec<Ordered>,
    counters: BTreeMap<ReplicaId, u64>,
}

impl Log {
    fn add(
        &mut self,
        replica: ReplicaId,
        mut parents: Vec<EventId>,
        author: AuthorId,
        time: Timestamp,
        payload: Payload,
    ) -> EventId {
        parents.sort();
        parents.dedup();
        let counter = self.counters.entry(replica).or_default();
        let id = EventId { replica, counter: *counter };
        *counter += 1;
        let header = Header {
            id,
            parents,
            author,
            time,
            intent: Intent::Imported,
            correlation: CorrelationId::default(),
            causation: None,
        };
        let recorded = self.events.last().map_or(time, |last| last.recorded.max(time));
        let revision = Revision(self.events.len() as u64 + 1);
        self.events.push(Ordered { revision, recorded, event: Event { header, payload } });
        id
    }
}

/// Whether the events' replay, through the same door as everything, ends in `end`.
fn check(events: &[Ordered], end: &str) -> Result<(), TraceError> {
    let mut document = Document::new(DocumentId([0; 16]), ReplicaId(0), AuthorId([0; 16]));
    // The document keeps them in columns: what is copied for it is no more than a part.
    for part in events.chunks(CHECKED_AT_ONCE) {
        document.merge(part.iter().map(|ordered| ordered.event.clone()).collect());
    }
    let replayed = document.text().to_string();
    if replayed == end {
        return Ok(());
    }
    let at = replayed.chars().zip(end.chars()).take_while(|(a, b)| a == b).count();
    let (replayed, recorded) = (replayed.chars().count(), end.chars().count());
    Err(TraceError::WrongEnd { replayed, recorded, at })
}

/// An id for the importer, and ids for the agents that sort like the agents.
fn replica_ids(agents: usize, random: &mut impl FnMut() -> u64) -> (ReplicaId, Vec<ReplicaId>) {
    let mut drawn = BTreeSet::new();
    while drawn.len() < agents {
        drawn.insert(random());
    }
    let mut importer = random();
    while drawn.contains(&importer) {
        importer = random();
    }
    (ReplicaId(importer), drawn.into_iter().map(ReplicaId).collect())
}

fn author_id(high: u64, low: u64) -> AuthorId {
    AuthorId(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(json: &str) -> Result<History, TraceError> {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let random = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed
        };
        let mut traces = parse(json.as_bytes())?;
        traces.remove(0).into_history("T", random, Timestamp(7))
    }

    #[test]
    fn a_sequential_trace_becomes_one_event_per_transaction() {
        let history = history(
            r#"{"startContent":"ab","endContent":"aXc","txns":[
                {"time":"2020-01-01T00:00:01Z","patches":[[1,1,"X"],[2,0,"c"]]},
                {"time":"2020-01-01T00:00:00Z","patches":[]}]}"#,
        )
        .unwrap();
        assert_eq!(history.text, "aXc");
        assert_eq!(history.events.len(), 4);
        assert_eq!(history.profiles[0].name, "Author 1");
        let [.., edit, last] = &history.events[..] else { panic!("four events") };
        assert_eq!(last.recorded, edit.recorded, "the recorded time does not run back");
        assert!(last.event.header.time < edit.event.header.time);
    }

    #[test]
    fn a_parent_inside_a_transaction_splits_it() {
        let history = history(
            r#"{"endContent":"aZb","txns":[
                {"span":[0,2],"parents":[],"agent":"x","seqStart":0,"ops":[[0,0,"ab"]]},
                {"span":[2,3],"parents":[0],"agent":"y","seqStart":0,"ops":[[1,0,"Z"]]},
                {"span":[3,4],"parents":[1,2],"agent":"y","seqStart":1,"ops":[[1,0,"!"]]},
                {"span":[4,5],"parents":[3],"agent":"y","seqStart":2,"ops":[[1,1,""]]}]}"#,
        );
        // Whether Z or b comes first is the walker's to say; the shape is this file's.
        let events = match history {
            Ok(history) => history.events.len(),
            Err(TraceError::WrongEnd { replayed: 3, recorded: 3, .. }) => return,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(events, 1 + 2 + 1 + 1 + 1);
    }

    #[test]
    fn what_is_no_trace_is_refused_with_a_reason() {
        let no = |json: &str| history(json).unwrap_err().to_string();
        assert!(no("# A text").contains("not an editing trace"));
        assert!(no("{}").contains("endContent"));
        assert!(no(r#"{"endContent":"","txns":[{"pat"#).contains("EOF"));
        assert!(no(r#"{"endContent":"b","txns":[{"patches":[[0,0,"a"]]}]}"#).contains("differ"));
        let parent = r#"{"endContent":"","txns":[{"agent":0,"parents":[0],"patches":[]}]}"#;
        assert!(no(parent).contains("transaction 0"));
        let span = r#"{"endContent":"a","txns":[{"agent":"a","span":[0,2],"parents":[],"ops":[[0,0,"a"]]}]}"#;
        assert!(no(span).contains("span"));
        let huge = r#"{"endContent":"","txns":[{"agent":"a","span":[0,2],"parents":[18446744073709551615],"ops":[[0,18446744073709551615,""]]}]}"#;
        assert!(no(huge).contains("transaction 0"));
    }
}
