//! One device: the app on it as the real one is built (document, session, timeline, a view, a
//! store that is written a frame later), and what becomes of these when it crashes.

use palimpsest_core::{
    AuthorId, Change, Document, Event, Ordered, Output, Presence, PresenceBoard, Profile,
    ReplicaId, Revision, Selection, Session, Text, Timeline, Timestamp, codec,
};

use super::disk::{Disk, Write};
use super::faults::Fault;
use super::judge::Judge;
use super::server::brief;
use super::wire::{End, Wire};
use super::{DOCUMENT, Due, Nature};

/// How long an animation frame is, in milliseconds.
const FRAME_MS: i64 = 16;
/// How long ordered events wait for company before they are stored, in milliseconds.
const APPEND_MS: i64 = 1_000;

/// One device, its app running or not.
#[derive(Debug)]
pub(super) struct Device {
    /// Which one.
    pub(super) index: usize,
    /// Counts the starts of its app; what belongs to an earlier life is void.
    pub(super) life: u64,
    /// What survives a crash.
    pub(super) disk: Disk,
    /// What does not.
    pub(super) app: Option<App>,
    /// Until when it has no network.
    pub(super) offline_until: i64,
    skew: i64,
    connection: Option<usize>,
}

/// A running app.
#[derive(Debug)]
pub(super) struct App {
    /// What the person works in.
    pub(super) document: Document,
    /// The talk with the server.
    pub(super) session: Session,
    /// The past.
    pub(super) timeline: Timeline,
    /// Where everybody else is.
    pub(super) board: PresenceBoard,
    /// The text as an editor shows it: nothing but patches makes it.
    pub(super) view: Text,
    /// Where the person writes.
    pub(super) caret: usize,
    unsaved: Vec<Event>,
    fresh: Vec<Ordered>,
    draft_changed: bool,
    writing: Option<Write>,
    frame_due: bool,
    wake_at: Option<i64>,
}

impl Device {
    /// A device that has never been on.
    pub(super) fn new(nature: &mut Nature, index: usize) -> Self {
        let skew = if nature.strikes(Fault::ClockSkew) {
            nature.millis(-3_600_000..=3_600_000)
        } else {
            0
        };
        Self {
            index,
            life: 0,
            disk: Disk::default(),
            app: None,
            offline_until: 0,
            skew,
            connection: None,
        }
    }

    /// What its clock shows.
    pub(super) fn clock(&self, nature: &Nature) -> Timestamp {
        Timestamp(1_760_000_000_000 + nature.now + self.skew)
    }

    /// Its clock jumps.
    pub(super) fn jump(&mut self, millis: i64) {
        self.skew += millis;
    }

    fn author(&self) -> AuthorId {
        AuthorId([self.index as u8 + 1; 16])
    }

    /// Starts the app from what is stored, as a new replica.
    pub(super) fn start(&mut self, nature: &mut Nature, judge: &mut Judge) {
        self.life += 1;
        let replica = ReplicaId(nature.random.number());
        nature.tell(format_args!("device {}: starts as {replica}", self.index));
        let mut document = Document::new(DOCUMENT, replica, self.author());
        let mut timeline = Timeline::new();
        let bytes = codec::encode_ordered(&self.disk.ordered);
        let ordered = codec::decode_ordered(&bytes).expect("it was written whole");
        let places: Vec<_> = ordered.iter().map(|o| (o.event.header.id, o.recorded)).collect();
        let head = Revision(ordered.len() as u64);
        document.merge(ordered.into_iter().map(|ordered| ordered.event).collect());
        timeline.extend(document.graph(), &places);
        let pending: Vec<Event> =
            self.disk.pending.iter().map(|(event, _)| event.clone()).collect();
        document.merge(pending.clone());
        assert_eq!(document.parked(), 0, "what is stored is whole");
        // The draft of a life that is over will not grow any more.
        self.disk.pending.iter_mut().for_each(|(_, complete)| *complete = true);
        judge.opened(&document);
        let mut session = Session::new(DOCUMENT, replica, head, pending);
        let profile =
            Profile { author: self.author(), name: format!("Person {}", self.index), colour: 0 };
        session.set_profile(profile);
        let (view, caret) = (document.text().clone(), document.text().len());
        self.app = Some(App {
            document,
            session,
            timeline,
            board: PresenceBoard::new(),
            view,
            caret,
            unsaved: Vec::new(),
            fresh: Vec::new(),
            draft_changed: false,
            writing: None,
            frame_due: false,
            wake_at: None,
        });
        let (device, life) = (self.index, self.life);
        nature.after(0, Due::Connect { device, life });
    }

    /// Kills the app. A write that is under way is done or not.
    pub(super) fn crash(&mut self, nature: &mut Nature, wire: &mut Wire, judge: &mut Judge) {
        let Some(app) = self.app.take() else { return };
        if let Some(write) = app.writing
            && nature.random.chance(50)
        {
            self.stored(judge, write);
        }
        if self.disk.draft().is_some() {
            nature.count(Fault::DraftKept);
        }
        for (event, _) in &self.disk.pending {
            judge.durable(event);
        }
        if let Some(number) = self.connection.take() {
            wire.close(nature, number, End::Client);
        }
        nature.tell(format_args!(
            "device {}: {} pending are stored",
            self.index,
            self.disk.pending.len()
        ));
        let (device, pause) = (self.index, nature.millis(50..=3_000));
        nature.after(pause, Due::DeviceStarts { device });
    }

    fn stored(&mut self, judge: &mut Judge, write: Write) {
        for (event, complete) in &write.pending {
            if *complete {
                judge.durable(event);
            }
        }
        self.disk.take(write);
    }

    /// Whether it has a connection.
    pub(super) fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// A connection stands.
    pub(super) fn connected(
        &mut self,
        nature: &mut Nature,
        wire: &mut Wire,
        judge: &mut Judge,
        number: usize,
    ) {
        let now = self.clock(nature);
        self.connection = Some(number);
        if let Some(app) = &mut self.app {
            app.session.connected(now);
        }
        self.drain(nature, wire, judge);
    }

    /// Its connection is gone, or it gives it up.
    pub(super) fn disconnected(&mut self, nature: &mut Nature, wire: &mut Wire, judge: &mut Judge) {
        let Some(number) = self.connection.take() else { return };
        wire.close(nature, number, End::Client);
        if let Some(app) = &mut self.app {
            app.session.disconnected();
            app.board.clear();
        }
        let (device, life, pause) = (self.index, self.life, nature.millis(100..=2_000));
        nature.after(pause, Due::Connect { device, life });
        self.drain(nature, wire, judge);
    }

    /// Whether a connection is the one it uses now.
    pub(super) fn uses(&self, number: usize) -> bool {
        self.connection == Some(number)
    }

    /// A frame arrived on its connection.
    pub(super) fn arrive(
        &mut self,
        nature: &mut Nature,
        wire: &mut Wire,
        judge: &mut Judge,
        (frame, damaged): (&[u8], bool),
    ) {
        let now = self.clock(nature);
        let Some(app) = &mut self.app else { return };
        let decoded = codec::decode_message(frame);
        assert!(!damaged || decoded.is_err(), "a damaged frame was taken for {decoded:?}");
        let Ok(message) = decoded else {
            self.disconnected(nature, wire, judge);
            return;
        };
        nature.tell(format_args!("device {}: hears {}", self.index, brief(&message)));
        app.session.handle(message, now).expect("the server keeps to the protocol");
        app.session.held(Revision(self.disk.ordered.len() as u64));
        self.drain(nature, wire, judge);
    }

    /// Something of its own is due: the session's or the burst's time is up.
    pub(super) fn wake(&mut self, nature: &mut Nature, wire: &mut Wire, judge: &mut Judge) {
        let now = self.clock(nature);
        let Some(app) = &mut self.app else { return };
        app.wake_at = None;
        app.board.expire(now);
        let change = app.document.poll(now);
        self.absorb(nature, judge, change);
        self.drain(nature, wire, judge);
    }

    /// Takes in what a command or a batch of events came to.
    pub(super) fn absorb(&mut self, nature: &mut Nature, judge: &mut Judge, change: Change) {
        let Some(app) = &mut self.app else { return };
        for patch in &change.patches {
            assert!(app.view.fits(patch), "{patch:?} does not fit what is shown");
            app.view.apply(patch);
            app.board.apply(patch);
            app.caret = patch.map_pos(app.caret, palimpsest_core::Bias::After);
        }
        assert_eq!(app.view, *app.document.text());
        judge.changed(&change);
        let own = app.document.replica();
        let sealed = change.events.into_iter().filter(|event| event.header.id.replica == own);
        app.unsaved.extend(sealed);
        app.draft_changed = app.document.open_event().is_some();
        self.schedule_frame(nature);
    }

    fn schedule_frame(&mut self, nature: &mut Nature) {
        let (device, life) = (self.index, self.life);
        let Some(app) = &mut self.app else { return };
        let waits = app.draft_changed || !app.unsaved.is_empty();
        if app.frame_due || app.writing.is_some() || (!waits && app.fresh.is_empty()) {
            return;
        }
        app.frame_due = true;
        let wait = if waits { FRAME_MS } else { APPEND_MS };
        nature.after(wait, Due::Frame { device, life });
    }

    /// An animation frame: what waits goes to the store in one transaction.
    pub(super) fn frame(&mut self, nature: &mut Nature) {
        let (device, life) = (self.index, self.life);
        let Some(app) = &mut self.app else { return };
        app.frame_due = false;
        let mut write = Write::default();
        write.pending.extend(app.unsaved.iter().map(|event| (event.clone(), true)));
        if app.draft_changed {
            write.pending.extend(app.document.open_event().map(|event| (event, false)));
        }
        write.ordered.clone_from(&app.fresh);
        if write.is_empty() {
            return;
        }
        app.draft_changed = false;
        app.writing = Some(write);
        let wait = nature.millis(1..=40);
        nature.after(wait, Due::Stored { device, life });
    }

    /// The store has done a write, or refuses it.
    pub(super) fn write_over(&mut self, nature: &mut Nature, wire: &mut Wire, judge: &mut Judge) {
        let Some(app) = &mut self.app else { return };
        let Some(write) = app.writing.take() else { return };
        if nature.strikes(Fault::DeviceWriteFailed) {
            app.draft_changed = app.document.open_event().is_some();
            self.schedule_frame(nature);
            return;
        }
        let saved = write.pending.iter().filter(|(_, complete)| *complete);
        let saved: Vec<Event> = saved.map(|(event, _)| event.clone()).collect();
        app.unsaved.drain(..saved.len());
        app.fresh.drain(..write.ordered.len());
        // Only what a crash here cannot take back may be told to others.
        app.session.push(&saved);
        self.stored(judge, write);
        let held = Revision(self.disk.ordered.len() as u64);
        if let Some(app) = &mut self.app {
            app.session.held(held);
        }
        self.schedule_frame(nature);
        self.drain(nature, wire, judge);
    }

    /// Says where the person is.
    pub(super) fn present(&mut self, nature: &Nature) {
        let (now, author) = (self.clock(nature), self.author());
        let Some(app) = &mut self.app else { return };
        let presence = Presence {
            replica: app.document.replica(),
            author,
            name: String::new(),
            colour: 0,
            version: app.document.frontier(),
            selection: Some(Selection { anchor: app.caret, head: app.caret }),
        };
        app.session.present(presence, now);
    }

    /// Does everything the session asks for.
    pub(super) fn drain(&mut self, nature: &mut Nature, wire: &mut Wire, judge: &mut Judge) {
        let now = self.clock(nature);
        let mut reconnect = false;
        loop {
            let Some(app) = &mut self.app else { return };
            match app.session.poll(now) {
                None => break,
                Some(Output::Send(message)) => {
                    let number = self.connection.expect("a session without connection is silent");
                    nature.tell(format_args!("device {}: says {}", self.index, brief(&message)));
                    wire.send(nature, number, End::Client, codec::encode_message(&message));
                }
                Some(Output::Ordered(batch)) => self.take_ordered(nature, judge, batch),
                Some(Output::Present(presence)) => {
                    app.board.receive(presence, &app.document, now);
                    let mut here = app.board.entries().filter_map(|entry| entry.selection);
                    assert!(here.all(|selection| selection.head <= app.view.len()));
                }
                Some(Output::Left(replica)) => app.board.leave(replica),
                Some(Output::Profiles(_)) => {}
                Some(Output::Refused(refusal, reason)) => judge.refused(refusal, &reason),
                Some(Output::Reconnect) => reconnect = true,
            }
        }
        if reconnect {
            self.disconnected(nature, wire, judge);
            return;
        }
        self.set_alarm(nature, now);
    }

    fn take_ordered(&mut self, nature: &mut Nature, judge: &mut Judge, batch: Vec<Ordered>) {
        let Some(app) = &mut self.app else { return };
        judge.ordered(&batch, app.timeline.head());
        let places: Vec<_> = batch.iter().map(|o| (o.event.header.id, o.recorded)).collect();
        let events = batch.iter().map(|ordered| ordered.event.clone()).collect();
        let change = app.document.merge(events);
        app.fresh.extend(batch);
        self.absorb(nature, judge, change);
        let Some(app) = &mut self.app else { return };
        app.timeline.extend(app.document.graph(), &places);
        if nature.random.chance(20) {
            app.timeline.settle(app.document.graph());
            assert_eq!(app.timeline.text_at(app.timeline.last()), app.view);
        }
    }

    /// Wakes when the session or the burst wants to be asked again. A timer that was set
    /// counts real time: a clock that jumps does not move it.
    fn set_alarm(&mut self, nature: &mut Nature, now: Timestamp) {
        let (device, life) = (self.index, self.life);
        let Some(app) = &mut self.app else { return };
        let deadlines = [app.session.deadline(), app.document.burst_deadline()];
        let Some(next) = deadlines.into_iter().flatten().min() else { return };
        let wait = (next.0 - now.0).max(1);
        let at = nature.now + wait;
        if app.wake_at.is_none_or(|earlier| at < earlier) {
            app.wake_at = Some(at);
            nature.after(wait, Due::Wake { device, life });
        }
    }

    /// Whether it has nothing left to do: all its work is ordered, stored, and seen by so many.
    pub(super) fn is_settled(&self, head: Revision, others: usize) -> bool {
        let Some(app) = &self.app else { return false };
        let ledger = app.session.ledger();
        ledger.connected
            && ledger.caught_up
            && ledger.pending == 0
            && ledger.head == head
            && (head.0 == 0 || ledger.seen_by >= others)
            && app.document.open_event().is_none()
            && app.unsaved.is_empty()
            && self.disk.ordered.len() as u64 == head.0
            && self.disk.pending.is_empty()
    }

    /// Its network is gone: its connection swallows everything, and it may take long to notice.
    pub(super) fn lose_network(&mut self, nature: &mut Nature, wire: &mut Wire) {
        let Some(number) = self.connection else { return };
        wire.silence(number);
        if nature.random.chance(50) {
            nature.after(0, Due::Closed { number, end: End::Client });
        }
    }

    /// Where it stands, for people.
    pub(super) fn standing(&self) -> String {
        let app = self.app.as_ref();
        let ledger = app.map(|app| (app.session.ledger(), app.unsaved.len(), app.fresh.len()));
        format!(
            "device {}, connection {:?}, stored {}+{}: {ledger:?}",
            self.index,
            self.connection,
            self.disk.ordered.len(),
            self.disk.pending.len()
        )
    }
}
