//! The simulated server: the real hub, rooms and memory store, driven as sockets and a disk
//! would drive them. The store is what survives a crash.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use palimpsest_core::{DocumentId, Message, Profile, Refusal, Revision, Timestamp, codec};
use palimpsest_server::guard::Guard;
use palimpsest_server::hub::{ConnectionId, Delivery, Hub, Output};
use palimpsest_server::room::Room;
use palimpsest_server::store::memory::MemoryStore;
use palimpsest_server::store::{Append, AppendError, Appended, EventStore, Page, ReadError};

use super::faults::Fault;
use super::wire::{End, Wire};
use super::{Due, Nature};

/// A connection that the server hears nothing of for so long is closed, in milliseconds.
const SILENCE_MS_MAX: i64 = 60_000;

/// The server, running or not.
pub(super) struct Server {
    /// What survives everything.
    pub(super) store: MemoryStore,
    /// Counts its starts; what belongs to an earlier life is void.
    pub(super) life: u64,
    hub: Option<Hub>,
    /// Messages held back per connection, because an append of it is under way.
    inboxes: BTreeMap<ConnectionId, VecDeque<Message>>,
    /// The disk works through appends in order; when it is free, and when answers are.
    disk_free: i64,
    answer_free: i64,
    /// Appends the disk has been asked for, and written ones nobody was told of.
    waiting: usize,
    untold: usize,
    skew: i64,
}

/// An answer under way from the store to the hub.
#[derive(Debug)]
pub(super) enum Answer {
    /// To `Output::Open`.
    Opened(Result<(Revision, Vec<Profile>), ReadError>),
    /// To `Output::KeepProfile`.
    Named(Option<Profile>),
    /// To `Output::Append`.
    Appended(Result<Appended, AppendError>),
    /// To `Delivery::Read`.
    Page(Result<Page, ReadError>),
}

impl Server {
    /// A server with an empty store, not yet running.
    pub(super) fn new(nature: &mut Nature) -> Self {
        let skew =
            if nature.strikes(Fault::ClockSkew) { nature.millis(-600_000..=600_000) } else { 0 };
        Self {
            store: MemoryStore::new(),
            life: 0,
            hub: None,
            inboxes: BTreeMap::new(),
            disk_free: 0,
            answer_free: 0,
            waiting: 0,
            untold: 0,
            skew,
        }
    }

    fn clock(&self, nature: &Nature) -> Timestamp {
        Timestamp(1_760_000_000_000 + nature.now + self.skew)
    }

    /// Its clock jumps.
    pub(super) fn jump(&mut self, millis: i64) {
        self.skew += millis;
    }

    /// Starts it.
    pub(super) fn start(&mut self, nature: &mut Nature) {
        if self.hub.is_none() {
            self.life += 1;
            self.hub = Some(Hub::new(Arc::new(Guard::open())));
            nature.tell(format_args!("server: starts"));
        }
    }

    /// Kills it. The disk keeps what it has written; all else is gone.
    pub(super) fn crash(&mut self, nature: &mut Nature, wire: &mut Wire) {
        if self.hub.take().is_none() {
            return;
        }
        if self.waiting > 0 {
            nature.count(Fault::AppendLost);
        }
        if self.untold > 0 {
            nature.count(Fault::AnswerLost);
        }
        (self.waiting, self.untold) = (0, 0);
        (self.disk_free, self.answer_free) = (0, 0);
        self.inboxes.clear();
        wire.server_died(nature, self.life);
        let pause = nature.millis(100..=4_000);
        nature.after(pause, Due::ServerStarts);
    }

    /// Takes a connection in, if it runs.
    pub(super) fn accept(&mut self) -> Option<(u64, ConnectionId)> {
        let hub = self.hub.as_mut()?;
        Some((self.life, hub.connect(None)))
    }

    /// A frame arrived.
    pub(super) fn arrive(
        &mut self,
        nature: &mut Nature,
        wire: &mut Wire,
        number: usize,
        frame: &[u8],
        damaged: bool,
    ) {
        let (life, id) = wire.get(number).server;
        if life != self.life || !wire.get(number).server_open || self.hub.is_none() {
            return;
        }
        wire.heard(nature, number);
        let decoded = codec::decode_message(frame);
        assert!(!damaged || decoded.is_err(), "a damaged frame was taken for {decoded:?}");
        match decoded {
            Ok(message) => {
                self.inboxes.entry(id).or_default().push_back(message);
                self.read_inbox(nature, wire, id);
            }
            Err(error) => {
                let reason = error.to_string();
                let outputs = self.hub.as_mut().expect("it runs").refuse(
                    id,
                    None,
                    Refusal::Malformed,
                    reason,
                );
                self.carry_out(nature, wire, outputs);
            }
        }
    }

    fn read_inbox(&mut self, nature: &mut Nature, wire: &mut Wire, id: ConnectionId) {
        loop {
            let now = self.clock(nature);
            let Some(hub) = self.hub.as_mut().filter(|hub| !hub.is_busy(id)) else { return };
            let Some(message) = self.inboxes.get_mut(&id).and_then(VecDeque::pop_front) else {
                return;
            };
            nature.tell(format_args!("server: {id:?} says {}", brief(&message)));
            let outputs = hub.receive(id, message, now);
            self.carry_out(nature, wire, outputs);
        }
    }

    fn carry_out(&mut self, nature: &mut Nature, wire: &mut Wire, outputs: Vec<Output>) {
        let life = self.life;
        for output in outputs {
            match output {
                Output::Open(id, permit) => {
                    let document = permit.document();
                    let answer = Answer::Opened(self.look_up(nature, document));
                    let wait = nature.millis(0..=10);
                    nature.after(wait, Due::Answered { life, id, document, answer });
                }
                Output::Append(id, _, append) => {
                    let slow = if nature.strikes(Fault::SlowDisk) { 3_000 } else { 0 };
                    let wait = nature.millis(1..=15 + slow);
                    self.disk_free = self.disk_free.max(nature.now + wait);
                    self.waiting += 1;
                    let wait = self.disk_free - nature.now;
                    nature.after(wait, Due::Commit { life, id, append });
                }
                Output::KeepProfile(id, _, naming) => {
                    let (document, profile) = (naming.document, naming.profile.clone());
                    let wait = nature.millis(1..=15);
                    let kept = self.store.keep_profile(naming).is_ok_and(|kept| kept);
                    let answer = Answer::Named(kept.then_some(profile));
                    nature.after(wait, Due::Answered { life, id, document, answer });
                }
                Output::Wake(id) => self.wake(nature, wire, id),
            }
        }
    }

    fn look_up(
        &mut self,
        nature: &mut Nature,
        document: DocumentId,
    ) -> Result<(Revision, Vec<Profile>), ReadError> {
        if nature.strikes(Fault::ReadUnavailable) {
            return Err(ReadError::Unavailable("the disk is busy".into()));
        }
        let head = self.store.head(document)?.map_or(Revision(0), |head| head.revision);
        Ok((head, self.store.profiles(document)?))
    }

    /// The disk comes to an append.
    pub(super) fn commit(
        &mut self,
        nature: &mut Nature,
        wire: &mut Wire,
        (life, id): (u64, ConnectionId),
        append: Append,
    ) {
        if life != self.life || self.hub.is_none() {
            return;
        }
        if nature.strikes(Fault::ServerCrash) {
            self.crash(nature, wire);
            return;
        }
        self.waiting -= 1;
        let document = append.document;
        let unsure = || AppendError::Unknown("the disk does not answer".into());
        let outcome = if nature.strikes(Fault::StoreUnavailable) {
            Err(AppendError::Unavailable("the disk is read-only".into()))
        } else if nature.strikes(Fault::StoreUnsureLost) {
            Err(unsure())
        } else {
            let outcome = self.store.append(append);
            if nature.strikes(Fault::StoreUnsureWritten) { Err(unsure()) } else { outcome }
        };
        let head = self.store.head(document).ok().flatten().map_or(0, |head| head.revision.0);
        nature.tell(format_args!("disk: wrote {}, the head is {head}", outcome.is_ok()));
        if nature.strikes(Fault::ServerCrash) {
            self.untold += 1;
            self.crash(nature, wire);
            return;
        }
        self.untold += 1;
        let wait = nature.millis(0..=10);
        self.answer_free = self.answer_free.max(nature.now + wait);
        let answer = Answer::Appended(outcome);
        let wait = self.answer_free - nature.now;
        nature.after(wait, Due::Answered { life, id, document, answer });
    }

    /// The hub gets an answer.
    pub(super) fn answered(
        &mut self,
        nature: &mut Nature,
        wire: &mut Wire,
        (life, id): (u64, ConnectionId),
        document: DocumentId,
        answer: Answer,
    ) {
        let Some(hub) = self.hub.as_mut().filter(|_| life == self.life) else { return };
        let outputs = match answer {
            Answer::Opened(outcome) => hub.opened(id, document, outcome),
            Answer::Named(kept) => hub.named(id, document, kept),
            Answer::Appended(outcome) => {
                self.untold -= 1;
                hub.appended(id, document, outcome)
            }
            Answer::Page(outcome) => {
                let mut outputs = hub.page(id, document, outcome);
                outputs.push(Output::Wake(id));
                outputs
            }
        };
        self.carry_out(nature, wire, outputs);
        self.read_inbox(nature, wire, id);
    }

    /// Sends a connection all there is for it.
    fn wake(&mut self, nature: &mut Nature, wire: &mut Wire, id: ConnectionId) {
        while let Some(delivery) = self.hub.as_mut().and_then(|hub| hub.poll(id)) {
            let number = wire.number_of((self.life, id));
            match delivery {
                Delivery::Send(message) => {
                    nature.tell(format_args!("server: tells {id:?} {}", brief(&message)));
                    wire.send(nature, number, End::Server, codec::encode_message(&message));
                }
                Delivery::Relay(parcel) => {
                    let message = parcel.message();
                    nature.tell(format_args!("server: tells {id:?} {}", brief(message)));
                    wire.send(nature, number, End::Server, parcel.frame().to_vec());
                }
                Delivery::Read(permit, after) => {
                    let document = permit.document();
                    let page = if nature.strikes(Fault::ReadUnavailable) {
                        Err(ReadError::Unavailable("the disk is busy".into()))
                    } else {
                        self.store.read(document, after, Room::page_limit())
                    };
                    let (life, answer) = (self.life, Answer::Page(page));
                    let wait = nature.millis(0..=20);
                    nature.after(wait, Due::Answered { life, id, document, answer });
                }
                Delivery::Close(refusal, reason) => {
                    nature.tell(format_args!("server: closes {id:?}: {refusal:?}, {reason}"));
                    wire.close(nature, number, End::Server);
                    self.let_go(nature, wire, id);
                    return;
                }
            }
        }
    }

    /// Its end of a connection is closed.
    pub(super) fn closed(&mut self, nature: &mut Nature, wire: &mut Wire, number: usize) {
        let (life, id) = wire.get(number).server;
        if life == self.life && wire.get(number).server_open {
            wire.get(number).server_open = false;
            self.let_go(nature, wire, id);
        }
    }

    fn let_go(&mut self, nature: &mut Nature, wire: &mut Wire, id: ConnectionId) {
        self.inboxes.remove(&id);
        let outputs = self.hub.as_mut().map(|hub| hub.disconnect(id)).unwrap_or_default();
        self.carry_out(nature, wire, outputs);
    }

    /// Looks whether a connection has been silent for too long.
    pub(super) fn watch(&mut self, nature: &mut Nature, wire: &mut Wire, number: usize) {
        let connection = wire.get(number);
        if connection.server.0 != self.life || !connection.server_open {
            return;
        }
        let left = connection.heard + SILENCE_MS_MAX - nature.now;
        if left > 0 {
            nature.after(left, Due::Watch { number });
        } else {
            wire.close(nature, number, End::Server);
            let (_, id) = wire.get(number).server;
            self.let_go(nature, wire, id);
        }
    }
}

/// A message in a few words.
pub(super) fn brief(message: &Message) -> String {
    match message {
        Message::Hello { after, replica, .. } => format!("hello from {replica} after {}", after.0),
        Message::Welcome { head, .. } => format!("welcome, the head is {}", head.0),
        Message::Push { events, .. } => {
            let ids: Vec<_> = events.iter().map(|event| event.header.id.to_string()).collect();
            format!("push {}", ids.join(" "))
        }
        Message::Ack { acks, .. } => {
            let acks: Vec<_> = acks.iter().map(|a| format!("{}={}", a.revision.0, a.id)).collect();
            format!("ack {}", acks.join(" "))
        }
        Message::Events { events, .. } => {
            let first = events.first().map_or(0, |ordered| ordered.revision.0);
            format!("events from {first}, {} of them", events.len())
        }
        Message::Refused { refusal, reason, .. } => format!("no, {refusal:?}: {reason}"),
        other => {
            let whole = format!("{other:?}");
            whole.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
        }
    }
}
