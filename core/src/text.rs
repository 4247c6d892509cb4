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

use crate::patch::{Edit, Patch, letters, scalars};
use crate::window::{NEAR_MAX, Window};

/// A text. Cloning shares structure, so that texts of a long history are cheap to keep.
///
/// What is being written stands beside the rope and goes in when somebody writes elsewhere: a
/// keystroke costs a few bytes of a short string.
#[derive(Clone, Default)]
pub struct Text {
    rope: Rope,
    /// How many scalars the rope has: asked for at every keystroke.
    rope_len: usize,
    open: Window,
}

impl Text {
    fn of(rope: Rope) -> Self {
        Self { rope_len: rope.len_chars(), rope, open: Window::default() }
    }

    /// A text of `len` scalars that is to be read. It becomes a rope when somebody writes.
    pub(crate) fn flat(text: String, len: usize) -> Self {
        Self { rope: Rope::new(), rope_len: 0, open: Window::of(text, len) }
    }

    /// The same text, for whoever looks up many positions in it or writes on: a text that the
    /// timeline gives is one piece, in which a position costs as much as what stands before it.
    pub fn into_rope(self) -> Self {
        if self.rope_len == 0 { Self::from(&*self.open.pieces().concat()) } else { self }
    }

    /// Its length in scalars.
    pub fn len(&self) -> usize {
        self.rope_len - self.open.covers() + self.open.len()
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
        if pos <= open.pos() {
            return self.rope.char_to_utf16_cu(pos);
        }
        let start = self.rope.char_to_utf16_cu(open.pos());
        let written = utf16(open.part(&(open.pos()..pos.min(open.end()))));
        if pos < open.end() {
            return start + written;
        }
        let gone = self.rope.char_to_utf16_cu(open.pos() + open.covers()) - start;
        let behind = self.rope.char_to_utf16_cu(pos - open.len() + open.covers());
        behind - gone + written
    }

    /// The scalar position of a UTF-16 offset; `None` inside a surrogate pair or past the end.
    pub fn pos_of_utf16(&self, offset: usize) -> Option<usize> {
        if offset > self.utf16_len() {
            return None;
        }
        let open = &self.open;
        let start = self.rope.char_to_utf16_cu(open.pos());
        let typed = utf16(open.pieces());
        let pos = if offset <= start {
            self.rope.utf16_cu_to_char(offset)
        } else if offset < start + typed {
            let mut passed = start;
            let letters = open.pieces().into_iter().flat_map(str::chars);
            let within = letters.take_while(|letter| {
                passed += letter.len_utf16();
                passed <= offset
            });
            open.pos() + within.count()
        } else {
            let gone = self.rope.char_to_utf16_cu(open.pos() + open.covers()) - start;
            self.rope.utf16_cu_to_char(offset - typed + gone) - open.covers() + open.len()
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
        if self.open.holds(&range)
            && let [part, ""] | ["", part] = self.open.part(&range)
        {
            return letters(part);
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
        let before = range.start..range.end.min(open.pos());
        if before.start < before.end {
            self.rope.slice(before).chunks().for_each(&mut pass);
        }
        let typed = range.start.max(open.pos())..range.end.min(open.end());
        if typed.start < typed.end {
            open.part(&typed).into_iter().filter(|part| !part.is_empty()).for_each(&mut pass);
        }
        let behind = range.start.max(open.end())..range.end;
        if behind.start < behind.end {
            let moved = |pos| pos - open.len() + open.covers();
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
        self.rope_len = self.len();
        self.open.settle(&mut self.rope);
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
        if !self.open.holds(&range) {
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
        let before = self.rope.slice(..open.pos().min(self.rope_len)).chunks();
        let behind = self.rope.slice((open.pos() + open.covers()).min(self.rope_len)..);
        let typed = open.pieces().into_iter().filter(|typed| !typed.is_empty());
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

fn utf16(pieces: [&str; 2]) -> usize {
    pieces.into_iter().flat_map(str::chars).map(char::len_utf16).sum()
}
