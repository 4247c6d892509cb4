//! Where logs are kept: what every event store promises, and the words it speaks in. How a
//! store keeps its promises is its own file's matter; nothing here knows of sockets.
//!
//! # The promises
//!
//! Each is checked on every store by tests of its number (`tests/tests/server/promises.rs`); P2,
//! P13 and P14 are for stores that keep something.
//!
//! - **P1, one order.** Revisions of a document start at 1, have no gaps, and are never
//!   given twice. A batch is placed as a whole or not at all.
//! - **P2, durable before told.** `Ok` means that the events survive what the store says it
//!   survives: a power cut for [`sqlite`], the end of the [`memory::MemoryStore`] for that one.
//! - **P3, once.** An event already in the log keeps its first revision, however often and
//!   however late it comes again. The same id with other content is an [`AppendError::IdConflict`].
//! - **P4, causal, and as expected.** An event is placed only after its predecessor (same replica,
//!   the counter before) and all its parents; they may be in the same batch, earlier. Whoever expects
//!   the log to end at a revision has nothing placed behind another one; what is in the log already
//!   is told all the same (P3 comes first).
//! - **P5, doubt has a name.** When a store cannot tell whether a batch was written, it says
//!   [`AppendError::Unknown`]; by P3 the caller may send the same events again.
//! - **P6, prefixes.** A read sees every append that was told before it began, and never a gap.
//! - **P7, time does not run back.** `recorded` never decreases along a document's revisions.
//! - **P10, faults are values.** A full disk, a broken record and a batch too large have
//!   their own errors; after each of them everything that is not broken can still be read. What
//!   is read is what was written: each page is held against the chain before it is handed out.
//! - **P11, no half steps.** Whoever stops waiting for an append leaves all of it or nothing,
//!   and the answer is still given to `done`.
//! - **P12, nothing changes unseen.** Each revision has a [`Chain`] over everything up to it, the
//!   same in every store: what was altered, dropped or moved can be told, and where. Of a payload
//!   the chain needs the [`Commitment`] alone: one that was erased ([`EventStore::erase`]) reads as
//!   erased, the chain is what it was, and the event that was erased is known when it comes again.
//! - **P13, a backup is a prefix.** A copy that is made while others write ends, for each
//!   document, at a revision that was or is its last ([`sqlite::backup`]).
//! - **P14, formats go forward.** A store of an older format is brought up when it is opened; one
//!   of a newer format is refused and left alone.
//! - **P15, a name is one document's.** What an author is called is kept for each document by
//!   itself, and only who said it first there says it again ([`Naming`]).
//! - **P16, a replica is its writer's.** Whoever may write only as themselves ([`Append::own`])
//!   writes as replicas that were new to the log when they first did, and as no others.
//!
//! The numbers that are missing are promised when there is something to promise: hints and
//! cursors (P9) and owners of documents (P8) come with a store that several servers share.

pub mod memory;
pub mod sqlite;
mod chain;
mod erase;
mod folder;
mod names;
mod pace;
mod schema;
mod writer;

pub use chain::{Chain, Commitment};
pub use folder::{Folder, FolderError};
pub(crate) use pace::Pace;

use std::ops::RangeInclusive;

use palimpsest_core::{
    DocumentId, Event, EventId, Op, Ordered, Payload, Profile, Revision, Timestamp,
};
use thiserror::Error;

/// Events to put at the end of a document's log, in causal order.
#[derive(Clone, Debug)]
pub struct Append {
    /// Whose log.
    pub document: DocumentId,
    /// What happened.
    pub events: Vec<Event>,
    /// The time to record, by the server's clock.
    pub now: Timestamp,
    /// Place what is new only if this is the log's last revision; 0 for one that has none.
    pub expected: Option<Revision>,
    /// All that who pushes shows to be, the surest first, if they may write only as themselves: as
    /// replicas that nobody else wrote as in this log. `None` for whoever may write anything.
    pub own: Option<Vec<String>>,
}

/// Where one event of an [`Append`] stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// The event.
    pub id: EventId,
    /// Its revision: for an event that was there already, its first.
    pub revision: Revision,
    /// When that was recorded.
    pub recorded: Timestamp,
    /// Whether this append placed it.
    pub fresh: bool,
}

/// What became of an [`Append`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Appended {
    /// One place per event, in the order they were given.
    pub placed: Vec<Placed>,
    /// The events this append placed, in order of revision.
    pub fresh: Vec<Ordered>,
    /// The document's last revision.
    pub head: Revision,
}

/// Why nothing of an [`Append`] was written.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum AppendError {
    /// The log has another event of this id.
    #[error("event {id} is in the log with other content: two writers used one replica id")]
    IdConflict {
        /// The id used twice.
        id: EventId,
    },
    /// An event came before one it was made after.
    #[error("event {id} needs event {missing}, which is not in the log")]
    MissingParent {
        /// The event that cannot be placed yet.
        id: EventId,
        /// What it waits for.
        missing: EventId,
    },
    /// Somebody who may write only as themselves wrote as somebody else's replica.
    #[error("event {id} is of a replica that somebody else writes as")]
    NotOwn {
        /// The event.
        id: EventId,
    },
    /// One event is larger than a log takes.
    #[error("event {id} takes {bytes} bytes; the limit is {limit}")]
    TooLarge {
        /// The event.
        id: EventId,
        /// Its size as stored.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The log would become longer than logs may be.
    #[error("the document's log has {bytes} bytes and may have {limit}: go on in a new document")]
    LogFull {
        /// What it would come to.
        bytes: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The log ends elsewhere than the caller expects.
    #[error(
        "somebody was faster: the document is at revision {}, not {}", actual.0, expected.0
    )]
    WrongExpected {
        /// Where the caller expects it to end.
        expected: Revision,
        /// Where it does.
        actual: Revision,
    },
    /// The document is there already, and the caller asked for a new one.
    #[error("document {0} is in the store already")]
    Exists(DocumentId),
    /// There is no room left on the disk.
    #[error("the disk is full: make room, then try again")]
    Full,
    /// A stored record that this append needs cannot be read.
    #[error("{0}")]
    Corrupt(ReadError),
    /// The store could not write; nothing was.
    #[error("the store cannot write: {0}")]
    Unavailable(String),
    /// The store cannot tell whether it wrote. Send the same events again.
    #[error("the store cannot tell whether it wrote: {0}")]
    Unknown(String),
}

/// Why a log cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ReadError {
    /// A stored record is damaged. Other documents are not touched by it.
    #[error("document {document} is damaged at revision {revision}: {why}", revision = revision.0)]
    Corrupt {
        /// Whose log.
        document: DocumentId,
        /// The first place that cannot be read.
        revision: Revision,
        /// What is wrong there.
        why: String,
    },
    /// The store as a whole cannot answer.
    #[error("the store cannot be read: {0}")]
    Unavailable(String),
}

/// What an author is to be called in one document, and who says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Naming {
    /// Where.
    pub document: DocumentId,
    /// Who is called what.
    pub profile: Profile,
    /// All that who says so shows to be, as the audit log names people, the surest first; nothing
    /// where nobody shows who they are.
    pub by: Vec<String>,
    /// Whether they may say it of everybody.
    pub of_everybody: bool,
}

impl Naming {
    /// Whether it is to be kept, if `first` is who named that author first in that document.
    fn is_allowed(&self, first: Option<&String>) -> bool {
        self.of_everybody || first.is_none_or(|first| self.by.contains(first))
    }
}

/// How much of a log to read at once. At least one event is read if there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// No more events than this.
    pub events: usize,
    /// No further event once this many bytes, as stored, are reached.
    pub bytes: usize,
}

/// A run of a document's log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Neighbouring revisions, the first right after the one asked for.
    pub events: Vec<Ordered>,
    /// The document's last revision when the page was read.
    pub head: Revision,
}

/// How long a document's log is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Whose log.
    pub document: DocumentId,
    /// Its last revision.
    pub revision: Revision,
    /// When its first event was recorded.
    pub created: Timestamp,
    /// When its last event was recorded.
    pub updated: Timestamp,
    /// How many authors wrote in it.
    pub authors: u32,
    /// What the log comes to.
    pub chain: Chain,
}

/// Where the answer to an append goes. Called exactly once, perhaps on another thread;
/// it must not wait for anything.
pub type Done = Box<dyn FnOnce(Result<Appended, AppendError>) + Send>;

/// Keeps the logs of many documents. See the module's promises.
pub trait EventStore: Send + Sync {
    /// Appends, and tells `done` when the outcome is certain. Appends to one document are
    /// carried out in the order of these calls.
    fn submit(&self, append: Append, done: Done);

    /// Reads what follows `after`.
    fn read(&self, document: DocumentId, after: Revision, limit: Limit) -> Result<Page, ReadError>;

    /// The document's length, or `None` for a document that has no events.
    fn head(&self, document: DocumentId) -> Result<Option<Head>, ReadError>;

    /// Every document that has events, by id.
    fn documents(&self) -> Result<Vec<Head>, ReadError>;

    /// Takes what people wrote out of the events of these revisions, for good, and says in how many
    /// of them there was something. Their places, authors and times stay.
    fn erase(
        &self,
        document: DocumentId,
        revisions: RangeInclusive<Revision>,
    ) -> Result<usize, AppendError>;

    /// Remembers what an author is called in a document, and says whether it does: it does not if
    /// somebody else named that author there before, or if so many have names there already as
    /// [`profiles`](Self::profiles) tells.
    fn keep_profile(&self, naming: Naming) -> Result<bool, AppendError>;

    /// What authors are called in `document`, by author; at most [`palimpsest_core::PROFILES_MAX`].
    fn profiles(&self, document: DocumentId) -> Result<Vec<Profile>, ReadError>;

    /// [`submit`](Self::submit), waiting for the answer.
    fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let (tell, answer) = std::sync::mpsc::sync_channel(1);
        self.submit(append, Box::new(move |outcome| drop(tell.send(outcome))));
        answer
            .recv()
            .unwrap_or_else(|_| Err(AppendError::Unknown("the store stopped answering".into())))
    }
}

/// How much an event counts against the limits: its bytes, and as many for what was erased of it as
/// that has characters, since it comes to so much text.
fn burden(event: &Event, header: &[u8], payload: &[u8]) -> usize {
    let erased = match &event.payload {
        Payload::TextEdited { ops } => ops
            .iter()
            .map(|op| match op {
                Op::ErasedInsert { len, .. } => *len,
                Op::Insert { .. } | Op::Delete { .. } => 0,
            })
            .fold(0, usize::saturating_add),
        _ => 0,
    };
    erased.saturating_add(header.len() + payload.len())
}

/// The event that must be placed before `event`, its parents aside: its replica's last one.
fn predecessor(id: EventId) -> Option<EventId> {
    let counter = id.counter.checked_sub(1)?;
    Some(EventId { replica: id.replica, counter })
}
