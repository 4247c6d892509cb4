//! One document's talk with the server and with the other tabs of this device: what comes
//! in is merged, what the session wants to say is sent. The protocol itself is the core's.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use leptos::prelude::GetUntracked;
use palimpsest_core::{
    Admission, Event, LinkKey, Message, Ordered, Output, Presence, Profile, Refusal, ReplicaId,
    Revision, Selection, Session, codec,
};
use wasm_bindgen_futures::spawn_local;

use super::load::replica_lock;
use super::open::{Open, State, update};
use super::{Loading, PastState};
use crate::clock;
use crate::keyring;
use crate::locks;
use crate::storage::Write;
use crate::tabs::News;

/// The pause between two words about where the selection is.
const PRESENCE_MILLIS: u32 = 80;

/// So many replicas are remembered by whose they are.
const MET_MAX: usize = 1_024;

impl Open {
    /// Begins to talk: `head` revisions and `pending` events were read from the store.
    pub(super) fn start_session(self: &Rc<Self>, head: Revision, pending: Vec<Event>) {
        {
            let mut state = self.state.borrow_mut();
            let mut session = Session::new(self.id, self.replica, head, pending);
            session.set_profile(self.page.current_profile());
            session.set_key(self.first_key(&mut state), clock::now());
            if self.page.is_connected() {
                session.connected(clock::now());
            }
            state.session = Some(session);
        }
        self.drain();
    }

    /// Tries the keys that this device has, the first of them first.
    pub(crate) fn try_keys(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            let key = self.first_key(state);
            if let Some(session) = &mut state.session {
                session.set_key(key, clock::now());
            }
        }
        self.drain();
    }

    /// The key to show first; the others are to be tried after it.
    fn first_key(&self, state: &mut State) -> Option<LinkKey> {
        state.keys = keyring::keys_to(self.id).into();
        state.keys.pop_front()
    }

    /// The server does not let this device follow the document by the key it was shown: another
    /// one may do, if there is one.
    fn try_next_key(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let Some(session) = &mut state.session else { return };
        if let Some(shown) = session.key() {
            keyring::forget(self.id, shown);
        }
        if let Some(key) = state.keys.pop_front() {
            session.set_key(Some(key), clock::now());
        }
    }

    /// A connection stands.
    pub(crate) fn connected(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            let key = self.first_key(state);
            if let Some(session) = &mut state.session {
                session.set_key(key, clock::now());
                session.connected(clock::now());
            }
        }
        self.drain();
        self.judge_loading();
    }

    /// The connection is gone.
    pub(crate) fn disconnected(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            if let Some(session) = &mut state.session {
                session.disconnected();
            }
            state.server_head = None;
            state.board.clear();
            state.ahead.clear();
        }
        self.publish_people();
        self.drain();
        self.judge_loading();
        self.retire_if_done();
    }

    /// The server said something about this document; `false` when it broke the protocol.
    pub(crate) fn hear(self: &Rc<Self>, message: Message) -> bool {
        let mut another_allows_more = false;
        let understood = {
            let mut state = self.state.borrow_mut();
            match &message {
                Message::Welcome { head, access, .. } => {
                    state.server_head = Some(*head);
                    let shown = state.session.as_ref().and_then(Session::key);
                    another_allows_more = keyring::remember(self.id, shown, *access);
                }
                Message::Events { head, .. } => state.server_head = Some(*head),
                _ => {}
            }
            let stored = state.stored;
            match &mut state.session {
                Some(session) => {
                    let understood = session.handle(message, clock::now()).is_ok();
                    // Said again on every connection; what was said already is not repeated.
                    session.held(stored);
                    understood
                }
                // Still reading the store; the session will say hello and hear it all again.
                None => true,
            }
        };
        if another_allows_more {
            // The one that was tried was newer, and is known by now.
            self.try_keys();
        }
        self.drain();
        self.judge_loading();
        self.retire_if_done();
        understood
    }

    /// Does everything the session asks for.
    pub(super) fn drain(self: &Rc<Self>) {
        loop {
            let output = match &mut self.state.borrow_mut().session {
                Some(session) => session.poll(clock::now()),
                None => None,
            };
            match output {
                None => break,
                Some(Output::Send(message)) => {
                    self.page.send(&codec::encode_message(&message));
                }
                Some(Output::Ordered(batch)) => self.take_ordered(batch),
                Some(Output::Present(presence)) => self.receive_presence(presence),
                Some(Output::Left(replica)) => {
                    self.state.borrow_mut().board.leave(replica);
                    self.publish_people();
                }
                Some(Output::Profiles(profiles)) => self.page.learn(self.id, profiles),
                Some(Output::Refused(Refusal::NoAccess, _)) => self.try_next_key(),
                Some(Output::Refused(refusal, reason)) => {
                    if is_lasting(refusal) {
                        let words = format!("The server does not take this: {reason}");
                        self.state.borrow_mut().errors.refusal = Some(words);
                    }
                }
                Some(Output::Reconnect) => self.page.reconnect(),
            }
        }
        self.set_alarm();
        self.publish();
    }

    /// The next events in the canonical order: merged, placed on the timeline, kept for the
    /// store.
    fn take_ordered(self: &Rc<Self>, batch: Vec<Ordered>) {
        let places: Vec<_> = batch.iter().map(|one| (one.event.header.id, one.recorded)).collect();
        let (change, pending_changed) = {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            let mut pending_changed = false;
            for one in &batch {
                let id = one.event.header.id;
                if state.recorded.remove(&id) {
                    state.settled.insert(id, one.revision);
                    pending_changed = true;
                }
                state.unsaved.retain(|unsaved| unsaved.event.header.id != id);
            }
            let events = batch.iter().map(|one| one.event.clone()).collect();
            let change = state.document.merge(events);
            state.fresh.extend(batch.into_iter().filter(|one| one.revision > state.stored));
            (change, pending_changed)
        };
        // The change names every event that is new here as one without a revision; these
        // have one.
        self.absorb(change);
        {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            for (id, _) in &places {
                state.unordered.remove(id);
            }
            state.place(&places);
            if state.unordered.is_empty() {
                state.errors.refusal = None;
            }
        }
        if pending_changed {
            self.page.count_pending(self.id, self.state.borrow().recorded.len());
        }
        self.schedule_append();
    }

    /// Somebody said where they are. What they say overtakes the events it builds on, which
    /// the server stores first: then it waits for them.
    fn receive_presence(self: &Rc<Self>, presence: Presence) {
        {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            if state.met.len() < MET_MAX {
                state.met.insert(presence.replica, presence.author);
            }
            if !presence.version.iter().all(|id| state.document.contains(*id)) {
                state.ahead.insert(presence.replica, presence);
                return;
            }
            state.ahead.remove(&presence.replica);
            state.board.receive(presence, &state.document, clock::now());
        }
        self.publish_people();
    }

    /// Shows who waited for events that are here now.
    pub(super) fn receive_waiting_presences(self: &Rc<Self>) {
        let waiting = std::mem::take(&mut self.state.borrow_mut().ahead);
        for presence in waiting.into_values() {
            self.receive_presence(presence);
        }
    }

    /// Tells the others where this replica's selection is, a few times a second at most.
    pub(super) fn present(self: &Rc<Self>, selection: Option<Selection>) {
        let profile = self.page.current_profile();
        let name = self.page.own_name();
        {
            let mut state = self.state.borrow_mut();
            let version = state.document.frontier();
            let presence = Presence {
                replica: self.replica,
                author: profile.author,
                name,
                colour: profile.colour,
                version,
                selection,
            };
            if state.presence.replace(presence).is_some() {
                return;
            }
        }
        let this = Rc::downgrade(self);
        let say = move || {
            let Some(this) = this.upgrade() else { return };
            {
                let mut state = this.state.borrow_mut();
                let presence = state.presence.take();
                if let (Some(presence), Some(session)) = (presence, &mut state.session) {
                    session.present(presence, clock::now());
                }
            }
            this.drain();
        };
        Timeout::new(PRESENCE_MILLIS, say).forget();
    }

    /// Who writes on this device changed name or colour.
    pub(crate) fn set_profile(self: &Rc<Self>, profile: Profile) {
        if let Some(session) = &mut self.state.borrow_mut().session {
            session.set_profile(profile);
        }
        self.drain();
    }

    /// Another tab of this device says something about this document.
    pub(crate) fn hear_news(self: &Rc<Self>, news: News) {
        match news {
            News::Sealed { events, .. } => self.take_sealed(events),
            News::Joined { replica, .. } => self.watch(replica),
            News::Stored { head, .. } => self.heard_stored(head),
            News::Catalogue | News::Profile(_) => {}
        }
    }

    /// Events of another tab, which has them in the store: shown at once, and pushed from
    /// here as well, since this tab's next events may build on them.
    fn take_sealed(self: &Rc<Self>, events: Vec<Event>) {
        if self.state.borrow().session.is_none() {
            // The store is still being read, and they are in it or come with the server.
            self.state.borrow_mut().early.extend(events);
            return;
        }
        let change = {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            for event in &events {
                let id = event.header.id;
                if !state.document.contains(id) || state.unordered.contains(&id) {
                    state.recorded.insert(id);
                } else {
                    // It was ordered before the news came.
                    state.settled.insert(id, state.head());
                }
            }
            if let Some(session) = &mut state.session {
                session.push(&events);
            }
            state.document.merge(events)
        };
        self.absorb(change);
        self.drain();
    }

    /// Waits for the end of another tab that writes here. A tab that ends as it should has
    /// sealed everything; what one that crashed was typing is taken over as it was last saved.
    pub(super) fn watch(self: &Rc<Self>, replica: ReplicaId) {
        let known = replica == self.replica || !self.state.borrow_mut().watched.insert(replica);
        if known || !locks::supported() {
            return;
        }
        let this = Rc::downgrade(self);
        let name = replica_lock(self.id, replica);
        spawn_local(async move {
            let lock = locks::acquire(&name).await;
            if let Some(this) = this.upgrade()
                && !this.state.borrow().retired
            {
                this.adopt(replica).await;
            }
            drop(lock);
        });
    }

    /// Takes over what a tab that is gone left unsealed.
    async fn adopt(self: &Rc<Self>, replica: ReplicaId) {
        // What cannot be read now is found when the document is opened next.
        let Ok(records) = self.page.storage.pending(self.id).await else { return };
        let mut write = Write::default();
        for record in records {
            if record.id.replica != replica || record.sealed {
                continue;
            }
            let sealed = self.state.borrow().document.event(record.id);
            let event = match sealed {
                Some(event) => event,
                None => match record.decode() {
                    Ok(event) => event,
                    Err(_) => continue,
                },
            };
            write.pending.push((event, true));
        }
        if write.is_empty() {
            return;
        }
        let events: Vec<Event> = write.pending.iter().map(|(event, _)| event.clone()).collect();
        if self.page.storage.write(self.id, write).await.is_ok() {
            self.take_sealed(events);
        }
    }

    /// Decides what the views see while the document is not open yet.
    pub(super) fn judge_loading(self: &Rc<Self>) {
        let verdict = {
            let state = self.state.borrow();
            let Some(session) = &state.session else { return };
            // Without a past that fits, no word of the server's opens it again.
            let misfit = matches!(self.signals.past.get_untracked(), PastState::Failed(_));
            if misfit || self.loading() == Loading::Ready {
                return;
            }
            let ledger = session.ledger();
            let done = usize::try_from(state.head().0).unwrap_or(usize::MAX);
            match state.server_head {
                _ if state.document.created().is_some() && ledger.caught_up => Loading::Ready,
                _ if ledger.admission == Admission::Denied => Loading::Denied,
                Some(Revision(0)) => Loading::Missing,
                Some(Revision(total)) => {
                    Loading::Reading { done, total: usize::try_from(total).unwrap_or(usize::MAX) }
                }
                None if self.page.may_connect() => Loading::Reading { done, total: 0 },
                // What this device has of it is damaged, and the server cannot be asked.
                None => match &state.hole {
                    Some(hole) => Loading::Failed(hole.words.clone()),
                    None => Loading::Missing,
                },
            }
        };
        let ready = verdict == Loading::Ready;
        update(&self.signals.loading, verdict);
        if ready {
            clock::mark("palimpsest:editable");
        }
    }

    /// Says goodbye to the server.
    pub(super) fn leave(self: &Rc<Self>) {
        if let Some(session) = &mut self.state.borrow_mut().session {
            session.leave();
        }
        self.drain();
    }
}

/// Whether a person should hear of it. The others pass, or the session deals with them.
fn is_lasting(refusal: Refusal) -> bool {
    match refusal {
        Refusal::Unavailable
        | Refusal::ShuttingDown
        | Refusal::MissingParents
        | Refusal::NoAccess
        // The page says by itself what its link allows.
        | Refusal::NotAllowed => false,
        Refusal::Malformed
        | Refusal::TooLarge
        | Refusal::WrongProtocol
        | Refusal::UnknownDocument
        | Refusal::IdConflict
        | Refusal::TooManyDocuments
        | Refusal::Other(_) => true,
    }
}
