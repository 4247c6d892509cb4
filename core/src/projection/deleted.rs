//! Deleted text: everything that was ever taken out, to be searched. What is still there is
//! searched in the text itself.

use crate::event::Revision;
use crate::projection::read_model::{Deed, ReadModel};
use crate::text::Text;

/// All text that was deleted, deletion by deletion.
///
/// # Laws
/// - A deletion's text is what the text before it had there.
#[derive(Clone, Default, Debug)]
pub struct Deleted {
    text: Text,
    /// What every deletion took, one after the other.
    buffer: String,
    deletions: Vec<Deletion>,
}

#[derive(Clone, Copy, Debug)]
struct Deletion {
    /// Where its text starts in the buffer, in bytes.
    start: usize,
    revision: u64,
    revisions: usize,
    pos: usize,
}

/// A deletion whose text contains what was looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found<'a> {
    /// The last revision that still had all of it.
    pub before: Revision,
    /// The first revision that has none of it.
    pub after: Revision,
    /// Where it stood, in scalars.
    pub pos: usize,
    /// All that was deleted there.
    pub text: &'a str,
}

impl Deleted {
    /// The deletions whose text contains `words`, upper and lower case being the same, the
    /// newest first.
    pub fn search<'a>(&'a self, words: &str) -> impl Iterator<Item = Found<'a>> + use<'a> {
        let words = words.to_lowercase();
        let found = (0..self.deletions.len()).rev().map(|at| self.deletion(at));
        found.filter(move |found| {
            !words.is_empty() && found.text.to_lowercase().contains(words.as_str())
        })
    }

    /// Every deletion, the oldest first.
    pub fn all(&self) -> impl Iterator<Item = Found<'_>> {
        (0..self.deletions.len()).map(|at| self.deletion(at))
    }

    fn deletion(&self, at: usize) -> Found<'_> {
        let Deletion { start, revision, revisions, pos } = self.deletions[at];
        let end = self.deletions.get(at + 1).map_or(self.buffer.len(), |next| next.start);
        Found {
            before: Revision(revision - 1),
            after: Revision(revision + revisions as u64 - 1),
            pos,
            text: &self.buffer[start..end],
        }
    }
}

impl ReadModel for Deleted {
    fn apply(&mut self, deed: &Deed<'_>) {
        if deed.deleted > 0 {
            let Deed { revision: Revision(revision), revisions, pos, .. } = *deed;
            let start = self.buffer.len();
            self.deletions.push(Deletion { start, revision, revisions, pos });
            self.buffer.push_str(&self.text.slice(pos..pos + deed.deleted));
        }
        self.text.splice(deed.pos, deed.deleted, deed.inserted);
    }
}
