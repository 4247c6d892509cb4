//! Runs: what somebody typed or deleted in one go, as one entry. A keystroke that continues
//! where the one before it ended makes a run longer, though each stays an event of its own.
//! Both the log's content and the timeline are lists of runs.

use std::ops::Range;

/// Either one op of one event, of any length, or one keystroke each of many events in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Run {
    /// The first event: its local version, or its place on the timeline.
    pub(crate) first: u32,
    /// How many events; more than one only if each inserts or deletes one scalar.
    pub(crate) events: u32,
    /// Where the first event does it, in the text before it.
    pub(crate) pos: u32,
    /// How many scalars in all.
    pub(crate) len: u32,
    /// Where an insert's text starts in the buffer, and its length there, in bytes. The
    /// keystrokes of one run have equally many bytes each.
    pub(crate) text: u32,
    pub(crate) bytes: u32,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The text stands in a buffer.
    Insert,
    /// An insert whose text was erased.
    Erased,
    /// The scalars from `pos` on, each keystroke at the same place.
    Delete,
    /// The scalar at `pos`, then the one before it, and so on: keystrokes only.
    Backspace,
}

impl Run {
    /// Whether it puts characters in.
    pub(crate) fn inserts(&self) -> bool {
        matches!(self.kind, Kind::Insert | Kind::Erased)
    }

    /// Whether every event is one scalar, so that it can be parted between any two of them.
    pub(crate) fn is_keystrokes(&self) -> bool {
        self.events == self.len
    }

    /// Its events.
    pub(crate) fn range(&self) -> Range<usize> {
        self.first as usize..(self.first + self.events) as usize
    }

    /// The first position that it touches, in the text before it.
    pub(crate) fn low(&self) -> usize {
        match self.kind {
            Kind::Backspace => (self.pos + 1).saturating_sub(self.len) as usize,
            _ => self.pos as usize,
        }
    }

    /// The bytes of its text in the buffer.
    pub(crate) fn bytes(&self) -> Range<usize> {
        self.text as usize..(self.text + self.bytes) as usize
    }

    /// Some of its events, which must be among them. Of a single event: the whole.
    pub(crate) fn part(&self, events: Range<usize>) -> Self {
        if events == self.range() {
            return *self;
        }
        let skipped = events.start as u32 - self.first;
        let count = events.len() as u32;
        let width = self.bytes / self.events;
        let (pos, kind) = match self.kind {
            Kind::Insert | Kind::Erased => (self.pos + skipped, self.kind),
            Kind::Delete => (self.pos, Kind::Delete),
            // A single one is a delete like any other.
            Kind::Backspace if count == 1 => (self.pos - skipped, Kind::Delete),
            Kind::Backspace => (self.pos - skipped, Kind::Backspace),
        };
        Self {
            first: events.start as u32,
            events: count,
            pos,
            len: count,
            text: self.text + skipped * width,
            bytes: count * width,
            kind,
        }
    }

    /// What a single event really does to a text of `len` scalars, which is the one meaning of a
    /// position past the end: an insert goes to the end, a delete keeps only what exists.
    pub(crate) fn clamped(&self, len: usize) -> Self {
        let pos = (self.pos as usize).min(len) as u32;
        let left = (len - pos as usize).min(u32::MAX as usize) as u32;
        let len = if self.inserts() { self.len } else { self.len.min(left) };
        Self { pos, len, ..*self }
    }

    /// This run and the next as one, if both are keystrokes and the next goes on where this
    /// one ends.
    pub(crate) fn joined(&self, next: &Self) -> Option<Self> {
        let follows =
            self.is_keystrokes() && next.is_keystrokes() && self.first + self.events == next.first;
        if !follows {
            return None;
        }
        let one = |run: &Self| run.events == 1;
        let kind = match (self.kind, next.kind) {
            (Kind::Insert, Kind::Insert) => {
                let goes_on = next.pos == self.pos + self.len
                    && next.text == self.text + self.bytes
                    && next.bytes / next.events == self.bytes / self.events;
                goes_on.then_some(Kind::Insert)
            }
            (Kind::Delete, Kind::Delete) if next.pos == self.pos => Some(Kind::Delete),
            (Kind::Delete | Kind::Backspace, Kind::Delete | Kind::Backspace) => {
                let backwards = (self.kind == Kind::Backspace || one(self))
                    && (next.kind == Kind::Backspace || one(next))
                    && next.pos + self.len == self.pos;
                backwards.then_some(Kind::Backspace)
            }
            _ => None,
        };
        kind.map(|kind| Self {
            events: self.events + next.events,
            len: self.len + next.len,
            bytes: self.bytes + next.bytes,
            kind,
            ..*self
        })
    }
}
