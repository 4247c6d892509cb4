//! Which documents have something new, and when each is due: one that is being written waits until
//! it is quiet. What is done with them is the worker's matter.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use palimpsest_core::DocumentId;

/// How long a document has to be quiet until it is taken in: nobody looks for a word while it is
/// being typed.
pub(super) const QUIET: Duration = Duration::from_secs(1);
/// How long a document that is never quiet waits at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// The documents that wait, and the bell that rings when another one does.
#[derive(Default)]
pub(super) struct Queue {
    list: Mutex<List>,
    bell: Condvar,
}

#[derive(Default)]
struct List {
    waiting: BTreeMap<DocumentId, Waiting>,
    /// Whether all documents were looked at since the start, or since a rebuild was asked for.
    swept: bool,
    stopping: bool,
}

/// Since when a document has something new, and when the last of it came.
#[derive(Clone, Copy)]
pub(super) struct Waiting {
    since: Instant,
    last: Instant,
}

impl Waiting {
    fn due(self) -> Instant {
        (self.last + QUIET).min(self.since + PATIENCE)
    }
}

impl Queue {
    /// Something new came to a document.
    pub(super) fn add(&self, document: DocumentId) {
        let now = Instant::now();
        let mut list = self.list();
        let waiting = list.waiting.entry(document).or_insert(Waiting { since: now, last: now });
        waiting.last = now;
        self.bell.notify_all();
    }

    /// A document could not be taken in, and waits as it did.
    pub(super) fn put_back(&self, document: DocumentId, waiting: Waiting) {
        self.list().waiting.entry(document).or_insert(waiting);
    }

    /// All documents are to be looked at.
    pub(super) fn sweep(&self) {
        self.list().swept = false;
        self.bell.notify_all();
    }

    /// All documents were looked at, and these have something new.
    pub(super) fn swept(&self, behind: impl IntoIterator<Item = DocumentId>) {
        let now = Instant::now();
        let mut list = self.list();
        list.swept = true;
        for document in behind {
            list.waiting.entry(document).or_insert(Waiting { since: now, last: now });
        }
    }

    /// Whether all documents were looked at.
    pub(super) fn is_swept(&self) -> bool {
        self.list().swept
    }

    /// Takes any document out that waits.
    pub(super) fn pop(&self) -> Option<(DocumentId, Waiting)> {
        self.list().waiting.pop_first()
    }

    /// Takes the one out that is due the longest.
    pub(super) fn pop_due(&self) -> Option<(DocumentId, Waiting)> {
        let mut list = self.list();
        let due = list.waiting.iter().min_by_key(|(_, waiting)| waiting.due());
        let due = due.filter(|(_, waiting)| waiting.due() <= Instant::now());
        let document = due.map(|(document, _)| *document)?;
        list.waiting.remove_entry(&document)
    }

    /// It is time to stop.
    pub(super) fn stop(&self) {
        self.list().stopping = true;
        self.bell.notify_all();
    }

    /// Whether it is.
    pub(super) fn is_stopping(&self) -> bool {
        self.list().stopping
    }

    /// Waits until something is due; `false` if it is time to stop.
    pub(super) fn wait(&self) -> bool {
        let mut list = self.list();
        loop {
            if list.stopping {
                return false;
            }
            let due = list.waiting.values().map(|waiting| waiting.due()).min();
            let pause = due.map(|due| due.saturating_duration_since(Instant::now()));
            match pause {
                _ if !list.swept => return true,
                Some(Duration::ZERO) => return true,
                Some(pause) => {
                    let waited = self.bell.wait_timeout(list, pause);
                    list = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    let waited = self.bell.wait(list);
                    list = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Waits for a while, or until it is time to stop.
    pub(super) fn rest(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut list = self.list();
        while !list.stopping {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.bell.wait_timeout(list, left);
            list = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
