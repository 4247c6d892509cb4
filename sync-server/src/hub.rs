//! Every connection and every room: takes messages in, says what to send, read and write. What a
//! connection may do is asked of the guard at every message.
//! Like a room it does no I/O; `socket` drives it for real sockets, simulations for theirs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use palimpsest_core::PROTOCOL;
use palimpsest_core::{DocumentId, Event, Message, Profile, Refusal, Revision, Role, Timestamp};

use crate::guard::book::KeyHash;
use crate::guard::{Caller, Comment, Denied, Guard, Permit, ReadHistory, Write};
use crate::limits::Limits;
use crate::recent::Parcel;
use crate::room::{self, Next, Room};
use crate::store::{Append, AppendError, Appended, Naming, Page, ReadError};

/// Names one connection for as long as the hub lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnectionId(u64);

impl std::fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What the driver must do. The order counts.
#[derive(Debug)]
pub enum Output {
    /// Look up the document's head (0 if there is none) and profiles; answer with [`Hub::opened`],
    /// even if the connection is gone, as to the others below.
    Open(ConnectionId, Permit<ReadHistory>),
    /// Make these events durable; answer with [`Hub::appended`].
    Append(ConnectionId, Permit<Write>, Append),
    /// Make durable what somebody is called; answer with [`Hub::named`].
    KeepProfile(ConnectionId, Permit<Comment>, Naming),
    /// There is something to [`Hub::poll`] for this connection.
    Wake(ConnectionId),
}

/// What a connection gets next.
#[derive(Debug)]
pub enum Delivery {
    /// Send this message.
    Send(Message),
    /// Send this part of the log, which others are sent as well.
    Relay(Arc<Parcel>),
    /// Read a page of the log, [`Room::page_limit`] long, after the revision; answer with [`Hub::page`].
    Read(Permit<ReadHistory>, Revision),
    /// Close the connection for this reason; it was told already.
    Close(Refusal, String),
}

/// Every connection and every room.
#[derive(Debug)]
pub struct Hub {
    guard: Arc<Guard>,
    rooms: BTreeMap<DocumentId, Room>,
    connections: BTreeMap<ConnectionId, Connection>,
    next: u64,
    limits: Limits,
}

#[derive(Debug, Default)]
struct Connection {
    /// Whom a trusted proxy says it belongs to.
    user: Option<String>,
    /// What it is subscribed to, the one to serve next at the front.
    subscriptions: VecDeque<Subscription>,
    /// Answers that are about no subscription. Each comes from a message of its own, and
    /// the driver reads the next message only after it has sent what there is.
    ready: VecDeque<Message>,
    /// What the driver was asked to look up or to write for it, and has not answered yet.
    unanswered: usize,
    closing: Option<(Refusal, String)>,
}

/// A document that a connection follows.
#[derive(Debug)]
struct Subscription {
    /// With what it came.
    caller: Caller,
    /// What that allowed when it was last looked at.
    permit: Permit<ReadHistory>,
}

impl Hub {
    /// A hub without connections.
    pub fn new(guard: Arc<Guard>) -> Self {
        let (rooms, connections) = (BTreeMap::new(), BTreeMap::new());
        Self { guard, rooms, connections, next: 0, limits: Limits::DEFAULT }
    }

    /// The same, with other limits.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// A connection came up, from this user if a trusted proxy named one.
    pub fn connect(&mut self, user: Option<String>) -> ConnectionId {
        self.next += 1;
        let connection = Connection { user, ..Connection::default() };
        self.connections.insert(ConnectionId(self.next), connection);
        ConnectionId(self.next)
    }

    /// A connection is gone. Its appends go on.
    pub fn disconnect(&mut self, connection: ConnectionId) -> Vec<Output> {
        let Some(gone) = self.connections.remove(&connection) else { return Vec::new() };
        let documents = gone.subscriptions.iter().map(|one| one.permit.document());
        documents.flat_map(|document| self.leave(connection, document)).collect()
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// How many documents are open in some connection.
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// Whether the driver should hold back this connection's next message, because it owes an
    /// answer to the one before. That bounds what one connection can have in flight: what one
    /// message asks for, whichever it is.
    pub fn is_busy(&self, connection: ConnectionId) -> bool {
        self.connections.get(&connection).is_some_and(|c| c.unanswered > 0)
    }

    /// With what a connection came to a document that it follows.
    pub fn caller(&self, connection: ConnectionId, document: DocumentId) -> Option<&Caller> {
        self.subscription(connection, document).map(|one| &one.caller)
    }

    /// Takes a message from a connection.
    pub fn receive(
        &mut self,
        connection: ConnectionId,
        message: Message,
        now: Timestamp,
    ) -> Vec<Output> {
        let Some(state) = self.connections.get_mut(&connection) else { return Vec::new() };
        if state.closing.is_some() {
            return Vec::new();
        }
        match message {
            Message::Hello { protocol, document, replica, after, profile, key } => {
                if protocol != PROTOCOL {
                    let reason =
                        format!("protocol {protocol} is not spoken here; this is {PROTOCOL}");
                    return self.refuse(connection, Some(document), Refusal::WrongProtocol, reason);
                }
                let caller =
                    Caller { key: key.as_ref().map(KeyHash::of), user: state.user.clone() };
                let permit = match self.guard.authorize(&caller, document, now) {
                    Ok(permit) => permit,
                    Err(denied) => return self.bar(connection, document, denied),
                };
                let max = self.limits.documents_per_socket_max;
                if !state.subscribe(Subscription { caller, permit: permit.clone() }, max) {
                    let reason = format!("a socket has at most {max} documents");
                    let refusal = Refusal::TooManyDocuments;
                    return self.refuse(connection, Some(document), refusal, reason);
                }
                let room = self.rooms.entry(document).or_insert_with(|| Room::new(document));
                room.join(connection, replica, after, permit.access());
                let mut outputs = match profile {
                    Some(profile) => self.profile_changed(connection, document, profile, now),
                    None => Vec::new(),
                };
                self.owe(connection);
                outputs.push(Output::Open(connection, permit));
                outputs
            }
            Message::Push { document, events } => self.push(connection, document, events, now),
            Message::Held { document, replica, revision } => {
                self.in_room(connection, document, now, |room| {
                    room.held(connection, replica, revision)
                })
            }
            Message::Present { document, presence } => {
                self.in_room(connection, document, now, |room| room.present(connection, presence))
            }
            Message::ProfileChanged { document, profile } => {
                self.profile_changed(connection, document, profile, now)
            }
            Message::Leave { document } => {
                state.subscriptions.retain(|other| other.permit.document() != document);
                self.leave(connection, document)
            }
            Message::Ping { nonce } => {
                state.ready.push_back(Message::Pong { nonce });
                vec![Output::Wake(connection)]
            }
            Message::Pong { .. } => Vec::new(),
            Message::Welcome { .. }
            | Message::Ack { .. }
            | Message::Events { .. }
            | Message::Left { .. }
            | Message::Refused { .. } => {
                let reason = "only a server says this".to_owned();
                self.refuse(connection, None, Refusal::Malformed, reason)
            }
        }
    }

    /// Asks the guard about every subscription again: somebody's access may have been taken, or
    /// have ended. Whoever has none any more is told so, and is told nothing else; a connection
    /// that follows nothing then is closed.
    pub fn recheck(&mut self, now: Timestamp) -> Vec<Output> {
        let (mut barred, mut changed) = (Vec::new(), Vec::new());
        for (&connection, state) in &mut self.connections {
            for Subscription { caller, permit } in &mut state.subscriptions {
                let document = permit.document();
                match self.guard.authorize(caller, document, now) {
                    Ok(fresh) if fresh.access() == permit.access() => {}
                    Ok(fresh) => {
                        changed.push((connection, document, fresh.access()));
                        *permit = fresh;
                    }
                    Err(denied) => barred.push((connection, document, denied)),
                }
            }
        }
        let mut outputs = Vec::new();
        for (connection, document, access) in changed {
            if let Some(room) = self.rooms.get_mut(&document) {
                outputs.extend(wake(room.access_changed(connection, access)));
            }
        }
        for (connection, document, denied) in barred {
            outputs.extend(self.bar(connection, document, denied));
            let state = self.connections.get_mut(&connection);
            if let Some(state) = state.filter(|state| state.subscriptions.is_empty()) {
                state.closing = Some((Refusal::NoAccess, denied.to_string()));
            }
        }
        outputs
    }

    /// Has what is relayed next read from the store: something of it was erased there.
    pub fn erased(&mut self, document: DocumentId) {
        if let Some(room) = self.rooms.get_mut(&document) {
            room.forget_recent();
        }
    }

    /// Takes a connection out of a document's room and tells it why.
    fn bar(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        denied: Denied,
    ) -> Vec<Output> {
        if let Some(state) = self.connections.get_mut(&connection) {
            state.subscriptions.retain(|other| other.permit.document() != document);
        }
        let mut outputs = self.leave(connection, document);
        let told = self.refuse(connection, Some(document), Refusal::NoAccess, denied.to_string());
        outputs.extend(told);
        outputs
    }

    fn push(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        events: Vec<Event>,
        now: Timestamp,
    ) -> Vec<Output> {
        let (caller, room) = match self.asked(connection, document, now) {
            Ok(found) => found,
            Err(outputs) => return outputs,
        };
        let mut append = match room.push(events, now) {
            Ok(Some(append)) => append,
            Ok(None) => return Vec::new(),
            Err((refusal, reason)) => {
                return self.refuse(connection, Some(document), refusal, reason);
            }
        };
        // Tabs of one device push one another's events; nobody pushes what somebody else, who is
        // here as well and came by another link, would have to have made.
        let authors = room.authors_of(&append.events);
        let of_another = |author: &ConnectionId| {
            self.subscription(*author, document).is_some_and(|one| one.caller != caller)
        };
        if authors.iter().any(of_another) {
            let reason = "these events are another replica's, which is here by itself".to_owned();
            return self.refuse(connection, Some(document), Refusal::NotAllowed, reason);
        }
        match self.guard.authorize_events(&caller, document, &append.events, now) {
            Ok(permit) => {
                // Whoever may write anything also brings others' work in, as after a move.
                let is_bound = permit.access().role < Role::Editor;
                append.own = is_bound.then(|| self.identities(&caller, now));
                self.owe(connection);
                vec![Output::Append(connection, permit, append)]
            }
            Err(denied) => {
                let reason = denied.to_string();
                self.refuse(connection, Some(document), Refusal::NotAllowed, reason)
            }
        }
    }

    /// Keeps what somebody is called, and relays it once it is kept: not if somebody else, who came
    /// by another link, named that author here before. Of those who only read nothing is kept: they
    /// are known by their presence, as long as it lasts.
    fn profile_changed(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        profile: Profile,
        now: Timestamp,
    ) -> Vec<Output> {
        let caller = match self.asked(connection, document, now) {
            Ok((caller, _)) => caller,
            Err(outputs) => return outputs,
        };
        let Ok(permit) = self.guard.authorize(&caller, document, now) else { return Vec::new() };
        let naming = Naming {
            document,
            profile: room::short(profile),
            by: self.identities(&caller, now),
            of_everybody: permit.access().role == Role::Owner,
        };
        self.owe(connection);
        vec![Output::KeepProfile(connection, permit, naming)]
    }

    /// All that a caller shows to be, as the audit log names people, the surest first.
    fn identities(&self, caller: &Caller, now: Timestamp) -> Vec<String> {
        self.guard.identities(caller, now).iter().map(ToString::to_string).collect()
    }

    /// Tells a connection that something is refused; unless the refusal leaves it open, the
    /// connection is to be closed after it.
    pub fn refuse(
        &mut self,
        connection: ConnectionId,
        document: Option<DocumentId>,
        refusal: Refusal,
        reason: String,
    ) -> Vec<Output> {
        let Some(state) = self.connections.get_mut(&connection) else { return Vec::new() };
        state.ready.push_back(Message::Refused { document, refusal, reason: reason.clone() });
        if !refusal.keeps_connection() {
            state.closing = Some((refusal, reason));
        }
        vec![Output::Wake(connection)]
    }

    /// Tells every connection that the server is going away.
    pub fn shut_down(&mut self) -> Vec<Output> {
        let all: Vec<ConnectionId> = self.connections.keys().copied().collect();
        let reason = "the server is shutting down: connect again in a moment";
        all.into_iter()
            .flat_map(|connection| {
                self.refuse(connection, None, Refusal::ShuttingDown, reason.to_owned())
            })
            .collect()
    }

    /// The answer to [`Output::Open`].
    pub fn opened(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        outcome: Result<(Revision, Vec<Profile>), ReadError>,
    ) -> Vec<Output> {
        self.settle(connection);
        let mut outputs = self.answered(connection, document, |room| match outcome {
            Ok((head, profiles)) => room.opened(connection, head, profiles),
            Err(error) => Err((Refusal::Unavailable, error.to_string())),
        });
        // Also if it has left meanwhile: it waits to be read from again.
        outputs.push(Output::Wake(connection));
        outputs
    }

    /// The answer to [`Output::KeepProfile`]: what the author is called now, if that was kept.
    pub fn named(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        kept: Option<Profile>,
    ) -> Vec<Output> {
        self.settle(connection);
        let room = self.rooms.get_mut(&document);
        let mut outputs = kept.zip(room).map_or_else(Vec::new, |(profile, room)| {
            wake(room.profile_changed(connection, &profile))
        });
        outputs.push(Output::Wake(connection));
        outputs
    }

    /// The answer to [`Output::Append`].
    pub fn appended(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        outcome: Result<Appended, AppendError>,
    ) -> Vec<Output> {
        self.settle(connection);
        // The room may have other people in it, or be gone: the log is what it is.
        let Some(room) = self.rooms.get_mut(&document) else {
            return vec![Output::Wake(connection)];
        };
        let mut outputs = match room.appended(connection, outcome) {
            Ok(woken) => wake(woken),
            Err((refusal, reason)) => self.refuse(connection, Some(document), refusal, reason),
        };
        // The connection may have left the room, and still waits to be read from again.
        outputs.push(Output::Wake(connection));
        outputs
    }

    /// A log grew by another way than a connection's push.
    pub fn grew(&mut self, document: DocumentId, head: Revision) -> Vec<Output> {
        self.rooms.get_mut(&document).map_or_else(Vec::new, |room| wake(room.grew(head)))
    }

    /// The answer to [`Delivery::Read`].
    pub fn page(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        outcome: Result<Page, ReadError>,
    ) -> Vec<Output> {
        self.answered(connection, document, |room| {
            room.page(connection, outcome).map(|()| room::Woken::new())
        })
    }

    /// What `connection` gets next, if anything; its documents take turns.
    pub fn poll(&mut self, connection: ConnectionId) -> Option<Delivery> {
        let state = self.connections.get_mut(&connection)?;
        if let Some(message) = state.ready.pop_front() {
            return Some(Delivery::Send(message));
        }
        if let Some((refusal, reason)) = &state.closing {
            return Some(Delivery::Close(*refusal, reason.clone()));
        }
        for _ in 0..state.subscriptions.len() {
            let permit = state.subscriptions.front()?.permit.clone();
            state.subscriptions.rotate_left(1);
            let room = self.rooms.get_mut(&permit.document());
            match room.and_then(|room| room.poll(connection)) {
                Some(Next::Send(message)) => return Some(Delivery::Send(message)),
                Some(Next::Relay(parcel)) => return Some(Delivery::Relay(parcel)),
                Some(Next::Read(after)) => return Some(Delivery::Read(permit, after)),
                None => {}
            }
        }
        None
    }

    /// The document in which `connection` is furthest behind: the last revision it was sent, and
    /// how many there are after it.
    pub fn behind(&self, connection: ConnectionId) -> Option<(Revision, u64)> {
        let followed = &self.connections.get(&connection)?.subscriptions;
        let rooms = followed.iter().filter_map(|one| self.rooms.get(&one.permit.document()));
        rooms.filter_map(|room| room.behind(connection)).max_by_key(|(_, behind)| *behind)
    }

    /// Notes that the driver was asked for something that it answers.
    fn owe(&mut self, connection: ConnectionId) {
        if let Some(state) = self.connections.get_mut(&connection) {
            state.unanswered += 1;
        }
    }

    /// Notes that it did.
    fn settle(&mut self, connection: ConnectionId) {
        if let Some(state) = self.connections.get_mut(&connection) {
            state.unanswered -= 1;
        }
    }

    fn subscription(
        &self,
        connection: ConnectionId,
        document: DocumentId,
    ) -> Option<&Subscription> {
        let state = self.connections.get(&connection)?;
        state.subscriptions.iter().find(|one| one.permit.document() == document)
    }

    /// The room that a message is for, when the guard still lets its sender follow the document;
    /// otherwise what is done about that.
    fn asked(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        now: Timestamp,
    ) -> Result<(Caller, &mut Room), Vec<Output>> {
        let Some(subscription) = self.subscription(connection, document) else {
            let reason = format!("this socket has not said hello to document {document}");
            return Err(self.refuse(connection, Some(document), Refusal::UnknownDocument, reason));
        };
        let caller = subscription.caller.clone();
        if let Err(denied) = self.guard.authorize::<ReadHistory>(&caller, document, now) {
            return Err(self.bar(connection, document, denied));
        }
        let room = self.rooms.get_mut(&document).expect("who follows a document is in its room");
        Ok((caller, room))
    }

    /// Does something in a room that a message is for.
    fn in_room(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        now: Timestamp,
        act: impl FnOnce(&mut Room) -> Result<room::Woken, (Refusal, String)>,
    ) -> Vec<Output> {
        let outcome = match self.asked(connection, document, now) {
            Ok((_, room)) => act(room),
            Err(outputs) => return outputs,
        };
        match outcome {
            Ok(woken) => wake(woken),
            Err((refusal, reason)) => self.refuse(connection, Some(document), refusal, reason),
        }
    }

    /// Brings the store's answer to the room it is for, if whoever asked is still there.
    fn answered(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        act: impl FnOnce(&mut Room) -> Result<room::Woken, (Refusal, String)>,
    ) -> Vec<Output> {
        let joined = self.subscription(connection, document).is_some();
        let Some(room) = self.rooms.get_mut(&document).filter(|_| joined) else {
            return Vec::new();
        };
        match act(room) {
            Ok(woken) => wake(woken),
            Err((refusal, reason)) => self.refuse(connection, Some(document), refusal, reason),
        }
    }

    fn leave(&mut self, connection: ConnectionId, document: DocumentId) -> Vec<Output> {
        let Some(room) = self.rooms.get_mut(&document) else { return Vec::new() };
        let woken = room.leave(connection);
        if room.is_empty() {
            self.rooms.remove(&document);
        }
        wake(woken)
    }
}

impl Connection {
    /// Takes a subscription in, in place of an earlier one to the same document; not if there are
    /// too many.
    fn subscribe(&mut self, subscription: Subscription, max: usize) -> bool {
        let document = subscription.permit.document();
        let known = self.subscriptions.iter().position(|one| one.permit.document() == document);
        match known {
            Some(place) => self.subscriptions[place] = subscription,
            None if self.subscriptions.len() >= max => return false,
            None => self.subscriptions.push_back(subscription),
        }
        true
    }
}

fn wake(woken: room::Woken) -> Vec<Output> {
    woken.into_iter().map(Output::Wake).collect()
}
