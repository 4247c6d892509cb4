//! What replicas and the sync server say to one another, and how much of it at once. How it
//! looks in bytes is `codec`'s business, when it is said is `sync`'s.
//!
//! One WebSocket binary frame is one message. Every message is idempotent: it may arrive
//! twice. One connection may carry several documents.

use crate::access::{Access, LinkKey};
use crate::event::{AuthorId, DocumentId, Event, EventId, Ordered, ReplicaId, Revision, Timestamp};
use crate::presence::Presence;

/// The protocol's version, told in the first message.
pub const PROTOCOL: u16 = 4;
/// The longest message, in bytes.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// The longest event, in bytes.
pub const EVENT_BYTES_MAX: usize = 256 << 10;
/// How many events one push carries.
pub const PUSH_EVENTS_MAX: usize = 1_000;
/// How many events one page of the log carries.
pub const PAGE_EVENTS_MAX: usize = 2_000;
/// How many bytes of events a push or a page aims at; one event more may be in it.
pub const PAGE_BYTES_AIM: usize = 256 << 10;
/// How many documents one connection may be subscribed to.
pub const DOCUMENTS_PER_SOCKET_MAX: usize = 64;
/// How many parents an event may name.
pub const PARENTS_MAX: usize = 256;
/// How many profiles a welcome carries.
pub const PROFILES_MAX: usize = 1_000;

/// What somebody is called and which colour they chose. Mutable, and not part of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Whose.
    pub author: AuthorId,
    /// What they call themselves.
    pub name: String,
    /// Which of the interface's author colours.
    pub colour: u8,
}

/// Where an event stands, told to whoever pushed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Acked {
    /// The event.
    pub id: EventId,
    /// Its place.
    pub revision: Revision,
    /// When the server recorded it.
    pub recorded: Timestamp,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// Replica: I am here, I hold revisions `1..=after` of this document; tell me the rest.
    Hello {
        /// [`PROTOCOL`].
        protocol: u16,
        /// Which document.
        document: DocumentId,
        /// Who speaks.
        replica: ReplicaId,
        /// The last revision it holds.
        after: Revision,
        /// What its author is called.
        profile: Option<Profile>,
        /// From the link by which the document is reached, if by one.
        key: Option<LinkKey>,
    },
    /// Server: the answer to `Hello`. `head` is 0 for a document it does not know yet.
    Welcome {
        /// Which document.
        document: DocumentId,
        /// The last revision the server has.
        head: Revision,
        /// What the document's authors are called.
        profiles: Vec<Profile>,
        /// What the replica's person may do and see.
        access: Access,
    },
    /// Replica: please order these; in causal order.
    Push {
        /// Which document.
        document: DocumentId,
        /// The events.
        events: Vec<Event>,
    },
    /// Server: these are durable, and this is their place. Stands in the stream of revisions
    /// for the events of the replica it is sent to; for an event pushed again it repeats the
    /// first revision.
    Ack {
        /// Which document.
        document: DocumentId,
        /// The events and their places.
        acks: Vec<Acked>,
    },
    /// Server: the next revisions. Together with `Ack`, in order and without gaps. Events of the
    /// receiver that were ordered among others' may be in it; an `Ack` that repeats their places
    /// follows.
    Events {
        /// Which document.
        document: DocumentId,
        /// The events.
        events: Vec<Ordered>,
        /// The last revision the server has.
        head: Revision,
    },
    /// Replica: I hold everything up to here durably. Relayed, so that authors see who has
    /// their work.
    Held {
        /// Which document.
        document: DocumentId,
        /// Who holds it.
        replica: ReplicaId,
        /// Up to where.
        revision: Revision,
    },
    /// Replica: where I am. Relayed.
    Present {
        /// Which document.
        document: DocumentId,
        /// Who and where.
        presence: Presence,
    },
    /// Server: this replica is gone.
    Left {
        /// Which document.
        document: DocumentId,
        /// Who.
        replica: ReplicaId,
    },
    /// Replica: this is what I am called now. Kept and relayed.
    ProfileChanged {
        /// Which document.
        document: DocumentId,
        /// Who is called what.
        profile: Profile,
    },
    /// Replica: tell me no more about this document.
    Leave {
        /// Which document.
        document: DocumentId,
    },
    /// Either: are you there?
    Ping {
        /// Comes back in the answer.
        nonce: u64,
    },
    /// Either: yes.
    Pong {
        /// From the question.
        nonce: u64,
    },
    /// Server: no. It closes the connection after it, unless the refusal is about a push or
    /// about access to one document.
    Refused {
        /// About which document, if about one.
        document: Option<DocumentId>,
        /// Why, for programs.
        refusal: Refusal,
        /// Why, for people: a sentence.
        reason: String,
    },
}

/// Why the server says no.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The bytes are not a message, or the message makes no sense.
    Malformed,
    /// The message or an event is over a limit.
    TooLarge,
    /// Another version of the protocol.
    WrongProtocol,
    /// A message about a document the connection is not subscribed to, or that does not exist.
    UnknownDocument,
    /// An event was made on events the server does not have.
    MissingParents,
    /// Another event has this id.
    IdConflict,
    /// The connection is subscribed to too many documents.
    TooManyDocuments,
    /// The store cannot take events now; they are safe on the device that made them.
    Unavailable,
    /// The server is going away; come back soon.
    ShuttingDown,
    /// Nothing allows this replica to follow this document, or nothing does any more. It is
    /// told nothing about it until it says hello with a key that does.
    NoAccess,
    /// What was pushed is more than this replica's access allows.
    NotAllowed,
    /// A newer server's reason.
    Other(u8),
}

impl Refusal {
    /// Whether the connection lives on: a push was refused, or one of several documents.
    pub fn keeps_connection(self) -> bool {
        matches!(
            self,
            Self::MissingParents
                | Self::IdConflict
                | Self::Unavailable
                | Self::NoAccess
                | Self::NotAllowed
        )
    }
}

impl Message {
    /// Which document it is about, if about one.
    pub fn document(&self) -> Option<DocumentId> {
        match self {
            Message::Hello { document, .. }
            | Message::Welcome { document, .. }
            | Message::Push { document, .. }
            | Message::Ack { document, .. }
            | Message::Events { document, .. }
            | Message::Held { document, .. }
            | Message::Present { document, .. }
            | Message::Left { document, .. }
            | Message::ProfileChanged { document, .. }
            | Message::Leave { document } => Some(*document),
            Message::Refused { document, .. } => *document,
            Message::Ping { .. } | Message::Pong { .. } => None,
        }
    }
}
