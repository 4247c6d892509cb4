//! The words of the time machine that are not part of the public contract in `words`.

use crate::words::{counted, number};

// The line of time.
pub(crate) const AXIS: &str = "What the line shows";
pub(crate) const AXIS_SESSIONS: &str = "Sessions";
pub(crate) const AXIS_EDITS: &str = "Edits";
pub(crate) const AXIS_CLOCK: &str = "Clock";
pub(crate) const AXIS_SESSIONS_HINT: &str = "Edits, with gaps where work was interrupted";
pub(crate) const AXIS_EDITS_HINT: &str = "Every edit as wide as any other";
pub(crate) const AXIS_CLOCK_HINT: &str = "The clock, without the pauses";
pub(crate) const CLOSER: &str = "Zoom in";
pub(crate) const FARTHER: &str = "Zoom out";
pub(crate) const WHOLE_LINE: &str = "Show the whole line";
pub(crate) const MARKS_ON_LINE: &str = "Marks on the line";
pub(crate) const COMPARED_WITH: &str = "Compared with";
pub(crate) const FINE_HALF: &str = "Fine: half speed";
pub(crate) const FINE_FIFTH: &str = "Fine: a fifth";
pub(crate) const FINE_TWENTIETH: &str = "Very fine: a twentieth";
pub(crate) const FINE_HINT: &str = "Move away from the line to go slower";

// Flags.
pub(crate) const FLAG_VERSION: &str = "Named version";
pub(crate) const FLAG_RESTORED: &str = "Restored an earlier version";
pub(crate) const FLAG_COMMENT: &str = "Comment";
pub(crate) const FLAG_PASTED: &str = "Pasted text";
pub(crate) const FLAG_IMPORTED: &str = "Imported";
pub(crate) const FLAG_OFFLINE: &str = "Written offline";
pub(crate) const FLAG_REPLACED: &str = "Replaced text";
pub(crate) const FLAG_ACCEPTED: &str = "Accepted a suggestion";
pub(crate) const FLAG_UNDONE: &str = "Undone or redone";

// Playing.
pub(crate) const BY_EDITS: &str = "By edits";
pub(crate) const BY_CLOCK: &str = "By the clock";
pub(crate) const SKIP_IDLE: &str = "Skip idle";
pub(crate) const SKIP_IDLE_HINT: &str = "Skip pauses when playing by the clock";
pub(crate) const SKIPPED_ANYWAY: &str = "Played by edits, pauses take no time";
pub(crate) const IN_TEN_SECONDS: &str = "Play in 10 seconds";
pub(crate) const PLAY_OR_PAUSE: &str = "Play or pause";

// The view of the past.
pub(crate) const FOLLOW: &str = "Follow changes";
pub(crate) const FOLLOW_SHORT: &str = "Follow";
pub(crate) const AUTHORS: &str = "Authors";
pub(crate) const AUTHORS_HINT: &str = "Colour the text by who wrote it";
pub(crate) const WHO_WROTE: &str = "Who wrote this text";
/// Together they say `COPY_MOMENT`; the second part is left out where there is little room.
pub(crate) const COPY_LINK: &str = "Copy link";
pub(crate) const TO_THIS_MOMENT: &str = " to this moment";
pub(crate) const BESIDE_NOW: &str = "Now beside";
pub(crate) const BESIDE_NOW_HINT: &str = "The present goes on beside the past";
pub(crate) const THEN_PANE: &str = "Then";
pub(crate) const NOW_PANE: &str = "Now";
pub(crate) const LATER_TEXT: &str = "Text of the later moment";
pub(crate) const COPY_INTO_NOW: &str = "Copy into now";
pub(crate) const COPY_INTO_NOW_HINT: &str =
    "Writes the selected text where your caret was last, or where it would stand now";
pub(crate) const COPIED_INTO_NOW: &str = "Copied into now.";
pub(crate) const NOTHING_SELECTED: &str = "Select text of the past first.";

// Waiting for the past.
pub(crate) const WAITING: &str = "Going there: the history is being read…";
pub(crate) const MOMENT_CORRECTED: &str =
    "There is no such moment. The address was corrected; here is the document as of now.";
pub(crate) const RANGE_CORRECTED: &str =
    "There is no such moment. The address was corrected; here is what changed until now.";

// Comparing.
pub(crate) const COMPARISON: &str = "Comparison";
pub(crate) const COMPARE_TWO: &str = "Compare two moments";
pub(crate) const PREVIOUS_CHANGE: &str = "Previous change";
pub(crate) const NEXT_CHANGE: &str = "Next change";
pub(crate) const LAYOUT: &str = "Layout";
pub(crate) const INLINE: &str = "Inline";
pub(crate) const SIDE_BY_SIDE: &str = "Side by side";
pub(crate) const GRAIN: &str = "How fine";
pub(crate) const WORDS: &str = "Words";
pub(crate) const LETTERS: &str = "Letters";
pub(crate) const STOP_COMPARING: &str = "Stop comparing";
pub(crate) const COPY_RANGE: &str = "Copy link to this range";
pub(crate) const COPY_PLAYING: &str = "Copy link that plays";
pub(crate) const LOOKING: &str = "Comparing…";
pub(crate) const SAME_TEXT: &str = "Both texts are the same";
pub(crate) const NOW_WORD: &str = "now";

pub(crate) const TICKED: &str = "Ticked";
pub(crate) const UNTICKED: &str = "Opened again";

// Restoring.
pub(crate) const RESTORE: &str = "Restore";
pub(crate) const RESTORE_SAME: &str = "The text is already as it was then.";
pub(crate) const RESTORE_PROMISE: &str = "This is one new edit on top. Others keep their work and \
    their comments, and you can undo it.";
pub(crate) const RESTORE_CHANGES: &str = "What restoring would change";

// The panel of versions and marks.
pub(crate) const MOMENTS: &str = "Versions and marks";
pub(crate) const VERSIONS_SHORT: &str = "Versions";
pub(crate) const VERSIONS: &str = "Named versions";
pub(crate) const NO_VERSIONS: &str = "No version has a name yet.";
pub(crate) const MARKS: &str = "Marks";
pub(crate) const NO_MARKS: &str = "Nothing but typing so far.";
pub(crate) const REMOVE_SHORT: &str = "Remove";
pub(crate) const REMOVE_NAME: &str = "Remove name";
pub(crate) const NAME_REMOVED: &str = "Name removed.";
pub(crate) const RENAME_VERSION: &str = "Rename version";
pub(crate) const RENAME_TEXT: &str =
    "The name marks this moment on the timeline for everyone. Without one it is not marked.";

// Actions.
pub(crate) const PREVIOUS_MARK: &str = "Previous mark or named version";
pub(crate) const NEXT_MARK: &str = "Next mark or named version";
pub(crate) const PREVIOUS_SESSION: &str = "Previous session";
pub(crate) const NEXT_SESSION: &str = "Next session";
pub(crate) const PREVIOUS_AUTHOR: &str = "Previous author";
pub(crate) const NEXT_AUTHOR: &str = "Next author";
pub(crate) const FIRST_EDIT: &str = "First edit";

/// "Pasted text by Ana".
pub(crate) fn flag(what: &str, who: &str) -> String {
    format!("{what} by {who}")
}

/// "Comment by Jonas: Does a translator count?"
pub(crate) fn said(who: &str, text: &str) -> String {
    format!("{} by {who}: {text}", FLAG_COMMENT)
}

/// "v1 agreed and 3 more".
pub(crate) fn and_more(label: &str, others: usize) -> String {
    match others {
        0 => label.to_owned(),
        n => format!("{label} and {} more", number(n as u64)),
    }
}

/// "8×", for the list of speeds.
pub(crate) fn times(n: f64) -> String {
    format!("{n}×")
}

/// "Real time", "Real time 5×".
pub(crate) fn real_time(times: f64) -> String {
    if times == 1.0 { "Real time".to_owned() } else { format!("Real time {times}×") }
}

/// "12 added, 3 removed until Tue 17 Nov, 14:02:11", in characters.
pub(crate) fn until_then(added: usize, removed: usize, then: &str) -> String {
    format!("{} added, {} removed until {then}", number(added as u64), number(removed as u64))
}

/// "wrote 12 characters and removed 3".
pub(crate) fn wrote(inserted: usize, deleted: usize) -> String {
    let some = |n: usize| counted(n as u64, "character", "characters");
    match (inserted, deleted) {
        (0, 0) => String::new(),
        (inserted, 0) => format!("{} written", some(inserted)),
        (0, deleted) => format!("{} removed", some(deleted)),
        (inserted, deleted) => {
            format!("{} written, {} removed", some(inserted), number(deleted as u64))
        }
    }
}

/// "Session 3 of 7".
pub(crate) fn session(nth: usize, of: usize) -> String {
    format!("Session {} of {}", number(nth as u64), number(of as u64))
}

/// "Change 2 of 7".
pub(crate) fn change_of(nth: Option<usize>, of: usize) -> String {
    match nth {
        Some(nth) => format!("Change {} of {}", number(nth as u64 + 1), number(of as u64)),
        None => counted(of as u64, "change", "changes"),
    }
}

/// "Restoring would add 12 characters and remove 3, at 2 places."
pub(crate) fn would_change(added: usize, removed: usize, places: usize) -> String {
    format!(
        "Restoring would add {} and remove {}, at {}.",
        counted(added as u64, "character", "characters"),
        number(removed as u64),
        counted(places as u64, "place", "places")
    )
}

/// "and 12 more places".
pub(crate) fn more_places(n: usize) -> String {
    format!("and {}", counted(n as u64, "more place", "more places"))
}

/// "“v1 agreed”, " before a moment that has a name.
pub(crate) fn named(name: &str) -> String {
    format!("“{name}”, ")
}

/// "Around then: Jonas, Mira."
pub(crate) fn around(names: &str) -> String {
    format!("Around then: {names}.")
}

/// "Ana, Tue 17 Nov, 14:02:11", over a word of the text.
pub(crate) fn written_by(who: &str, when: &str) -> String {
    format!("{who}, {when}")
}

/// "Remove the name “v1 agreed”".
pub(crate) fn remove_name(name: &str) -> String {
    format!("{REMOVE_NAME} “{name}”")
}

/// "Rename “v1 agreed”".
pub(crate) fn rename(name: &str) -> String {
    format!("Rename “{name}”")
}
