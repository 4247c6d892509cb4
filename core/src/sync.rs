//! The sync session of one replica and one document, without I/O: [`Session::handle`] what
//! arrives, [`Session::poll`] for what to do. It never touches a socket, a clock or the
//! document.
//!
//! ```text
//!             the server's prefix            this device's own
//!   1 ───────────────────────────► head ─── pending: in flight │ waiting
//!   merged, stored, the same for everyone      pushed again after every reconnect
//! ```
//!
//! # Contract
//! After every call that changes the session, drain `poll` until it returns `None`.
//!
//! # Invariants
//! - Safety: revisions are handed out in order, each exactly once, without gaps.
//! - Liveness: while connected, every pending event is in flight or will be pushed when a
//!   place is free; silence of the other side ends in [`Output::Reconnect`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use thiserror::Error;

use crate::access::{Access, LinkKey, Role};
use crate::event::{
    DocumentId, Event, EventId, Op, Ordered, Payload, ReplicaId, Revision, Timestamp,
};
use crate::message::{Acked, Message, PAGE_BYTES_AIM, PROTOCOL, PUSH_EVENTS_MAX, Profile, Refusal};
use crate::presence::Presence;

/// After this long without a word from the other side the session asks, in milliseconds.
pub const QUIET_MS_MAX: i64 = 20_000;
/// After this long without an answer the connection counts as dead, in milliseconds.
pub const ANSWER_MS_MAX: i64 = 10_000;
/// How often the presence is repeated so that it does not expire elsewhere, in milliseconds.
pub const PRESENCE_EVERY_MS: i64 = 10_000;
/// How long to wait before asking again for what the server could not do, in milliseconds.
pub const PUSH_AGAIN_MS: i64 = 2_000;
/// How many events may be pushed and not yet ordered.
pub const IN_FLIGHT_MAX: usize = 2 * PUSH_EVENTS_MAX;

/// What the session wants done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send this.
    Send(Message),
    /// The next revisions, in order: merge them, store them, extend the timeline.
    Ordered(Vec<Ordered>),
    /// Somebody is here.
    Present(Presence),
    /// Somebody went.
    Left(ReplicaId),
    /// What people are called.
    Profiles(Vec<Profile>),
    /// The server said no.
    Refused(Refusal, String),
    /// The other side is silent: close the connection and open a new one.
    Reconnect,
}

/// What the other side did wrong. Close the connection and open a new one; nothing is lost.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ProtocolError {
    /// A message about another document.
    #[error("a message about document {0} came to the session of another")]
    WrongDocument(DocumentId),
    /// A message only a replica may send.
    #[error("the server sent a message that only replicas send")]
    WrongRole,
    /// A revision is missing.
    #[error("revision {found} came where {expected} was due")]
    Gap {
        /// The next revision.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// An acknowledged event is not one of ours.
    #[error("event {0} was acknowledged but never pushed")]
    NotOurs(EventId),
}

/// Whether the server lets this replica follow the document.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Admission {
    /// It has not said yet.
    #[default]
    Unknown,
    /// It does, and this is what may be done.
    Granted(Access),
    /// It does not, or does no longer.
    Denied,
}

/// Where the work on this device stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    /// Whether there is a connection and the server answered.
    pub connected: bool,
    /// Whether this replica holds everything the server has.
    pub caught_up: bool,
    /// Events that the server has not ordered yet.
    pub pending: usize,
    /// The last revision held.
    pub head: Revision,
    /// How many other replicas hold all of this device's ordered work.
    pub seen_by: usize,
    /// What the server said last about this replica's access.
    pub admission: Admission,
    /// Whether the server would not take the pending events: they are more than the access
    /// allows. They stay on the device.
    pub withheld: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Connection {
    Down,
    /// Hello was said.
    Greeting,
    Live,
    /// The server tells nothing about this document, because nothing allows it to.
    Barred,
}

/// The session.
#[derive(Clone, Debug)]
pub struct Session {
    document: DocumentId,
    replica: ReplicaId,
    head: Revision,
    server_head: Revision,
    pending: VecDeque<Event>,
    pending_ids: BTreeSet<EventId>,
    /// How many of `pending`, from the front, have been pushed on this connection.
    in_flight: usize,
    connection: Connection,
    outbox: VecDeque<Output>,
    heard: Timestamp,
    asked: Option<Timestamp>,
    ask_again: Option<Timestamp>,
    presence: Option<Presence>,
    presence_due: Timestamp,
    profile: Option<Profile>,
    key: Option<LinkKey>,
    admission: Admission,
    /// Whether the server refused a push as more than is allowed, on this connection.
    not_allowed: bool,
    /// The last revision with work of this device, and how far others hold the log.
    last_own: Revision,
    held_by: BTreeMap<ReplicaId, Revision>,
    /// How far this replica told others that it holds the log.
    held: Revision,
}

impl Session {
    /// A session that starts from what is stored: revisions `1..=head`, and events that have
    /// no revision yet, in causal order.
    pub fn new(
        document: DocumentId,
        replica: ReplicaId,
        head: Revision,
        pending: Vec<Event>,
    ) -> Self {
        let mut session = Self {
            document,
            replica,
            head,
            server_head: head,
            pending: VecDeque::new(),
            pending_ids: BTreeSet::new(),
            in_flight: 0,
            connection: Connection::Down,
            outbox: VecDeque::new(),
            heard: Timestamp::default(),
            asked: None,
            ask_again: None,
            presence: None,
            presence_due: Timestamp::default(),
            profile: None,
            key: None,
            admission: Admission::Unknown,
            not_allowed: false,
            last_own: Revision(0),
            held_by: BTreeMap::new(),
            held: Revision(0),
        };
        session.push(&pending);
        session
    }

    /// A connection is there: greet.
    pub fn connected(&mut self, now: Timestamp) {
        self.disconnected();
        self.heard = now;
        self.greet(now);
    }

    /// Says hello, on a new connection or again on an old one: the stream of revisions starts
    /// behind `head` then, and everything pending is pushed.
    fn greet(&mut self, now: Timestamp) {
        self.connection = Connection::Greeting;
        self.in_flight = 0;
        self.not_allowed = false;
        self.presence_due = now;
        self.send(Message::Hello {
            protocol: PROTOCOL,
            document: self.document,
            replica: self.replica,
            after: self.head,
            profile: self.profile.clone(),
            key: self.key,
        });
    }

    /// The connection is gone. What was in flight is pushed again on the next one.
    pub fn disconnected(&mut self) {
        self.connection = Connection::Down;
        self.in_flight = 0;
        self.asked = None;
        self.ask_again = None;
        self.held_by.clear();
        self.held = Revision(0);
        self.outbox.retain(|output| !matches!(output, Output::Send(_)));
    }

    /// Local events are complete, in causal order. Those already here count once.
    pub fn push(&mut self, events: &[Event]) {
        for event in events {
            if self.pending_ids.insert(event.header.id) {
                self.pending.push_back(event.clone());
            }
        }
    }

    /// Everything up to this revision is durable on this device.
    pub fn held(&mut self, revision: Revision) {
        let revision = revision.min(self.head);
        if self.connection == Connection::Live && revision > self.held {
            self.held = revision;
            self.send(Message::Held { document: self.document, replica: self.replica, revision });
        }
    }

    /// Where this replica's person is.
    pub fn present(&mut self, presence: Presence, now: Timestamp) {
        self.presence = Some(presence);
        self.presence_due = now;
    }

    /// What this replica's person is called.
    pub fn set_profile(&mut self, profile: Profile) {
        if let Some(presence) = &mut self.presence {
            presence.name.clone_from(&profile.name);
            presence.colour = profile.colour;
            self.presence_due = Timestamp::default();
        }
        if self.connection == Connection::Live {
            let document = self.document;
            self.send(Message::ProfileChanged { document, profile: profile.clone() });
        }
        self.profile = Some(profile);
    }

    /// The key that is shown.
    pub fn key(&self) -> Option<LinkKey> {
        self.key
    }

    /// From which link the right to follow the document comes. Greets anew if it is another one.
    pub fn set_key(&mut self, key: Option<LinkKey>, now: Timestamp) {
        if self.key == key {
            return;
        }
        self.key = key;
        if self.connection != Connection::Down {
            self.greet(now);
        }
    }

    /// The document is being closed here: say so, if anybody listens.
    pub fn leave(&mut self) {
        if self.connection != Connection::Down {
            self.send(Message::Leave { document: self.document });
        }
    }

    /// Takes a message in.
    ///
    /// # Errors
    /// If the other side broke the protocol. The session stays as it was; reconnect.
    pub fn handle(&mut self, message: Message, now: Timestamp) -> Result<(), ProtocolError> {
        if let Some(document) = message.document().filter(|&document| document != self.document) {
            return Err(ProtocolError::WrongDocument(document));
        }
        self.heard = now;
        self.asked = None;
        match message {
            Message::Welcome { head, profiles, access, .. } => {
                self.connection = Connection::Live;
                self.admission = Admission::Granted(access);
                self.server_head = head;
                self.outbox.push_back(Output::Profiles(profiles));
            }
            Message::Events { events, head, .. } => {
                self.server_head = self.server_head.max(head);
                self.receive(events)?;
            }
            Message::Ack { acks, .. } => self.acknowledge(&acks)?,
            Message::Held { replica, revision, .. } => {
                let known = self.held_by.entry(replica).or_default();
                *known = revision.max(*known);
            }
            Message::Present { presence, .. } => self.outbox.push_back(Output::Present(presence)),
            // Who goes away still holds what it holds.
            Message::Left { replica, .. } => self.outbox.push_back(Output::Left(replica)),
            Message::ProfileChanged { profile, .. } => {
                self.outbox.push_back(Output::Profiles(vec![profile]));
            }
            Message::Ping { nonce } => self.send(Message::Pong { nonce }),
            Message::Pong { .. } => {}
            Message::Refused { refusal, reason, .. } => {
                self.refused(refusal);
                if refusal == Refusal::Unavailable {
                    self.ask_again = Some(Timestamp(now.0 + PUSH_AGAIN_MS));
                }
                self.outbox.push_back(Output::Refused(refusal, reason));
                if refusal == Refusal::MissingParents {
                    // The two sides disagree about what is known: greet anew and push all.
                    self.outbox.push_back(Output::Reconnect);
                }
            }
            Message::Hello { .. } | Message::Push { .. } | Message::Leave { .. } => {
                return Err(ProtocolError::WrongRole);
            }
        }
        Ok(())
    }

    /// What a refusal changes about what this replica may do.
    fn refused(&mut self, refusal: Refusal) {
        match refusal {
            Refusal::NoAccess => {
                self.connection = Connection::Barred;
                self.admission = Admission::Denied;
                self.in_flight = 0;
                self.held = Revision(0);
                self.held_by.clear();
            }
            Refusal::NotAllowed => self.not_allowed = true,
            _ => {}
        }
    }

    fn receive(&mut self, events: Vec<Ordered>) -> Result<(), ProtocolError> {
        let (mut fresh, mut next) = (Vec::new(), self.head.0 + 1);
        for ordered in events {
            match ordered.revision.0 {
                known if known < next => {}
                due if due == next => {
                    next += 1;
                    fresh.push(ordered);
                }
                found => return Err(ProtocolError::Gap { expected: next, found }),
            }
        }
        self.advance(fresh);
        Ok(())
    }

    fn acknowledge(&mut self, acks: &[Acked]) -> Result<(), ProtocolError> {
        let (mut fresh, mut known, mut next) = (Vec::new(), Vec::new(), self.head.0 + 1);
        // Acks come in the order in which events were pushed: the next is behind the last one.
        let mut queue = self.pending.iter();
        for ack in acks {
            if ack.revision.0 < next {
                // It came in the stream before it was pushed from here.
                known.push(ack.id);
                continue;
            }
            if ack.revision.0 > next {
                // A duplicate whose revision is still to come in the stream.
                continue;
            }
            let is_it = |event: &&Event| event.header.id == ack.id;
            let event = queue.find(is_it).or_else(|| {
                queue = self.pending.iter();
                queue.find(is_it)
            });
            let event = event.cloned().ok_or(ProtocolError::NotOurs(ack.id))?;
            next += 1;
            fresh.push(Ordered { revision: ack.revision, recorded: ack.recorded, event });
        }
        for id in known {
            self.forget(id);
        }
        self.advance(fresh);
        Ok(())
    }

    fn advance(&mut self, fresh: Vec<Ordered>) {
        let Some(last) = fresh.last() else { return };
        self.head = last.revision;
        self.server_head = self.server_head.max(self.head);
        for Ordered { event, revision, .. } in &fresh {
            if self.forget(event.header.id) {
                self.last_own = *revision;
            }
        }
        self.outbox.push_back(Output::Ordered(fresh));
    }

    /// Takes an event that has a revision off the pending ones; says whether it was there.
    fn forget(&mut self, id: EventId) -> bool {
        if !self.pending_ids.remove(&id) {
            return false;
        }
        let place = self.pending.iter().position(|own| own.header.id == id);
        let place = place.expect("the ids and the queue go together");
        self.pending.remove(place);
        if place < self.in_flight {
            self.in_flight -= 1;
        }
        true
    }

    /// The next thing to do; `None` when there is nothing until something happens.
    pub fn poll(&mut self, now: Timestamp) -> Option<Output> {
        if self.outbox.is_empty() && self.connection != Connection::Down {
            self.act(now);
        }
        self.outbox.pop_front()
    }

    /// When `poll` has something to do even if nothing arrives; `None` without a connection.
    pub fn deadline(&self) -> Option<Timestamp> {
        if self.connection == Connection::Down {
            return None;
        }
        let silence = match self.asked {
            Some(asked) => asked.0 + ANSWER_MS_MAX,
            None => self.heard.0 + QUIET_MS_MAX,
        };
        let presence = self.presence.as_ref().map_or(i64::MAX, |_| self.presence_due.0);
        let push = self.ask_again.map_or(i64::MAX, |again| again.0);
        Some(Timestamp(silence.min(presence).min(push)))
    }

    fn act(&mut self, now: Timestamp) {
        self.tick(now);
        match self.asked {
            Some(asked) if now.0 - asked.0 >= ANSWER_MS_MAX => {
                self.disconnected();
                self.outbox.push_back(Output::Reconnect);
                return;
            }
            None if now.0 - self.heard.0 >= QUIET_MS_MAX => {
                self.asked = Some(now);
                self.send(Message::Ping { nonce: now.0 as u64 });
            }
            _ => {}
        }
        if self.ask_again.is_some_and(|again| again <= now) {
            // It may have been the push, the greeting or a page of the log that the server could
            // not take or give; a new greeting asks for all three.
            self.ask_again = None;
            self.greet(now);
        }
        if self.connection != Connection::Live {
            return;
        }
        if self.ask_again.is_none() && !self.not_allowed {
            self.push_next();
        }
        if now >= self.presence_due
            && let Some(presence) = self.presence.clone()
        {
            self.presence_due = Timestamp(now.0 + PRESENCE_EVERY_MS);
            self.send(Message::Present { document: self.document, presence });
        }
    }

    /// A clock that jumped back must not make any waiting longer.
    fn tick(&mut self, now: Timestamp) {
        self.heard = self.heard.min(now);
        self.asked = self.asked.map(|asked| asked.min(now));
        self.ask_again = self.ask_again.map(|again| again.min(Timestamp(now.0 + PUSH_AGAIN_MS)));
        self.presence_due = self.presence_due.min(Timestamp(now.0 + PRESENCE_EVERY_MS));
    }

    fn push_next(&mut self) {
        let room = IN_FLIGHT_MAX.saturating_sub(self.in_flight).min(PUSH_EVENTS_MAX);
        let (mut bytes, mut events) = (0, Vec::new());
        let may = self.may();
        let waiting = self.pending.iter().skip(self.in_flight).take(room);
        for event in waiting.take_while(|event| may(event)) {
            bytes += size_hint(event);
            events.push(event.clone());
            if bytes >= PAGE_BYTES_AIM {
                break;
            }
        }
        if !events.is_empty() {
            self.in_flight += events.len();
            self.send(Message::Push { document: self.document, events });
        }
    }

    /// Tells which events the access allows; none is pushed that would be refused.
    fn may(&self) -> impl Fn(&Event) -> bool + use<> {
        let admission = self.admission;
        move |event| match admission {
            Admission::Granted(access) => Role::needed_for(&event.payload) <= access.role,
            Admission::Unknown | Admission::Denied => false,
        }
    }

    fn send(&mut self, message: Message) {
        self.outbox.push_back(Output::Send(message));
    }

    /// The other replicas that hold all of this device's ordered work.
    pub fn holders(&self) -> impl Iterator<Item = ReplicaId> {
        let holding = self.held_by.iter().filter(|(_, held)| **held >= self.last_own);
        holding.map(|(replica, _)| *replica)
    }

    /// Where the work on this device stands.
    pub fn ledger(&self) -> Ledger {
        Ledger {
            connected: self.connection == Connection::Live,
            caught_up: self.connection == Connection::Live && self.head >= self.server_head,
            pending: self.pending.len(),
            head: self.head,
            seen_by: self.holders().count(),
            admission: self.admission,
            withheld: self.is_withheld(),
        }
    }

    /// Whether the next event to be pushed is more than the server would take.
    fn is_withheld(&self) -> bool {
        let refused = self.not_allowed && !self.pending.is_empty();
        match (self.admission, self.pending.get(self.in_flight)) {
            (Admission::Unknown, _) => false,
            (Admission::Denied, _) => !self.pending.is_empty(),
            (Admission::Granted(_), next) => refused || next.is_some_and(|e| !self.may()(e)),
        }
    }

    /// Up to which revision each other replica said that it holds the log.
    pub fn held_by(&self) -> impl Iterator<Item = (ReplicaId, Revision)> {
        self.held_by.iter().map(|(&replica, &revision)| (replica, revision))
    }

    /// The last revision held.
    pub fn head(&self) -> Revision {
        self.head
    }

    /// Events that have no revision yet, in causal order.
    pub fn pending(&self) -> impl Iterator<Item = &Event> {
        self.pending.iter()
    }
}

/// Roughly how many bytes an event takes, or took before what it said was erased: a push of erased
/// text is as long as one of text.
fn size_hint(event: &Event) -> usize {
    let ops = match &event.payload {
        Payload::TextEdited { ops } => ops
            .iter()
            .map(|op| match op {
                Op::Insert { .. } => 8,
                Op::Delete { .. } | Op::ErasedInsert { .. } => 12,
            })
            .sum(),
        _ => 0,
    };
    event.payload.written() + event.payload.erased_scalars() + ops + 64
}
