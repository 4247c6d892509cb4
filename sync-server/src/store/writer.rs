//! The one thread that writes: it takes everything that waits, writes it in one
//! transaction, and answers after the commit. Reading is not done here.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::Instant;

use palimpsest_core::codec;
use palimpsest_core::{DocumentId, Event, EventId, Ordered, Profile, Revision, Timestamp};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::{erase, names};
use crate::activity::Activity;
use crate::limits::Limits;

use super::pace::Pace;
use super::{
    Append, AppendError, Appended, Chain, Commitment, Done, Naming, Placed, ReadError, burden,
    predecessor,
};

/// How many jobs share one commit at most. One commit costs one wait for the disk, so
/// sharing it is what makes many small appends cheap.
const GROUP_JOBS_MAX: usize = 512;

/// Of how many logs the length is remembered.
const LENGTHS_KNOWN_MAX: usize = 10_000;

/// Something to write.
pub(super) enum Job {
    /// Events at the end of a log.
    Append(Append, Done),
    /// A whole log, for a document that is not there yet.
    Adopt(Adoption, Sender<Result<Revision, AppendError>>),
    /// Takes what was written out of some events.
    Erase(DocumentId, RangeInclusive<Revision>, Sender<Result<usize, AppendError>>),
    /// What an author is called in a document.
    Profile(Naming, Sender<Result<bool, AppendError>>),
    /// What the log says by now, for lists, and when that was read. Nobody waits for it.
    Summary(Summary, Vintage),
    /// Nothing that changes anything, but written all the same.
    Probe(Sender<Result<(), AppendError>>),
}

/// A whole log, with the places and times it had elsewhere.
#[derive(Clone, Debug)]
pub struct Adoption {
    /// The id it goes under here.
    pub document: DocumentId,
    /// Every event, from revision 1 without gaps, times not decreasing.
    pub events: Vec<Ordered>,
    /// How its authors are called.
    pub profiles: Vec<Profile>,
}

/// What a document's log says at some revision, kept so that lists need not replay it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Whose.
    pub document: DocumentId,
    /// The revision it is true for.
    pub revision: Revision,
    /// The title then.
    pub title: String,
    /// Whether it was archived then.
    pub archived: bool,
    /// The folder it was in then; empty if it was in none.
    pub folder: String,
    /// How much was written until then.
    pub activity: Activity,
}

impl Summary {
    /// Whether nobody gave it a title, so that it is called what its text begins with.
    pub fn is_untitled(&self) -> bool {
        self.title.trim().is_empty()
    }
}

/// How often something was erased. What was read at one vintage may say at another what is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vintage(pub(super) u64);

/// An answer that waits for the commit.
type Answer = Box<dyn FnOnce(Result<(), AppendError>)>;

/// The one who writes.
pub(super) struct Writer {
    connection: Connection,
    pace: Arc<Pace>,
    lengths: Lengths,
    vintage: Arc<AtomicU64>,
}

/// How long logs are, and how long they and their events may become.
struct Lengths {
    event_bytes_max: usize,
    log_bytes_max: u64,
    /// Of logs that were written to lately, as far as it is committed: reading it off the log takes
    /// longer the longer the log is.
    known: HashMap<DocumentId, u64>,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        pace: Arc<Pace>,
        vintage: Arc<AtomicU64>,
        limits: &Limits,
    ) -> Self {
        let lengths = Lengths {
            event_bytes_max: limits.event_bytes_max,
            log_bytes_max: limits.log_bytes_max as u64,
            known: HashMap::new(),
        };
        Self { connection, pace, lengths, vintage }
    }

    /// Writes until every sender is gone.
    pub(super) fn run(mut self, jobs: Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut group = vec![first];
            while group.len() < GROUP_JOBS_MAX {
                let Ok(next) = jobs.try_recv() else { break };
                group.push(next);
            }
            self.write(group);
        }
        // Leaves one plain file behind, so that copying the folder of a stopped server is enough.
        if let Err(error) = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "the write-ahead log could not be folded into the database");
        }
    }

    fn write(&mut self, group: Vec<Job>) {
        let jobs = group.len();
        if let Err(error) = self.connection.execute_batch("BEGIN IMMEDIATE") {
            let error = from_sqlite(&error);
            self.pace.went(jobs);
            group.into_iter().for_each(|job| refuse(job, &error));
            return;
        }
        let erases = group.iter().any(|job| matches!(job, Job::Erase(..)));
        let answers: Vec<Answer> = group.into_iter().map(|job| self.perform(job)).collect();
        let start = Instant::now();
        let committed = self.connection.execute_batch("COMMIT").map_err(|error| {
            drop(self.connection.execute_batch("ROLLBACK"));
            self.lengths.known.clear();
            match from_sqlite(&error) {
                AppendError::Full => AppendError::Full,
                _ => AppendError::Unknown(error.to_string()),
            }
        });
        self.pace.committed(jobs, start.elapsed());
        self.pace.went(jobs);
        if erases {
            // Whoever read between the erasure and its commit read what is gone.
            self.vintage.fetch_add(1, Ordering::SeqCst);
            erase::scrub(&self.connection);
        }
        for answer in answers {
            answer(committed.clone());
        }
    }

    /// Does one job inside the open transaction; returns what to do once that is committed.
    fn perform(&mut self, job: Job) -> Answer {
        let Self { connection, lengths, pace, vintage } = self;
        match job {
            Job::Append(append, done) => {
                let document = append.document;
                let outcome = alone(connection, || place(connection, append, lengths));
                if let Err(error) = &outcome {
                    lengths.known.remove(&document);
                    note(pace, error);
                }
                Box::new(move |committed| done(committed.and(outcome)))
            }
            Job::Adopt(adoption, done) => {
                let outcome =
                    alone(connection, || adopt(connection, &adoption, lengths.event_bytes_max));
                Box::new(move |committed| drop(done.send(committed.and(outcome))))
            }
            Job::Profile(naming, done) => {
                let outcome = alone(connection, || names::keep(connection, &naming));
                Box::new(move |committed| drop(done.send(committed.and(outcome))))
            }
            // What was read before something was erased is not kept after it.
            Job::Summary(_, read) if read.0 != vintage.load(Ordering::SeqCst) => Box::new(|_| ()),
            Job::Summary(summary, _) => {
                if let Err(error) = alone(connection, || keep_summary(connection, &summary)) {
                    tracing::warn!(%error, document = %summary.document, "a summary was not kept");
                }
                Box::new(|_| ())
            }
            Job::Erase(document, revisions, done) => {
                vintage.fetch_add(1, Ordering::SeqCst);
                let outcome = alone(connection, || erase::erase(connection, document, &revisions));
                // What was erased takes less than what stood there.
                lengths.known.remove(&document);
                if let Err(error) = &outcome {
                    note(pace, error);
                }
                Box::new(move |committed| drop(done.send(committed.and(outcome))))
            }
            Job::Probe(done) => {
                let outcome = alone(connection, || probe(connection));
                Box::new(move |committed| drop(done.send(committed.and(outcome))))
            }
        }
    }
}

fn refuse(job: Job, error: &AppendError) {
    match job {
        Job::Append(_, done) => done(Err(error.clone())),
        Job::Adopt(_, done) => drop(done.send(Err(error.clone()))),
        Job::Profile(_, done) => drop(done.send(Err(error.clone()))),
        Job::Probe(done) => drop(done.send(Err(error.clone()))),
        Job::Erase(_, _, done) => drop(done.send(Err(error.clone()))),
        Job::Summary(..) => {}
    }
}

/// Counts that a log was not what was recorded.
fn note(pace: &Pace, error: &AppendError) {
    if matches!(error, AppendError::Corrupt(_)) {
        pace.broken();
    }
}

/// Writes a number of the database's that is there already, which takes as much as any write.
fn probe(connection: &Connection) -> Result<(), AppendError> {
    let format: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|error| from_sqlite(&error))?;
    connection.pragma_update(None, "user_version", format).map_err(|error| from_sqlite(&error))
}

impl Lengths {
    /// How long a log is, as it is committed or about to be.
    fn of(&mut self, connection: &Connection, document: DocumentId) -> Result<u64, AppendError> {
        if let Some(known) = self.known.get(&document) {
            return Ok(*known);
        }
        if self.known.len() >= LENGTHS_KNOWN_MAX {
            self.known.clear();
        }
        let length: i64 = connection
            .prepare_cached(
                "SELECT coalesce(sum(length(header) + length(payload)), 0)
                 FROM events WHERE document = ?1",
            )
            .and_then(|mut s| s.query_row([document.0], |row| row.get(0)))
            .map_err(|error| from_sqlite(&error))?;
        Ok(length.cast_unsigned())
    }

    /// Keeps that a log has become `length` long, if that is not too long.
    fn grow(&mut self, document: DocumentId, length: u64) -> Result<(), AppendError> {
        if length > self.log_bytes_max {
            return Err(AppendError::LogFull { bytes: length, limit: self.log_bytes_max });
        }
        self.known.insert(document, length);
        Ok(())
    }
}

/// Runs `job` so that its failure takes back its own writes and nobody else's.
fn alone<T>(
    connection: &Connection,
    job: impl FnOnce() -> Result<T, AppendError>,
) -> Result<T, AppendError> {
    connection.execute_batch("SAVEPOINT job").map_err(|error| from_sqlite(&error))?;
    let outcome = job();
    let end = if outcome.is_ok() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
    match connection.execute_batch(end) {
        Ok(()) => outcome,
        Err(error) => Err(from_sqlite(&error)),
    }
}

fn place(
    connection: &Connection,
    append: Append,
    lengths: &mut Lengths,
) -> Result<Appended, AppendError> {
    let document = append.document;
    let mut length = lengths.of(connection, document)?;
    let sql = |error: rusqlite::Error| from_sqlite(&error);
    // An event is not put behind a log whose end is in doubt.
    if !super::sqlite::end(connection, document).map_err(sql)?.is_sound() {
        let why = "its log does not end as the list of documents says".to_owned();
        let corrupt = ReadError::Corrupt { document, revision: Revision(0), why };
        return Err(AppendError::Corrupt(corrupt));
    }
    let before: Option<(i64, i64, Vec<u8>)> = connection
        .prepare_cached("SELECT head, updated_at, chain FROM documents WHERE document = ?1")
        .and_then(|mut s| {
            s.query_row([document.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
        })
        .map_err(sql)?;
    let (mut head, mut recorded, mut chain) = (Revision(0), append.now, Chain::start(document));
    if let Some((last, updated, bytes)) = before {
        (head, recorded) = (Revision(last.cast_unsigned()), recorded.max(Timestamp(updated)));
        chain = Chain::from_bytes(&bytes).ok_or_else(|| {
            let why = "its chain is cut off".to_owned();
            AppendError::Corrupt(ReadError::Corrupt { document, revision: head, why })
        })?;
    }
    let actual = head;
    let mut placed = Vec::with_capacity(append.events.len());
    let mut fresh = Vec::with_capacity(append.events.len());
    for event in append.events {
        let id = event.header.id;
        if let Some(known) = find(connection, document, &event)? {
            placed.push(known);
            continue;
        }
        if let Some(expected) = append.expected.filter(|expected| *expected != actual) {
            return Err(AppendError::WrongExpected { expected, actual });
        }
        if let Some(own) = &append.own
            && !names::writes_as(connection, document, id.replica, own).map_err(sql)?
        {
            return Err(AppendError::NotOwn { id });
        }
        for missing in predecessor(id).into_iter().chain(event.header.parents.iter().copied()) {
            if place_of(connection, document, missing).map_err(sql)?.is_none() {
                return Err(AppendError::MissingParent { id, missing });
            }
        }
        head = Revision(head.0 + 1);
        let ordered = Ordered { revision: head, recorded, event };
        let (link, bytes) = insert(connection, document, &ordered, chain, lengths.event_bytes_max)?;
        (chain, length) = (link, length + bytes);
        placed.push(Placed { id, revision: head, recorded, fresh: true });
        fresh.push(ordered);
    }
    note_authors(connection, document, &fresh)?;
    if !fresh.is_empty() {
        lengths.grow(document, length)?;
        connection
            .prepare_cached(
                "INSERT INTO documents (document, head, created_at, updated_at, chain)
                 VALUES (?1, ?2, ?3, ?3, ?4)
                 ON CONFLICT (document) DO UPDATE SET head = ?2, updated_at = ?3, chain = ?4",
            )
            .and_then(|mut s| {
                let chain = chain.to_bytes();
                s.execute(params![document.0, head.0.cast_signed(), recorded.0, chain])
            })
            .map_err(sql)?;
    }
    Ok(Appended { placed, fresh, head })
}

/// The place `event` has already, if it is in the log; an error if another event has its id.
fn find(
    connection: &Connection,
    document: DocumentId,
    event: &Event,
) -> Result<Option<Placed>, AppendError> {
    let id = event.header.id;
    let Some(revision) = place_of(connection, document, id).map_err(|error| from_sqlite(&error))?
    else {
        return Ok(None);
    };
    let (recorded, header, payload, erased): (i64, Vec<u8>, Vec<u8>, Option<Vec<u8>>) = connection
        .prepare_cached(
            "SELECT recorded_at, header, payload, commitment FROM events
             WHERE document = ?1 AND revision = ?2",
        )
        .and_then(|mut s| {
            s.query_row(params![document.0, revision.0.cast_signed()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
        })
        .map_err(|error| from_sqlite(&error))?;
    let stored = codec::decode_record(&header, &payload).map_err(|error| {
        AppendError::Corrupt(ReadError::Corrupt { document, revision, why: error.to_string() })
    })?;
    // What was erased is known by what the chain knows of it.
    let whole = erased.as_deref().and_then(Commitment::from_bytes);
    let known = stored == *event || whole.is_some_and(|whole| is_erased(event, &header, whole));
    if !known {
        return Err(AppendError::IdConflict { id });
    }
    Ok(Some(Placed { id, revision, recorded: Timestamp(recorded), fresh: false }))
}

/// Whether an event is the one that was erased, by its stored header and what the chain knows of
/// its payload.
fn is_erased(event: &Event, stored: &[u8], whole: Commitment) -> bool {
    let (header, payload) = codec::encode_record(event);
    header == stored && Commitment::to(&payload) == whole
}

fn place_of(
    connection: &Connection,
    document: DocumentId,
    id: EventId,
) -> rusqlite::Result<Option<Revision>> {
    connection
        .prepare_cached(
            "SELECT revision FROM events WHERE document = ?1 AND replica = ?2 AND counter = ?3",
        )?
        .query_row(
            params![document.0, id.replica.0.cast_signed(), id.counter.cast_signed()],
            |row| Ok(Revision(row.get::<_, i64>(0)?.cast_unsigned())),
        )
        .optional()
}

/// Writes one event, and returns what the log comes to with it and how many bytes it takes.
fn insert(
    connection: &Connection,
    document: DocumentId,
    ordered: &Ordered,
    before: Chain,
    bytes_max: usize,
) -> Result<(Chain, u64), AppendError> {
    let id = ordered.event.header.id;
    let (header, payload) = codec::encode_record(&ordered.event);
    let bytes = burden(&ordered.event, &header, &payload);
    if bytes > bytes_max {
        return Err(AppendError::TooLarge { id, bytes, limit: bytes_max });
    }
    let commitment = Commitment::to(&payload);
    let chain = before.link(ordered.revision, ordered.recorded, &header, commitment);
    connection
        .prepare_cached(
            "INSERT INTO events
             (document, revision, replica, counter, recorded_at, header, payload, chain)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .and_then(|mut s| {
            s.execute(params![
                document.0,
                ordered.revision.0.cast_signed(),
                id.replica.0.cast_signed(),
                id.counter.cast_signed(),
                ordered.recorded.0,
                header,
                payload,
                chain.to_bytes(),
            ])
        })
        .map_err(|error| from_sqlite(&error))?;
    Ok((chain, bytes as u64))
}

fn adopt(
    connection: &Connection,
    adoption: &Adoption,
    event_bytes_max: usize,
) -> Result<Revision, AppendError> {
    let document = adoption.document;
    let sql = |error: rusqlite::Error| from_sqlite(&error);
    let exists: bool = connection
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM documents WHERE document = ?1)",
            [document.0],
            |r| r.get(0),
        )
        .map_err(sql)?;
    if exists {
        return Err(AppendError::Exists(document));
    }
    let mut seen = BTreeSet::new();
    let (mut head, mut updated) = (Revision(0), Timestamp(i64::MIN));
    let mut chain = Chain::start(document);
    for ordered in &adoption.events {
        let id = ordered.event.header.id;
        assert_eq!(ordered.revision.0, head.0 + 1, "an adopted log has no gaps");
        assert!(ordered.recorded >= updated, "an adopted log's times do not decrease");
        let needed =
            predecessor(id).into_iter().chain(ordered.event.header.parents.iter().copied());
        for missing in needed {
            if !seen.contains(&missing) {
                return Err(AppendError::MissingParent { id, missing });
            }
        }
        if !seen.insert(id) {
            return Err(AppendError::IdConflict { id });
        }
        (chain, _) = insert(connection, document, ordered, chain, event_bytes_max)?;
        (head, updated) = (ordered.revision, ordered.recorded);
    }
    note_authors(connection, document, &adoption.events)?;
    if let Some(first) = adoption.events.first() {
        connection
            .execute(
                "INSERT INTO documents (document, head, created_at, updated_at, chain)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    document.0,
                    head.0.cast_signed(),
                    first.recorded.0,
                    updated.0,
                    chain.to_bytes()
                ],
            )
            .map_err(sql)?;
    }
    for profile in &adoption.profiles {
        // They are as the log came with them. Whoever comes as one of them first may say otherwise.
        let (profile, by) = (profile.clone(), Vec::new());
        names::keep(connection, &Naming { document, profile, by, of_everybody: true })?;
    }
    Ok(head)
}

fn note_authors(
    connection: &Connection,
    document: DocumentId,
    events: &[Ordered],
) -> Result<(), AppendError> {
    let authors: BTreeSet<_> = events.iter().map(|ordered| ordered.event.header.author).collect();
    for author in authors {
        connection
            .prepare_cached("INSERT OR IGNORE INTO authors (document, author) VALUES (?1, ?2)")
            .and_then(|mut s| s.execute(params![document.0, author.0]))
            .map_err(|error| from_sqlite(&error))?;
    }
    Ok(())
}

fn keep_summary(connection: &Connection, summary: &Summary) -> Result<(), AppendError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO summaries
             (document, revision, title, archived, folder, activity)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .and_then(|mut s| {
            s.execute(params![
                summary.document.0,
                summary.revision.0.cast_signed(),
                summary.title,
                summary.archived,
                summary.folder,
                summary.activity.to_bytes(),
            ])
        })
        .map_err(|error| from_sqlite(&error))?;
    Ok(())
}

pub(crate) fn from_sqlite(error: &rusqlite::Error) -> AppendError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => AppendError::Full,
        _ => AppendError::Unavailable(error.to_string()),
    }
}
