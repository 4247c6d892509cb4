//! The worker: brings every projection up to the store, document by document, when that has been
//! quiet for a moment or when somebody asks. What a projection makes of a document is its own
//! file's matter.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use palimpsest_core::{DocumentId, News, ReadModel, Revision, Sayings};
use rusqlite::Connection;

use super::database::{self, DeadLetter};
use super::queue::{QUIET, Queue, Waiting};
use super::{Checkpoint, Projection, ProjectionError};
use super::{activity, catalogue, search};
use crate::reading::Reading;
use crate::server::now;
use crate::store::sqlite::SqliteStore;
use crate::store::{EventStore, Limit, ReadError};

/// How long to wait after something failed that may not fail again, such as a full disk.
const RETRY: Duration = Duration::from_secs(5);
/// How many documents, and events in all of them, are kept as they were folded, so that what comes
/// next is little work. An event takes about 500 bytes where many write at once. Where more is
/// written in, what finds no room is replayed at every turn.
const FOLDED_MAX: usize = 64;
const FOLDED_EVENTS_MAX: u64 = 16_000;
/// Who was not taken in for so long makes room: nobody writes in it any more.
const FOLDED_FOR_MAX: Duration = Duration::from_secs(30);
/// How much of a log is read at a time.
const PAGE: Limit = Limit { events: 20_000, bytes: 8 * 1024 * 1024 };

/// The read side of a data folder. Its methods block.
pub struct Projections {
    pub(super) store: Arc<SqliteStore>,
    pub(super) path: PathBuf,
    writing: Mutex<Writing>,
    queue: Queue,
}

#[derive(Default)]
pub(super) struct Writing {
    connection: Option<Connection>,
    /// The last used at the end.
    folded: Vec<Folded>,
}

/// A document as it was folded so far.
struct Folded {
    reading: Reading,
    sayings: Sayings,
    /// Up to where the sayings are written down.
    told: Revision,
    /// When it was last taken in.
    used: Instant,
}

impl Projections {
    /// The read side of the data folder `data`, whose documents `store` has. Nothing is read
    /// before a [`Worker`] runs or somebody asks.
    pub fn new(store: Arc<SqliteStore>, data: &Path) -> Self {
        let (writing, queue) = Default::default();
        Self { store, path: super::file_in(data), writing, queue }
    }

    /// Says that a document has something new. Costs next to nothing.
    pub fn changed(&self, document: DocumentId) {
        self.queue.add(document);
    }

    /// Takes in all that is new, but ends after `patience` at the latest.
    pub fn settle(&self, patience: Duration) -> Result<(), ProjectionError> {
        let until = Instant::now() + patience;
        while Instant::now() < until && !self.queue.is_stopping() {
            let mut writing = match self.writing.try_lock() {
                Ok(writing) => writing,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {
                    thread::sleep(Duration::from_millis(2));
                    continue;
                }
            };
            if !self.queue.is_swept() {
                self.sweep(&mut writing)?;
            }
            let Some((document, waiting)) = self.queue.pop() else { break };
            self.take_in(&mut writing, document, waiting)?;
        }
        Ok(())
    }

    /// The same for whoever is content with what is there, such as when the disk is full: how much
    /// is behind is told with the answer.
    pub fn settle_if_possible(&self, patience: Duration) {
        if let Err(error) = self.settle(patience) {
            tracing::warn!(%error, "the read side falls behind");
        }
    }

    /// Has a projection made anew. What it says until then stays, document by document, until it
    /// is replaced.
    pub fn rebuild(&self, projection: Projection) -> Result<(), ProjectionError> {
        let mut writing = self.writing();
        let transaction = writing.open(&self.path)?.transaction()?;
        database::forget(&transaction, projection)?;
        transaction.commit()?;
        self.queue.sweep();
        Ok(())
    }

    /// Forgets a document, does something that changes its past, and takes it in anew. Nothing of
    /// what it said before is left, also if this ends half way: what cannot be cleared is thrown
    /// away with the file.
    pub fn erasing<T>(&self, document: DocumentId, change: impl FnOnce() -> T) -> T {
        let mut writing = self.writing();
        writing.folded.retain(|folded| folded.reading.document.id() != document);
        let cleared = writing.open(&self.path).and_then(|connection| {
            let transaction = connection.transaction()?;
            for projection in Projection::ALL {
                database::forget_document(&transaction, projection, document)?;
            }
            transaction.commit()?;
            database::wipe(connection)
        });
        if let Err(error) = cleared {
            self.begin_anew(&mut writing, &error);
        }
        // Nobody takes it in before it is changed.
        let changed = change();
        drop(writing);
        self.changed(document);
        changed
    }

    /// Throws the file away, so that the next step makes it again.
    pub(super) fn begin_anew(&self, writing: &mut Writing, error: &rusqlite::Error) {
        tracing::warn!(%error, "the read side is begun anew");
        *writing = Writing::default();
        database::throw_away(&self.path);
        self.queue.sweep();
    }

    /// Looks which documents have something new, and forgets those that are gone.
    fn sweep(&self, writing: &mut Writing) -> Result<(), ProjectionError> {
        let heads: BTreeMap<_, _> =
            self.store.documents()?.into_iter().map(|head| (head.document, head)).collect();
        let connection = writing.open(&self.path)?;
        let dead = database::dead_letters(connection)?;
        let mut behind: Vec<DocumentId> = Vec::new();
        for projection in Projection::ALL {
            let reached = database::checkpoints(connection, projection)?;
            for document in reached.keys().filter(|document| !heads.contains_key(document)) {
                database::forget_document(connection, projection, *document)?;
            }
            behind.extend(heads.values().filter_map(|head| {
                let is_dead = dead
                    .iter()
                    .any(|dead| (dead.projection, dead.document) == (projection, head.document));
                let checkpoint = Checkpoint { revision: head.revision, chain: head.chain };
                let is_here = reached.get(&head.document) == Some(&checkpoint);
                (!is_dead && !is_here).then_some(head.document)
            }));
        }
        self.queue.swept(behind);
        Ok(())
    }

    /// Takes a document in, which then waits no longer. If that fails for a reason that may pass,
    /// it waits again.
    fn take_in(
        &self,
        writing: &mut Writing,
        document: DocumentId,
        waiting: Waiting,
    ) -> Result<(), ProjectionError> {
        let outcome = self.take_in_all(writing, document);
        if let Err(error) = &outcome {
            writing.folded.retain(|folded| folded.reading.document.id() != document);
            self.queue.put_back(document, waiting);
            if let ProjectionError::File(error) = error
                && database::is_lost(error)
            {
                self.begin_anew(writing, error);
            }
        }
        outcome
    }

    fn take_in_all(
        &self,
        writing: &mut Writing,
        document: DocumentId,
    ) -> Result<(), ProjectionError> {
        let head = match self.store.head(document) {
            Ok(Some(head)) => Ok(head.revision),
            Ok(None) => {
                let connection = writing.open(&self.path)?;
                for projection in Projection::ALL {
                    database::forget_document(connection, projection, document)?;
                }
                return Ok(());
            }
            Err(error @ ReadError::Corrupt { .. }) => Err(error.to_string()),
            Err(error @ ReadError::Unavailable(_)) => return Err(error.into()),
        };
        for projection in Projection::ALL {
            let connection = writing.open(&self.path)?;
            if database::is_dead(connection, projection, document)? {
                continue;
            }
            let reached = database::checkpoint(connection, projection, document)?;
            // A checkpoint of another log, such as that of a backup, is none.
            let reached = match reached {
                Some(Checkpoint { revision, chain }) => self
                    .store
                    .chain_at(document, revision)?
                    .filter(|known| *known == chain)
                    .map(|_| revision),
                None => None,
            };
            let step = match &head {
                Ok(head) if reached == Some(*head) => continue,
                Ok(_) => catch_unwind(AssertUnwindSafe(|| {
                    self.advance(writing, projection, document, reached)
                })),
                Err(error) => Ok(Err(Trouble::Poison(error.clone()))),
            };
            let poison = match step {
                Ok(Ok(())) => continue,
                Ok(Err(Trouble::Poison(error))) => error,
                Ok(Err(Trouble::Passing(error))) => return Err(error),
                Err(panic) => format!("folding it failed: {}", words_of(&*panic)),
            };
            tracing::error!(projection = projection.name(), %document, error = %poison, "put aside");
            writing.folded.retain(|folded| folded.reading.document.id() != document);
            let revision = reached.unwrap_or_default();
            let letter = DeadLetter { projection, document, revision, error: poison, at: now() };
            database::keep_dead(writing.open(&self.path)?, &letter)?;
        }
        Ok(())
    }

    /// Takes in what a document has beyond what a projection has taken in of it; all of it in one
    /// transaction with the checkpoint.
    fn advance(
        &self,
        writing: &mut Writing,
        projection: Projection,
        document: DocumentId,
        reached: Option<Revision>,
    ) -> Result<(), Trouble> {
        writing.open(&self.path)?;
        let Writing { connection, folded } = writing;
        let transaction = connection.as_mut().expect("it was opened").transaction()?;
        if reached.is_none() {
            projection.clear(&transaction, document)?;
        }
        let mut head = reached.unwrap_or_default();
        match projection {
            Projection::Activity => loop {
                let page = self.store.read(document, head, PAGE)?;
                let Some(last) = page.events.last() else { break };
                head = last.revision;
                activity::write(&transaction, document, &page.events)?;
            },
            Projection::Catalogue => {
                let reading = &self.fold(folded, document)?.reading;
                catalogue::write(&transaction, reading)?;
                head = reading.head();
            }
            Projection::Search => {
                let Folded { reading, sayings, told, .. } = self.fold(folded, document)?;
                let (graph, timeline) = (reading.document.graph(), &reading.timeline);
                if *told != head {
                    // It is folded again up to where it is written down, which is the same.
                    let places = Revision(1)..Revision(head.0 + 1);
                    *sayings = Sayings::default();
                    sayings.extend(&News::of(timeline, graph, places));
                    drop(sayings.changed());
                }
                let news = Revision(head.0 + 1)..Revision(reading.head().0 + 1);
                head = reading.head();
                *told = head;
                sayings.extend(&News::of(timeline, graph, news));
                search::write(&transaction, document, &sayings.changed(), timeline, graph)?;
            }
        }
        let chain = self.store.chain_at(document, head)?;
        let chain = chain.ok_or_else(|| Trouble::Poison(format!("revision {} is gone", head.0)))?;
        let checkpoint = Checkpoint { revision: head, chain };
        database::keep_checkpoint(&transaction, projection, document, checkpoint)?;
        transaction.commit()?;
        Ok(())
    }

    /// A document replayed to its end.
    fn fold<'f>(
        &self,
        folded: &'f mut Vec<Folded>,
        document: DocumentId,
    ) -> Result<&'f mut Folded, ReadError> {
        let place = folded.iter().position(|known| known.reading.document.id() == document);
        let mut found = match place {
            Some(place) => folded.remove(place),
            None => Folded {
                reading: Reading::new(document),
                sayings: Sayings::default(),
                told: Revision(0),
                used: Instant::now(),
            },
        };
        found.reading.catch_up(&*self.store)?;
        found.used = Instant::now();
        folded.push(found);
        let weighed =
            |known: &Folded| (known.reading.head().0, known.used.elapsed() > FOLDED_FOR_MAX);
        while let Some(gone) = one_too_many(&folded.iter().map(weighed).collect::<Vec<_>>()) {
            folded.remove(gone);
        }
        Ok(folded.last_mut().expect("it was put there"))
    }

    /// Takes in what is due until it is time to stop.
    fn run(&self) {
        // Those who come back after a restart go first.
        self.queue.rest(QUIET);
        while self.queue.wait() {
            let begun = Instant::now();
            let outcome = {
                let mut writing = self.writing();
                let swept = self.queue.is_swept();
                if swept { self.take_in_due(&mut writing) } else { self.sweep(&mut writing) }
            };
            if let Err(error) = outcome {
                tracing::warn!(%error, "the read side falls behind");
                self.queue.rest(RETRY);
            } else {
                // Whoever writes has the processor first: it is used half of the time at most.
                self.queue.rest(begun.elapsed());
            }
        }
    }

    fn take_in_due(&self, writing: &mut Writing) -> Result<(), ProjectionError> {
        // Somebody who asked may have been faster.
        let Some((document, waiting)) = self.queue.pop_due() else { return Ok(()) };
        self.take_in(writing, document, waiting)
    }

    pub(super) fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writing {
    /// The file, opened if it is not.
    pub(super) fn open(&mut self, path: &Path) -> rusqlite::Result<&mut Connection> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => database::open_writer(path)?,
        };
        Ok(self.connection.insert(connection))
    }
}

/// Why a document was not taken in.
enum Trouble {
    /// It is the document's own, and trying again will not help.
    Poison(String),
    /// It may pass.
    Passing(ProjectionError),
}

impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Corrupt { .. } => Self::Poison(error.to_string()),
            ReadError::Unavailable(_) => Self::Passing(error.into()),
        }
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Passing(error.into())
    }
}

/// Which of the documents goes, if they are too many; each is told by its events and by whether it
/// was long not used, the last used at the end. That one always stays. Where all are in use, the one
/// before it goes: they come in turns, and if the one that waits the longest went, then none would
/// be there when its turn comes.
fn one_too_many(documents: &[(u64, bool)]) -> Option<usize> {
    let [(_, is_first_idle), .., _] = documents else { return None };
    let events: u64 = documents.iter().map(|(events, _)| events).sum();
    let goes = if *is_first_idle { 0 } else { documents.len() - 2 };
    (documents.len() > FOLDED_MAX || events > FOLDED_EVENTS_MAX).then_some(goes)
}

/// What a panic said, if it says the same whatever was written: other words may quote a text.
fn words_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .unwrap_or("a fault of ours, whose words may quote the text")
}

/// A thread that keeps the read side up. It ends when this is dropped, after the document that it
/// is at.
pub struct Worker {
    projections: Arc<Projections>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts it.
    pub fn start(projections: Arc<Projections>) -> Self {
        let own = projections.clone();
        let thread = thread::Builder::new()
            .name("projections".into())
            .spawn(move || own.run())
            .expect("the system has room for one more thread");
        Self { projections, thread: Some(thread) }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.projections.queue.stop();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_documents_are_kept_by_number_and_by_weight() {
        let check = |documents: &[(u64, bool)], gone| {
            assert_eq!(one_too_many(documents), gone, "{documents:?}");
        };
        let (idle, used) = (|events| (events, true), |events| (events, false));
        check(&[], None);
        check(&[used(FOLDED_EVENTS_MAX + 1)], None);
        check(&[idle(FOLDED_EVENTS_MAX + 1)], None);
        check(&[idle(1); FOLDED_MAX], None);
        check(&[idle(1); FOLDED_MAX + 3], Some(0));
        check(&[used(1); FOLDED_MAX + 3], Some(FOLDED_MAX + 1));
        check(&[idle(FOLDED_EVENTS_MAX - 1), used(1)], None);
        check(&[idle(FOLDED_EVENTS_MAX), used(1)], Some(0));
        check(&[used(5), used(FOLDED_EVENTS_MAX), used(1)], Some(1));
        check(&[idle(5), used(FOLDED_EVENTS_MAX), used(1)], Some(0));
    }

    #[test]
    fn a_dead_letter_quotes_no_text() {
        let said = |fold: fn(&str) -> &str| {
            let panic = catch_unwind(|| fold("Krakó").len()).unwrap_err();
            words_of(&*panic).to_owned()
        };
        // What the standard library says of a place inside a character has the text in it.
        assert!(!said(|text| &text[..5]).contains("Krak"));
        assert_eq!(said(|_| panic!("no such saying")), "no such saying");
    }
}
