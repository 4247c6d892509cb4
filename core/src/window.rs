//! The window of a text: the stretch in which somebody writes, beside the rope until it is put
//! back. Units other than scalars and bytes are `text.rs`'s.

use std::borrow::Cow;
use std::ops::Range;

use ropey::Rope;

use crate::patch::{push_letters, scalars, split};

/// How much text stands in a window at most, in bytes.
pub(crate) const BYTES_MAX: usize = 2_048;
/// How far from it an edit may be to go in there too, in scalars: who writes goes back and
/// forth in a paragraph, and the rope need not hear of each step.
pub(crate) const NEAR_MAX: usize = 256;
/// How much of the rope comes along when something is deleted that does not stand in the window,
/// in scalars: who deletes goes on deleting, and the rope is asked once.
const ALONG: usize = 64;

/// A stretch of a text that stands for another one of the rope.
///
/// It is cut where the last edit was, so that whoever writes on or deletes on from there moves
/// nothing.
#[derive(Clone, Default)]
pub(crate) struct Window {
    /// Where it begins, in the rope as in the text.
    pos: usize,
    /// How many scalars of the rope it stands for.
    covers: usize,
    front: Half,
    back: Half,
    /// How many scalars at its beginning, and at its end, are as the rope has them. Both may
    /// mean the same ones.
    same_front: usize,
    same_back: usize,
}

/// What stands on one side of the cut.
#[derive(Clone, Default)]
struct Half {
    text: String,
    /// In scalars.
    len: usize,
}

impl Half {
    /// The byte at which a scalar begins.
    fn byte_of(&self, pos: usize) -> usize {
        match self.text.len() == self.len {
            true => pos,
            false => split(&self.text, pos).0.len(),
        }
    }

    fn part(&self, range: Range<usize>) -> &str {
        match self.text.len() == self.len {
            true => &self.text[range],
            false => split(split(&self.text, range.start).1, range.len()).0,
        }
    }

    #[inline]
    fn push(&mut self, text: &str) {
        push_letters(&mut self.text, text);
        self.len += scalars(text);
    }

    /// Drops the last scalars.
    fn shorten(&mut self, count: usize) {
        let is_ascii = self.text.len() == self.len;
        self.len -= count;
        let byte = match is_ascii {
            true => self.len,
            // Mostly there are few to go.
            false => self.text.char_indices().rev().take(count).last().map_or(0, |(at, _)| at),
        };
        self.text.truncate(byte);
    }

    /// Drops the first scalars.
    fn behead(&mut self, count: usize) {
        self.text.drain(..self.byte_of(count));
        self.len -= count;
    }

    fn prepend(&mut self, text: &str, len: usize) {
        self.text.insert_str(0, text);
        self.len += len;
    }

    fn clear(&mut self) {
        self.len = 0;
        match self.text.capacity() > 2 * BYTES_MAX {
            true => self.text = String::new(),
            false => self.text.clear(),
        }
    }
}

impl Window {
    /// A window on an empty rope that has a whole text of `len` scalars in it.
    pub(crate) fn of(text: String, len: usize) -> Self {
        Self { front: Half { text, len }, ..Self::default() }
    }

    pub(crate) fn pos(&self) -> usize {
        self.pos
    }

    /// How many scalars of the rope it stands for.
    pub(crate) fn covers(&self) -> usize {
        self.covers
    }

    /// How many scalars stand in it.
    pub(crate) fn len(&self) -> usize {
        self.front.len + self.back.len
    }

    pub(crate) fn end(&self) -> usize {
        self.pos + self.len()
    }

    /// Whether it neither has nor hides anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.covers == 0 && self.len() == 0
    }

    /// What stands in it, in two pieces.
    pub(crate) fn pieces(&self) -> [&str; 2] {
        [&self.front.text, &self.back.text]
    }

    /// Whether a stretch of the text stands in it.
    #[inline]
    pub(crate) fn holds(&self, range: &Range<usize>) -> bool {
        self.pos <= range.start && range.end <= self.end()
    }

    /// A stretch of the text that stands in it, in two pieces.
    pub(crate) fn part(&self, range: &Range<usize>) -> [&str; 2] {
        let own = range.start - self.pos..range.end - self.pos;
        let cut = self.front.len;
        if own.end <= cut {
            return [self.front.part(own), ""];
        }
        let back = own.start.saturating_sub(cut)..own.end - cut;
        [self.front.part(own.start.min(cut)..cut), self.back.part(back)]
    }

    fn bytes(&self) -> usize {
        self.front.text.len() + self.back.text.len()
    }

    /// Does an edit of the text that lies within it. `false` if it does not, or if the window
    /// would become too long.
    #[inline]
    pub(crate) fn write(&mut self, pos: usize, deleted: usize, inserted: &str) -> bool {
        if self.bytes() + inserted.len() > BYTES_MAX {
            return false;
        }
        if deleted == 0 && pos == self.pos + self.front.len {
            // Mostly somebody writes on.
            self.same_front = self.same_front.min(self.front.len);
            self.same_back = self.same_back.min(self.back.len);
            self.front.push(inserted);
            return true;
        }
        let fits = self.holds(&(pos..pos + deleted));
        if fits {
            let own = pos - self.pos;
            self.replace(own..own + deleted, inserted);
        }
        fits
    }

    /// Replaces scalars that stand here, counted from the first.
    fn replace(&mut self, own: Range<usize>, inserted: &str) {
        self.same_front = self.same_front.min(own.start);
        self.same_back = self.same_back.min(self.len() - own.end);
        if own.end != self.front.len {
            self.cut_at(own.start);
            self.back.behead(own.len());
        } else if !own.is_empty() {
            self.front.shorten(own.len());
        }
        self.front.push(inserted);
    }

    fn cut_at(&mut self, own: usize) {
        match own.checked_sub(self.front.len) {
            Some(0) => {}
            Some(ahead) => {
                let byte = self.back.byte_of(ahead);
                self.front.text.push_str(&self.back.text[..byte]);
                self.front.len = own;
                self.back.text.drain(..byte);
                self.back.len -= ahead;
            }
            None => {
                let byte = self.front.byte_of(own);
                self.back.prepend(&self.front.text[byte..], self.front.len - own);
                self.front.text.truncate(byte);
                self.front.len = own;
            }
        }
    }

    /// Takes an edit in that does not lie within it but touches it, or is so near that what
    /// stands between may come along. `false` if it is neither.
    pub(crate) fn take(&mut self, rope: &Rope, pos: usize, deleted: usize, inserted: &str) -> bool {
        if self.is_empty() {
            self.pos = pos;
        }
        let end = pos + deleted;
        let (before, behind) = (self.pos.saturating_sub(end), pos.saturating_sub(self.end()));
        let between = before + behind;
        let bytes = self.bytes() + char::MAX.len_utf8() * between + inserted.len();
        if between > NEAR_MAX || bytes > BYTES_MAX {
            return false;
        }
        self.take_along(rope, before, behind);
        // What goes of the rope in front and behind, and of what stands here.
        self.covers += self.pos.saturating_sub(pos) + end.saturating_sub(self.end());
        let own = pos.max(self.pos) - self.pos..end.min(self.end()) - self.pos;
        self.replace(own, inserted);
        self.pos = self.pos.min(pos);
        true
    }

    /// Takes more of the rope in, so that a stretch of the text stands here, and what is in
    /// front of it or behind. `false` if it is too far away or too long.
    pub(crate) fn reach(&mut self, rope: &Rope, rope_len: usize, range: &Range<usize>) -> bool {
        let Range { start, end } = *range;
        if self.is_empty() {
            self.pos = start;
        }
        let rest = rope_len - self.pos - self.covers;
        let fresh = self.is_empty();
        let before = match self.pos.saturating_sub(start) {
            0 if !fresh => 0,
            before => (before + ALONG).min(self.pos),
        };
        let behind = match end.saturating_sub(self.end()) {
            0 if !fresh => 0,
            behind => (behind + ALONG).min(rest),
        };
        let taken = before + behind;
        let bytes = self.bytes() + char::MAX.len_utf8() * taken;
        let reaches = taken <= NEAR_MAX && bytes <= BYTES_MAX;
        if reaches {
            self.take_along(rope, before, behind);
        }
        reaches
    }

    /// Takes so much of the rope in as it is.
    fn take_along(&mut self, rope: &Rope, before: usize, behind: usize) {
        if behind > 0 {
            let start = self.pos + self.covers;
            self.back.text.push_str(&part_of(rope, start..start + behind));
            self.back.len += behind;
        }
        if before > 0 {
            self.front.prepend(&part_of(rope, self.pos - before..self.pos), before);
            self.pos -= before;
        }
        self.covers += before + behind;
        self.same_front += before;
        self.same_back += behind;
    }

    /// Puts what stands here into the rope and is empty then. What only came along stands there
    /// already: the rope hears of what changed.
    pub(crate) fn settle(&mut self, rope: &mut Rope) {
        let front = self.same_front;
        let back = self.same_back.min(self.len() - front).min(self.covers - front);
        let start = self.pos + front;
        let gone = start..self.pos + self.covers - back;
        if !gone.is_empty() {
            rope.remove(gone);
        }
        self.cut_at(self.len() - back);
        let changed = &self.front.text[self.front.byte_of(front)..];
        if !changed.is_empty() {
            rope.insert(start, changed);
        }
        self.front.clear();
        self.back.clear();
        (self.covers, self.same_front, self.same_back) = (0, 0, 0);
    }
}

/// A short part of a rope, which mostly stands in one of its chunks.
fn part_of(rope: &Rope, range: Range<usize>) -> Cow<'_, str> {
    let (chunk, _, start, _) = rope.chunk_at_char(range.start);
    let part = split(split(chunk, range.start - start).1, range.len()).0;
    match scalars(part) == range.len() {
        true => part.into(),
        false => rope.slice(range).into(),
    }
}
