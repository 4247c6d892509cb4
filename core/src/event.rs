//! What happened, and after what: events, their ids and their ops. Nothing here knows
//! how concurrent events merge; that is `walker`.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Names one document. A UUID v7, so that ids sort by the time of their making; the
/// maker passes clock and randomness in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentId(pub [u8; 16]);

/// Names one editing session of one tab, device or server. Random, never reused and never
/// copied: two writers under one `ReplicaId` would make two different events with one id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplicaId(pub u64);

/// Names who wrote, without saying how they are called: an opaque, stable id. Names and
/// colours live in profiles, never in events, so that a person can be forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuthorId(pub [u8; 16]);

/// Names one user action, which may lead to several events and a server's log lines.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct CorrelationId(pub u64);

/// Milliseconds since 1970-01-01T00:00:00Z, as some clock told them. Shown to people,
/// never trusted for order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub struct Timestamp(pub i64);

/// The place of an event in its document's canonical order: 1-based, gap-free, given by
/// the sync server. `Revision(0)` is the empty document before its first event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub struct Revision(pub u64);

/// Names one event: the `counter`-th event (from 0, without gaps) of a replica.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId {
    /// Who made it.
    pub replica: ReplicaId,
    /// Its number among that replica's events.
    pub counter: u64,
}

/// One run inside a text event. Positions and lengths count Unicode scalar values of the
/// text as the author saw it: the text at the event's parents, after the event's earlier ops.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// Puts `text` in front of the scalar at `pos`.
    Insert {
        /// The boundary to insert at; past the end means at the end.
        pos: usize,
        /// What is inserted.
        text: String,
    },
    /// Removes the scalars `pos .. pos + len`.
    Delete {
        /// The first scalar to remove.
        pos: usize,
        /// How many; what lies past the end does not exist and is not removed.
        len: usize,
    },
    /// An insert whose text was erased from the log. It keeps its place and length, so
    /// that the graph still replays, and shows as that many [`ERASED`] characters.
    ErasedInsert {
        /// The boundary it was inserted at.
        pos: usize,
        /// How many scalars it had.
        len: usize,
    },
}

/// Names a character for good, wherever it moves: not by where it stands but by the event that
/// inserted it. A place in the text is one side of a character.
///
/// Anchors come from strangers too. One that names no character stands nowhere, and does no
/// harm.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Anchor {
    /// The event that inserted the character.
    pub event: EventId,
    /// Which of the scalars that the event inserted it is, from 0, over all its ops in order.
    pub offset: usize,
    /// The side of it that is meant.
    pub side: Side,
}

/// A side of a character. What is written right there stays outside: a passage from the front
/// side of its first character to the back side of its last does not grow at its edges.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Side {
    /// In front of it.
    Front,
    /// Behind it.
    Back,
}

/// What an erased character shows as.
pub const ERASED: char = '\u{2588}';

/// What [`Payload::kind`] calls text events.
pub(crate) const TEXT_EDITED: &str = "TextEdited";

/// Why an event came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Intent {
    /// A person wrote it, key by key.
    #[default]
    Typed,
    /// It came from the clipboard.
    Pasted,
    /// It came from a file or a recorded history.
    Imported,
    /// It makes the text what it was at a revision.
    Restored(Revision),
    /// It takes back an earlier event of its author.
    Undone,
    /// It brings back what was undone.
    Redone,
    /// Find and replace made it.
    Replaced,
    /// It accepts somebody's suggestion.
    Accepted,
    /// A newer version made it for a reason this version has no word for.
    Other(u8),
}

/// All about an event that is not its content. Stays when the payload is erased.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Its name.
    pub id: EventId,
    /// The version it was made on: the events nobody had built on yet, as its author saw it.
    /// Sorted, no duplicates, none an ancestor of another.
    pub parents: Vec<EventId>,
    /// Who made it.
    pub author: AuthorId,
    /// When, by the author's clock.
    pub time: Timestamp,
    /// Why.
    pub intent: Intent,
    /// The user action it belongs to.
    pub correlation: CorrelationId,
    /// The event that led to it: the one an undo takes back, for example.
    pub causation: Option<EventId>,
}

/// What an event says. A closed set; what a newer version adds arrives as
/// [`Payload::Unknown`], is stored, relayed and listed, and changes no projection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    /// The document came into being.
    DocumentCreated {
        /// Its first title.
        title: String,
    },
    /// The text changed: ops, applied one after the other.
    TextEdited {
        /// The runs of the edit.
        ops: Vec<Op>,
    },
    /// The title was replaced.
    TitleChanged {
        /// The new title.
        title: String,
    },
    /// The document was put into a folder of the library, or out of all.
    FolderChanged {
        /// The folder; "/" stands between a folder and one in it. Empty is none.
        folder: String,
    },
    /// A moment got a name.
    VersionNamed {
        /// What it is called; empty takes the name away.
        name: String,
        /// The moment: the last event, in canonical order, that it contains.
        moment: EventId,
    },
    /// The document was put away; it can still be read and brought back.
    DocumentArchived,
    /// The document was brought back.
    DocumentRestored,
    /// Somebody said something about a passage, which began a thread. The event names both the
    /// thread and the comment.
    CommentAdded {
        /// Where the passage starts.
        start: Anchor,
        /// Where it ends.
        end: Anchor,
        /// What was said.
        text: String,
    },
    /// A comment or reply was put in other words. Counts if its own author did it.
    CommentEdited {
        /// The comment or reply.
        comment: EventId,
        /// What it says now.
        text: String,
    },
    /// Somebody answered in a thread. The event names the reply.
    CommentReplied {
        /// The thread.
        thread: EventId,
        /// What was said.
        text: String,
    },
    /// A thread was settled.
    CommentResolved {
        /// The thread.
        thread: EventId,
    },
    /// A settled thread was taken up again.
    CommentReopened {
        /// The thread.
        thread: EventId,
    },
    /// A comment or reply was withdrawn, for good: said in the wrong place, or better not said.
    /// The past still shows it. Counts if its own author did it.
    CommentDeleted {
        /// The comment or reply.
        comment: EventId,
    },
    /// A kind this version does not know.
    Unknown {
        /// Its number in the codec's table of kinds.
        kind: u16,
        /// The payload as it came.
        bytes: Vec<u8>,
    },
}

/// One human-sized change: what happened, by whom, when, and after what. Immutable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Everything but the content.
    pub header: Header,
    /// The content.
    pub payload: Payload,
}

/// An event with its place in the canonical order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ordered {
    /// Its place.
    pub revision: Revision,
    /// When the server recorded it, by the server's clock; never decreases along revisions.
    pub recorded: Timestamp,
    /// The event.
    pub event: Event,
}

impl Op {
    /// How many scalars the op inserts or deletes.
    pub fn len(&self) -> usize {
        match self {
            Op::Insert { text, .. } => text.chars().count(),
            Op::Delete { len, .. } | Op::ErasedInsert { len, .. } => *len,
        }
    }

    /// Whether the op does nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            Op::Insert { text, .. } => text.is_empty(),
            Op::Delete { len, .. } | Op::ErasedInsert { len, .. } => *len == 0,
        }
    }
}

impl Payload {
    /// How many bytes of text somebody wrote in it.
    pub fn written(&self) -> usize {
        match self {
            Self::TextEdited { ops } => ops
                .iter()
                .map(|op| match op {
                    Op::Insert { text, .. } => text.len(),
                    Op::Delete { .. } | Op::ErasedInsert { .. } => 0,
                })
                .sum(),
            Self::DocumentCreated { title } | Self::TitleChanged { title } => title.len(),
            Self::FolderChanged { folder } => folder.len(),
            Self::VersionNamed { name, .. } => name.len(),
            Self::CommentAdded { text, .. }
            | Self::CommentEdited { text, .. }
            | Self::CommentReplied { text, .. } => text.len(),
            Self::Unknown { bytes, .. } => bytes.len(),
            Self::DocumentArchived
            | Self::DocumentRestored
            | Self::CommentResolved { .. }
            | Self::CommentReopened { .. }
            | Self::CommentDeleted { .. } => 0,
        }
    }

    /// How many scalars it shows in place of what was erased from it. They take no room in an event
    /// and as much as any others in a text.
    pub fn erased_scalars(&self) -> usize {
        let Self::TextEdited { ops } = self else { return 0 };
        let erased = ops.iter().filter(|op| matches!(op, Op::ErasedInsert { .. })).map(Op::len);
        erased.fold(0, usize::saturating_add)
    }

    /// The payload without what somebody wrote in it: an insert keeps its place and length, so that
    /// everything after it still replays; words of other kinds go. Erasing twice is erasing once.
    #[must_use]
    pub fn erased(&self) -> Self {
        let mark = || ERASED.to_string();
        match self {
            Self::TextEdited { ops } => {
                let erased = |op: &Op| match op {
                    Op::Insert { pos, .. } => Op::ErasedInsert { pos: *pos, len: op.len() },
                    Op::Delete { .. } | Op::ErasedInsert { .. } => op.clone(),
                };
                Self::TextEdited { ops: ops.iter().map(erased).collect() }
            }
            Self::DocumentCreated { .. } => Self::DocumentCreated { title: String::new() },
            Self::TitleChanged { .. } => Self::TitleChanged { title: String::new() },
            Self::FolderChanged { .. } => Self::FolderChanged { folder: String::new() },
            Self::VersionNamed { moment, .. } => {
                Self::VersionNamed { name: String::new(), moment: *moment }
            }
            Self::CommentAdded { start, end, .. } => {
                Self::CommentAdded { start: *start, end: *end, text: mark() }
            }
            Self::CommentEdited { comment, .. } => {
                Self::CommentEdited { comment: *comment, text: mark() }
            }
            Self::CommentReplied { thread, .. } => {
                Self::CommentReplied { thread: *thread, text: mark() }
            }
            Self::Unknown { kind, .. } => Self::Unknown { kind: *kind, bytes: Vec::new() },
            Self::DocumentArchived
            | Self::DocumentRestored
            | Self::CommentResolved { .. }
            | Self::CommentReopened { .. }
            | Self::CommentDeleted { .. } => self.clone(),
        }
    }

    /// The kind's name as people and JSON see it.
    pub fn kind(&self) -> &'static str {
        match self {
            Payload::DocumentCreated { .. } => "DocumentCreated",
            Payload::TextEdited { .. } => TEXT_EDITED,
            Payload::TitleChanged { .. } => "TitleChanged",
            Payload::FolderChanged { .. } => "FolderChanged",
            Payload::VersionNamed { .. } => "VersionNamed",
            Payload::DocumentArchived => "DocumentArchived",
            Payload::DocumentRestored => "DocumentRestored",
            Payload::CommentAdded { .. } => "CommentAdded",
            Payload::CommentEdited { .. } => "CommentEdited",
            Payload::CommentReplied { .. } => "CommentReplied",
            Payload::CommentResolved { .. } => "CommentResolved",
            Payload::CommentReopened { .. } => "CommentReopened",
            Payload::CommentDeleted { .. } => "CommentDeleted",
            Payload::Unknown { .. } => "Unknown",
        }
    }
}

impl Side {
    /// The side's name as JSON shows it.
    pub fn name(self) -> &'static str {
        match self {
            Side::Front => "front",
            Side::Back => "back",
        }
    }
}

impl DocumentId {
    /// A UUID v7 (RFC 9562) from a clock and 74 or more random bits.
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.0).unwrap_or(0);
        Self(*uuid::Builder::from_unix_timestamp_millis(millis, &random).as_uuid().as_bytes())
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Uuid::from_bytes(self.0).hyphenated())
    }
}

impl FromStr for DocumentId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(*Uuid::parse_str(text)?.as_bytes()))
    }
}

impl fmt::Display for ReplicaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for AuthorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.replica, self.counter)
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

macro_rules! debug_as_display {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }
    )*};
}
debug_as_display!(DocumentId ReplicaId AuthorId EventId CorrelationId);
