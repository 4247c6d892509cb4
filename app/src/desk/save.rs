//! From memory to the store: what was typed within a frame, what was ordered within a
//! second. One tab of the device appends ordered events; every tab writes its own pending ones.

use std::collections::BTreeSet;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use leptos::prelude::GetUntracked;
use palimpsest_core::{EventId, Ordered, Revision, codec};
use wasm_bindgen_futures::spawn_local;

use super::PastState;
use super::open::{Open, State};
use crate::catalogue::Card;
use crate::clock;
use crate::locks;
use crate::storage::{StorageError, Write};
use crate::tabs::News;

/// How long ordered events wait for company before they become one record. They are safe
/// on the server, and their pending records are here, so nothing is at stake.
const APPEND_MILLIS: u32 = 1_000;

/// This many do not wait; it is also the most that one record holds.
const RECORD_EVENTS_MAX: usize = 2_000;

/// Records per transaction.
const RECORDS_MAX: usize = 4;

/// A snapshot is kept when as many events came since the last. Merging those costs an opening
/// a millisecond or two.
const SNAPSHOT_EVENTS_MIN: u64 = 500;

/// In a long text a snapshot costs more to write and is kept less often: an event more for so
/// many scalars.
const SNAPSHOT_SCALARS: usize = 400;

/// The pause after a failed write; it doubles up to the next constant.
const RETRY_MILLIS_MIN: u32 = 1_000;
/// The longest pause between two attempts to write.
const RETRY_MILLIS_MAX: u32 = 30_000;

/// How often the library's card is written while the document changes.
const CARD_MILLIS: f64 = 3_000.0;
/// The line on the card of a longer history is not counted more often than that.
const COUNTED_EVENTS: u64 = 2_000;

/// What one transaction contains, to be settled when it is over.
#[derive(Default)]
struct Batch {
    sealed: Vec<EventId>,
    typing: Option<EventId>,
    /// The last revision it appends.
    appended: Option<Revision>,
    /// Whether what the store lacked is there with it, so that what comes after counts again.
    fills_hole: bool,
    /// The pending records it removes.
    settled: Vec<EventId>,
    card: Option<Card>,
}

impl Open {
    /// Writes in the next frame: no keystroke waits longer in memory.
    pub(super) fn schedule_save(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            let waiting = state.open_dirty || state.unsaved.iter().any(|one| !one.under_way);
            // After a refusal the pause decides, or every frame would try again.
            if !waiting || state.save_scheduled || state.retry_timer.is_some() {
                return;
            }
            state.save_scheduled = true;
        }
        let this = Rc::downgrade(self);
        clock::on_next_frame(move || {
            if let Some(this) = this.upgrade() {
                this.state.borrow_mut().save_scheduled = false;
                this.save(false);
            }
        });
    }

    /// Appends ordered events soon, or now when there are many.
    pub(super) fn schedule_append(self: &Rc<Self>) {
        let now = {
            let state = self.state.borrow();
            if state.fresh.is_empty() || state.writer.is_none() || state.appending {
                return;
            }
            state.fresh.len() >= RECORD_EVENTS_MAX
        };
        if now {
            self.save(true);
            return;
        }
        let mut state = self.state.borrow_mut();
        if state.append_timer.is_none() {
            let this = Rc::downgrade(self);
            state.append_timer = Some(Timeout::new(APPEND_MILLIS, move || {
                if let Some(this) = this.upgrade() {
                    this.state.borrow_mut().append_timer.take();
                    this.save(true);
                }
            }));
        }
    }

    /// Writes everything now: the page may be gone in a moment.
    pub(crate) fn flush(self: &Rc<Self>) {
        self.state.borrow_mut().retry_timer.take();
        self.save(true);
    }

    /// Whether something would be lost if the page ended now.
    pub(crate) fn is_unsaved(&self) -> bool {
        let state = self.state.borrow();
        state.is_typing_unsaved() || !state.unsaved.is_empty()
    }

    /// Whether the store refuses something.
    pub(crate) fn is_refused(&self) -> bool {
        self.state.borrow().unsaved.iter().any(|one| one.refused)
    }

    /// Queues one transaction with what waits; `append` includes the ordered events.
    fn save(self: &Rc<Self>, append: bool) {
        let (write, batch) = self.state.borrow_mut().collect(append);
        if write.is_empty() {
            return;
        }
        let writing = self.page.storage.write(self.id, write);
        let this = self.clone();
        spawn_local(async move {
            let outcome = writing.await;
            this.saved(batch, outcome).await;
        });
    }

    async fn saved(self: &Rc<Self>, batch: Batch, outcome: Result<(), StorageError>) {
        match outcome {
            Ok(()) => {
                self.state.borrow_mut().settle(&batch);
                if let Some(card) = batch.card {
                    self.page.remember_card(card);
                }
                if batch.appended.is_some() {
                    if batch.fills_hole {
                        self.find_stored_head().await;
                        self.state.borrow_mut().appending = false;
                    }
                    let head = self.state.borrow().stored;
                    self.page.tell(&News::Stored { document: self.id, head });
                    self.hold_up_to(head);
                    self.keep_snapshot();
                }
                self.page.count_pending(self.id, self.state.borrow().recorded.len());
            }
            Err(StorageError::Exists) => {
                self.state.borrow_mut().put_back(&batch, false);
                // Another tab appended meanwhile; go on behind what it wrote.
                self.find_stored_head().await;
                self.save(true);
            }
            Err(error) => {
                self.state.borrow_mut().put_back(&batch, true);
                self.retry_later(&error);
            }
        }
        self.send_outbox();
        self.schedule_save();
        self.schedule_append();
        self.publish();
        self.retire_if_done();
    }

    /// Keeps what is here for the next opening, if the last snapshot lies far enough behind.
    pub(super) fn keep_snapshot(self: &Rc<Self>) {
        let bytes = {
            let mut state = self.state.borrow_mut();
            let all = state.document.graph().len() as u64;
            // It is of the log's beginning: nothing in it may still be looking for its place.
            let settled = state.head() == Revision(all) && state.stored == state.head();
            let typing = state.document.burst_deadline().is_some();
            let due = SNAPSHOT_EVENTS_MIN + (state.document.text().len() / SNAPSHOT_SCALARS) as u64;
            // One whose past cannot be read would hide that from the next opening.
            let whole = !matches!(self.signals.past.get_untracked(), PastState::Failed(_));
            let possible = state.writer.is_some() && settled && whole && !typing;
            if !possible || all < state.snapshot.0 + due {
                return;
            }
            state.snapshot = state.head();
            codec::encode_snapshot(&state.document.snapshot())
        };
        let this = self.clone();
        spawn_local(async move {
            // It is a cache: what is not kept costs the next opening some time.
            let _ = this.page.storage.keep_snapshot(this.id, Some(bytes)).await;
        });
    }

    fn retry_later(self: &Rc<Self>, error: &StorageError) {
        let mut state = self.state.borrow_mut();
        state.errors.save = Some(format!("Not saved on this device: {error}."));
        let pause = RETRY_MILLIS_MIN.saturating_mul(1 << state.save_failures.min(10));
        state.save_failures += 1;
        let this = Rc::downgrade(self);
        state.retry_timer = Some(Timeout::new(pause.min(RETRY_MILLIS_MAX), move || {
            if let Some(this) = this.upgrade() {
                this.flush();
            }
        }));
    }

    /// Hands sealed events on, in their order, as soon as they are in the store (or the
    /// store refused them): what the others know of must not be forgotten here by a crash.
    fn send_outbox(self: &Rc<Self>) {
        let mut events = Vec::new();
        {
            let mut state = self.state.borrow_mut();
            let waiting: BTreeSet<EventId> = state
                .unsaved
                .iter()
                .filter(|one| !one.refused)
                .map(|one| one.event.header.id)
                .collect();
            while let Some(event) = state.outbox.front() {
                if state.session.is_none() || waiting.contains(&event.header.id) {
                    break;
                }
                events.extend(state.outbox.pop_front());
            }
            if events.is_empty() {
                return;
            }
            if let Some(session) = &mut state.session {
                session.push(&events);
            }
        }
        self.page.tell(&News::Sealed { document: self.id, events });
        self.drain();
    }

    /// Waits to become the one tab that appends this document's ordered events, and finds
    /// out what the tab before it left in the store.
    pub(super) async fn become_writer(self: Rc<Self>) {
        let lock = locks::acquire(&format!("palimpsest-writer-{}", self.id)).await;
        if self.state.borrow().retired {
            return;
        }
        self.state.borrow_mut().writer = Some(lock);
        self.state.borrow_mut().appending = true;
        self.find_stored_head().await;
        self.state.borrow_mut().appending = false;
        self.save(true);
        self.keep_snapshot();
        self.retire_if_done();
    }

    /// Reads how far the store's ordered events go on without a hole.
    async fn find_stored_head(self: &Rc<Self>) {
        let stored = self.state.borrow().stored;
        match self.read_records(stored, None, |_| Ok(())).await {
            Ok(read) => {
                self.heard_stored(read.head);
                self.state.borrow_mut().hole = read.hole;
            }
            Err(error) => self.retry_later(&error),
        }
    }

    /// The store holds the ordered events up to `head`, whoever wrote them.
    pub(super) fn heard_stored(self: &Rc<Self>, head: Revision) {
        {
            let mut state = self.state.borrow_mut();
            state.forget_stored(head);
            state.hole.take_if(|hole| hole.until.is_some_and(|until| until <= head));
        }
        self.hold_up_to(head);
    }

    fn hold_up_to(self: &Rc<Self>, head: Revision) {
        {
            let mut state = self.state.borrow_mut();
            let known = state.head().min(head);
            match &mut state.session {
                Some(session) => session.held(known),
                None => return,
            }
        }
        self.drain();
    }
}

impl State {
    fn collect(&mut self, append: bool) -> (Write, Batch) {
        let mut write = Write::default();
        let mut batch = Batch::default();
        for one in self.unsaved.iter_mut().filter(|one| !one.under_way) {
            one.under_way = true;
            batch.sealed.push(one.event.header.id);
            write.pending.push((one.event.clone(), true));
        }
        if std::mem::take(&mut self.open_dirty)
            && let Some(event) = self.document.open_event()
        {
            batch.typing = Some(event.header.id);
            self.typing_writes += 1;
            write.pending.push((event, false));
        }
        if append && self.writer.is_some() && !self.appending {
            self.collect_ordered(&mut write, &mut batch);
        }
        if !write.is_empty()
            && let Some(card) = self.card_if_due(append, !batch.sealed.is_empty())
        {
            batch.card = Some(card.clone());
            write.card = Some(card);
        }
        (write, batch)
    }

    fn collect_ordered(&mut self, write: &mut Write, batch: &mut Batch) {
        // A gap cannot be stored: it would hide behind it what is missing.
        if self.fresh.front().is_some_and(|first| first.revision.0 == self.stored.0 + 1) {
            // A hole is filled, and nothing that is there behind it is written again.
            let until = self.hole.as_ref().and_then(|hole| hole.until);
            let missing = |one: &&Ordered| until.is_none_or(|until| one.revision <= until);
            let most = RECORD_EVENTS_MAX * RECORDS_MAX;
            let fresh: Vec<Ordered> =
                self.fresh.iter().take(most).take_while(missing).cloned().collect();
            let last = fresh.last().map(|last| last.revision);
            batch.appended = last;
            batch.fills_hole = self.hole.is_some() && (until.is_none() || last == until);
            write.ordered = fresh.chunks(RECORD_EVENTS_MAX).map(<[Ordered]>::to_vec).collect();
            write.damaged = self.hole.as_ref().and_then(|hole| hole.damaged.clone());
            self.appending = true;
        }
        let last = batch.appended.unwrap_or(self.stored);
        let settled = self.settled.iter().filter(|(_, revision)| **revision <= last);
        batch.settled = settled.map(|(id, _)| *id).collect();
        write.settled = batch.settled.clone();
    }

    fn card_if_due(&self, append: bool, sealed: bool) -> Option<Card> {
        let mut card = Open::card(self)?;
        if let Some((written, _)) = &self.card_written {
            card.activity.clone_from(&written.activity);
        }
        let due = match &self.card_written {
            None => true,
            Some((written, at)) => {
                let seen = card.title != written.title
                    || card.archived != written.archived
                    || card.folder != written.folder
                    // Not at every key of a heading that is being typed.
                    || (sealed && card.name != written.name);
                seen || (card != *written && (append || clock::elapsed() - at > CARD_MILLIS))
            }
        };
        let old =
            self.card_written.as_ref().is_none_or(|(_, at)| clock::elapsed() - at > CARD_MILLIS);
        // Counting takes as long as the history is.
        let count = old || self.timeline.last().0 <= COUNTED_EVENTS;
        due.then(|| match count {
            true => Card { activity: self.activity(), ..card },
            false => card,
        })
    }

    fn settle(&mut self, batch: &Batch) {
        self.unsaved.retain(|one| !batch.sealed.contains(&one.event.header.id));
        for id in &batch.sealed {
            // Usually it has no revision yet: it is sent only now.
            if self.unordered.contains(id) {
                self.recorded.insert(*id);
            } else {
                self.settled.insert(*id, self.head());
            }
        }
        self.recorded.extend(batch.typing);
        self.typing_writes -= u32::from(batch.typing.is_some());
        if let Some(card) = &batch.card {
            self.card_written = Some((card.clone(), clock::elapsed()));
        }
        if let Some(last) = batch.appended {
            // What was behind a hole is looked at before anything else is written.
            self.appending = batch.fills_hole;
            if batch.fills_hole {
                self.hole = None;
            }
            self.forget_stored(last);
        }
        for id in &batch.settled {
            self.settled.remove(id);
        }
        self.save_failures = 0;
        self.retry_timer = None;
        if self.unsaved.is_empty() {
            self.errors.save = None;
        }
    }

    /// The transaction failed as a whole; everything in it waits again.
    fn put_back(&mut self, batch: &Batch, refused: bool) {
        for one in &mut self.unsaved {
            if batch.sealed.contains(&one.event.header.id) {
                one.under_way = false;
                one.refused |= refused;
            }
        }
        self.typing_writes -= u32::from(batch.typing.is_some());
        if batch.typing.is_some() && self.document.burst_deadline().is_some() {
            self.open_dirty = true;
        }
        if batch.appended.is_some() {
            self.appending = false;
        }
    }

    fn forget_stored(&mut self, head: Revision) {
        self.stored = self.stored.max(head);
        while self.fresh.front().is_some_and(|first| first.revision <= head) {
            self.fresh.pop_front();
        }
        if self.writer.is_none() {
            // Whoever stored them removed their pending records, too.
            self.settled.retain(|_, revision| *revision > head);
        }
    }
}

#[cfg(test)]
mod tests {
    use palimpsest_core::{AuthorId, Command, Document, Intent, TextChange};
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    /// Types a letter and begins to write it down.
    fn key(state: &mut State, pos: usize) -> Batch {
        let changes = [TextChange::new(pos, 0, "x")].into();
        let typed = Command::EditText { changes, intent: Intent::Typed };
        state.document.execute(typed, clock::now()).expect("it is inside the text");
        state.open_dirty = true;
        state.collect(false).1
    }

    #[wasm_bindgen_test]
    fn what_is_being_written_down_is_not_said_to_be_saved() {
        let mut document =
            Document::new(clock::document_id(), clock::replica_id(), AuthorId([1; 16]));
        let created = document.execute(Command::CreateDocument { title: "".into() }, clock::now());
        assert!(created.is_ok());
        let mut state = State::new(document);
        let unsaved = |state: &State| state.status().unsaved;
        let (first, second) = (key(&mut state, 0), key(&mut state, 1));
        assert_eq!(unsaved(&state), 1);
        state.settle(&first);
        assert_eq!(unsaved(&state), 1, "the second letter is still under way");
        state.settle(&second);
        assert_eq!(unsaved(&state), 0);
        let third = key(&mut state, 2);
        state.put_back(&third, true);
        assert_eq!(unsaved(&state), 1, "the third was refused");
        let again = state.collect(false).1;
        assert_eq!(unsaved(&state), 1);
        state.settle(&again);
        assert_eq!(unsaved(&state), 0);
    }
}
