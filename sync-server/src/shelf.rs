//! The documents that were read last, kept replayed so that reading them again is quick.
//! Only a cache: it can be emptied at any time, and always catches up with the store first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palimpsest_core::{DocumentId, Payload};

use crate::reading::Reading;
use crate::store::sqlite::{SqliteStore, Summary};
use crate::store::{EventStore, Head, Limit, ReadError};

/// How many replayed documents are kept. A large one takes some tens of megabytes.
const READINGS_KEPT: usize = 4;

/// How many new events are looked through for facts before a document is replayed instead.
const FACTS_LOOKED_FOR: Limit = Limit { events: 20_000, bytes: 8 * 1024 * 1024 };

/// The documents read last. Its methods block.
pub(crate) struct Shelf {
    store: Arc<SqliteStore>,
    /// The last used at the end.
    readings: Mutex<Vec<(DocumentId, Arc<Mutex<Reading>>)>>,
}

impl Shelf {
    /// An empty shelf in front of `store`.
    pub(crate) fn new(store: Arc<SqliteStore>) -> Self {
        Self { store, readings: Mutex::default() }
    }

    /// Looks something up in the document as it is in the store now; `None` if there is no
    /// such document.
    pub(crate) fn read<T>(
        &self,
        document: DocumentId,
        look: impl FnOnce(&Reading) -> T,
    ) -> Result<Option<T>, ReadError> {
        if self.store.head(document)?.is_none() {
            return Ok(None);
        }
        let reading = self.take(document);
        let mut reading = lock(&reading);
        if let Err(error) = reading.catch_up(&*self.store) {
            lock(&self.readings).retain(|(other, _)| *other != document);
            return Err(error);
        }
        Ok(Some(look(&reading)))
    }

    /// Has the document replayed anew when it is read next: its past is not what it was.
    pub(crate) fn forget(&self, document: DocumentId) {
        lock(&self.readings).retain(|(other, _)| *other != document);
    }

    /// What a list says about the document whose head is `head`. Replays it only if events
    /// that can change the answer came since it was last asked.
    pub(crate) fn summary(&self, head: Head) -> Result<Summary, ReadError> {
        let (document, vintage) = (head.document, self.store.vintage());
        if let Some(mut known) = self.store.summary(document)? {
            if known.revision == head.revision {
                return Ok(known);
            }
            let page = self.store.read(document, known.revision, FACTS_LOOKED_FOR)?;
            let told = page.events.iter().all(|o| !changes_summary(&o.event.payload));
            if let Some(last) = page.events.last()
                && last.revision == page.head
                && told
            {
                known.revision = last.revision;
                page.events.iter().for_each(|o| known.activity.count(&o.event));
                self.store.keep_summary(known.clone(), vintage);
                return Ok(known);
            }
        }
        let found = self.read(document, Reading::summary)?;
        let summary = found.ok_or_else(|| {
            ReadError::Unavailable(format!("document {document} is listed, but has no events"))
        })?;
        self.store.keep_summary(summary.clone(), vintage);
        Ok(summary)
    }

    fn take(&self, document: DocumentId) -> Arc<Mutex<Reading>> {
        let mut readings = lock(&self.readings);
        let place = readings.iter().position(|(other, _)| *other == document);
        let reading = match place {
            Some(place) => readings.remove(place).1,
            None => Arc::new(Mutex::new(Reading::new(document))),
        };
        readings.push((document, reading.clone()));
        if readings.len() > READINGS_KEPT {
            readings.remove(0);
        }
        reading
    }
}

fn changes_summary(payload: &Payload) -> bool {
    match payload {
        Payload::DocumentCreated { .. }
        | Payload::TitleChanged { .. }
        | Payload::FolderChanged { .. }
        | Payload::DocumentArchived
        | Payload::DocumentRestored => true,
        Payload::TextEdited { .. }
        | Payload::VersionNamed { .. }
        | Payload::CommentAdded { .. }
        | Payload::CommentEdited { .. }
        | Payload::CommentReplied { .. }
        | Payload::CommentResolved { .. }
        | Payload::CommentReopened { .. }
        | Payload::CommentDeleted { .. }
        | Payload::Unknown { .. } => false,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
