//! An event store that forgets everything when it is dropped: for simulations, where a
//! thousand histories must not wait for a disk. It has no durability to speak of.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

use palimpsest_core::codec;
use palimpsest_core::{
    AuthorId, DocumentId, Event, EventId, Ordered, Profile, ReplicaId, Revision,
};
use palimpsest_core::{EVENT_BYTES_MAX, PROFILES_MAX};

use super::{
    Append, AppendError, Appended, Chain, Commitment, Done, EventStore, Head, Limit, Naming, Page,
    Placed, ReadError, burden, predecessor,
};

/// Logs in memory. The naive twin of [`super::sqlite::SqliteStore`].
#[derive(Default)]
pub struct MemoryStore {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    logs: BTreeMap<DocumentId, Log>,
    names: BTreeMap<(DocumentId, AuthorId), Name>,
}

/// What an author is called in a document, and who said so first.
struct Name {
    profile: Profile,
    said_by: Option<String>,
}

struct Log {
    events: Vec<Ordered>,
    places: BTreeMap<EventId, Revision>,
    authors: BTreeSet<AuthorId>,
    /// Who first wrote as a replica, of those who may write only as themselves.
    writers: BTreeMap<ReplicaId, String>,
    chain: Chain,
    /// What the chain knows of the payloads that were erased.
    erased: BTreeMap<Revision, Commitment>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic elsewhere cannot leave a half append behind: a batch is placed in a copy.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn of(document: DocumentId) -> Self {
        let (events, places, authors, writers, erased) = Default::default();
        Self { events, places, authors, writers, chain: Chain::start(document), erased }
    }

    fn head(&self) -> Revision {
        Revision(self.events.len() as u64)
    }

    fn append(&mut self, append: Append) -> Result<Appended, AppendError> {
        let (before, chain, writers) = (self.events.len(), self.chain, self.writers.clone());
        let outcome = self.place_all(append);
        if outcome.is_err() {
            (self.chain, self.writers) = (chain, writers);
            for ordered in self.events.drain(before..) {
                self.places.remove(&ordered.event.header.id);
            }
        }
        let placed = outcome?;
        self.authors.extend(self.events[before..].iter().map(|one| one.event.header.author));
        Ok(Appended { placed, fresh: self.events[before..].to_vec(), head: self.head() })
    }

    fn place_all(&mut self, append: Append) -> Result<Vec<Placed>, AppendError> {
        let last = self.events.last().map_or(append.now, |last| last.recorded);
        let recorded = append.now.max(last);
        let actual = self.head();
        let mut placed = Vec::with_capacity(append.events.len());
        for event in append.events {
            let id = event.header.id;
            if let Some(&revision) = self.places.get(&id) {
                let first = &self.events[revision.0 as usize - 1];
                let erased = self.erased.get(&revision);
                if first.event != event
                    && !erased.is_some_and(|whole| is_erased(&event, first, *whole))
                {
                    return Err(AppendError::IdConflict { id });
                }
                placed.push(Placed { id, revision, recorded: first.recorded, fresh: false });
                continue;
            }
            if let Some(expected) = append.expected.filter(|expected| *expected != actual) {
                return Err(AppendError::WrongExpected { expected, actual });
            }
            if let Some(own) = &append.own
                && !self.writes_as(id.replica, own)
            {
                return Err(AppendError::NotOwn { id });
            }
            let (header, payload) = codec::encode_record(&event);
            let bytes = burden(&event, &header, &payload);
            if bytes > EVENT_BYTES_MAX {
                return Err(AppendError::TooLarge { id, bytes, limit: EVENT_BYTES_MAX });
            }
            let needed = predecessor(id).into_iter().chain(event.header.parents.iter().copied());
            for missing in needed {
                if !self.places.contains_key(&missing) {
                    return Err(AppendError::MissingParent { id, missing });
                }
            }
            let revision = Revision(self.events.len() as u64 + 1);
            self.chain = self.chain.link(revision, recorded, &header, Commitment::to(&payload));
            self.places.insert(id, revision);
            self.events.push(Ordered { revision, recorded, event });
            placed.push(Placed { id, revision, recorded, fresh: true });
        }
        Ok(placed)
    }

    /// Whether somebody who may write only as themselves may write as a replica; it is theirs then.
    fn writes_as(&mut self, replica: ReplicaId, own: &[String]) -> bool {
        let is_new = !self.places.keys().any(|id| id.replica == replica);
        match (self.writers.get(&replica), own.first()) {
            (Some(writer), _) => own.contains(writer),
            (None, Some(surest)) if is_new => {
                self.writers.insert(replica, surest.clone());
                true
            }
            (None, _) => false,
        }
    }
}

/// Whether an event is the one that was erased here.
fn is_erased(event: &Event, here: &Ordered, whole: Commitment) -> bool {
    let (_, payload) = codec::encode_record(event);
    event.header == here.event.header && Commitment::to(&payload) == whole
}

impl EventStore for MemoryStore {
    fn submit(&self, append: Append, done: Done) {
        let outcome = {
            let mut kept = self.kept();
            let document = append.document;
            let outcome =
                kept.logs.entry(document).or_insert_with(|| Log::of(document)).append(append);
            kept.logs.retain(|_, log| !log.events.is_empty());
            outcome
        };
        done(outcome);
    }

    fn read(&self, document: DocumentId, after: Revision, limit: Limit) -> Result<Page, ReadError> {
        let kept = self.kept();
        let Some(log) = kept.logs.get(&document) else {
            return Ok(Page { events: Vec::new(), head: Revision(0) });
        };
        let start = log.events.len().min(after.0 as usize);
        let mut bytes = 0;
        let mut events = Vec::new();
        for ordered in log.events[start..].iter().take(limit.events) {
            if bytes >= limit.bytes && !events.is_empty() {
                break;
            }
            let (header, payload) = codec::encode_record(&ordered.event);
            bytes += header.len() + payload.len();
            events.push(ordered.clone());
        }
        Ok(Page { events, head: log.head() })
    }

    fn head(&self, document: DocumentId) -> Result<Option<Head>, ReadError> {
        Ok(self.kept().logs.get(&document).map(|log| log.summary(document)))
    }

    fn documents(&self) -> Result<Vec<Head>, ReadError> {
        Ok(self.kept().logs.iter().map(|(document, log)| log.summary(*document)).collect())
    }

    fn erase(
        &self,
        document: DocumentId,
        revisions: RangeInclusive<Revision>,
    ) -> Result<usize, AppendError> {
        let mut kept = self.kept();
        let Some(log) = kept.logs.get_mut(&document) else { return Ok(0) };
        let mut erased = 0;
        for ordered in log.events.iter_mut().filter(|one| revisions.contains(&one.revision)) {
            let payload = ordered.event.payload.erased();
            if payload != ordered.event.payload {
                let (_, whole) = codec::encode_record(&ordered.event);
                log.erased.insert(ordered.revision, Commitment::to(&whole));
                ordered.event.payload = payload;
                erased += 1;
            }
        }
        Ok(erased)
    }

    fn keep_profile(&self, naming: Naming) -> Result<bool, AppendError> {
        let mut kept = self.kept();
        let place = (naming.document, naming.profile.author);
        let known = kept.names.get(&place);
        if known.is_none() && kept.names.range(in_document(naming.document)).count() >= PROFILES_MAX
        {
            return Ok(false);
        }
        let first = known.and_then(|name| name.said_by.clone());
        if !naming.is_allowed(first.as_ref()) {
            return Ok(false);
        }
        let Naming { profile, by, .. } = naming;
        kept.names
            .insert(place, Name { profile, said_by: first.or_else(|| by.into_iter().next()) });
        Ok(true)
    }

    fn profiles(&self, document: DocumentId) -> Result<Vec<Profile>, ReadError> {
        let kept = self.kept();
        let names = kept.names.range(in_document(document));
        Ok(names.map(|(_, name)| name.profile.clone()).collect())
    }
}

/// The places of a document's names.
fn in_document(document: DocumentId) -> RangeInclusive<(DocumentId, AuthorId)> {
    (document, AuthorId([0; 16]))..=(document, AuthorId([0xff; 16]))
}

impl Log {
    fn summary(&self, document: DocumentId) -> Head {
        let created = self.events.first().expect("a kept log has an event").recorded;
        let updated = self.events.last().expect("a kept log has an event").recorded;
        let authors = self.authors.len() as u32;
        Head { document, revision: self.head(), created, updated, authors, chain: self.chain }
    }
}
