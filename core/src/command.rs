//! Commands and what comes of them: `decide` checks what a person asks for against the
//! present state and says which events it amounts to. It changes nothing.

use ecow::EcoString;
use smallvec::{SmallVec, smallvec};
use thiserror::Error;

use crate::access::Role;
use crate::diff::diff;
use crate::event::{Anchor, AuthorId, EventId, Intent, Op, Payload, Revision};
use crate::graph::Graph;
use crate::patch::{Patch, letters, scalars, split};
use crate::projection::facts::Facts;
use crate::text::Text;
use crate::undo::UndoStep;

/// The longest title, in scalars.
pub const TITLE_SCALARS_MAX: usize = 300;
/// The longest path of a folder, in scalars.
pub const FOLDER_SCALARS_MAX: usize = 300;
/// The longest name of a version, in scalars.
pub const NAME_SCALARS_MAX: usize = 120;
/// The longest comment or reply, in scalars: what is longer belongs into a document.
pub const COMMENT_SCALARS_MAX: usize = 4_000;
/// The longest text of a document, in scalars.
pub const TEXT_SCALARS_MAX: usize = 10_000_000;
/// How many scalars one event inserts at most; a longer paste becomes several events.
pub const EVENT_SCALARS_MAX: usize = 32_768;

/// One replaced stretch of the present text. The changes of one command are simultaneous:
/// all positions speak of the text before the command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextChange {
    /// Where it starts, in scalars.
    pub pos: usize,
    /// How many scalars go.
    pub delete: usize,
    /// What comes.
    pub insert: EcoString,
}

impl TextChange {
    /// A change from its parts.
    #[inline]
    pub fn new(pos: usize, delete: usize, insert: impl AsRef<str>) -> Self {
        Self { pos, delete, insert: letters(insert.as_ref()) }
    }
}

/// The changes of one command: one, for a keystroke.
pub type Changes = SmallVec<[TextChange; 1]>;

/// What somebody asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Bring the document into being.
    CreateDocument {
        /// What it is called.
        title: String,
    },
    /// Change the text. Changes are sorted and do not overlap.
    EditText {
        /// The stretches to replace.
        changes: Changes,
        /// Typed bursts grow into one event; everything else is an event of its own.
        intent: Intent,
    },
    /// Call it something else.
    ChangeTitle {
        /// The new title.
        title: String,
    },
    /// Put it into a folder of the library; an empty one takes it out of all.
    MoveToFolder {
        /// The folder; "/" stands between a folder and one in it.
        folder: String,
    },
    /// Put it away.
    ArchiveDocument,
    /// Bring it back.
    RestoreDocument,
    /// Name a moment, rename it, or (with an empty name) take the name away.
    NameVersion {
        /// What to call it.
        name: String,
        /// The last event that the moment contains.
        moment: EventId,
    },
    /// Make the text what it was at a revision.
    RestoreVersion {
        /// The revision, for the record.
        revision: Revision,
        /// The text it had there.
        text: Text,
    },
    /// Say something about a passage; [`Timeline::anchor`](crate::Timeline::anchor) names its
    /// ends.
    AddComment {
        /// Where the passage starts.
        start: Anchor,
        /// Where it ends.
        end: Anchor,
        /// What to say.
        text: String,
    },
    /// Put one's own comment or reply in other words.
    EditComment {
        /// The comment or reply.
        comment: EventId,
        /// What it is to say.
        text: String,
    },
    /// Answer in a thread, settled or not.
    ReplyToComment {
        /// The thread.
        thread: EventId,
        /// What to say.
        text: String,
    },
    /// Settle a thread.
    ResolveComment {
        /// The thread.
        thread: EventId,
    },
    /// Take a settled thread up again.
    ReopenComment {
        /// The thread.
        thread: EventId,
    },
    /// Withdraw one's own comment or reply, for good.
    DeleteComment {
        /// The comment or reply.
        comment: EventId,
    },
    /// Take back the last thing this replica did.
    Undo,
    /// Bring back what was undone last.
    Redo,
}

impl Command {
    /// The least role that may ask for this; the events it amounts to need no more.
    pub fn needs(&self) -> Role {
        match self {
            Self::AddComment { .. }
            | Self::EditComment { .. }
            | Self::ReplyToComment { .. }
            | Self::ResolveComment { .. }
            | Self::ReopenComment { .. }
            | Self::DeleteComment { .. } => Role::Commenter,
            Self::CreateDocument { .. }
            | Self::EditText { .. }
            | Self::ChangeTitle { .. }
            | Self::MoveToFolder { .. }
            | Self::ArchiveDocument
            | Self::RestoreDocument
            | Self::NameVersion { .. }
            | Self::RestoreVersion { .. }
            | Self::Undo
            | Self::Redo => Role::Editor,
        }
    }
}

/// Why a command was refused. Every message says what to do.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum CommandError {
    /// The link by which the document is reached allows less.
    #[error("your link allows to {}, not to change it: ask an owner for another one",
        if *.0 == Role::Commenter { "comment on this document" } else { "read this document" })]
    NotAllowed(Role),
    /// There is no document yet.
    #[error("this document does not exist yet: create it first")]
    NotCreated,
    /// There is one already.
    #[error("this document exists already: open it instead")]
    AlreadyCreated,
    /// It was put away.
    #[error("this document is archived: bring it back before changing it")]
    Archived,
    /// It was not put away.
    #[error("this document is not archived")]
    NotArchived,
    /// A change lies outside the text, or two overlap.
    #[error("the change at {pos} does not fit a text of {len} characters")]
    OutOfRange {
        /// Where the change starts.
        pos: usize,
        /// The text's length, or where the next change starts.
        len: usize,
    },
    /// A title or name is too long.
    #[error("{len} characters are too many for a {what}: use at most {max}")]
    TooLong {
        /// What it is for.
        what: &'static str,
        /// How long it is.
        len: usize,
        /// How long it may be.
        max: usize,
    },
    /// The text would grow too long.
    #[error("the text would have {len} characters: split the document, {max} is the most")]
    TextTooLong {
        /// How long it would be.
        len: usize,
        /// How long it may be.
        max: usize,
    },
    /// The named event is not here.
    #[error("this moment is not known here")]
    UnknownMoment,
    /// The text is already what it was then.
    #[error("the text is already as it was then")]
    NothingToRestore,
    /// A comment is about characters that are not here.
    #[error("the passage that this comment is about is not known here")]
    UnknownPassage,
    /// A comment or thread is not here, or was deleted.
    #[error("this comment is not there any more, or not yet")]
    UnknownComment,
    /// Somebody else made the comment.
    #[error("only who wrote a comment can change or delete it: reply to it instead")]
    NotYourComment,
    /// A comment without words.
    #[error("a comment needs words: write something first")]
    NothingSaid,
    /// This replica did nothing that can be taken back.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Nothing was undone.
    #[error("there is nothing to redo")]
    NothingToRedo,
}

/// What `decide` may look at.
pub(crate) struct State<'a> {
    pub(crate) text: &'a Text,
    pub(crate) facts: &'a Facts,
    /// The step that an undo or redo would take.
    pub(crate) step: Option<&'a UndoStep>,
    pub(crate) graph: &'a Graph,
    /// Who asks.
    pub(crate) author: AuthorId,
}

/// An event before it has an id, parents and a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Draft {
    pub(crate) payload: Payload,
    pub(crate) intent: Intent,
    pub(crate) causation: Option<EventId>,
}

/// Mostly one.
pub(crate) type Drafts = SmallVec<[Draft; 1]>;

/// Which events a command amounts to; none if it changes nothing.
pub(crate) fn decide(state: &State<'_>, command: &Command) -> Result<Drafts, CommandError> {
    let exists = state.facts.created().is_some();
    let archived = state.facts.archived();
    let fact = |payload| Ok(smallvec![draft(payload)]);
    match command {
        Command::CreateDocument { .. } if exists => Err(CommandError::AlreadyCreated),
        Command::CreateDocument { title } => {
            fact(Payload::DocumentCreated { title: checked_title(title)? })
        }
        _ if !exists => Err(CommandError::NotCreated),
        Command::RestoreDocument if !archived => Err(CommandError::NotArchived),
        Command::RestoreDocument => fact(Payload::DocumentRestored),
        _ if archived => Err(CommandError::Archived),
        Command::ArchiveDocument => fact(Payload::DocumentArchived),
        Command::ChangeTitle { title } if title.trim() == state.facts.title() => Ok(Drafts::new()),
        Command::ChangeTitle { title } => {
            fact(Payload::TitleChanged { title: checked_title(title)? })
        }
        Command::MoveToFolder { folder } => {
            let folder = checked("folder", &tidied(folder), FOLDER_SCALARS_MAX)?;
            if folder == state.facts.folder() {
                return Ok(Drafts::new());
            }
            fact(Payload::FolderChanged { folder })
        }
        Command::NameVersion { moment, .. } if !state.graph.contains(*moment) => {
            Err(CommandError::UnknownMoment)
        }
        Command::NameVersion { name, moment } => {
            let name = checked("name", name, NAME_SCALARS_MAX)?;
            fact(Payload::VersionNamed { name, moment: *moment })
        }
        Command::EditText { changes, intent } => {
            check_changes(state.text.len(), changes)?;
            Ok(edits(changes, *intent, None))
        }
        Command::RestoreVersion { revision, text } => {
            let patch = diff(&state.text.to_string(), &text.to_string());
            if patch.is_empty() {
                return Err(CommandError::NothingToRestore);
            }
            Ok(edits(&changes_of(&patch), Intent::Restored(*revision), None))
        }
        Command::AddComment { start, end, text } => {
            let known = [start, end].into_iter().all(|anchor| stands(state.graph, anchor));
            let (start, end) =
                known.then_some((*start, *end)).ok_or(CommandError::UnknownPassage)?;
            fact(Payload::CommentAdded { start, end, text: checked_comment(text)? })
        }
        Command::EditComment { comment, text } => {
            let (comment, old, text) = (*comment, own(state, *comment)?, checked_comment(text)?);
            if old == text {
                return Ok(Drafts::new());
            }
            fact(Payload::CommentEdited { comment, text })
        }
        Command::ReplyToComment { thread, text } => {
            let thread = settled(state, *thread).map(|_| *thread)?;
            fact(Payload::CommentReplied { thread, text: checked_comment(text)? })
        }
        Command::ResolveComment { thread } => match settled(state, *thread)? {
            true => Ok(Drafts::new()),
            false => fact(Payload::CommentResolved { thread: *thread }),
        },
        Command::ReopenComment { thread } => match settled(state, *thread)? {
            true => fact(Payload::CommentReopened { thread: *thread }),
            false => Ok(Drafts::new()),
        },
        Command::DeleteComment { comment } => {
            own(state, *comment)?;
            fact(Payload::CommentDeleted { comment: *comment })
        }
        Command::Undo => take(state, Intent::Undone, CommandError::NothingToUndo),
        Command::Redo => take(state, Intent::Redone, CommandError::NothingToRedo),
    }
}

fn take(state: &State<'_>, intent: Intent, nothing: CommandError) -> Result<Drafts, CommandError> {
    let step = state.step.ok_or(nothing)?;
    Ok(edits(&changes_of(&step.patch), intent, Some(step.event)))
}

/// Whether an anchor names a character that was ever here, as far as that was read.
fn stands(graph: &Graph, anchor: &Anchor) -> bool {
    let Some(lv) = graph.lv_of(anchor.event) else { return graph.contains(anchor.event) };
    let Payload::TextEdited { ops } = graph.event(lv).payload else { return false };
    let inserts = ops.iter().filter(|op| !matches!(op, Op::Delete { .. }));
    anchor.offset < inserts.map(Op::len).sum()
}

/// What a comment says that is the asking author's own.
fn own<'a>(state: &State<'a>, comment: EventId) -> Result<&'a str, CommandError> {
    let said = state.facts.discussion().get(comment).ok_or(CommandError::UnknownComment)?;
    let (_, text) = said.text().ok_or(CommandError::UnknownComment)?;
    if said.author == state.author { Ok(text) } else { Err(CommandError::NotYourComment) }
}

/// Whether a thread is settled.
fn settled(state: &State<'_>, thread: EventId) -> Result<bool, CommandError> {
    let first = state.facts.discussion().thread(thread).ok_or(CommandError::UnknownComment)?;
    Ok(first.resolved().is_some())
}

fn checked_comment(text: &str) -> Result<String, CommandError> {
    let text = checked("comment", text, COMMENT_SCALARS_MAX)?;
    if text.is_empty() { Err(CommandError::NothingSaid) } else { Ok(text) }
}

fn draft(payload: Payload) -> Draft {
    Draft { payload, intent: Intent::Typed, causation: None }
}

fn checked_title(title: &str) -> Result<String, CommandError> {
    checked("title", title, TITLE_SCALARS_MAX)
}

/// A path without empty parts.
fn tidied(folder: &str) -> String {
    let parts = folder.split('/').map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("/")
}

fn checked(what: &'static str, text: &str, max: usize) -> Result<String, CommandError> {
    let text = text.trim();
    match scalars(text) {
        len if len > max => Err(CommandError::TooLong { what, len, max }),
        _ => Ok(text.to_owned()),
    }
}

/// Whether changes are in order, inside a text of this length, and do not make it too long.
fn check_changes(len: usize, changes: &[TextChange]) -> Result<(), CommandError> {
    let (mut end, mut grown) = (0, len);
    for change in changes {
        let stop = change.pos.checked_add(change.delete).filter(|&stop| stop <= len);
        match stop {
            Some(stop) if change.pos >= end => end = stop,
            _ => return Err(CommandError::OutOfRange { pos: change.pos, len }),
        }
        grown = grown - change.delete + scalars(&change.insert);
    }
    if grown > TEXT_SCALARS_MAX {
        return Err(CommandError::TextTooLong { len: grown, max: TEXT_SCALARS_MAX });
    }
    Ok(())
}

/// The same of a single change that inserts `inserted` scalars, without a reason.
pub(crate) fn is_allowed(len: usize, change: &TextChange, inserted: usize) -> bool {
    change.pos <= len
        && change.delete <= len - change.pos
        && len - change.delete + inserted <= TEXT_SCALARS_MAX
}

/// Whether a change of the text that inserts `inserted` scalars is one event: whether it does
/// something, and not too much.
#[inline]
pub(crate) fn is_one_event(change: &TextChange, inserted: usize) -> bool {
    let deletes = usize::from(change.delete > 0);
    (1..=EVENT_SCALARS_MAX).contains(&(deletes + inserted))
}

fn changes_of(patch: &Patch) -> Changes {
    let change = |edit: &crate::patch::Edit| TextChange {
        pos: edit.pos,
        delete: scalars(&edit.deleted),
        insert: edit.inserted.clone(),
    };
    patch.edits().iter().map(change).collect()
}

/// The ops of simultaneous changes, last one first so that none shifts another, packed into
/// as few events as the bound on an event allows.
fn edits(changes: &[TextChange], intent: Intent, causation: Option<EventId>) -> Drafts {
    let mut drafts = Drafts::new();
    let (mut ops, mut room) = (Vec::new(), EVENT_SCALARS_MAX);
    let draft = |ops| Draft { payload: Payload::TextEdited { ops }, intent, causation };
    let mut push = |op: Op, len: usize| {
        if room < len {
            drafts.push(draft(std::mem::take(&mut ops)));
            room = EVENT_SCALARS_MAX;
        }
        room -= len;
        ops.push(op);
    };
    for change in changes.iter().rev() {
        if change.delete > 0 {
            push(Op::Delete { pos: change.pos, len: change.delete }, 1);
        }
        let (mut pos, mut rest) = (change.pos, change.insert.as_str());
        while !rest.is_empty() {
            let (head, tail) = split(rest, EVENT_SCALARS_MAX);
            let len = scalars(head);
            push(Op::Insert { pos, text: head.to_owned() }, len);
            (pos, rest) = (pos + len, tail);
        }
    }
    if !ops.is_empty() {
        drafts.push(draft(ops));
    }
    drafts
}
