//! What is said where the past is looked into: the life of a text, the search, what is new,
//! taking back, the ledger, the events.

use crate::words::{counted, edits, number};

pub(crate) const LIFE: &str = "Life of this text";
pub(crate) const LIFE_HINT: &str =
    "Select words, or put the caret into a sentence, and look again.";
pub(crate) const LOOK_AGAIN: &str = "Look at the selection";
pub(crate) const WHO_WROTE_IT: &str = "Who wrote it";
pub(crate) const DELETED_HERE: &str = "Deleted here";
pub(crate) const NOTHING_DELETED: &str = "Nothing was ever deleted here.";
pub(crate) const WORDINGS: &str = "Every wording, the last first";
pub(crate) const GONE_SINCE: &str = "Nothing of it was left";
pub(crate) const GO_THERE: &str = "Go to that moment";
pub(crate) const EACH_STEP: &str = "Every step";
pub(crate) const LOOKING: &str = "Looking…";

pub(crate) const SEARCH_PAST: &str = "Search, past text too";
pub(crate) const SEARCH_TITLE: &str = "Search";
pub(crate) const SEARCH_HINT: &str = "Words that stand in a document, or ever stood. Everything on \
    this device is searched, also without a network.";
pub(crate) const SEARCH_NOTHING: &str = "These words never stood in a document of this device.";
pub(crate) const SEARCH_RESULTS: &str = "Results";

pub(crate) const SINCE_TITLE: &str = "Since you were last here";
pub(crate) const SINCE_REPLAY: &str = "Replay in ten seconds";
pub(crate) const SINCE_SHOW: &str = "Show changes";
pub(crate) const SINCE_WHO: &str = "Who did what";
pub(crate) const SINCE_WHAT: &str = "What is different";
pub(crate) const SINCE_SAME: &str = "The text reads as it did.";
pub(crate) const SINCE_NOTHING: &str = "Nobody else changed anything since you were last here.";
pub(crate) const DISMISS: &str = "Dismiss";

pub(crate) const TAKE_BACK: &str = "Take back…";
pub(crate) const TAKE_BACK_TITLE: &str = "Take back edits";
pub(crate) const TAKE_BACK_CHOOSE: &str = "Choose whose edits, which sitting, or which paste. What \
    was written by others or later stays, and you see first what would change.";
pub(crate) const TAKE_BACK_THESE: &str = "Take back these edits";
pub(crate) const TAKE_BACK_NOTHING: &str =
    "Nothing of these edits is left to take back: others have changed all of it since.";
pub(crate) const TAKEN_BACK: &str = "Taken back.";
pub(crate) const PREVIEW: &str = "What would change";
pub(crate) const BY_PERSON: &str = "People";
pub(crate) const BY_SITTING: &str = "Sittings";
pub(crate) const BY_MARK: &str = "Pastes and other edits that were not typed";
pub(crate) const CHOOSE_OTHERS: &str = "Choose other edits";
pub(crate) const WENT_ON: &str = "The document went on meanwhile. Here is the new preview.";

pub(crate) const LEDGER: &str = "Where your edits are";
pub(crate) const LEDGER_PAGE: &str = "Only in this page";
pub(crate) const LEDGER_DEVICE: &str = "On this device";
pub(crate) const LEDGER_SERVER: &str = "On the server";
pub(crate) const LEDGER_ALL_SAFE: &str = "Every edit of yours is on the server.";
pub(crate) const LEDGER_NOBODY: &str = "Nobody else who is here has told yet that they hold them.";
pub(crate) const LEDGER_SEEN: &str = "Seen by";
pub(crate) const LEDGER_COPY: &str = "Download a copy";
pub(crate) const LEDGER_MARKDOWN: &str = "As Markdown";
pub(crate) const LEDGER_LOG: &str = "With its whole history";
pub(crate) const LEDGER_PAGE_NOTE: &str = "Keep this page open: these would be lost if it closed.";
pub(crate) const LEDGER_DEVICE_NOTE: &str =
    "Kept here, also when the page closes. The server gets them as soon as it is reached.";

pub(crate) const EVENTS: &str = "Events";
pub(crate) const EVENTS_LIST: &str = "All events";
pub(crate) const ALL_KINDS: &str = "All kinds";
pub(crate) const KIND: &str = "Kind";
pub(crate) const ALL_AUTHORS: &str = "All authors";
pub(crate) const AUTHOR: &str = "Author";
pub(crate) const CONTAINS: &str = "Contains";
pub(crate) const REPLAY_FROM_HERE: &str = "Replay from here";
pub(crate) const COPY_JSON: &str = "Copy as JSON";
pub(crate) const JSON_COPIED: &str = "Event copied";
pub(crate) const PARENTS: &str = "Made on";
pub(crate) const CAUSE: &str = "Because of";
pub(crate) const NO_EVENTS: &str = "No event is like that.";

/// "12 edits by Ana and Jonas since Tue 17 Nov".
pub(crate) fn since(n: u64, names: &[String], day: &str) -> String {
    format!("{} by {} since {day}", edits(n), listed(names))
}

/// "Ana", "Ana and Jonas", "Ana, Jonas and 3 others".
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        [one, other, third] => format!("{one}, {other} and {third}"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} others", rest.len()),
    }
}

/// "4 edits, 120 characters in, 3 out".
pub(crate) fn done(n: u64, inserted: usize, deleted: usize) -> String {
    let mut said = edits(n);
    if inserted > 0 {
        said.push_str(&format!(" · {} added", number(inserted as u64)));
    }
    if deleted > 0 {
        said.push_str(&format!(" · {} deleted", number(deleted as u64)));
    }
    said
}

/// "4 edits, 120 characters in and out".
pub(crate) fn worked(n: u64, characters: usize) -> String {
    format!("{} · {}", edits(n), counted(characters as u64, "character", "characters"))
}

/// The kinds of events that one can look for.
pub(crate) const KINDS: [&str; 14] = [
    "Text",
    "Pasted",
    "Imported",
    "Restored",
    "Taken back",
    "Done again",
    "Replaced",
    "Document made",
    "Title",
    "Version named",
    "Comment",
    "Reply",
    "Archived",
    "Brought back",
];

/// "1 place now · 2 places in the past".
pub(crate) fn places(now: usize, past: usize) -> String {
    let place = |n: usize| counted(n as u64, "place", "places");
    format!("{} now · {} in the past", place(now), place(past))
}

/// "Looked through 3 of 12 documents".
pub(crate) fn progress(done: usize, total: usize) -> String {
    format!("Looked through {done} of {}", counted(total as u64, "document", "documents"))
}

/// "removed by Ana, lived 9 Nov – 17 Nov".
pub(crate) fn lived(by: &str, from: &str, to: &str) -> String {
    if from == to {
        format!("removed by {by}, lived on {from}")
    } else {
        format!("removed by {by}, lived {from} – {to}")
    }
}

/// "written by Ana, 9 Nov".
pub(crate) fn stands(by: &str, from: &str) -> String {
    format!("stands there now, since {from}, by {by}")
}

/// "and 12 more places"
pub(crate) fn more_places(n: usize) -> String {
    format!("and {} more", counted(n as u64, "place", "places"))
}

/// What a taking back does, in one sentence.
pub(crate) fn taking(removed: usize, returned: usize) -> String {
    let characters = |n: usize| counted(n as u64, "character goes", "characters go");
    let back = |n: usize| counted(n as u64, "character comes", "characters come");
    match (removed, returned) {
        (removed, 0) => format!("{}.", characters(removed)),
        (0, returned) => format!("{} back.", back(returned)),
        (removed, returned) => format!("{}, {} back.", characters(removed), back(returned)),
    }
}

/// What of it is left alone.
pub(crate) fn left_alone(gone: usize, stay_away: usize) -> Option<String> {
    let characters = |n: usize| counted(n as u64, "character", "characters");
    match (gone, stay_away) {
        (0, 0) => None,
        (gone, 0) => {
            Some(format!("{} of theirs were deleted by others already.", characters(gone)))
        }
        (0, away) => Some(format!(
            "{} that they deleted stay away: others deleted them too.",
            characters(away)
        )),
        (gone, away) => Some(format!(
            "{} of theirs were deleted by others already; {} that they deleted stay away, since \
             others deleted them too.",
            characters(gone),
            characters(away)
        )),
    }
}

/// "3 edits only in this page".
pub(crate) fn place_heading(place: &str, n: usize) -> String {
    format!("{place} · {}", edits(n as u64))
}

/// "everything", "up to edit 12".
pub(crate) fn holds(name: &str, up_to: u64, last: u64) -> String {
    if up_to >= last {
        format!("{name} has everything")
    } else {
        format!("{name} has everything up to edit {}", number(up_to))
    }
}

/// "12,000 of 259,778 events".
pub(crate) fn events_shown(shown: usize, all: usize) -> String {
    if shown == all {
        return counted(all as u64, "event", "events");
    }
    format!("{} of {}", number(shown as u64), counted(all as u64, "event", "events"))
}

pub(crate) const EDIT: &str = "edit";

/// "12 characters deleted".
pub(crate) fn deleted(n: usize) -> String {
    format!("{} deleted", counted(n as u64, "character", "characters"))
}

/// What kind of event it is, in words.
pub(crate) fn kind(kind: &str) -> &str {
    match kind {
        "DocumentCreated" => "Document made",
        "TextEdited" => "Text",
        "TitleChanged" => "Title",
        "FolderChanged" => "Folder",
        "VersionNamed" => "Version named",
        "DocumentArchived" => "Archived",
        "DocumentRestored" => "Brought back",
        "CommentAdded" => "Comment",
        "CommentEdited" => "Comment changed",
        "CommentReplied" => "Reply",
        "CommentResolved" => "Thread resolved",
        "CommentReopened" => "Thread reopened",
        "CommentDeleted" => "Comment deleted",
        other => other,
    }
}

/// Why an event came about, in a word; empty if it was typed.
pub(crate) fn intent(intent: palimpsest_core::Intent) -> &'static str {
    use palimpsest_core::Intent;
    match intent {
        Intent::Typed => "",
        Intent::Pasted => "Pasted",
        Intent::Imported => "Imported",
        Intent::Restored(_) => "Restored",
        Intent::Undone => "Taken back",
        Intent::Redone => "Done again",
        Intent::Replaced => "Replaced",
        Intent::Accepted => "Accepted",
        Intent::Other(_) => "Other",
    }
}
