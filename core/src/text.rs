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

use crate::patch::{Edit, Patch, scalars, split};

/// A text. Cloning shares structure, so that keyframes of a long history are cheap to keep.
///
/// What is being typed stands beside the rope and goes in when somebody writes elsewhere: a
/// keystroke costs a few bytes at the end of a string.
#[derive(Clone, Default)]
pub struct Text {
    rope: Rope,
    open: Splice,
}

/// The longest insert that stands beside the rope, in bytes.
const OPEN_BYTES_MAX: usize = 512;

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

    /// Takes another splice in, of the text after this one; `false` if they do not touch.
    fn take(&mut self, pos: usize, deleted: usize, inserted: &str) -> bool {
        if self.is_empty() {
            self.pos = pos;
        }
        let end = pos + deleted;
        let touches = pos <= self.end() && self.end() <= end;
        if !touches || self.inserted.len() + inserted.len() > OPEN_BYTES_MAX {
            return false;
        }
        // What goes of the text in front, of what was typed, and of the text behind.
        self.deleted += end - self.end();
        if pos < self.pos {
            self.deleted += self.pos - pos;
            self.pos = pos;
            self.inserted.clear();
            self.len = 0;
        } else if pos < self.end() {
            let kept = split(&self.inserted, pos - self.pos).0.len();
            self.inserted.truncate(kept);
            self.len = pos - self.pos;
        }
        self.inserted.push_str(inserted);
        self.len += scalars(inserted);
        true
    }
}

impl Text {
    /// Its length in scalars.
    pub fn len(&self) -> usize {
        self.rope.len_chars() - self.open.deleted + self.open.len
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

    fn each_chunk(&self, range: Range<usize>, mut pass: impl FnMut(&str)) {
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
        if self.open.take(pos, deleted, inserted) {
            return;
        }
        self.settle();
        if !self.open.take(pos, deleted, inserted) {
            // Too long to stand beside the rope.
            self.rope.remove(pos..pos + deleted);
            self.rope.insert(pos, inserted);
        }
    }

    /// Puts `text` in front of the scalar at `pos` and returns the edit that was.
    pub(crate) fn insert(&mut self, pos: usize, text: EcoString) -> Edit {
        self.splice(pos, 0, &text);
        Edit { pos, deleted: EcoString::new(), inserted: text }
    }

    /// Removes `len` scalars from `pos` and returns the edit that was.
    pub(crate) fn remove(&mut self, pos: usize, len: usize) -> Edit {
        let mut deleted = EcoString::new();
        self.each_chunk(pos..pos + len, |chunk| deleted.push_str(chunk));
        self.splice(pos, len, "");
        Edit { pos, deleted, inserted: EcoString::new() }
    }

    /// The text in pieces, without copying it together.
    pub fn chunks(&self) -> impl Iterator<Item = &str> {
        let open = &self.open;
        let before = self.rope.slice(..open.pos.min(self.rope.len_chars())).chunks();
        let behind = self.rope.slice((open.pos + open.deleted).min(self.rope.len_chars())..);
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
        Self { rope: Rope::from_str(text), open: Splice::default() }
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

fn utf16(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}
