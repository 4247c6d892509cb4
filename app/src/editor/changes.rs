//! What changed between two texts, as marks in one or in both of them. What counts as a change
//! is the core's knowledge.

use palimpsest_core::{Edit, Patch, Text};

use crate::editor::bridge::{Mark, MarkKind};
use crate::editor::units;
use crate::timeline::Found;
use crate::words::machine as words;

/// Deleted text longer than this is not drawn while one steps through time: the page would jump.
const REMOVED_SCALARS_MAX: usize = 400;

/// What one edit did, in the text after it, and where its last change is. In the colour of its
/// author; with `ghosts` also what it deleted.
pub(super) fn of_edit(
    patch: &Patch,
    after: &Text,
    colour: Option<&String>,
    ghosts: bool,
) -> (Vec<Mark>, Option<usize>) {
    let (mut marks, mut reveal) = (Vec::new(), None);
    for (edit, start) in placed(patch) {
        let inserted = edit.inserted.chars().count();
        let deleted = edit.deleted.chars().count();
        let from = units::utf16_within(after, start);
        let to = units::utf16_within(after, start + inserted);
        reveal.get_or_insert(to);
        if from < to {
            let (kind, colour) = (MarkKind::Changed, colour.cloned());
            marks.push(Mark { kind, from, to, text: None, colour });
        }
        if ghosts && (1..=REMOVED_SCALARS_MAX).contains(&deleted) {
            let text = Some(edit.deleted.to_string());
            marks.push(Mark { kind: MarkKind::Removed, from: to, to, text, colour: None });
        }
        marks.extend(ticked(edit, after, start));
    }
    (marks, reveal)
}

/// What a patch does: marks in the text before it that show everything, with what comes drawn
/// into it; marks in the text after it that show only what came; and what there is to count.
pub(super) fn between(patch: &Patch, before: &Text, after: &Text) -> (Vec<Mark>, Vec<Mark>, Found) {
    let (mut old, mut new, mut found) = (Vec::new(), Vec::new(), Found::default());
    for (edit, start) in placed(patch) {
        let (inserted, deleted) = (edit.inserted.chars().count(), edit.deleted.chars().count());
        found.added += inserted;
        found.removed += deleted;
        let from = units::utf16_within(before, edit.pos);
        let to = units::utf16_within(before, edit.pos + deleted);
        let from_new = units::utf16_within(after, start);
        let to_new = units::utf16_within(after, start + inserted);
        found.places.push((from, from_new));
        if from < to {
            old.push(Mark { kind: MarkKind::Removed, from, to, text: None, colour: None });
        }
        if inserted > 0 {
            let text = Some(edit.inserted.to_string());
            old.push(Mark { kind: MarkKind::Added, from: to, to, text, colour: None });
            let (kind, from, to) = (MarkKind::Added, from_new, to_new);
            new.push(Mark { kind, from, to, text: None, colour: None });
        }
        old.extend(ticked(edit, before, edit.pos));
        new.extend(ticked(edit, after, start));
    }
    (old, new, found)
}

/// The edits of a patch, each with its place in the text after it.
pub(super) fn placed(patch: &Patch) -> impl Iterator<Item = (&Edit, usize)> {
    // Edits speak of the text before the patch; `shift` is how far what precedes one moved it.
    let mut shift = 0isize;
    patch.edits().iter().map(move |edit| {
        let start = edit.pos.saturating_add_signed(shift);
        shift += edit.inserted.chars().count() as isize - edit.deleted.chars().count() as isize;
        (edit, start)
    })
}

/// Whether an edit ticks a task or opens it again: the box that is drawn hides the letter. `text`
/// is the text before the edit or after it, and `pos` the edit's place there.
fn ticked(edit: &Edit, text: &Text, pos: usize) -> Option<Mark> {
    let letter = |text: &str| match text {
        " " | "[ ]" => Some(false),
        "x" | "X" | "[x]" | "[X]" => Some(true),
        _ => None,
    };
    let (before, after) = (letter(&edit.deleted)?, letter(&edit.inserted)?);
    let inside = edit.inserted.chars().count() == 1;
    let start = if inside { pos.checked_sub(1)? } else { pos };
    let end = start + 3;
    if before == after || end > text.len() {
        return None;
    }
    let sign = text.slice(start..end);
    if !matches!(sign.as_str(), "[ ]" | "[x]" | "[X]") {
        return None;
    }
    let (kind, words) = match after {
        true => (MarkKind::Ticked, words::TICKED),
        false => (MarkKind::Unticked, words::UNTICKED),
    };
    let from = units::utf16_within(text, end);
    Some(Mark { kind, from, to: from, text: Some(words.to_owned()), colour: None })
}
