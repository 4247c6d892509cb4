//! The server's only way to its store: every method takes a permit, so that nothing that came
//! in over a socket or HTTP can read or write what the guard did not allow. Commands on the data
//! folder go to the store itself: whoever has the folder has everything.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use palimpsest_core::{DocumentId, Marker, Profile, Revision};

use crate::guard::{Comment, Edit, Erase, Permit, Read, ReadHistory, ReadVersions, Write};
use crate::projections::{
    Answer, Day, DeadLetter, Projection, ProjectionError, Projections, Status, Worker,
};
use crate::reading::Reading;
use crate::shelf::Shelf;
use crate::store::Pace;
use crate::store::sqlite::{SqliteStore, Summary};
use crate::store::{
    Append, AppendError, Appended, Done, EventStore, Head, Limit, Naming, Page, ReadError,
};

/// The store behind permits. Its methods block, but for [`submit`](Self::submit).
pub(crate) struct Vault {
    store: Arc<SqliteStore>,
    shelf: Shelf,
    projections: Arc<Projections>,
}

impl Vault {
    /// A vault around the store of the data folder `data`.
    pub(crate) fn new(store: Arc<SqliteStore>, data: &Path) -> Self {
        let projections = Arc::new(Projections::new(store.clone(), data));
        Self { shelf: Shelf::new(store.clone()), store, projections }
    }

    /// Keeps the read side up for as long as the worker lives.
    pub(crate) fn keep_up(&self) -> Worker {
        Worker::start(self.projections.clone())
    }

    /// Whether the store can be written to; an error says why not.
    pub(crate) fn probe(&self) -> Result<(), AppendError> {
        self.store.probe()
    }

    /// How the store's writer keeps up.
    pub(crate) fn pace(&self) -> &Pace {
        self.store.pace()
    }

    /// Adds events to a log, and tells `done` when the outcome is certain.
    pub(crate) fn submit(&self, permit: &Permit<Write>, append: Append, done: Done) {
        debug_assert_eq!(permit.document(), append.document, "the guard was asked about it");
        let (projections, document) = (self.projections.clone(), append.document);
        let done = move |outcome| {
            projections.changed(document);
            done(outcome);
        };
        self.store.submit(append, Box::new(done));
    }

    /// Adds events to a log, and waits for the outcome.
    pub(crate) fn append(
        &self,
        permit: &Permit<Write>,
        append: Append,
    ) -> Result<Appended, AppendError> {
        debug_assert_eq!(permit.document(), append.document, "the guard was asked about it");
        self.store.append(append)
    }

    /// Puts the first events into the log of a new document.
    pub(crate) fn create(
        &self,
        permit: &Permit<Edit>,
        append: Append,
    ) -> Result<Appended, AppendError> {
        debug_assert_eq!(permit.document(), append.document, "the guard was asked about it");
        let outcome = self.store.append(append);
        self.projections.changed(permit.document());
        outcome
    }

    /// The last revision that there is to erase from; `None` if there is no such document.
    pub(crate) fn end(&self, permit: &Permit<Erase>) -> Result<Option<Revision>, ReadError> {
        Ok(self.store.head(permit.document())?.map(|head| head.revision))
    }

    /// Takes what people wrote out of some events, and says of how many.
    pub(crate) fn erase(
        &self,
        permit: &Permit<Erase>,
        revisions: RangeInclusive<Revision>,
    ) -> Result<usize, AppendError> {
        let document = permit.document();
        let erase = || self.store.erase(document, revisions);
        let erased = self.projections.erasing(document, erase);
        self.shelf.forget(document);
        erased
    }

    /// Remembers what somebody who takes part is called, unless that is somebody else's to say.
    pub(crate) fn keep_profile(
        &self,
        permit: &Permit<Comment>,
        naming: Naming,
    ) -> Result<bool, AppendError> {
        debug_assert_eq!(permit.document(), naming.document, "the guard was asked about it");
        self.store.keep_profile(naming)
    }

    /// What a new follower is told first: the last revision, 0 if there is none, and what those
    /// who take part are called.
    pub(crate) fn welcome(
        &self,
        permit: &Permit<ReadHistory>,
    ) -> Result<(Revision, Vec<Profile>), ReadError> {
        let document = permit.document();
        let head = self.store.head(document)?.map_or_else(Default::default, |head| head.revision);
        Ok((head, self.store.profiles(document)?))
    }

    /// A run of the log.
    pub(crate) fn page(
        &self,
        permit: &Permit<ReadHistory>,
        after: Revision,
        limit: Limit,
    ) -> Result<Page, ReadError> {
        self.store.read(permit.document(), after, limit)
    }

    /// Looks something up in the replayed document; `None` if there is no such document.
    pub(crate) fn replayed<T>(
        &self,
        permit: &Permit<ReadHistory>,
        look: impl FnOnce(&Reading) -> T,
    ) -> Result<Option<T>, ReadError> {
        self.shelf.read(permit.document(), look)
    }

    /// The text as it is, and its revision; `None` if there is no such document.
    pub(crate) fn text(
        &self,
        permit: &Permit<Read>,
    ) -> Result<Option<(Revision, String)>, ReadError> {
        self.shelf.read(permit.document(), |reading| {
            (reading.head(), reading.text_at(reading.head()).to_string())
        })
    }

    /// The versions that have a name, by revision; `None` if there is no such document.
    pub(crate) fn versions(
        &self,
        permit: &Permit<ReadVersions>,
    ) -> Result<Option<Vec<Marker>>, ReadError> {
        self.shelf.read(permit.document(), Reading::versions)
    }

    /// The text of a version that has a name; `None` if there is none at this revision.
    pub(crate) fn version_text(
        &self,
        permit: &Permit<ReadVersions>,
        revision: Revision,
    ) -> Result<Option<String>, ReadError> {
        let found = self.shelf.read(permit.document(), |reading| {
            let named = reading.versions().iter().any(|version| version.revision == revision);
            named.then(|| reading.text_at(revision).to_string())
        });
        found.map(Option::flatten)
    }

    /// How long the document's log is, and what a list says of it; `None` if there is none.
    pub(crate) fn summary(
        &self,
        permit: &Permit<Read>,
    ) -> Result<Option<(Head, Summary)>, ReadError> {
        let Some(head) = self.store.head(permit.document())? else { return Ok(None) };
        Ok(Some((head, self.shelf.summary(head)?)))
    }

    /// What documents are called that have no title, as their texts began when the read side took
    /// them in last. A document is listed without a name rather than not at all.
    pub(crate) fn names<'a>(
        &self,
        permits: impl Iterator<Item = &'a Permit<Read>>,
    ) -> BTreeMap<DocumentId, String> {
        let names = self.projections.beginnings(permits.map(Permit::document));
        names.unwrap_or_else(|error| {
            tracing::warn!(%error, "the read side does not say what documents are called");
            BTreeMap::new()
        })
    }

    /// The documents after `after`, by id, that `allowed` has a permit for; no more than `most`.
    pub(crate) fn documents(
        &self,
        after: Option<DocumentId>,
        most: usize,
        allowed: impl Fn(DocumentId) -> Option<Permit<Read>>,
    ) -> Result<Vec<(Permit<Read>, Head)>, ReadError> {
        let heads = self.store.documents()?.into_iter();
        let beyond = heads.filter(|head| after.is_none_or(|after| head.document > after));
        Ok(beyond.filter_map(|head| Some((allowed(head.document)?, head))).take(most).collect())
    }

    /// Finds sentences that stand or stood in documents that `allowed` has a permit for: what was
    /// deleted, and who wrote what stands, is history.
    pub(crate) fn search(
        &self,
        words: &str,
        limit: usize,
        patience: Duration,
        allowed: impl Fn(DocumentId) -> Option<Permit<ReadHistory>>,
    ) -> Result<Answer, ProjectionError> {
        let mut documents: Vec<DocumentId> =
            self.store.documents()?.into_iter().map(|head| head.document).collect();
        let all = documents.len();
        documents.retain(|document| allowed(*document).is_some());
        let within = (documents.len() < all).then_some(&documents[..]);
        self.projections.look_up(words, limit, patience, within)
    }

    /// What everybody did from a day on, in documents that `allowed` has a permit for.
    pub(crate) fn activity(
        &self,
        from: i64,
        patience: Duration,
        allowed: impl Fn(DocumentId) -> Option<Permit<ReadHistory>>,
    ) -> Result<Vec<Day>, ProjectionError> {
        self.projections.settle_if_possible(patience);
        let mut days = self.projections.activity(from)?;
        let mut last = None;
        days.retain(|day| {
            // They come document by document.
            if last.is_none_or(|(known, _)| known != day.document) {
                last = Some((day.document, allowed(day.document).is_some()));
            }
            last.is_some_and(|(_, allowed)| allowed)
        });
        Ok(days)
    }

    /// How far the read side is. No text is in it, so it takes no permit.
    pub(crate) fn read_side(&self) -> Result<Vec<Status>, ProjectionError> {
        self.projections.status()
    }

    /// What the read side has put aside.
    pub(crate) fn dead_letters(&self) -> Result<Vec<DeadLetter>, ProjectionError> {
        self.projections.dead_letters()
    }

    /// Has a projection made anew.
    pub(crate) fn rebuild(&self, projection: Projection) -> Result<(), ProjectionError> {
        self.projections.rebuild(projection)
    }
}
