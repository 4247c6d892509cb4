//! The heart of Palimpsest: a document is its event log, and all that anybody sees of it is
//! a projection of that log. Pure: time, randomness and bytes come in as arguments, so that
//! one log gives one document on every machine.
//!
//! ```text
//! LOCAL   Command ─► decide ─► Event ─► graph ─┐
//!                                             ├─► walker ─► Patch ─► text, facts, timeline, presence
//! REMOTE  bytes ─► codec ─► sync ─► merge ─────┘
//! ```
//!
//! Three forms of an edit, never mixed: an **event** is what its author did and after what,
//! immutable; merge state lives inside the walker and is thrown away; a **patch** is where
//! the edit lands in the merged text.
//!
//! Two people write at once, exchange their events, and read the same:
//!
//! ```
//! use palimpsest_core::{AuthorId, Command, Document, DocumentId, Intent, ReplicaId};
//! use palimpsest_core::{TextChange, Timestamp};
//!
//! let now = Timestamp(1_760_000_000_000);
//! let id = DocumentId::new(now, [7; 10]);
//! let mut ana = Document::new(id, ReplicaId(1), AuthorId([1; 16]));
//! let mut jonas = Document::new(id, ReplicaId(2), AuthorId([2; 16]));
//!
//! let created = ana.execute(Command::CreateDocument { title: "Minutes".into() }, now)?;
//! jonas.merge(created.events);
//!
//! let write = |text: &str| Command::EditText {
//!     changes: [TextChange::new(0, 0, text)].into(),
//!     intent: Intent::Typed,
//! };
//! ana.execute(write("Who: all. "), now)?;
//! jonas.execute(write("When: Monday. "), now)?;
//!
//! // A burst of typing becomes one event once it is over.
//! let (from_ana, from_jonas) = (ana.seal().events, jonas.seal().events);
//! ana.merge(from_jonas);
//! jonas.merge(from_ana);
//!
//! assert_eq!(ana.text(), jonas.text());
//! assert_eq!(ana.text().to_string(), "Who: all. When: Monday. ");
//! # Ok::<(), palimpsest_core::CommandError>(())
//! ```
#![forbid(unsafe_code)]

mod event;
mod access;
mod patch;
mod window;
mod text;
mod diff;
mod run;
mod varint;
mod runs;
mod delta;
mod content;
mod headers;
mod version;
mod graph;
mod block;
mod placed;
mod ranges;
mod units;
mod spans;
mod siblings;
mod cutting;
mod merge_state;
mod walker;
pub mod readable;
pub mod projection;
mod selective;
mod snapshot;
mod past;
mod undo;
mod command;
mod file;
mod burst;
mod document;
mod presence;
mod message;
mod sync;
pub mod codec;

pub use access::{Access, AccessError, HistoryRight, LinkKey, Role};
pub use block::{Block, SLICE_EVENTS};
pub use burst::{AGE_MS_MAX, PAUSE_MS_MAX, SCALARS_MAX};
pub use command::{
    COMMENT_SCALARS_MAX, Changes, Command, CommandError, EVENT_SCALARS_MAX, FOLDER_SCALARS_MAX,
    NAME_SCALARS_MAX, TEXT_SCALARS_MAX, TITLE_SCALARS_MAX, TextChange,
};
pub use diff::{Grain, diff, diff_by};
pub use document::{Change, Document, MAP_EVENTS_MAX, Origin};
pub use event::{
    Anchor, AuthorId, CorrelationId, DocumentId, ERASED, Event, EventId, Header, Intent, Op,
    Ordered, Payload, ReplicaId, Revision, Side, Timestamp,
};
pub use file::{FILE_BYTES_MAX, NotText, text_of_file};
pub use graph::{Graph, Lv, PARKED_MAX};
pub use message::{
    Acked, DOCUMENTS_PER_SOCKET_MAX, EVENT_BYTES_MAX, FRAME_BYTES_MAX, Message, PAGE_BYTES_AIM,
    PAGE_EVENTS_MAX, PARENTS_MAX, PROFILES_MAX, PROTOCOL, PUSH_EVENTS_MAX, Profile, Refusal,
};
pub use past::{Past, PastError};
pub use patch::{Bias, Edit, Patch};
pub use presence::{PRESENCE_MS_MAX, PRESENT_MAX, Presence, PresenceBoard, Selection};
pub use projection::activity::{Bucket, IDLE_MS, Share};
pub use projection::authorship::{Authorship, Written};
pub use projection::comments::{Comment, Comments, Thread};
pub use projection::facts::Facts;
pub use projection::life::{Wording, life};
pub use projection::marks::{Mark, MarkKind, Marks, OFFLINE_MS};
pub use projection::name::{NAMED_SCALARS_MAX, NAMING_SCALARS, called, may_rename, name_of};
pub use projection::outline::{HEADING_SCALARS_MAX, Heading, outline};
pub use projection::passage::Passage;
pub use projection::read_model::{Deed, Follower, News, ReadModel};
pub use projection::sayings::{Changed, SENTENCE_SCALARS_MAX, Saying, Sayings};
pub use projection::search::{Hit, Hits, Search};
pub use projection::sittings::{Sitting, Sittings};
pub use projection::statistics::{
    Contribution, Contributions, Counts, READING_WORDS_PER_MINUTE, counts,
};
pub use projection::timeline::{Marker, Moment, Timeline};
pub use selective::{TakenBack, TakingBack, take_back};
pub use snapshot::Snapshot;
pub use sync::{
    ANSWER_MS_MAX, Admission, IN_FLIGHT_MAX, Ledger, Output, PRESENCE_EVERY_MS, PUSH_AGAIN_MS,
    ProtocolError, QUIET_MS_MAX, Session,
};
pub use text::Text;
pub use undo::UNDO_MAX;
