//! The difference of two texts as a patch: by lines first, then by words inside the lines
//! that differ. Nothing here knows about history.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::patch::{Edit, Patch};

/// Differing stretches with more words than this on one side are replaced whole: nobody
/// reads a word-by-word comparison of that size, and finding it takes quadratic time.
const WORDS_MAX: usize = 4_000;

/// A piece that stayed and has more letters than this is shown as what stayed, between whatever
/// two changes.
const KEPT_LETTERS_MAX: usize = 20;

/// How fine a comparison is inside the lines that differ.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Grain {
    /// As words, but where most of a passage changed it goes in one piece, the few words between
    /// that stayed included: what is read is one phrase removed and one added.
    #[default]
    Phrases,
    /// A changed word goes whole, and nothing goes that stayed.
    Words,
    /// Of a changed word only the letters go that changed.
    Characters,
}

/// The patch that turns `from` into `to`, by words: for what is done to a text.
pub fn diff(from: &str, to: &str) -> Patch {
    diff_by(from, to, Grain::Words)
}

/// The patch that turns `from` into `to`, as finely as asked for: for what is read.
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
        Grain::Phrases | Grain::Words => words(text),
        Grain::Characters => characters(text),
    };
    let (old, new) = (parts(deleted), parts(inserted));
    if old.len().max(new.len()) > WORDS_MAX || old.is_empty() || new.is_empty() {
        edits.push(Edit { pos, deleted: deleted.into(), inserted: inserted.into() });
        return;
    }
    let mut changes: Vec<Change> = Vec::new();
    let mut kept = String::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (_, old_range, new_range) = op.as_tag_tuple();
        let deleted = old[old_range].concat();
        let len = deleted.chars().count();
        if let DiffOp::Equal { .. } = op {
            kept = deleted;
        } else {
            let inserted = new[new_range].concat();
            changes.push(Change { kept: std::mem::take(&mut kept), pos, deleted, inserted });
            while grain == Grain::Phrases && join_last(&mut changes) {}
        }
        pos += len;
    }
    edits.extend(changes.into_iter().map(|change| Edit {
        pos: change.pos,
        deleted: change.deleted.into(),
        inserted: change.inserted.into(),
    }));
}

/// A change inside of lines that differ, and what stayed in front of it.
struct Change {
    kept: String,
    pos: usize,
    deleted: String,
    inserted: String,
}

impl Change {
    fn letters(&self) -> usize {
        letters(&self.deleted).max(letters(&self.inserted))
    }
}

/// Makes one change of the last two if what stayed between them is only in the way of reading.
fn join_last(changes: &mut Vec<Change>) -> bool {
    let [.., one, next] = &changes[..] else { return false };
    // Where text only comes, or only goes, nothing alternates.
    let only_comes = one.deleted.is_empty() && next.deleted.is_empty();
    let only_goes = one.inserted.is_empty() && next.inserted.is_empty();
    let kept = letters(&next.kept);
    let is_short = kept == 0 || kept < one.letters().min(next.letters()).min(KEPT_LETTERS_MAX + 1);
    if only_comes || only_goes || !is_short || next.kept.contains('\n') {
        return false;
    }
    let next = changes.pop().expect("there are two");
    let one = changes.last_mut().expect("there are two");
    for (side, more) in [(&mut one.deleted, next.deleted), (&mut one.inserted, next.inserted)] {
        side.push_str(&next.kept);
        side.push_str(&more);
    }
    true
}

/// How much of a text one sees.
fn letters(text: &str) -> usize {
    text.chars().filter(|letter| !letter.is_whitespace()).count()
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
    fn what_changed_for_the_most_part_is_read_as_phrases() {
        #[track_caller]
        fn check(from: &str, to: &str, expected: &str) {
            let patch = diff_by(from, to, Grain::Phrases);
            assert_eq!(format!("{patch:?}"), expected);
            let mut text = Text::from(from);
            text.apply(&patch);
            assert_eq!(text.to_string(), to);
        }
        // White space between changed words, and a word that is shorter than what changed.
        check("one two", "eins zwei", r#"[@0 -"one two" +"eins zwei"]"#);
        check(
            "the quick brown fox jumps away",
            "a lazy brown dog sleeps here",
            r#"[@0 -"the quick brown fox jumps away" +"a lazy brown dog sleeps here"]"#,
        );
        // What stayed and is as long as one of the changes is seen to have stayed.
        check("one three two", "1 three 2", r#"[@0 -"one" +"1", @10 -"two" +"2"]"#);
        check("so it was", "so it is, too", r#"[@6 -"was" +"is, too"]"#);
        let stays = "x".repeat(21);
        check(
            &format!("{}{stays} {}", "a ".repeat(30), "b ".repeat(30)),
            &format!("{}{stays} {}", "c ".repeat(30), "d ".repeat(30)),
            &format!(
                r#"[@0 -"{}" +"{}", @82 -"{}" +"{}"]"#,
                "a ".repeat(30).trim_end(),
                "c ".repeat(30).trim_end(),
                "b ".repeat(30).trim_end(),
                "d ".repeat(30).trim_end(),
            ),
        );
        // Where text only comes or only goes, every piece is readable by itself.
        check("a c e", "a b c d e", r#"[@2 -"" +"b ", @4 -"" +"d "]"#);
        check("a b c d e", "a c e", r#"[@2 -"b " +"", @5 -" d" +""]"#);
        // A ticked task is a change of its own, and so is each line.
        check("- [ ] do it", "- [x] done it", r#"[@3 -" " +"x", @6 -"do" +"done"]"#);
        check("one\ntwo\n", "eins\nzwei\n", r#"[@0 -"one" +"eins", @4 -"two" +"zwei"]"#);
    }

    #[test]
    fn letters_are_compared_when_asked_for() {
        let patch = diff_by("the größe", "the größte", Grain::Characters);
        assert_eq!(format!("{patch:?}"), "[@8 -\"\" +\"t\"]");
    }
}
