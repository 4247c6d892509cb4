//! Whether a log is whole: every record readable, every revision there, every cause before
//! its effect, the chain unbroken, and the replay agreeing with itself. It finds damage and
//! repairs nothing.

use std::collections::BTreeSet;

use palimpsest_core::codec;
use palimpsest_core::{AuthorId, DocumentId, EventId, Revision, Timestamp};

use crate::reading::Reading;
use crate::store::sqlite::{RawEvent, SqliteStore};
use crate::store::{Chain, Head, ReadError};

/// What was found in one document.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which document.
    pub document: DocumentId,
    /// How many events were read.
    pub events: u64,
    /// What its log is said to come to, to be compared with what was noted elsewhere.
    pub chain: Chain,
    /// What is wrong, in order of revision; empty for a whole log.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Where: the revision, 0 if it is about the document as a whole.
    pub revision: Revision,
    /// What, in a sentence.
    pub problem: String,
}

/// Reads and replays a whole document.
pub fn verify(store: &SqliteStore, head: Head) -> Result<Report, ReadError> {
    let mut walk = Walk::along(head.document);
    store.scan(head.document, |raw| walk.look(&raw))?;
    let (seen, last, chain) = (std::mem::take(&mut walk.seen), walk.last, walk.chain);
    let mut findings = std::mem::take(&mut walk.findings);
    if last != head.revision {
        findings.push(Finding {
            revision: Revision(0),
            problem: format!("the log ends at {}, its head says {}", last.0, head.revision.0),
        });
    } else if chain != Some(head.chain) {
        findings.push(Finding {
            revision: Revision(0),
            problem: "the document's chain is not the one that its log ends with".to_owned(),
        });
    }
    let told = (Some(head.created), Some(head.updated), head.authors as usize);
    if (walk.first, walk.recorded, walk.authors.len()) != told {
        findings.push(Finding {
            revision: Revision(0),
            problem: "the list of documents has other times or authors than its log".to_owned(),
        });
    }
    if findings.is_empty() {
        findings.extend(replay(store, head)?);
    }
    let Head { document, chain, .. } = head;
    Ok(Report { document, events: seen.len() as u64, chain, findings })
}

/// What a walk along the log knows so far.
struct Walk {
    seen: BTreeSet<EventId>,
    authors: BTreeSet<AuthorId>,
    last: Revision,
    first: Option<Timestamp>,
    recorded: Option<Timestamp>,
    /// What the log is said to come to so far; `None` where that cannot be told.
    chain: Option<Chain>,
    findings: Vec<Finding>,
}

impl Walk {
    fn along(document: DocumentId) -> Self {
        let (seen, authors, findings) = Default::default();
        let chain = Some(Chain::start(document));
        Self { seen, authors, last: Revision(0), first: None, recorded: None, chain, findings }
    }

    fn look(&mut self, raw: &RawEvent) {
        let revision = raw.revision;
        let expected = Revision(self.last.0 + 1);
        if revision != expected {
            let problem = format!("revisions {}..{} are missing", expected.0, revision.0);
            self.found(expected, problem);
            // What is gone cannot be hashed; the hash that is told here is taken for true.
            self.chain = None;
        }
        if self.recorded.is_some_and(|before| raw.recorded < before) {
            self.found(revision, "it was recorded before the revision before it".to_owned());
        }
        self.last = revision;
        self.first = self.first.or(Some(raw.recorded));
        self.recorded = Some(raw.recorded);
        let before = std::mem::replace(&mut self.chain, raw.chain);
        let linked =
            before.map(|before| before.link(revision, raw.recorded, &raw.header, raw.commitment()));
        if linked.is_some() && linked != raw.chain {
            let problem = "it is not what was recorded here: it was altered, another stands in its \
                           place, or one before it is gone";
            self.found(revision, problem.to_owned());
        }
        let event = match codec::decode_record(&raw.header, &raw.payload) {
            Ok(event) => event,
            Err(why) => return self.found(revision, format!("the record cannot be read: {why}")),
        };
        let id = event.header.id;
        self.authors.insert(event.header.author);
        if (raw.replica, raw.counter) != (id.replica.0, id.counter) {
            self.found(revision, format!("the record is filed under another id than {id}"));
        }
        let before = id.counter.checked_sub(1);
        let before = before.map(|counter| EventId { replica: id.replica, counter });
        for cause in before.into_iter().chain(event.header.parents.iter().copied()) {
            if !self.seen.contains(&cause) {
                self.found(revision, format!("event {id} needs {cause}, which is not before it"));
            }
        }
        if !self.seen.insert(id) {
            self.found(revision, format!("event {id} is there twice"));
        }
    }

    fn found(&mut self, revision: Revision, problem: String) {
        self.findings.push(Finding { revision, problem });
    }
}

/// The text is computed two ways, by merging and along the timeline; both must agree.
fn replay(store: &SqliteStore, head: Head) -> Result<Option<Finding>, ReadError> {
    let mut reading = Reading::new(head.document);
    reading.catch_up(store)?;
    let problem = if reading.document.parked() > 0 {
        format!("{} events wait for others that are not there", reading.document.parked())
    } else if reading.head() != head.revision {
        format!("the replay ends at revision {}", reading.head().0)
    } else if reading.text_at(head.revision).to_string() != reading.document.text().to_string() {
        "the merged text is not the text the timeline ends with".to_owned()
    } else {
        return Ok(None);
    };
    Ok(Some(Finding { revision: head.revision, problem }))
}
