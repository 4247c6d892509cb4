//! What stands out on the line of time: named versions, comments, and what was not plain
//! typing. How a flag looks is the view's business; its shape tells as much as its colour.

use palimpsest_core::{Graph, Intent, MarkKind, Revision, Timeline};

use crate::desk::Desk;
use crate::timeline::models::Models;
use crate::words::machine as words;

/// What a flag stands for, the most important first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum FlagKind {
    /// A moment with a name.
    Version,
    /// The text was made again what it had been.
    Restored,
    /// Somebody began to speak about a passage.
    Comment,
    /// Text from elsewhere.
    Pasted,
    /// Text from a file, or from a history that was recorded elsewhere.
    Imported,
    /// Edits made without a connection, which came later.
    Offline,
    /// Find and replace.
    Replaced,
    /// A suggestion that was accepted.
    Accepted,
    /// Taken back, or brought back.
    Undone,
}

impl FlagKind {
    /// The drawing, 12 by 12: a shape of its own for each kind.
    pub(crate) fn drawing(self) -> &'static str {
        match self {
            Self::Version => "M6 0.8 11.2 6 6 11.2 0.8 6z",
            Self::Restored => "M6 1.2A4.8 4.8 0 1 1 1.2 6h2.2A2.6 2.6 0 1 0 6 3.4v2L2.6 2.7 6 0z",
            Self::Comment => "M1 1.5h10v6.8H6.4L3.4 11V8.3H1z",
            Self::Pasted => "M2 2h2.2V.8h3.6V2H10v9.2H2z",
            Self::Imported => "M4.6.8h2.8v4.4h2.8L6 10.2 1.8 5.2h2.8zM1.4 10.6h9.2v1.2H1.4z",
            Self::Offline => "M6 1 11.4 11H.6z",
            Self::Replaced => "M1 1.6h6v3.6H1zM5 6.8h6v3.6H5z",
            Self::Accepted => "M4.4 10.4.8 6.8l1.7-1.7 1.9 1.9L9.5 1.9l1.7 1.7z",
            Self::Undone => "M6 3.6a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8z",
        }
    }

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Version => words::FLAG_VERSION,
            Self::Restored => words::FLAG_RESTORED,
            Self::Comment => words::FLAG_COMMENT,
            Self::Pasted => words::FLAG_PASTED,
            Self::Imported => words::FLAG_IMPORTED,
            Self::Offline => words::FLAG_OFFLINE,
            Self::Replaced => words::FLAG_REPLACED,
            Self::Accepted => words::FLAG_ACCEPTED,
            Self::Undone => words::FLAG_UNDONE,
        }
    }

    /// The style sheet's class.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Restored => "restored",
            Self::Comment => "comment",
            Self::Pasted => "pasted",
            Self::Imported => "imported",
            Self::Offline => "offline",
            Self::Replaced => "replaced",
            Self::Accepted => "accepted",
            Self::Undone => "undone",
        }
    }

    fn of(kind: MarkKind) -> Option<Self> {
        match kind {
            MarkKind::Offline => Some(Self::Offline),
            MarkKind::Intent(Intent::Pasted) => Some(Self::Pasted),
            MarkKind::Intent(Intent::Imported) => Some(Self::Imported),
            MarkKind::Intent(Intent::Restored(_)) => Some(Self::Restored),
            MarkKind::Intent(Intent::Undone | Intent::Redone) => Some(Self::Undone),
            MarkKind::Intent(Intent::Replaced) => Some(Self::Replaced),
            MarkKind::Intent(Intent::Accepted) => Some(Self::Accepted),
            MarkKind::Intent(Intent::Typed | Intent::Other(_)) => None,
        }
    }
}

/// One thing that stands out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Flag {
    /// Where one stands to see it.
    pub(crate) revision: Revision,
    /// What it is.
    pub(crate) kind: FlagKind,
    /// What it says: the name of a version, or what happened and by whom.
    pub(crate) label: String,
}

/// How much of a comment its flag says.
const COMMENT_SCALARS: usize = 60;

/// Everything that stands out in a document, in order.
pub(crate) fn flags(
    desk: Desk,
    models: &mut Models,
    timeline: &Timeline,
    graph: &Graph,
) -> Vec<Flag> {
    let mut flags: Vec<Flag> = timeline
        .markers(graph)
        .into_iter()
        .map(|marker| Flag {
            revision: marker.revision,
            kind: FlagKind::Version,
            label: marker.name,
        })
        .collect();
    // An imported history is one thing, whoever wrote in it.
    let mut imported = Revision(0);
    for mark in models.marks(timeline, graph).all() {
        let Some(kind) = FlagKind::of(mark.kind) else { continue };
        if kind == FlagKind::Imported && std::mem::replace(&mut imported, mark.to) == mark.from {
            continue;
        }
        let label = words::flag(kind.name(), &desk.name_of(mark.author));
        flags.push(Flag { revision: mark.from, kind, label });
    }
    for thread in models.comments(timeline, graph).threads(graph) {
        let Some(first) = thread.comments.first() else { continue };
        let Some(text) = &first.text else { continue };
        let said: String = text.chars().take(COMMENT_SCALARS).collect();
        let label = words::said(&desk.name_of(first.author), &said);
        flags.push(Flag { revision: thread.revision, kind: FlagKind::Comment, label });
    }
    flags.sort_by_key(|flag| (flag.revision, flag.kind));
    flags
}

/// The nearest flag after a revision, or before it.
pub(crate) fn next(flags: &[Flag], from: Revision, forward: bool) -> Option<&Flag> {
    if forward {
        flags.iter().find(|flag| flag.revision > from)
    } else {
        flags.iter().rev().find(|flag| flag.revision < from)
    }
}

/// Flags that are too near to each other to stand apart.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Bunch {
    /// Where, as a part of what is seen.
    pub(crate) seen: f64,
    /// The most important of them.
    pub(crate) flag: Flag,
    /// How many others.
    pub(crate) others: usize,
    /// Where they end on the line.
    pub(crate) until: f64,
}

/// The flags as they stand on a line: `places` says where each is seen. Those nearer than
/// `apart` stand together.
pub(crate) fn bunches(flags: &[Flag], places: impl Fn(Revision) -> f64, apart: f64) -> Vec<Bunch> {
    let mut bunches: Vec<Bunch> = Vec::new();
    for flag in flags {
        let seen = places(flag.revision);
        if !(-0.001..=1.001).contains(&seen) {
            continue;
        }
        match bunches.last_mut() {
            // One version must never hide another: one would not find it any more.
            Some(bunch)
                if seen - bunch.seen < apart
                    && (bunch.flag.kind, flag.kind) != (FlagKind::Version, FlagKind::Version) =>
            {
                bunch.others += 1;
                bunch.until = seen;
                if flag.kind < bunch.flag.kind {
                    bunch.flag = flag.clone();
                    bunch.seen = seen;
                }
            }
            _ => bunches.push(Bunch { seen, flag: flag.clone(), others: 0, until: seen }),
        }
    }
    bunches
}
