//! The difference of two texts as a patch: by lines first, then by words inside the lines
//! that differ. Nothing here knows about history.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::patch::{Edit, Patch};

/// Differing stretches with more words than this on one side are replaced whole: nobody
/// reads a word-by-word comparison of that size, and finding it takes quadratic time.
const WORDS_MAX: usize = 4_000;

/// The patch that turns `from` into `to`.
pub fn diff(from: &str, to: &str) -> Patch {
    let old: Vec<&str> = from.split_inclusive('\n').collect();
    let new: Vec<&str> = to.split_inclusive('\n').collect();
    let mut edits = Vec::new();
    let mut pos = 0;
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (_, old_range, new_range) = op.as_tag_tuple();
        let deleted = old[old_range].concat();
        let len = deleted.chars().count();
        if !matches!(op, DiffOp::Equal { .. }) {
            by_words(pos, &deleted, &new[new_range].concat(), &mut edits);
        }
        pos += len;
    }
    Patch::from_edits(edits).expect("stretches come in order")
}

fn by_words(mut pos: usize, deleted: &str, inserted: &str, edits: &mut Vec<Edit>) {
    let (old, new) = (words(deleted), words(inserted));
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
}
