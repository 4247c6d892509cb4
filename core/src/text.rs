//! The text of a document at one version: a rope, and the only conversions between
//! scalars, UTF-16 units and lines. Nothing here knows why the text changed.
//!
//! Everywhere in core a position counts Unicode scalar values. The browser counts UTF-16
//! code units; this file is the one place where the two meet.

use std::fmt;
use std::ops::Range;

use ropey::Rope;

use crate::patch::{Edit, Patch};

/// A text. Cloning takes constant time and shares structure, so that keyframes of a long
/// history are cheap to keep.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text {
    rope: Rope,
}

impl Text {
    /// Its length in scalars.
    pub fn len(&self) -> usize {
        self.rope.len_chars()
    }

    /// Whether it has no scalars.
    pub fn is_empty(&self) -> bool {
        self.rope.len_bytes() == 0
    }

    /// Its length in UTF-16 code units.
    pub fn utf16_len(&self) -> usize {
        self.rope.len_utf16_cu()
    }

    /// The UTF-16 offset of a scalar position. Positions past the end give the end.
    pub fn utf16_of(&self, pos: usize) -> usize {
        self.rope.char_to_utf16_cu(pos.min(self.len()))
    }

    /// The scalar position of a UTF-16 offset; `None` inside a surrogate pair or past the end.
    pub fn pos_of_utf16(&self, utf16: usize) -> Option<usize> {
        if utf16 > self.utf16_len() {
            return None;
        }
        let pos = self.rope.utf16_cu_to_char(utf16);
        (self.rope.char_to_utf16_cu(pos) == utf16).then_some(pos)
    }

    /// How many lines it has; a text without a line break has one.
    pub fn line_count(&self) -> usize {
        self.rope.len_lines()
    }

    /// The 0-based line that holds a position.
    pub fn line_of(&self, pos: usize) -> usize {
        self.rope.char_to_line(pos.min(self.len()))
    }

    /// The part between two positions; what lies past the end is left out.
    pub fn slice(&self, range: Range<usize>) -> String {
        let end = range.end.min(self.len());
        self.rope.slice(range.start.min(end)..end).to_string()
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
            end <= self.len() && self.rope.slice(edit.pos..end) == edit.deleted.as_str()
        })
    }

    /// Removes `deleted` scalars from `pos` and puts `inserted` there.
    pub(crate) fn splice(&mut self, pos: usize, deleted: usize, inserted: &str) {
        if deleted > 0 {
            self.rope.remove(pos..pos + deleted);
        }
        if !inserted.is_empty() {
            self.rope.insert(pos, inserted);
        }
    }

    /// Puts `text` in front of the scalar at `pos` and returns the edit that was.
    pub(crate) fn insert(&mut self, pos: usize, text: &str) -> Edit {
        self.rope.insert(pos, text);
        Edit { pos, deleted: String::new(), inserted: text.to_owned() }
    }

    /// Removes `len` scalars from `pos` and returns the edit that was.
    pub(crate) fn remove(&mut self, pos: usize, len: usize) -> Edit {
        let deleted = self.slice(pos..pos + len);
        self.rope.remove(pos..pos + len);
        Edit { pos, deleted, inserted: String::new() }
    }

    /// The text in pieces, without copying it together.
    pub fn chunks(&self) -> impl Iterator<Item = &str> {
        self.rope.chunks()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { rope: Rope::from_str(text) }
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
