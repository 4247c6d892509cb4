//! One open document with everything around it: the aggregate, its timeline, its session
//! with the server and the signals the views follow. Reading it from the store is `load`,
//! writing is `save`, talking to the server and the other tabs is `exchange`.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use palimpsest_core::{
    Admission, AuthorId, Bucket, Change, Command, CommandError, Document, DocumentId, Event,
    EventId, Graph, LinkKey, Ordered, Origin, Patch, Presence, PresenceBoard, ReplicaId, Revision,
    Session, Timeline, Timestamp, called, may_rename, name_of,
};

use super::past::Hole;
use super::{Loading, PastState, SaveStatus};
use crate::catalogue::Card;
use crate::clock;
use crate::keyring;
use crate::locks::Lock;
use crate::page::Page;
use crate::storage::Write;

type Listener = Rc<dyn Fn(&[Patch], Origin)>;

/// One open document.
pub(crate) struct Open {
    pub(super) id: DocumentId,
    /// This opening's replica: a new one each time, so that no counter is ever used twice.
    pub(super) replica: ReplicaId,
    pub(super) page: Rc<Page>,
    pub(super) state: RefCell<State>,
    pub(super) signals: Signals,
    listeners: RefCell<Vec<Listener>>,
    /// How many views and errands need it open.
    holders: Cell<u32>,
    alarm: RefCell<Option<Timeout>>,
}

/// What the views follow.
pub(super) struct Signals {
    pub(super) loading: ArcRwSignal<Loading>,
    pub(super) title: ArcRwSignal<String>,
    pub(super) begins: ArcRwSignal<String>,
    pub(super) archived: ArcRwSignal<bool>,
    pub(super) status: ArcRwSignal<SaveStatus>,
    pub(super) people: ArcRwSignal<Vec<Presence>>,
    pub(super) history: ArcRwSignal<(Revision, Revision)>,
    pub(super) undo: ArcRwSignal<(bool, bool)>,
    pub(super) past: ArcRwSignal<PastState>,
    pub(super) admission: ArcRwSignal<Admission>,
}

/// What changes while the document is open.
pub(super) struct State {
    pub(super) document: Document,
    /// What the text begins with: what the document is called as long as it has no title.
    pub(super) begins: String,
    /// Empty until the past is read.
    pub(super) timeline: Timeline,
    /// The places of events that came while the past was read, to be put behind it.
    pub(super) behind: Vec<(EventId, Timestamp)>,
    /// Up to where the store has a snapshot.
    pub(super) snapshot: Revision,
    /// Whether the timeline has to place the pending events again before it is read.
    pub(super) timeline_stale: bool,
    pub(super) board: PresenceBoard,
    /// `None` until the store was read.
    pub(super) session: Option<Session>,
    /// What people said who are ahead of this log.
    pub(super) ahead: BTreeMap<ReplicaId, Presence>,
    /// Whose the replicas are that said where they are.
    pub(super) met: BTreeMap<ReplicaId, AuthorId>,
    /// The server's last revision, as far as it said.
    pub(super) server_head: Option<Revision>,
    pub(super) presence: Option<Presence>,
    /// Sealed events that are not in the store yet.
    pub(super) unsaved: Vec<Unsaved>,
    /// Whether the event still being typed changed since it was last written.
    pub(super) open_dirty: bool,
    /// How many writes of it are under way: until they are over it may be lost.
    pub(super) typing_writes: u32,
    /// Sealed events, in causal order, that neither the session nor the tabs have heard of.
    pub(super) outbox: VecDeque<Event>,
    /// Merged events without a revision.
    pub(super) unordered: BTreeSet<EventId>,
    /// Events that have a pending record in the store.
    pub(super) recorded: BTreeSet<EventId>,
    /// Those of them that got a revision; their records go when it is stored.
    pub(super) settled: BTreeMap<EventId, Revision>,
    /// Ordered events that the store does not hold yet, as far as this tab knows.
    pub(super) fresh: VecDeque<Ordered>,
    /// The keys that were not tried on this connection, the next one first.
    pub(super) keys: VecDeque<LinkKey>,
    /// The last revision the store holds, without a gap before it.
    pub(super) stored: Revision,
    /// What the store lacks after that, though it has what comes later.
    pub(super) hole: Option<Hole>,
    /// Held by the one tab that writes this document's ordered events.
    pub(super) writer: Option<Lock>,
    pub(super) appending: bool,
    pub(super) save_scheduled: bool,
    pub(super) append_timer: Option<Timeout>,
    pub(super) retry_timer: Option<Timeout>,
    pub(super) save_failures: u32,
    pub(super) card_written: Option<(Card, f64)>,
    pub(super) errors: Errors,
    /// Says that this replica lives, for as long as it is held.
    pub(super) alive: Option<Lock>,
    pub(super) watched: BTreeSet<ReplicaId>,
    /// What other tabs said while the store was being read.
    pub(super) early: Vec<Event>,
    pub(super) retired: bool,
}

/// What is wrong, each kind for as long as it lasts.
#[derive(Default)]
pub(super) struct Errors {
    /// The store does not take what is written.
    pub(super) save: Option<String>,
    /// The server does not take what is sent.
    pub(super) refusal: Option<String>,
    /// Something that went wrong once.
    pub(super) notice: Option<String>,
}

/// A sealed event on its way to the store.
pub(super) struct Unsaved {
    pub(super) event: Event,
    /// Whether a transaction that contains it is under way.
    pub(super) under_way: bool,
    /// Whether the store refused it. It is sent to the server all the same.
    pub(super) refused: bool,
}

impl Open {
    /// An open document that has not been read yet; `load` reads it.
    pub(crate) fn new(id: DocumentId, page: Rc<Page>) -> Rc<Self> {
        let replica = clock::replica_id();
        let author = page.profile.get_untracked().author;
        Rc::new(Self {
            id,
            replica,
            page,
            state: RefCell::new(State::new(Document::new(id, replica, author))),
            signals: Signals::new(id),
            listeners: RefCell::default(),
            holders: Cell::new(0),
            alarm: RefCell::default(),
        })
    }

    /// The local door: what a person asks for.
    pub(crate) fn dispatch(self: &Rc<Self>, command: Command) -> Result<(), CommandError> {
        if let Admission::Granted(access) = self.signals.admission.get_untracked()
            && access.role < command.needs()
        {
            return Err(CommandError::NotAllowed(access.role));
        }
        let change = self.state.borrow_mut().document.execute(command, clock::now())?;
        self.absorb(change);
        Ok(())
    }

    /// Ends the burst of typing.
    pub(crate) fn seal(self: &Rc<Self>) {
        let change = self.state.borrow_mut().document.seal();
        self.absorb(change);
    }

    /// Takes over a change of the document, whichever door it came through: what it sealed
    /// is to be saved, what it moved is to be shown.
    pub(super) fn absorb(self: &Rc<Self>, change: Change) {
        {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            for event in &change.events {
                state.unordered.insert(event.header.id);
                if event.header.id.replica == self.replica {
                    state.unsaved.push(Unsaved {
                        event: event.clone(),
                        under_way: false,
                        refused: false,
                    });
                    state.outbox.push_back(event.clone());
                }
            }
            for patch in &change.patches {
                state.board.apply(patch);
            }
            let typing = state.document.burst_deadline().is_some();
            state.open_dirty = typing && (state.open_dirty || change.origin == Origin::Local);
            state.timeline_stale |= !change.events.is_empty() || !change.patches.is_empty();
            if change.patches.iter().any(may_rename) {
                state.read_beginning();
            }
        }
        if !change.patches.is_empty() {
            self.tell_listeners(&change.patches, change.origin);
            self.publish_people();
        }
        if !self.state.borrow().ahead.is_empty() {
            self.receive_waiting_presences();
        }
        self.schedule_save();
        self.set_alarm();
        self.publish();
    }

    /// Which document.
    pub(crate) fn id(&self) -> DocumentId {
        self.id
    }

    /// How far the opening is.
    pub(crate) fn loading(&self) -> Loading {
        self.signals.loading.get_untracked()
    }

    /// Whether it is still being read.
    pub(crate) fn is_loading(&self) -> bool {
        matches!(self.loading(), Loading::Reading { .. })
    }

    /// Whether the server has ordered everything this device has of it.
    pub(crate) fn is_settled(&self) -> bool {
        let state = self.state.borrow();
        state.session.as_ref().is_some_and(|session| {
            let ledger = session.ledger();
            ledger.caught_up && ledger.pending == 0 && state.unsaved.is_empty()
        })
    }

    /// Brings it into the library, as what is written in it does.
    pub(crate) async fn keep_card(&self) {
        let card = {
            let state = self.state.borrow();
            Self::card(&state).map(|card| Card { activity: state.activity(), ..card })
        };
        let Some(card) = card else { return };
        let write = Write { card: Some(card.clone()), ..Write::default() };
        // The state of the storage says when it does not take anything.
        if self.page.storage.write(self.id, write).await.is_ok() {
            self.page.remember_card(card);
        }
    }

    /// Whether its history is here, and not only its text.
    pub(crate) fn knows_its_past(&self) -> bool {
        self.signals.past.get_untracked() == PastState::Read
    }

    /// Reads the document as it is.
    pub(crate) fn with_whole<R>(&self, read: impl FnOnce(&Document) -> R) -> R {
        read(&self.state.borrow().document)
    }

    /// Tells the views that something went wrong.
    pub(crate) fn report(&self, error: String) {
        self.state.borrow_mut().errors.notice = Some(error);
        self.publish();
    }

    /// Registers a view.
    pub(super) fn listen(&self, listener: Listener) {
        self.listeners.borrow_mut().push(listener);
    }

    fn tell_listeners(&self, patches: &[Patch], origin: Origin) {
        // A copy: a listener may register another one.
        let listeners = self.listeners.borrow().clone();
        for listener in listeners {
            listener(patches, origin);
        }
    }

    /// Reads the timeline with the pending events in their places.
    pub(super) fn with_timeline<R>(&self, read: impl FnOnce(&Timeline, &Graph) -> R) -> R {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        if std::mem::take(&mut state.timeline_stale) {
            state.timeline.settle(state.document.graph());
        }
        read(&state.timeline, state.document.graph())
    }

    pub(super) fn titles_at(&self, revision: Revision) -> (String, String) {
        self.with_timeline(|timeline, graph| {
            let title = timeline.title_at(graph, revision);
            let name = called(&title, &timeline.text_at(revision));
            (title, name)
        })
    }

    /// Brings the signals up to date; those that stay the same wake nobody.
    pub(super) fn publish(&self) {
        let state = self.state.borrow();
        let document = &state.document;
        if self.signals.title.with_untracked(|title| title != document.title()) {
            self.signals.title.set(document.title().to_owned());
        }
        if self.signals.begins.with_untracked(|begins| *begins != state.begins) {
            self.signals.begins.set(state.begins.clone());
        }
        update(&self.signals.archived, document.archived());
        update(&self.signals.undo, (document.can_undo(), document.can_redo()));
        let head = state.head();
        let typing = usize::from(document.burst_deadline().is_some());
        let last = Revision(head.0 + (state.unordered.len() + typing) as u64);
        update(&self.signals.history, (head, last));
        update(&self.signals.status, state.status());
        let admission = state.session.as_ref().map(|session| session.ledger().admission);
        if let Some(admission @ (Admission::Granted(_) | Admission::Denied)) = admission {
            update(&self.signals.admission, admission);
        }
    }

    /// Brings the people and their selections up to date.
    pub(super) fn publish_people(&self) {
        let people: Vec<Presence> = self.state.borrow().board.entries().cloned().collect();
        update(&self.signals.people, people);
    }

    /// Sets the one timer to the next moment at which something happens by itself.
    pub(super) fn set_alarm(self: &Rc<Self>) {
        let state = self.state.borrow();
        let someone_is_here = state.board.entries().next().is_some();
        let fading = someone_is_here.then(|| Timestamp(clock::now().0 + 1_000));
        let session = state.session.as_ref().and_then(Session::deadline);
        let next = [state.document.burst_deadline(), session, fading];
        let next = next.into_iter().flatten().min();
        *self.alarm.borrow_mut() = next.map(|moment| {
            let millis = u32::try_from(moment.0 - clock::now().0).unwrap_or(0);
            let this = Rc::downgrade(self);
            Timeout::new(millis, move || {
                if let Some(this) = this.upgrade() {
                    this.tick();
                }
            })
        });
    }

    /// Does what is due by now.
    pub(crate) fn tick(self: &Rc<Self>) {
        let now = clock::now();
        let (change, faded) = {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            let change = state.document.poll(now);
            let moved = state.board.settle(&state.document);
            (change, state.board.expire(now) || moved)
        };
        if !change.events.is_empty() {
            self.absorb(change);
        }
        if faded {
            self.publish_people();
        }
        self.drain();
        self.set_alarm();
    }

    /// Someone needs it open.
    pub(crate) fn hold(&self) {
        self.holders.set(self.holders.get() + 1);
    }

    /// Someone does not need it any more.
    pub(crate) fn release(self: &Rc<Self>) {
        self.holders.set(self.holders.get().saturating_sub(1));
        if self.holders.get() == 0 {
            self.listeners.borrow_mut().clear();
            self.seal();
            self.flush();
            self.retire_if_done();
        }
    }

    /// Lets go of a document that nobody needs, when nothing of it waits any more: neither
    /// for the store nor, while the server is reached, for its place in the order.
    pub(super) fn retire_if_done(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            let waiting = match &state.session {
                Some(session) => {
                    let ledger = session.ledger();
                    ledger.connected && (ledger.pending > 0 || !ledger.caught_up)
                }
                None => false,
            };
            if state.retired
                || self.holders.get() > 0
                || !state.unsaved.is_empty()
                || state.is_typing_unsaved()
                || state.appending
                || waiting
            {
                return;
            }
            state.retired = true;
        }
        self.alarm.borrow_mut().take();
        self.leave();
        self.page.retire(self);
        // The shell stays reachable through old `Desk` values; the content need not.
        let author = self.state.borrow().document.author();
        let mut empty = State::new(Document::new(self.id, self.replica, author));
        empty.retired = true;
        let content = std::mem::replace(&mut *self.state.borrow_mut(), empty);
        drop(content);
    }

    /// What the library should remember of it. `None` for a document that has no events.
    pub(super) fn card(state: &State) -> Option<Card> {
        let created = state.document.created()?;
        if state.document.unread() > 0 {
            // Who wrote, and when last, is not known yet; the card stays as it is.
            return None;
        }
        let head = state.head();
        let changed = state
            .timeline
            .moment(state.document.graph(), head)
            .map_or(created, |moment| moment.time);
        Some(Card {
            id: state.document.id(),
            title: state.document.title().to_owned(),
            name: state.name().to_owned(),
            folder: state.document.facts().folder().to_owned(),
            // Counted when the card is written, which is seldom.
            activity: Vec::new(),
            archived: state.document.archived(),
            created,
            changed: if state.unordered.is_empty() { changed } else { clock::now() },
            revision: head.0,
            authors: u32::try_from(state.timeline.authors().len()).unwrap_or(u32::MAX).max(1),
        })
    }
}

/// The line of a card has so many parts at most.
const CARD_BUCKETS: usize = 32;

impl State {
    /// Reads what the text begins with again.
    pub(super) fn read_beginning(&mut self) {
        self.begins = name_of(self.document.text());
    }

    /// What the document is called.
    fn name(&self) -> &str {
        let title = self.document.title();
        if title.trim().is_empty() { &self.begins } else { title }
    }

    /// How much was written in each part of the history.
    pub(super) fn activity(&self) -> Vec<u32> {
        let buckets = self.timeline.activity(self.document.graph(), CARD_BUCKETS);
        let count = |bucket: &Bucket| bucket.by_author.iter().map(|(_, count)| count).sum();
        buckets.iter().map(count).map(|sum: usize| u32::try_from(sum).unwrap_or(u32::MAX)).collect()
    }

    pub(super) fn new(document: Document) -> Self {
        Self {
            document,
            begins: String::new(),
            timeline: Timeline::new(),
            behind: Vec::new(),
            snapshot: Revision(0),
            timeline_stale: false,
            board: PresenceBoard::new(),
            session: None,
            ahead: BTreeMap::new(),
            met: BTreeMap::new(),
            server_head: None,
            keys: VecDeque::new(),
            presence: None,
            unsaved: Vec::new(),
            open_dirty: false,
            typing_writes: 0,
            outbox: VecDeque::new(),
            unordered: BTreeSet::new(),
            recorded: BTreeSet::new(),
            settled: BTreeMap::new(),
            fresh: VecDeque::new(),
            stored: Revision(0),
            hole: None,
            writer: None,
            appending: false,
            save_scheduled: false,
            append_timer: None,
            retry_timer: None,
            save_failures: 0,
            card_written: None,
            errors: Errors::default(),
            alive: None,
            watched: BTreeSet::new(),
            early: Vec::new(),
            retired: false,
        }
    }

    /// The last revision that is merged.
    pub(super) fn head(&self) -> Revision {
        match self.document.unread() {
            0 => self.timeline.head(),
            unread => Revision((unread + self.behind.len()) as u64),
        }
    }

    /// Puts events that were just merged on the timeline, or behind the past that is read.
    pub(super) fn place(&mut self, places: &[(EventId, Timestamp)]) {
        match self.document.unread() {
            0 => self.timeline.extend(self.document.graph(), places),
            _ => self.behind.extend_from_slice(places),
        }
        self.timeline_stale = true;
    }

    /// How many others hold everything: people, however many tabs and devices each has. Of who
    /// was never met and never wrote nobody knows whether it is one or several.
    fn seen_by(&self) -> usize {
        let Some(session) = &self.session else { return 0 };
        let graph = self.document.graph();
        let wrote =
            |replica| graph.lv_of(EventId { replica, counter: 0 }).map(|lv| graph.author(lv));
        let author = |replica| self.met.get(&replica).copied().or_else(|| wrote(replica));
        let (known, unknown): (Vec<_>, Vec<_>) =
            session.holders().map(author).partition(Option::is_some);
        let own = self.document.author();
        let people: BTreeSet<AuthorId> = known.into_iter().flatten().collect();
        let others = people.iter().filter(|author| **author != own).count();
        others.max(usize::from(!unknown.is_empty()))
    }

    /// The ledger as people see it. An event is in exactly one of the first two numbers.
    pub(super) fn status(&self) -> SaveStatus {
        let typing = self.document.burst_deadline().is_some();
        let unsaved = self.unsaved.len() + usize::from(typing && self.is_typing_unsaved());
        let known = self.unordered.len() + usize::from(typing);
        let ledger = self.session.as_ref().map(|session| session.ledger());
        SaveStatus {
            unsaved,
            pending: known.saturating_sub(unsaved),
            seen_by: self.seen_by(),
            connected: ledger.as_ref().is_some_and(|ledger| ledger.connected),
            caught_up: ledger.as_ref().is_some_and(|ledger| ledger.caught_up),
            withheld: ledger.as_ref().is_some_and(|ledger| ledger.withheld),
            denied: ledger.is_some_and(|ledger| ledger.admission == Admission::Denied),
            error: self.worst().cloned(),
        }
    }

    /// Whether the event still being typed would be lost in part if the page ended now.
    pub(super) fn is_typing_unsaved(&self) -> bool {
        self.open_dirty || self.typing_writes > 0
    }

    fn worst(&self) -> Option<&String> {
        let Errors { save, refusal, notice } = &self.errors;
        let hole = self.hole.as_ref().map(|hole| &hole.words);
        [save.as_ref(), refusal.as_ref(), hole, notice.as_ref()].into_iter().flatten().next()
    }
}

impl Signals {
    fn new(id: DocumentId) -> Self {
        // Until the server speaks, what it said last time holds.
        let access = keyring::last_access(id).map_or(Admission::Unknown, Admission::Granted);
        Self {
            loading: ArcRwSignal::new(Loading::Reading { done: 0, total: 0 }),
            title: ArcRwSignal::default(),
            begins: ArcRwSignal::default(),
            archived: ArcRwSignal::default(),
            status: ArcRwSignal::default(),
            people: ArcRwSignal::default(),
            history: ArcRwSignal::default(),
            undo: ArcRwSignal::default(),
            past: ArcRwSignal::default(),
            admission: ArcRwSignal::new(access),
        }
    }
}

/// Sets a signal if that changes it.
pub(super) fn update<T: PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.with_untracked(|current| *current != value) {
        signal.set(value);
    }
}
