//! The difference of two texts as a patch: by lines first, then by words inside the lines
//! that differ. Nothing here knows about history.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::patch::{Edit, Patch};

/// Differing stretches with more words than this on one side are replaced whole: nobody
/// reads a word-by-word comparison of that size, and finding it takes quadratic time.
const WORDS_MAX: usize = 4_000;

/// How fine a comparison is inside the lines that differ.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Grain {
    /// A changed word goes whole.
    #[default]
    Words,
    /// Of a changed word only the letters go that changed.
    Characters,
}

/// The patch that turns `from` into `to`, by words.
pub fn diff(from: &str, to: &str) -> Patch {
    diff_by(from, to, Grain::Words)
}

/// The patch that turns `from` into `to`, as finely as asked for.
pub fn diff_by(from: &str, to: &str, grain: Grain) -> Patch {
    let old: Vec<&str> = from.split_inclusive('\n').collect();
    let new: Vec<&str> = to.split_inclusive('\n').collect();
    let mut edits = Vec::new();
    let mut pos = 0;
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (_, old_range, new_range) = op.as_tag_tuple();
        let deleted = old[old_range].concat();
        let len = deleted.chars().count();
        if !matches!(op, DiffOp::Equal { .. }) {
            within(pos, &deleted, &new[new_range].concat(), grain, &mut edits);
        }
        pos += len;
    }
    Patch::from_edits(edits).expect("stretches come in order")
}

fn within(mut pos: usize, deleted: &str, inserted: &str, grain: Grain, edits: &mut Vec<Edit>) {
    let parts = |text| match grain {
        Grain::Words => words(text),
        Grain::Characters => characters(text),
    };
    let (old, new) = (parts(deleted), parts(inserted));
    if old.len().max(new.len()) > WORDS_MAX || old.is_empty() || new.is_empty() {
        edits.push(Edit { pos, deleted: deleted.into(), inserted: inserted.into() });
        return;
    }
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (_, old_range, new_range) = op.as_tag_tuple();
        let deleted = old[old_range].concat();
        let len = deleted.chars().count();
        if !matches!(op, DiffOp::Equal { .. }) {
            let inserted = new[new_range].concat().into();
            edits.push(Edit { pos, deleted: deleted.into(), inserted });
        }
        pos += len;
    }
}

/// Runs of letters and digits, and every other character alone.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if first.is_alphanumeric() {
            rest.find(|character: char| !character.is_alphanumeric()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, tail) = rest.split_at(end);
        words.push(word);
        rest = tail;
    }
    words
}

/// Every character alone.
fn characters(text: &str) -> Vec<&str> {
    let end = |(at, character): (usize, char)| &text[at..at + character.len_utf8()];
    text.char_indices().map(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    #[track_caller]
    fn check(from: &str, to: &str, expected: &str) {
        let patch = diff(from, to);
        assert_eq!(format!("{patch:?}"), expected);
        let mut text = Text::from(from);
        text.apply(&patch);
        assert_eq!(text.to_string(), to);
    }

    #[test]
    fn words_are_compared_inside_changed_lines() {
        check("", "", "[]");
        check("", "a", "[@0 -\"\" +\"a\"]");
        check("one two\nthree\n", "one too\nthree\n", "[@4 -\"two\" +\"too\"]");
        check("a\nb\nc\n", "a\nc\n", "[@2 -\"b\\n\" +\"\"]");
        check("größe 1", "größe 2!", "[@6 -\"1\" +\"2!\"]");
    }

    #[test]
    fn letters_are_compared_when_asked_for() {
        let patch = diff_by("the größe", "the größte", Grain::Characters);
        assert_eq!(format!("{patch:?}"), "[@8 -\"\" +\"t\"]");
    }
}
