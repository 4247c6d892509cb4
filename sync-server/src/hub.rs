//! Every connection and every room: takes messages in, says what to send, read and write.
//! Like a room it does no I/O; `socket` drives it for real sockets, simulations for theirs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use palimpsest_core::PROTOCOL;
use palimpsest_core::{DocumentId, Message, Profile, Refusal, Revision, Timestamp};

use crate::limits::Limits;
use crate::recent::Parcel;
use crate::room::{self, Next, Room};
use crate::store::{Append, AppendError, Appended, Page, ReadError};

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
    /// Look up the document's head (0 if there is none) and profiles; answer with [`Hub::opened`].
    Open(ConnectionId, DocumentId),
    /// Make these events durable; answer with [`Hub::appended`], even if the connection is gone.
    Append(ConnectionId, Append),
    /// Make this profile durable. No answer.
    KeepProfile(DocumentId, Profile),
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
    Read(DocumentId, Revision),
    /// Close the connection for this reason; it was told already.
    Close(Refusal, String),
}

/// Every connection and every room.
#[derive(Debug, Default)]
pub struct Hub {
    rooms: BTreeMap<DocumentId, Room>,
    connections: BTreeMap<ConnectionId, Connection>,
    next: u64,
    limits: Limits,
}

#[derive(Debug, Default)]
struct Connection {
    /// The documents it is subscribed to, the one to serve next at the front.
    documents: VecDeque<DocumentId>,
    /// Answers that are about no subscription. Each comes from a message of its own, and
    /// the driver reads the next message only after it has sent what there is.
    ready: VecDeque<Message>,
    /// Appends without an answer yet.
    appending: usize,
    closing: Option<(Refusal, String)>,
}

impl Hub {
    /// A hub without connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with other limits.
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// A connection came up.
    pub fn connect(&mut self) -> ConnectionId {
        self.next += 1;
        self.connections.insert(ConnectionId(self.next), Connection::default());
        ConnectionId(self.next)
    }

    /// A connection is gone. Its appends go on.
    pub fn disconnect(&mut self, connection: ConnectionId) -> Vec<Output> {
        let Some(gone) = self.connections.remove(&connection) else { return Vec::new() };
        gone.documents.iter().flat_map(|&document| self.leave(connection, document)).collect()
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// How many documents are open in some connection.
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// Whether the driver should hold back this connection's next message, because an
    /// append of it is under way. That bounds what one connection can have in flight.
    pub fn is_busy(&self, connection: ConnectionId) -> bool {
        self.connections.get(&connection).is_some_and(|c| c.appending > 0)
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
            Message::Hello { protocol, document, replica, after, profile } => {
                if protocol != PROTOCOL {
                    let reason =
                        format!("protocol {protocol} is not spoken here; this is {PROTOCOL}");
                    return self.refuse(connection, Some(document), Refusal::WrongProtocol, reason);
                }
                if !state.documents.contains(&document) {
                    let max = self.limits.documents_per_socket_max;
                    if state.documents.len() >= max {
                        let reason = format!("a socket has at most {max} documents");
                        let refusal = Refusal::TooManyDocuments;
                        return self.refuse(connection, Some(document), refusal, reason);
                    }
                    state.documents.push_back(document);
                }
                let room = self.rooms.entry(document).or_insert_with(|| Room::new(document));
                let outputs = room.join(connection, replica, after, profile);
                self.lift(document, outputs)
            }
            Message::Push { document, events } => {
                self.in_room(connection, document, |room| room.push(connection, events, now))
            }
            Message::Held { document, replica, revision } => {
                self.in_room(connection, document, |room| room.held(connection, replica, revision))
            }
            Message::Present { document, presence } => {
                self.in_room(connection, document, |room| room.present(connection, presence))
            }
            Message::ProfileChanged { document, profile } => {
                self.in_room(connection, document, |room| {
                    Ok(room.profile_changed(connection, profile))
                })
            }
            Message::Leave { document } => {
                state.documents.retain(|other| *other != document);
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

    /// Tells a connection that something is refused; unless that is about a push, the
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
        if !refusal.is_about_push() {
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
        if !self.has_joined(connection, document) {
            return Vec::new();
        }
        self.in_room(connection, document, |room| match outcome {
            Ok((head, profiles)) => room.opened(connection, head, profiles),
            Err(error) => Err((Refusal::Unavailable, error.to_string())),
        })
    }

    /// The answer to [`Output::Append`].
    pub fn appended(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        outcome: Result<Appended, AppendError>,
    ) -> Vec<Output> {
        if let Some(state) = self.connections.get_mut(&connection) {
            state.appending -= 1;
        }
        // The room may have other people in it, or be gone: the log is what it is.
        let Some(room) = self.rooms.get_mut(&document) else {
            return vec![Output::Wake(connection)];
        };
        let mut outputs = match room.appended(connection, outcome) {
            Ok(outputs) => self.lift(document, outputs),
            Err((refusal, reason)) => self.refuse(connection, Some(document), refusal, reason),
        };
        // The connection may have left the room, and still waits to be read from again.
        outputs.push(Output::Wake(connection));
        outputs
    }

    /// The answer to [`Delivery::Read`].
    pub fn page(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        outcome: Result<Page, ReadError>,
    ) -> Vec<Output> {
        if !self.has_joined(connection, document) {
            return Vec::new();
        }
        self.in_room(connection, document, |room| {
            room.page(connection, outcome).map(|()| Vec::new())
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
        for _ in 0..state.documents.len() {
            let document = *state.documents.front()?;
            state.documents.rotate_left(1);
            let next = self.rooms.get_mut(&document).and_then(|room| room.poll(connection));
            match next {
                Some(Next::Send(message)) => return Some(Delivery::Send(message)),
                Some(Next::Relay(parcel)) => return Some(Delivery::Relay(parcel)),
                Some(Next::Read(after)) => return Some(Delivery::Read(document, after)),
                None => {}
            }
        }
        None
    }

    /// The document in which `connection` is furthest behind: the last revision it was sent, and
    /// how many there are after it.
    pub fn behind(&self, connection: ConnectionId) -> Option<(Revision, u64)> {
        let documents = &self.connections.get(&connection)?.documents;
        let rooms = documents.iter().filter_map(|document| self.rooms.get(document));
        rooms.filter_map(|room| room.behind(connection)).max_by_key(|(_, behind)| *behind)
    }

    fn has_joined(&self, connection: ConnectionId, document: DocumentId) -> bool {
        self.connections.get(&connection).is_some_and(|c| c.documents.contains(&document))
    }

    fn in_room(
        &mut self,
        connection: ConnectionId,
        document: DocumentId,
        act: impl FnOnce(&mut Room) -> Result<Vec<room::Output>, (Refusal, String)>,
    ) -> Vec<Output> {
        let joined = self.has_joined(connection, document);
        let room = self.rooms.get_mut(&document).filter(|_| joined);
        let outcome = match room {
            Some(room) => act(room),
            None => Err((
                Refusal::UnknownDocument,
                format!("this socket has not said hello to document {document}"),
            )),
        };
        match outcome {
            Ok(outputs) => self.lift(document, outputs),
            Err((refusal, reason)) => self.refuse(connection, Some(document), refusal, reason),
        }
    }

    fn leave(&mut self, connection: ConnectionId, document: DocumentId) -> Vec<Output> {
        let Some(room) = self.rooms.get_mut(&document) else { return Vec::new() };
        let outputs = room.leave(connection);
        if room.is_empty() {
            self.rooms.remove(&document);
        }
        self.lift(document, outputs)
    }

    fn lift(&mut self, document: DocumentId, outputs: Vec<room::Output>) -> Vec<Output> {
        let lifted = outputs.into_iter().map(|output| match output {
            room::Output::Open(connection) => Output::Open(connection, document),
            room::Output::Append(connection, append) => {
                if let Some(state) = self.connections.get_mut(&connection) {
                    state.appending += 1;
                }
                Output::Append(connection, append)
            }
            room::Output::KeepProfile(profile) => Output::KeepProfile(document, profile),
            room::Output::Wake(connection) => Output::Wake(connection),
        });
        lifted.collect()
    }
}
