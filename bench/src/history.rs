//! What is replayed: a recorded history as edits that every engine understands. How long an
//! engine takes over it is the metrics' business.

use palimpsest_core::{Patch, Text, Timestamp};

/// One edit, with its place in both units that engines count in.
#[derive(Clone, Debug)]
pub struct Splice {
    /// Where, in scalars and in UTF-16 code units.
    pub pos: Units,
    /// How much goes.
    pub deleted: Units,
    /// What comes.
    pub inserted: String,
}

/// A length or a place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Units {
    /// In Unicode scalar values.
    pub scalars: usize,
    /// In UTF-16 code units.
    pub utf16: usize,
}

/// A history by one hand: every edit on the text that the one before it left.
#[derive(Debug)]
pub struct Sequential {
    /// The edits in order. What the trace starts with is the first of them.
    pub edits: Vec<Splice>,
    /// The text at the end.
    pub end: String,
}

/// A history by many hands.
#[derive(Debug)]
pub struct Concurrent {
    /// What was done, each step after its parents.
    pub steps: Vec<Step>,
    /// How many agents there are.
    pub agents: usize,
    /// The text at the end, by the order of concurrent text that the trace pins down.
    pub end: String,
}

/// What one agent did at once.
#[derive(Debug)]
pub struct Step {
    /// Who.
    pub agent: usize,
    /// Earlier steps.
    pub parents: Vec<usize>,
    /// Where, how many scalars go, and what comes, one after the other.
    pub splices: Vec<(usize, usize, String)>,
}

/// A recorded history.
#[derive(Debug)]
pub enum History {
    /// By one hand.
    Sequential(Sequential),
    /// By many.
    Concurrent(Concurrent),
}

/// A named history.
#[derive(Debug)]
pub struct Recorded {
    /// The file's name without endings.
    pub name: String,
    /// Its history.
    pub history: History,
}

/// Finds out where each edit lies in UTF-16.
pub fn sequential<'a>(
    start: &'a str,
    splices: impl Iterator<Item = (usize, usize, &'a str)>,
    end: &str,
) -> Sequential {
    let mut text = Text::default();
    let mut edits = Vec::new();
    let first = (!start.is_empty()).then_some((0, 0, start));
    for (pos, deleted, inserted) in first.into_iter().chain(splices) {
        edits.push(place(&mut text, pos, deleted, inserted));
    }
    Sequential { edits, end: end.to_owned() }
}

/// When the edits of a sequential history were typed, where no time is recorded: ten a second,
/// as fast typists do.
pub fn typed_at(nth: usize) -> Timestamp {
    Timestamp(1_700_000_000_000 + 100 * nth as i64)
}

/// Where an edit of a text lies in both units, within the text; does the edit, too.
pub fn place(text: &mut Text, pos: usize, deleted: usize, inserted: &str) -> Splice {
    let pos = pos.min(text.len());
    let deleted = deleted.min(text.len() - pos);
    let (from, to) = (text.utf16_of(pos), text.utf16_of(pos + deleted));
    text.apply(&Patch::replace(pos, text.slice(pos..pos + deleted), inserted));
    Splice {
        pos: Units { scalars: pos, utf16: from },
        deleted: Units { scalars: deleted, utf16: to - from },
        inserted: inserted.to_owned(),
    }
}
