//! From the store to memory: opens a document by merging its log into an empty one, in
//! slices, so that the page stays alive. There is no second way to load a document.

use std::collections::BTreeSet;
use std::rc::Rc;

use palimpsest_core::{Command, Document, DocumentId, Event, Ordered, ReplicaId, Revision};
use wasm_bindgen_futures::spawn_local;

use super::Loading;
use super::open::{Open, update};
use crate::clock;
use crate::locks;
use crate::storage::{PendingRecord, Record, StorageError};
use crate::tabs::News;

/// How many records are read at first; more when they turn out to be small.
const RECORDS_MIN: u32 = 16;
/// How many records are read at once at most.
const RECORDS_MAX: u32 = 512;
/// Slices of fewer bytes than this make the next slice bigger.
const SLICE_BYTES: usize = 128 * 1024;

/// How many events are merged at once.
const CHUNK_EVENTS: usize = 1_000;

/// How long merging goes on before the browser gets its turn.
const WORK_MILLIS_MAX: f64 = 12.0;

/// Without locks nobody knows who lives. A burst ends after a second, so an unsealed event
/// this old was left by a tab that crashed.
const ABANDONED_MILLIS: i64 = 10_000;

/// The lock that says that a replica lives.
pub(super) fn replica_lock(document: DocumentId, replica: ReplicaId) -> String {
    format!("{}{replica}", replica_lock_prefix(document))
}

fn replica_lock_prefix(document: DocumentId) -> String {
    format!("palimpsest-replica-{document}-")
}

/// Where reading the ordered events ended.
struct Read {
    head: Revision,
    damaged: Option<Record>,
    /// Why it ended early, if it did.
    error: Option<String>,
}

impl Open {
    /// Brings a new document into being, without reading anything: its id is fresh.
    pub(crate) async fn begin(self: Rc<Self>, title: String) {
        self.take_identity().await;
        self.start_session(Revision(0), Vec::new());
        // The title was cut to what a title may be, so that there is nothing to refuse.
        let made = self.dispatch(Command::CreateDocument { title });
        self.finish(match made {
            Ok(()) => Loading::Ready,
            Err(error) => Loading::Failed(error.to_string()),
        });
    }

    /// Reads the document from the store and begins to talk to the server.
    pub(crate) async fn load(self: Rc<Self>) {
        clock::mark("palimpsest:open-start");
        self.take_identity().await;
        if let Err(error) = self.read_log().await {
            self.finish(Loading::Failed(format!("This document cannot be read: {error}.")));
            return;
        }
        self.judge_loading();
    }

    async fn take_identity(self: &Rc<Self>) {
        let author = self.page.author().await;
        let alive = locks::acquire(&replica_lock(self.id, self.replica)).await;
        let mut state = self.state.borrow_mut();
        state.document = Document::new(self.id, self.replica, author);
        state.alive = Some(alive);
        drop(state);
        self.page.tell(&News::Joined { document: self.id, replica: self.replica });
    }

    fn finish(self: &Rc<Self>, loading: Loading) {
        if loading == Loading::Ready {
            clock::mark("palimpsest:editable");
        }
        update(&self.signals.loading, loading);
        spawn_local(self.clone().become_writer());
        self.publish();
    }

    async fn read_log(self: &Rc<Self>) -> Result<(), StorageError> {
        // Who lives is asked first: whoever is gone by then has written all it will write.
        let living = locks::held().await.map(|names| self.living_replicas(&names));
        let read = self.read_ordered().await?;
        let records = self.page.storage.pending(self.id).await?;
        let (pending, skipped) = self.read_pending(records, living.as_ref());
        for replica in living.into_iter().flatten() {
            self.watch(replica);
        }
        {
            let mut state = self.state.borrow_mut();
            state.stored = read.head;
            state.damaged = read.damaged;
            state.errors.history = read.error;
            state.errors.notice = skipped;
        }
        self.page.count_pending(self.id, self.state.borrow().recorded.len());
        let known = read.head > Revision(0) || !pending.is_empty();
        self.start_session(read.head, pending);
        let early = std::mem::take(&mut self.state.borrow_mut().early);
        for news in early {
            self.hear_news(News::Sealed { document: self.id, events: vec![news] });
        }
        if known && self.state.borrow().document.created().is_some() {
            self.finish(Loading::Ready);
        } else {
            spawn_local(self.clone().become_writer());
        }
        Ok(())
    }

    fn living_replicas(&self, names: &BTreeSet<String>) -> BTreeSet<ReplicaId> {
        let prefix = replica_lock_prefix(self.id);
        let ids = names.iter().filter_map(|name| name.strip_prefix(&prefix));
        let ids = ids.filter_map(|id| u64::from_str_radix(id, 16).ok()).map(ReplicaId);
        ids.filter(|replica| *replica != self.replica).collect()
    }

    async fn read_ordered(self: &Rc<Self>) -> Result<Read, StorageError> {
        let storage = &self.page.storage;
        let last = storage.last_ordered(self.id).await?;
        // The last batch's length is not worth decoding it twice.
        let total = last.map_or(0, |record| usize::try_from(record.first.0).unwrap_or(usize::MAX));
        let mut read = Read { head: Revision(0), damaged: None, error: None };
        let mut from = Revision(1);
        let mut limit = RECORDS_MIN;
        let mut since = clock::elapsed();
        loop {
            let records = storage.ordered(self.id, from, limit).await?;
            let Some(last) = records.last() else { return Ok(read) };
            from = Revision(last.first.0 + 1);
            if records.iter().map(|record| record.bytes.len()).sum::<usize>() < SLICE_BYTES {
                limit = (limit * 2).min(RECORDS_MAX);
            }
            for record in records {
                let mut batch = match record.decode() {
                    Ok(batch) => batch,
                    Err(error) => {
                        read.error = Some(format!(
                            "A part of this document's history on this device, from revision {} \
                             on, is damaged ({error}). It is fetched from the server again.",
                            record.first.0
                        ));
                        read.damaged = Some(record);
                        return Ok(read);
                    }
                };
                // Batches overlap where a damaged one was replaced.
                batch.retain(|one| one.revision > read.head);
                let Some(first) = batch.first() else { continue };
                if first.revision.0 != read.head.0 + 1 {
                    read.error = Some(format!(
                        "This device lacks the history after revision {}. It is fetched from \
                         the server again.",
                        read.head.0
                    ));
                    return Ok(read);
                }
                let mut batch = batch.into_iter().peekable();
                while batch.peek().is_some() {
                    let chunk: Vec<Ordered> = batch.by_ref().take(CHUNK_EVENTS).collect();
                    read.head = chunk.last().map_or(read.head, |last| last.revision);
                    self.merge_chunk(chunk);
                    if clock::elapsed() - since > WORK_MILLIS_MAX {
                        let done = usize::try_from(read.head.0).unwrap_or(usize::MAX);
                        let total = total.max(done);
                        update(&self.signals.loading, Loading::Reading { done, total });
                        clock::breathe().await;
                        since = clock::elapsed();
                    }
                }
            }
        }
    }

    fn merge_chunk(&self, chunk: Vec<Ordered>) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let places: Vec<_> = chunk.iter().map(|one| (one.event.header.id, one.recorded)).collect();
        // No view is there yet to be told of the patches.
        state.document.merge(chunk.into_iter().map(|one| one.event).collect());
        state.timeline.extend(state.document.graph(), &places);
    }

    /// Merges this device's pending events; returns them in causal order, and what to tell
    /// people about those that cannot be read. Records stay where they are.
    fn read_pending(
        &self,
        records: Vec<PendingRecord>,
        living: Option<&BTreeSet<ReplicaId>>,
    ) -> (Vec<Event>, Option<String>) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let mut events = Vec::new();
        let mut damaged = 0;
        for record in records {
            if state.document.contains(record.id) {
                // It was ordered and stored, and this copy was left behind.
                state.settled.insert(record.id, Revision(0));
                continue;
            }
            let Ok(event) = record.decode() else {
                damaged += 1;
                continue;
            };
            let growing = match living {
                Some(living) => living.contains(&record.id.replica),
                None => clock::now().0 - event.header.time.0 < ABANDONED_MILLIS,
            };
            if !record.sealed && growing {
                continue;
            }
            state.recorded.insert(record.id);
            events.push(event);
        }
        let given: Vec<Event> = events.clone();
        let mut ordered = state.document.merge(events).events;
        state.unordered.extend(ordered.iter().map(|event| event.header.id));
        state.timeline_stale = !ordered.is_empty();
        // Those whose parents are missing come last; the server may know the parents.
        ordered.extend(given.into_iter().filter(|event| !state.document.contains(event.header.id)));
        let words = (damaged > 0).then(|| {
            format!(
                "{damaged} unsent edits of this document cannot be read. They stay on this \
                 device untouched; everything else is here."
            )
        });
        (ordered, words)
    }
}
