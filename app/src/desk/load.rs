//! From the store to memory: opens a document as its last snapshot has it, or by reading its
//! past first, and merges what is pending. How the past is read is `past`.

use std::collections::BTreeSet;
use std::rc::Rc;

use palimpsest_core::{Command, Document, DocumentId, Event, ReplicaId, Revision, codec};
use wasm_bindgen_futures::spawn_local;

use super::open::{Open, update};
use super::past::Read;
use super::{Loading, PastState};
use crate::clock;
use crate::locks;
use crate::storage::{PendingRecord, StorageError};
use crate::tabs::News;

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

impl Open {
    /// Brings a new document into being, without reading anything: its id is fresh.
    pub(crate) async fn begin(self: Rc<Self>, title: String) {
        self.take_identity().await;
        self.start_session(Revision(0), Vec::new());
        update(&self.signals.past, PastState::Read);
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
        self.state.borrow_mut().read_beginning();
        update(&self.signals.loading, loading);
        spawn_local(self.clone().become_writer());
        self.publish();
    }

    async fn read_log(self: &Rc<Self>) -> Result<(), StorageError> {
        // Who lives is asked first: whoever is gone by then has written all it will write.
        let living = locks::held().await.map(|names| self.living_replicas(&names));
        let read = match self.resume().await? {
            Some(read) => read,
            None => self.read_whole_past().await?,
        };
        let records = self.page.storage.pending(self.id).await?;
        let (pending, skipped) = self.read_pending(records, living.as_ref());
        for replica in living.into_iter().flatten() {
            self.watch(replica);
        }
        {
            let mut state = self.state.borrow_mut();
            state.stored = read.head;
            state.hole = read.hole;
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
        if self.state.borrow().document.unread() > 0 {
            spawn_local(self.clone().read_past_behind());
        } else {
            update(&self.signals.past, PastState::Read);
        }
        Ok(())
    }

    /// Opens the document as the last snapshot has it, and merges what was stored since.
    /// `None` if there is no snapshot, or it does not fit the log: then only the log counts.
    async fn resume(self: &Rc<Self>) -> Result<Option<Read>, StorageError> {
        let Some(bytes) = self.page.storage.snapshot(self.id).await? else { return Ok(None) };
        let snapshot = codec::decode_snapshot(&bytes).ok();
        let Some(snapshot) = snapshot.filter(|snapshot| snapshot.events() > 0) else {
            self.page.storage.keep_snapshot(self.id, None).await?;
            return Ok(None);
        };
        let head = Revision(snapshot.events() as u64);
        {
            let mut state = self.state.borrow_mut();
            let author = state.document.author();
            state.document = Document::resume(self.id, self.replica, author, snapshot);
            state.snapshot = head;
        }
        let read = self.read_ordered_after(head).await?;
        if read.hole.is_none() && read.any {
            return Ok(Some(read));
        }
        let mut state = self.state.borrow_mut();
        let author = state.document.author();
        state.document = Document::new(self.id, self.replica, author);
        state.snapshot = Revision(0);
        state.behind.clear();
        Ok(None)
    }

    fn living_replicas(&self, names: &BTreeSet<String>) -> BTreeSet<ReplicaId> {
        let prefix = replica_lock_prefix(self.id);
        let ids = names.iter().filter_map(|name| name.strip_prefix(&prefix));
        let ids = ids.filter_map(|id| u64::from_str_radix(id, 16).ok()).map(ReplicaId);
        ids.filter(|replica| *replica != self.replica).collect()
    }

    /// Merges the ordered events behind a snapshot.
    async fn read_ordered_after(self: &Rc<Self>, head: Revision) -> Result<Read, StorageError> {
        self.read_records(head, None, |block| {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            let places: Vec<_> = block.places().collect();
            // No view is there yet to be told of the patches.
            state.document.merge_block(block);
            state.place(&places);
            Ok(())
        })
        .await
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
