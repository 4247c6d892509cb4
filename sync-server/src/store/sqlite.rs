//! The event store that a server runs on: one SQLite database in the data folder, one
//! writer thread, and a few connections for reading. The SQL that writes is in `writer`.

use std::fs::File;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use palimpsest_core::codec;
use palimpsest_core::{DocumentId, Ordered, Profile, Revision, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use thiserror::Error;

use crate::activity::Activity;
use crate::limits::Limits;

pub use super::schema::OpenError;
pub(crate) use super::writer::from_sqlite as append_error;
pub use super::writer::{Adoption, Summary, Vintage};

use super::pace::Pace;
use super::writer::{Job, Writer};
use super::{
    Append, AppendError, Chain, Commitment, Done, EventStore, Folder, Head, Limit, Naming, Page,
    ReadError, names, schema,
};

/// Opens the database at `path` for writing, beside the store that has it open.
pub(crate) fn open_beside(path: &Path) -> Result<Connection, OpenError> {
    schema::open_beside(path)
}

/// How many connections for reading are kept open between reads.
const READERS_KEPT: usize = 4;

/// How long the store may take to show that it can be written to.
const PROBE_TIME_MAX: Duration = Duration::from_secs(2);

/// Logs in a SQLite database. An append that was answered survives a power cut, as far as
/// the disk keeps what it says it has synced.
pub struct SqliteStore {
    folder: Folder,
    // Unbounded, but short: each socket and each request has one append under way at most.
    jobs: Option<Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    pace: Arc<Pace>,
    vintage: Arc<AtomicU64>,
    readers: Mutex<Vec<Connection>>,
}

/// A row of the log as it lies in the database, for whoever looks for damage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawEvent {
    /// The row's place.
    pub revision: Revision,
    /// The row's replica and counter.
    pub replica: u64,
    /// See `replica`.
    pub counter: u64,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// What stands there about the event.
    pub header: Vec<u8>,
    /// What it did.
    pub payload: Vec<u8>,
    /// If what it did was erased, what the chain knows of it.
    pub erased: Option<Commitment>,
    /// What the log is said to come to here; `None` if that is no hash.
    pub chain: Option<Chain>,
}

impl RawEvent {
    /// What stands for the payload in the chain, also if that was erased.
    pub fn commitment(&self) -> Commitment {
        self.erased.unwrap_or_else(|| Commitment::to(&self.payload))
    }
}

impl SqliteStore {
    /// Opens the store in `folder`, makes it if it is not there, and brings it to today's format.
    pub fn open(folder: Folder) -> Result<Self, OpenError> {
        Self::open_with(folder, &Limits::DEFAULT)
    }

    /// The same, with other limits on how large an event and a log become.
    pub fn open_with(folder: Folder, limits: &Limits) -> Result<Self, OpenError> {
        let connection = schema::open_writer(&folder.database())?;
        let (jobs, waiting) = channel();
        let (pace, vintage): (Arc<Pace>, Arc<AtomicU64>) = Default::default();
        let writer = Writer::new(connection, pace.clone(), vintage.clone(), limits);
        let writer = std::thread::Builder::new()
            .name("store writer".into())
            .spawn(move || writer.run(waiting))
            .expect("the system has room for one more thread");
        let (jobs, writer) = (Some(jobs), Some(writer));
        Ok(Self { folder, jobs, writer, pace, vintage, readers: Mutex::default() })
    }

    /// How the writer keeps up.
    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Whether the store can be written to: an error says why not. It writes, and waits for the
    /// disk, but changes nothing.
    pub fn probe(&self) -> Result<(), AppendError> {
        let (tell, answer) = channel();
        self.send(Job::Probe(tell));
        match answer.recv_timeout(PROBE_TIME_MAX) {
            Ok(outcome) => outcome,
            Err(RecvTimeoutError::Timeout) => {
                Err(AppendError::Unavailable("it is too slow".into()))
            }
            Err(RecvTimeoutError::Disconnected) => Err(stopped()),
        }
    }

    /// Writes a whole log under an id that is not in the store yet, all or nothing.
    /// Panics if revisions have gaps or times decrease.
    pub fn adopt(&self, adoption: Adoption) -> Result<Revision, AppendError> {
        let (tell, answer) = channel();
        self.send(Job::Adopt(adoption, tell));
        answer.recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// What was last known about `document`, which may be behind its log.
    pub fn summary(&self, document: DocumentId) -> Result<Option<Summary>, ReadError> {
        let known = self.reading(|connection| {
            connection
                .prepare_cached(
                    "SELECT revision, title, archived, folder, activity
                     FROM summaries WHERE document = ?1",
                )?
                .query_row([document.0], |row| {
                    let (revision, counts) = (revision(row, 0)?, row.get::<_, Vec<u8>>(4)?);
                    // One that makes no sense is as good as none: the log says it again.
                    let Some(activity) = Activity::from_bytes(revision, &counts) else {
                        return Ok(None);
                    };
                    let (title, archived, folder) = (row.get(1)?, row.get(2)?, row.get(3)?);
                    Ok(Some(Summary { document, revision, title, archived, folder, activity }))
                })
                .optional()
        });
        Ok(known?.flatten())
    }

    /// What is to be asked for before a log is read to be summed up.
    pub fn vintage(&self) -> Vintage {
        Vintage(self.vintage.load(Ordering::SeqCst))
    }

    /// Remembers what a log says, some time soon; not if something was erased since it was `read`:
    /// a title that is gone must not come back.
    pub fn keep_summary(&self, summary: Summary, read: Vintage) {
        self.send(Job::Summary(summary, read));
    }

    /// What a log comes to at one of its revisions; `None` if it has no such revision.
    pub fn chain_at(
        &self,
        document: DocumentId,
        revision: Revision,
    ) -> Result<Option<Chain>, ReadError> {
        let found = self.reading(|connection| {
            connection
                .prepare_cached("SELECT chain FROM events WHERE document = ?1 AND revision = ?2")?
                .query_row(params![document.0, revision.0.cast_signed()], |row| chain(row, 0))
                .optional()
        });
        Ok(found?.flatten())
    }

    /// What SQLite finds wrong with the file as a whole; empty if nothing.
    pub fn integrity(&self) -> Result<Vec<String>, ReadError> {
        self.reading(|connection| {
            let mut statement = connection.prepare("PRAGMA integrity_check(100)")?;
            let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
            let mut found: Vec<String> = lines.collect::<Result<_, _>>()?;
            found.retain(|line| line != "ok");
            let strays: i64 = connection.query_row(
                "SELECT count(*) FROM events
                 WHERE document NOT IN (SELECT document FROM documents)",
                [],
                |row| row.get(0),
            )?;
            if strays > 0 {
                found.push(format!("{strays} events belong to no document"));
            }
            Ok(found)
        })
    }

    /// Hands the rows of a log to `look`, in order, without trusting them.
    pub fn scan(
        &self,
        document: DocumentId,
        mut look: impl FnMut(RawEvent),
    ) -> Result<(), ReadError> {
        self.reading(|connection| {
            let mut statement = connection.prepare(
                "SELECT revision, replica, counter, recorded_at, header, payload, chain, commitment
                 FROM events WHERE document = ?1 ORDER BY revision",
            )?;
            let mut rows = statement.query([document.0])?;
            while let Some(row) = rows.next()? {
                look(RawEvent {
                    revision: revision(row, 0)?,
                    replica: row.get::<_, i64>(1)?.cast_unsigned(),
                    counter: row.get::<_, i64>(2)?.cast_unsigned(),
                    recorded: Timestamp(row.get(3)?),
                    header: row.get(4)?,
                    payload: row.get(5)?,
                    chain: chain(row, 6)?,
                    erased: row.get_ref(7)?.as_blob_or_null()?.and_then(Commitment::from_bytes),
                });
            }
            Ok(())
        })
    }

    fn send(&self, job: Job) {
        let jobs = self.jobs.as_ref().expect("the sender lives as long as the store");
        // If the writer is gone, the answer's sender goes with the job, and whoever waits
        // for it learns that.
        self.pace.came();
        drop(jobs.send(job));
    }

    fn reading<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, ReadError> {
        let unavailable = |error: &dyn std::fmt::Display| ReadError::Unavailable(error.to_string());
        let pooled = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => schema::open_reader(&self.folder.database()).map_err(|e| unavailable(&e))?,
        };
        let found = read(&connection).map_err(|e| unavailable(&e))?;
        // A connection that failed is not put back: the next read opens a new one.
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS_KEPT {
            readers.push(connection);
        }
        Ok(found)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            drop(writer.join());
        }
    }
}

impl EventStore for SqliteStore {
    fn submit(&self, append: Append, done: Done) {
        let jobs = self.jobs.as_ref().expect("the sender lives as long as the store");
        self.pace.came();
        if let Err(unsent) = jobs.send(Job::Append(append, done))
            && let Job::Append(_, done) = unsent.0
        {
            done(Err(AppendError::Unavailable("the writer has stopped".into())));
        }
    }

    fn read(&self, document: DocumentId, after: Revision, limit: Limit) -> Result<Page, ReadError> {
        self.checked_page(document, after, limit).inspect_err(|error| self.note(error))
    }

    fn head(&self, document: DocumentId) -> Result<Option<Head>, ReadError> {
        self.checked_head(document).inspect_err(|error| self.note(error))
    }

    fn documents(&self) -> Result<Vec<Head>, ReadError> {
        self.reading(|connection| {
            connection
                .prepare_cached(&format!("{HEADS} ORDER BY document"))?
                .query_map([], head)?
                .collect()
        })
    }

    fn erase(
        &self,
        document: DocumentId,
        revisions: RangeInclusive<Revision>,
    ) -> Result<usize, AppendError> {
        let (tell, answer) = channel();
        self.send(Job::Erase(document, revisions, tell));
        answer.recv().unwrap_or_else(|_| Err(stopped()))
    }

    fn keep_profile(&self, naming: Naming) -> Result<bool, AppendError> {
        let (tell, answer) = channel();
        self.send(Job::Profile(naming, tell));
        answer.recv().unwrap_or_else(|_| Err(stopped()))
    }

    fn profiles(&self, document: DocumentId) -> Result<Vec<Profile>, ReadError> {
        self.reading(|connection| names::of(connection, document))
    }
}

impl SqliteStore {
    /// Counts that a log was not what was recorded.
    fn note(&self, error: &ReadError) {
        if matches!(error, ReadError::Corrupt { .. }) {
            self.pace.broken();
        }
    }

    /// A page, held against its chain.
    fn checked_page(
        &self,
        document: DocumentId,
        after: Revision,
        limit: Limit,
    ) -> Result<Page, ReadError> {
        let corrupt = |revision, why: String| ReadError::Corrupt { document, revision, why };
        let Stretch { rows, head, before, end, ended } = self.reading(|connection| {
            // One transaction, so that the head is the head of what is read.
            connection.execute_batch("BEGIN")?;
            let outcome = read_rows(connection, document, after, limit);
            connection.execute_batch("COMMIT")?;
            outcome
        })?;
        if !end.is_sound() || rows.last().is_some_and(|last| last.revision > head) {
            return Err(corrupt(head, UNLIKE_HEAD.into()));
        }
        let mut events = Vec::with_capacity(rows.len());
        let mut chain = before;
        for row in rows {
            let expected = Revision(after.0 + events.len() as u64 + 1);
            if row.revision != expected {
                return Err(corrupt(expected, "the record is missing".into()));
            }
            let event = codec::decode_record(&row.header, &row.payload)
                .map_err(|error| corrupt(expected, error.to_string()))?;
            // What a record does not prove of itself, such as when it was recorded, the chain does.
            let commitment = row.erased.unwrap_or_else(|| Commitment::to(&row.payload));
            // Of what was erased the chain proves what it was, so nothing may be left of it.
            if row.erased.is_some() && event.payload.erased() != event.payload {
                return Err(corrupt(expected, "it was erased, and says something still".into()));
            }
            let linked =
                |before: Chain| before.link(row.revision, row.recorded, &row.header, commitment);
            if row.chain.is_none() || chain.map(linked) != row.chain {
                return Err(corrupt(expected, "it is not what was recorded here".into()));
            }
            chain = row.chain;
            events.push(Ordered { revision: row.revision, recorded: row.recorded, event });
        }
        let last = Revision(after.0 + events.len() as u64);
        if ended && last < head && events.len() < limit.events {
            return Err(corrupt(Revision(last.0 + 1), "the record is missing".into()));
        }
        Ok(Page { events, head })
    }

    /// What the list of documents says of one, held against the end of its log.
    fn checked_head(&self, document: DocumentId) -> Result<Option<Head>, ReadError> {
        let (head, end) = self.reading(|connection| {
            let found = connection
                .prepare_cached(&format!("{HEADS} WHERE document = ?1"))?
                .query_row([document.0], head)
                .optional()?;
            Ok((found, end(connection, document)?))
        })?;
        if !end.is_sound() {
            let revision = head.map_or(Revision(0), |head| head.revision);
            return Err(ReadError::Corrupt { document, revision, why: UNLIKE_HEAD.into() });
        }
        Ok(head)
    }
}

/// What is wrong when a document's entry and its log do not fit.
const UNLIKE_HEAD: &str = "the list of documents does not say what its log ends with";

struct EventRow {
    revision: Revision,
    recorded: Timestamp,
    header: Vec<u8>,
    payload: Vec<u8>,
    chain: Option<Chain>,
    /// If the payload was erased, what the chain knows of it.
    erased: Option<Commitment>,
}

/// A part of a log as it lies there, and what stands around it.
struct Stretch {
    rows: Vec<EventRow>,
    head: Revision,
    /// What the log comes to before the first row.
    before: Option<Chain>,
    end: End,
    /// Whether no row comes after these.
    ended: bool,
}

/// Where a log ends, told twice: by the list of documents and by the last event.
pub(super) struct End {
    listed: Option<(Revision, i64, Vec<u8>)>,
    stands: Option<(i64, Vec<u8>)>,
}

impl End {
    /// Whether both say the same.
    pub(super) fn is_sound(&self) -> bool {
        match (&self.listed, &self.stands) {
            (Some((_, updated, chain)), Some((recorded, last))) => {
                (updated, chain) == (recorded, last)
            }
            (None, None) => true,
            _ => false,
        }
    }
}

/// Looks up where a log ends. Of a document that is not listed, the first event is looked for:
/// there should be none.
pub(super) fn end(connection: &Connection, document: DocumentId) -> rusqlite::Result<End> {
    let listed = connection
        .prepare_cached("SELECT head, updated_at, chain FROM documents WHERE document = ?1")?
        .query_row([document.0], |row| Ok((revision(row, 0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let last = listed.as_ref().map_or(Revision(1), |(head, ..)| *head);
    let stands = connection
        .prepare_cached(
            "SELECT recorded_at, chain FROM events WHERE document = ?1 AND revision = ?2",
        )?
        .query_row(params![document.0, last.0.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(End { listed, stands })
}

fn read_rows(
    connection: &Connection,
    document: DocumentId,
    after: Revision,
    limit: Limit,
) -> rusqlite::Result<Stretch> {
    let end = end(connection, document)?;
    let head = end.listed.as_ref().map_or(Revision(0), |(head, ..)| *head);
    let after = i64::try_from(after.0).unwrap_or(i64::MAX);
    let before = match after {
        0 => Some(Chain::start(document)),
        _ => connection
            .prepare_cached("SELECT chain FROM events WHERE document = ?1 AND revision = ?2")?
            .query_row(params![document.0, after], |row| chain(row, 0))
            .optional()?
            .flatten(),
    };
    let mut statement = connection.prepare_cached(
        "SELECT revision, recorded_at, header, payload, chain, commitment FROM events
         WHERE document = ?1 AND revision > ?2 ORDER BY revision LIMIT ?3",
    )?;
    let mut found = statement.query(params![document.0, after, limit.events as i64])?;
    let (mut rows, mut bytes, mut ended) = (Vec::new(), 0, true);
    while let Some(row) = found.next()? {
        if bytes >= limit.bytes && !rows.is_empty() {
            ended = false;
            break;
        }
        let row = EventRow {
            revision: revision(row, 0)?,
            recorded: Timestamp(row.get(1)?),
            header: row.get(2)?,
            payload: row.get(3)?,
            chain: chain(row, 4)?,
            erased: row.get_ref(5)?.as_blob_or_null()?.and_then(Commitment::from_bytes),
        };
        bytes += row.header.len() + row.payload.len();
        rows.push(row);
    }
    Ok(Stretch { rows, head, before, end, ended })
}

/// A chain as a column has it; `None` if that is no hash.
fn chain(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Chain>> {
    Ok(Chain::from_bytes(row.get_ref(column)?.as_blob()?))
}

/// Asks for what [`head`] reads.
const HEADS: &str = "SELECT document, head, created_at, updated_at,
       (SELECT count(*) FROM authors WHERE authors.document = documents.document), chain
     FROM documents";

fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head {
        document: DocumentId(row.get(0)?),
        revision: revision(row, 1)?,
        created: Timestamp(row.get(2)?),
        updated: Timestamp(row.get(3)?),
        authors: row.get(4)?,
        chain: Chain::from_bytes(row.get_ref(5)?.as_blob()?)
            .ok_or(rusqlite::Error::IntegralValueOutOfRange(5, 0))?,
    })
}

fn revision(row: &Row<'_>, column: usize) -> rusqlite::Result<Revision> {
    Ok(Revision(row.get::<_, i64>(column)?.cast_unsigned()))
}

fn stopped() -> AppendError {
    AppendError::Unknown("the store has stopped".into())
}

/// Writes a consistent copy of the database at `from` to the new file `to`, which
/// [`restore`] takes later. The database may be in use. `to` appears only when it is complete.
pub fn backup(from: &Path, to: &Path) -> Result<(), CopyError> {
    schema::check(from)?;
    let mut unfinished = to.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    if to.exists() {
        return Err(CopyError::Exists(to.to_owned()));
    }
    // What an interrupted earlier copy left.
    drop(std::fs::remove_file(&unfinished));
    let connection = schema::open_reader(from)?;
    connection
        .execute("VACUUM INTO ?1", [unfinished.to_string_lossy()])
        .map_err(OpenError::Sqlite)?;
    File::open(&unfinished)?.sync_all()?;
    std::fs::rename(&unfinished, to)?;
    Ok(())
}

/// Puts the backup `from` into a data folder that has no database.
pub fn restore(from: &Path, vacant: &Folder) -> Result<(), CopyError> {
    backup(from, &vacant.database())
}

/// Why a backup was not made or not taken back. What was there before is as it was.
#[derive(Debug, Error)]
pub enum CopyError {
    /// The copy would replace a file.
    #[error("{0} exists already: choose another name, nothing is overwritten")]
    Exists(PathBuf),
    /// The original is not a database this version can read.
    #[error(transparent)]
    Source(#[from] OpenError),
    /// The file system refused.
    #[error("the copy could not be written: {0}")]
    Io(#[from] std::io::Error),
}
