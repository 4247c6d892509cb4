//! Typing bursts: which keystrokes still belong to the event being typed, and what takes them
//! back. It decides when an event is complete; what it contains is the graph's.
//!
//! An event is one human-sized change. A burst goes on while each keystroke continues where
//! the last one ended (typing on, or deleting backwards or forwards from there), no pause is
//! longer than [`PAUSE_MS_MAX`], it is younger than [`AGE_MS_MAX`] and has at most
//! [`SCALARS_MAX`] scalars. Anything else ends it: a jump of the caret, a paste, another
//! command, an event of somebody else. The bounds are short enough that readers see words
//! appear as they are written; until then the growing event is rewritten to disk on every
//! animation frame.

use ecow::EcoString;

use crate::command::TextChange;
use crate::event::Timestamp;
use crate::patch::{Patch, split};
use crate::text::Text;

/// The longest pause inside a burst, in milliseconds.
pub const PAUSE_MS_MAX: i64 = 300;
/// The longest time from its first keystroke to its last, in milliseconds.
pub const AGE_MS_MAX: i64 = 1_000;
/// The most scalars it inserts and deletes.
pub const SCALARS_MAX: usize = 256;

/// The event being typed.
///
/// What it came to so far is one stretch of text in the place of another: the caret stays behind
/// what was typed, and what is deleted borders on it. So a keystroke is a number that grows, and
/// what takes the whole back is read off the text when somebody asks.
#[derive(Clone, Debug)]
pub(crate) struct Burst {
    started: Timestamp,
    last: Timestamp,
    /// Where the next keystroke has to be.
    caret: usize,
    scalars: usize,
    /// How many scalars in front of the caret were typed and still stand.
    typed: usize,
    /// What stood in their place.
    replaced: EcoString,
}

impl Burst {
    /// A burst that starts at a place, with nothing in it yet.
    pub(crate) fn start(pos: usize, now: Timestamp) -> Self {
        let replaced = EcoString::new();
        Self { started: now, last: now, caret: pos, scalars: 0, typed: 0, replaced }
    }

    /// Whether a keystroke that inserts `len` scalars belongs here.
    pub(crate) fn goes_on(&self, key: &TextChange, len: usize, now: Timestamp) -> bool {
        let continues = match (key.delete, len) {
            (_, 0) => key.pos == self.caret || key.pos + key.delete == self.caret,
            (0, _) => key.pos == self.caret,
            _ => false,
        };
        continues && !self.is_over(now) && self.scalars + key.delete + len <= SCALARS_MAX
    }

    /// Takes a keystroke in that belongs here: where it was, what it deleted, and how many
    /// scalars it deleted and inserted.
    #[inline]
    pub(crate) fn add(
        &mut self,
        pos: usize,
        deleted: &str,
        deletes: usize,
        inserts: usize,
        now: Timestamp,
    ) {
        if deletes > 0 {
            self.delete(pos, deleted, deletes);
        }
        self.last = now;
        self.scalars += deletes + inserts;
        self.typed += inserts;
        self.caret = pos + inserts;
    }

    /// What goes in front of the caret was typed here first of all; the rest stood there before.
    fn delete(&mut self, pos: usize, deleted: &str, deletes: usize) {
        if pos == self.caret {
            return self.replaced.push_str(deleted);
        }
        let own = deletes.min(self.typed);
        self.typed -= own;
        if own < deletes {
            let others = split(deleted, deletes - own).0;
            self.replaced = EcoString::from(others) + self.replaced.as_str();
        }
    }

    /// The patch that takes back what came so far, given the text. What comes from now on is
    /// another matter.
    pub(crate) fn take_back(&mut self, text: &Text) -> Patch {
        let start = self.caret - std::mem::take(&mut self.typed);
        let typed = text.copy(start..self.caret);
        Patch::replace(start, typed, std::mem::take(&mut self.replaced))
    }

    /// Whether it is too long to grow, as what was pasted is.
    pub(crate) fn is_full(&self) -> bool {
        self.scalars > SCALARS_MAX
    }

    /// Whether there is anything to take back.
    pub(crate) fn did_something(&self) -> bool {
        self.typed > 0 || !self.replaced.is_empty()
    }

    /// Whether nothing more can come. A clock that jumps back ends it too: how long it has
    /// been growing can no longer be told.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        now < self.last || self.deadline() < now
    }

    /// When it is over if nothing more is typed.
    pub(crate) fn deadline(&self) -> Timestamp {
        Timestamp((self.last.0 + PAUSE_MS_MAX).min(self.started.0 + AGE_MS_MAX))
    }
}
