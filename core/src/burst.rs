//! Typing bursts: which keystrokes still belong to the event being typed. It decides when
//! an event is complete; what it contains is the graph's.
//!
//! An event is one human-sized change. A burst goes on while each keystroke continues where
//! the last one ended (typing on, or deleting backwards or forwards from there), no pause is
//! longer than [`PAUSE_MS_MAX`], it is younger than [`AGE_MS_MAX`] and has at most
//! [`SCALARS_MAX`] scalars. Anything else ends it: a jump of the caret, a paste, another
//! command, an event of somebody else. The bounds are short enough that readers see words
//! appear as they are written; until then the growing event is rewritten to disk on every
//! animation frame.

use crate::command::TextChange;
use crate::event::Timestamp;
use crate::patch::scalars;

/// The longest pause inside a burst, in milliseconds.
pub const PAUSE_MS_MAX: i64 = 300;
/// The longest time from its first keystroke to its last, in milliseconds.
pub const AGE_MS_MAX: i64 = 1_000;
/// The most scalars it inserts and deletes.
pub const SCALARS_MAX: usize = 256;

/// The event being typed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Burst {
    started: Timestamp,
    last: Timestamp,
    /// Where the next keystroke has to be.
    caret: usize,
    scalars: usize,
}

impl Burst {
    /// A burst that starts with these changes; `None` if they are not a keystroke.
    pub(crate) fn start(changes: &[TextChange], now: Timestamp) -> Option<Self> {
        let [change] = changes else { return None };
        let scalars = change.delete + scalars(&change.insert);
        let caret = change.pos + self::scalars(&change.insert);
        (scalars <= SCALARS_MAX).then_some(Self { started: now, last: now, caret, scalars })
    }

    /// Takes the keystroke in if it belongs here.
    pub(crate) fn extend(&mut self, changes: &[TextChange], now: Timestamp) -> bool {
        let [change] = changes else { return false };
        let len = scalars(&change.insert);
        let stroke = change.delete + len;
        let continues = match (change.delete, len) {
            (_, 0) => change.pos == self.caret || change.pos + change.delete == self.caret,
            (0, _) => change.pos == self.caret,
            _ => false,
        };
        let fits = continues && !self.is_over(now) && self.scalars + stroke <= SCALARS_MAX;
        if fits {
            self.last = now;
            self.caret = change.pos + len;
            self.scalars += stroke;
        }
        fits
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
