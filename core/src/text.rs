//! The text of a document at one version: a rope, and the only conversions between
//! scalars, UTF-16 units and lines. Nothing here knows why the text changed.
//!
//! Everywhere in core a position counts Unicode scalar values. The browser counts UTF-16
//! code units; this file is the one place where the two meet.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use ecow::EcoString;
use ropey::Rope;

use crate::patch::{Edit, Patch, letters, push_letters, scalars, split};

/// A text. Cloning shares structure, so that texts of a long history are cheap to keep.
///
/// What is being written stands beside the rope and goes in when somebody writes elsewhere: a
/// keystroke costs a few bytes of a short string.
#[derive(Clone, Default)]
pub struct Text {
    rope: Rope,
    /// How many scalars the rope has: asked for at every keystroke.
    rope_len: usize,
    open: Splice,
}

/// How much text stands beside the rope at most, in bytes.
const OPEN_BYTES_MAX: usize = 2_048;
/// How far from it an edit may be to go in there too, in scalars: who writes goes back and
/// forth in a paragraph, and the rope need not hear of each step.
const NEAR_MAX: usize = 256;
/// How much of the rope comes along when something is deleted that does not stand beside it, in
/// scalars: who deletes goes on deleting, and the rope is asked once.
const ALONG: usize = 64;

/// A stretch of the rope that is to be replaced.
#[derive(Clone, Default)]
struct Splice {
    pos: usize,
    /// How many scalars of the rope go.
    deleted: usize,
    /// What comes, and how many scalars that is.
    inserted: String,
    len: usize,
}

impl Splice {
    fn is_empty(&self) -> bool {
        self.deleted == 0 && self.len == 0
    }

    fn end(&self) -> usize {
        self.pos + self.len
    }

    /// Whether a stretch of the text stands here.
    #[inline]
    fn holds(&self, start: usize, end: usize) -> bool {
        self.pos <= start && end <= self.end()
    }

    /// What stands here of the text, which must stand here.
    fn part(&self, start: usize, end: usize) -> &str {
        &self.inserted[self.byte_of(start - self.pos)..self.byte_of(end - self.pos)]
    }

    /// Does a splice that lies within what stands here. `false` if it does not, or if it would
    /// become too long.
    #[inline]
    fn write(&mut self, pos: usize, deleted: usize, inserted: &str) -> bool {
        let fits = self.holds(pos, pos + deleted)
            && self.inserted.len() + inserted.len() <= OPEN_BYTES_MAX;
        if fits {
            let own = pos - self.pos;
            self.replace(own..own + deleted, inserted);
        }
        fits
    }

    /// Replaces scalars that stand here, counted from the first.
    #[inline]
    fn replace(&mut self, own: Range<usize>, inserted: &str) {
        let len = self.len - own.len() + scalars(inserted);
        match own.start == self.len {
            // Mostly somebody writes on.
            true => push_letters(&mut self.inserted, inserted),
            false => self.replace_within(own, inserted),
        }
        self.len = len;
    }

    fn replace_within(&mut self, own: Range<usize>, inserted: &str) {
        let start = self.byte_of(own.start);
        if !own.is_empty() {
            match own.end == self.len {
                true => self.inserted.truncate(start),
                false => drop(self.inserted.drain(start..self.byte_of(own.end))),
            }
        }
        self.inserted.insert_str(start, inserted);
    }

    /// Takes another splice in, of the text after this one: one that touches it, or is so near
    /// that what stands between may come along. `false` if it is neither.
    fn take(&mut self, rope: &Rope, pos: usize, deleted: usize, inserted: &str) -> bool {
        if self.is_empty() {
            self.pos = pos;
        }
        let end = pos + deleted;
        let (before, behind) = (self.pos.saturating_sub(end), pos.saturating_sub(self.end()));
        let between = before + behind;
        let bytes = self.inserted.len() + char::MAX.len_utf8() * between + inserted.len();
        if between > NEAR_MAX || bytes > OPEN_BYTES_MAX {
            return false;
        }
        self.take_along(rope, before, behind);
        // What goes of the rope in front and behind, and of what stands here.
        self.deleted += self.pos.saturating_sub(pos) + end.saturating_sub(self.end());
        let own = pos.max(self.pos) - self.pos..end.min(self.end()) - self.pos;
        self.replace(own, inserted);
        self.pos = self.pos.min(pos);
        true
    }

    /// Takes more of the rope in, so that a stretch of the text stands here, and what is in
    /// front of it or behind. `false` if it is too far away or too long.
    fn reach(&mut self, rope: &Rope, rope_len: usize, range: &Range<usize>) -> bool {
        let Range { start, end } = *range;
        if self.is_empty() {
            self.pos = start;
        }
        let rest = rope_len - self.pos - self.deleted;
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
        let bytes = self.inserted.len() + char::MAX.len_utf8() * taken;
        let reaches = taken <= NEAR_MAX && bytes <= OPEN_BYTES_MAX;
        if reaches {
            self.take_along(rope, before, behind);
        }
        reaches
    }

    /// Takes so much of the rope in as it is.
    fn take_along(&mut self, rope: &Rope, before: usize, behind: usize) {
        if behind > 0 {
            let start = self.pos + self.deleted;
            self.inserted.push_str(&part_of(rope, start..start + behind));
        }
        if before > 0 {
            self.inserted.insert_str(0, &part_of(rope, self.pos - before..self.pos));
            self.pos -= before;
        }
        self.deleted += before + behind;
        self.len += before + behind;
    }

    /// The byte at which a scalar of what stands here begins.
    fn byte_of(&self, pos: usize) -> usize {
        match self.inserted.len() == self.len {
            true => pos,
            false => split(&self.inserted, pos).0.len(),
        }
    }
}

impl Text {
    fn of(rope: Rope) -> Self {
        Self { rope_len: rope.len_chars(), rope, open: Splice::default() }
    }

    /// A text of `len` scalars that is to be read. It becomes a rope when somebody writes.
    pub(crate) fn flat(text: String, len: usize) -> Self {
        let open = Splice { pos: 0, deleted: 0, inserted: text, len };
        Self { rope: Rope::new(), rope_len: 0, open }
    }

    /// The same text, for whoever looks up many positions in it or writes on: a text that the
    /// timeline gives is one piece, in which a position costs as much as what stands before it.
    pub fn into_rope(self) -> Self {
        if self.rope_len == 0 { Self::from(self.open.inserted.as_str()) } else { self }
    }

    /// Its length in scalars.
    pub fn len(&self) -> usize {
        self.rope_len - self.open.deleted + self.open.len
    }

    /// Whether it has no scalars.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its length in UTF-16 code units.
    pub fn utf16_len(&self) -> usize {
        self.utf16_of(self.len())
    }

    /// The UTF-16 offset of a scalar position. Positions past the end give the end.
    pub fn utf16_of(&self, pos: usize) -> usize {
        let (open, pos) = (&self.open, pos.min(self.len()));
        if pos <= open.pos {
            return self.rope.char_to_utf16_cu(pos);
        }
        let start = self.rope.char_to_utf16_cu(open.pos);
        if pos < open.end() {
            return start + utf16(split(&open.inserted, pos - open.pos).0);
        }
        let gone = self.rope.char_to_utf16_cu(open.pos + open.deleted) - start;
        let behind = self.rope.char_to_utf16_cu(pos - open.len + open.deleted);
        behind - gone + utf16(&open.inserted)
    }

    /// The scalar position of a UTF-16 offset; `None` inside a surrogate pair or past the end.
    pub fn pos_of_utf16(&self, offset: usize) -> Option<usize> {
        if offset > self.utf16_len() {
            return None;
        }
        let open = &self.open;
        let start = self.rope.char_to_utf16_cu(open.pos);
        let typed = utf16(&open.inserted);
        let pos = if offset <= start {
            self.rope.utf16_cu_to_char(offset)
        } else if offset < start + typed {
            let mut passed = start;
            let within = open.inserted.chars().take_while(|letter| {
                passed += letter.len_utf16();
                passed <= offset
            });
            open.pos + within.count()
        } else {
            let gone = self.rope.char_to_utf16_cu(open.pos + open.deleted) - start;
            self.rope.utf16_cu_to_char(offset - typed + gone) - open.deleted + open.len
        };
        (self.utf16_of(pos) == offset).then_some(pos)
    }

    /// How many lines it has; a text without a line break has one.
    pub fn line_count(&self) -> usize {
        self.settled().len_lines()
    }

    /// The 0-based line that holds a position.
    pub fn line_of(&self, pos: usize) -> usize {
        self.settled().char_to_line(pos.min(self.len()))
    }

    /// The part between two positions; what lies past the end is left out.
    pub fn slice(&self, range: Range<usize>) -> String {
        let mut text = String::new();
        self.each_chunk(range, |chunk| text.push_str(chunk));
        text
    }

    /// The same, in place if it is short.
    pub(crate) fn copy(&self, range: Range<usize>) -> EcoString {
        if self.open.holds(range.start, range.end) {
            return letters(self.open.part(range.start, range.end));
        }
        let mut text = EcoString::new();
        self.each_chunk(range, |chunk| text.push_str(chunk));
        text
    }

    /// Passes the part between two positions on in pieces; what lies past the end is left out.
    pub(crate) fn each_chunk(&self, range: Range<usize>, mut pass: impl FnMut(&str)) {
        let end = range.end.min(self.len());
        let range = range.start.min(end)..end;
        let open = &self.open;
        let before = range.start..range.end.min(open.pos);
        if before.start < before.end {
            self.rope.slice(before).chunks().for_each(&mut pass);
        }
        let typed = range.start.max(open.pos)..range.end.min(open.end());
        if typed.start < typed.end {
            let behind = split(&open.inserted, typed.start - open.pos).1;
            pass(split(behind, typed.len()).0);
        }
        let behind = range.start.max(open.end())..range.end;
        if behind.start < behind.end {
            let moved = |pos| pos - open.len + open.deleted;
            let behind = self.rope.slice(moved(behind.start)..moved(behind.end));
            behind.chunks().for_each(pass);
        }
    }

    /// The whole text as a rope.
    fn settled(&self) -> Cow<'_, Rope> {
        if self.open.is_empty() {
            return Cow::Borrowed(&self.rope);
        }
        let mut text = self.clone();
        text.settle();
        Cow::Owned(text.rope)
    }

    fn settle(&mut self) {
        let Splice { pos, deleted, inserted, .. } = &self.open;
        if *deleted > 0 {
            self.rope.remove(*pos..pos + deleted);
        }
        if !inserted.is_empty() {
            self.rope.insert(*pos, inserted);
        }
        self.rope_len = self.rope_len - deleted + self.open.len;
        self.open.deleted = 0;
        self.open.inserted.clear();
        self.open.len = 0;
    }

    /// Changes the text. The patch must have been made for this very text.
    ///
    /// # Panics
    /// If an edit reaches past the end: patches come from the walker and from `diff`, so
    /// that is a fault in core, never in somebody's input.
    pub fn apply(&mut self, patch: &Patch) {
        for edit in patch.edits().iter().rev() {
            let end = edit.end();
            assert!(end <= self.len(), "edit {edit:?} ends past {}", self.len());
            self.splice(edit.pos, end - edit.pos, &edit.inserted);
        }
    }

    /// Whether the patch was made for a text like this one: every edit finds what it deletes.
    pub fn fits(&self, patch: &Patch) -> bool {
        patch.edits().iter().all(|edit| {
            let end = edit.end();
            end <= self.len() && self.slice(edit.pos..end) == *edit.deleted
        })
    }

    /// Removes `deleted` scalars from `pos` and puts `inserted` there.
    pub(crate) fn splice(&mut self, pos: usize, deleted: usize, inserted: &str) {
        if !self.open.write(pos, deleted, inserted) {
            self.splice_elsewhere(pos, deleted, inserted);
        }
    }

    fn splice_elsewhere(&mut self, pos: usize, deleted: usize, inserted: &str) {
        if self.open.take(&self.rope, pos, deleted, inserted) {
            return;
        }
        self.settle();
        if !self.open.take(&self.rope, pos, deleted, inserted) {
            // Too long to stand beside the rope.
            self.rope.remove(pos..pos + deleted);
            self.rope.insert(pos, inserted);
            self.rope_len = self.rope_len - deleted + scalars(inserted);
        }
    }

    /// Reads what is to go next. It stands beside the rope then, unless it is too long: who
    /// deletes goes on deleting.
    pub(crate) fn take_out(&mut self, range: Range<usize>) -> EcoString {
        if !self.open.holds(range.start, range.end) {
            self.fetch(&range);
        }
        self.copy(range)
    }

    fn fetch(&mut self, range: &Range<usize>) {
        if !self.open.reach(&self.rope, self.rope_len, range) && range.len() <= NEAR_MAX {
            self.settle();
            self.open.reach(&self.rope, self.rope_len, range);
        }
    }

    /// Puts `text` in front of the scalar at `pos` and returns the edit that was.
    pub(crate) fn insert(&mut self, pos: usize, text: EcoString) -> Edit {
        self.splice(pos, 0, &text);
        Edit { pos, deleted: EcoString::new(), inserted: text }
    }

    /// Removes `len` scalars from `pos` and returns the edit that was.
    pub(crate) fn remove(&mut self, pos: usize, len: usize) -> Edit {
        let deleted = self.take_out(pos..pos + len);
        self.splice(pos, len, "");
        Edit { pos, deleted, inserted: EcoString::new() }
    }

    /// The text in pieces, without copying it together.
    pub fn chunks(&self) -> impl Iterator<Item = &str> {
        let open = &self.open;
        let before = self.rope.slice(..open.pos.min(self.rope_len)).chunks();
        let behind = self.rope.slice((open.pos + open.deleted).min(self.rope_len)..);
        let typed = std::iter::once(open.inserted.as_str()).filter(|typed| !typed.is_empty());
        before.chain(typed).chain(behind.chunks())
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.settled() == other.settled()
    }
}

impl Eq for Text {}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::of(Rope::from_str(text))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chunks().try_for_each(|chunk| f.write_str(chunk))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
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

fn utf16(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}
