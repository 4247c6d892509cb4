//! Every English word of the interface, in one place, and the phrases made of numbers.
//! Dates are put into words by `when`.

use palimpsest_core::Intent;

pub(crate) mod machine;
pub(crate) mod comments;
pub(crate) mod library;
pub(crate) mod people;
pub(crate) mod share;
pub(crate) mod writing;
pub(crate) mod insight;

pub(crate) const PRODUCT: &str = "Palimpsest";
pub(crate) const UNTITLED: &str = "Untitled";

// The library.
pub(crate) const DOCUMENTS: &str = "Documents";
pub(crate) const NEW_DOCUMENT: &str = "New document";
pub(crate) const FIND_A_DOCUMENT: &str = "Find a document";
pub(crate) const ONLY_HERE: &str = "Only on this device";
pub(crate) const ARCHIVED: &str = "Archived";
pub(crate) const EMPTY_TITLE: &str = "Nothing written yet";
pub(crate) const EMPTY_TEXT: &str = "Make a document and start writing. It is kept on this device \
    with every edit you make, and shared when there is a connection.";
pub(crate) const NOTHING_FOUND: &str = "No title contains these words.";
pub(crate) const NO_DOCUMENTS: &str = "No documents yet";
pub(crate) const COLUMN_TITLE: &str = "Title";
pub(crate) const COLUMN_EDITS: &str = "Edits";
pub(crate) const COLUMN_AUTHORS: &str = "Authors";
pub(crate) const COLUMN_CHANGED: &str = "Last change";
pub(crate) const COLUMN_MORE: &str = "Actions";

// The panel beside the text.
pub(crate) const OUTLINE: &str = "Outline";
pub(crate) const NO_HEADINGS: &str = "No headings yet. A line that starts with # is one.";

// Actions on a document.
pub(crate) const RENAME: &str = "Rename";
pub(crate) const ARCHIVE: &str = "Archive";
pub(crate) const BRING_BACK: &str = "Bring back";
pub(crate) const EXPORT: &str = "Export as Markdown";
pub(crate) const EXPORT_PAGE: &str = "Export as web page";
pub(crate) const PRINT: &str = "Print";
pub(crate) const SHORTCUTS: &str = "Keyboard shortcuts";
pub(crate) const FIND_IN_TEXT: &str = "Find in the text";
pub(crate) const UNDO: &str = "Undo";
pub(crate) const REDO: &str = "Redo";
pub(crate) const MORE: &str = "More";
pub(crate) const SHARE: &str = "Share";
pub(crate) const TITLE: &str = "Title";
pub(crate) const DOCUMENT_TEXT: &str = "Document text";
pub(crate) const WRITE_HERE: &str = "Write here. Every edit is kept.";
pub(crate) const ALL_DOCUMENTS: &str = "All documents";
pub(crate) const SAVE_STATUS: &str = "Save status";
pub(crate) const SAVED: &str = "Saved";
pub(crate) const SAVING: &str = "Saving…";
pub(crate) const CATCHING_UP: &str = "Catching up…";
pub(crate) const CONNECTING: &str = "Connecting… ";
pub(crate) const OFFLINE: &str = "Offline. ";
pub(crate) const PEOPLE_HERE: &str = "People here";
pub(crate) const ARCHIVED_NOTE: &str =
    "This document is archived. It can still be read and changed.";

// Dialogs.
pub(crate) const CANCEL: &str = "Cancel";
pub(crate) const CLOSE: &str = "Close";
pub(crate) const SAVE: &str = "Save";
pub(crate) const COPY_LINK: &str = "Copy link";
pub(crate) const LINK: &str = "Link";
pub(crate) const PROFILE: &str = "Name and colour";
pub(crate) const PROFILE_TEXT: &str = "Others see this name and colour beside your edits, also \
    beside those you already made. It is kept on this device.";
pub(crate) const YOUR_NAME: &str = "Your name";
pub(crate) const YOUR_COLOUR: &str = "Your colour";
pub(crate) const NO_NAME: &str = "No name yet";
pub(crate) const SHARE_NOT_YET: &str = "The server does not have this document yet. The link will \
    work for others once your edits are saved there.";
pub(crate) const LINK_COPIED: &str = "Link copied";
pub(crate) const LINK_MAY_MOVE: &str =
    "Link copied. This edit is not on the server yet, so its number may still change.";
pub(crate) const NO_ANSWER: &str = "The server could not do this. Try again later.";
pub(crate) const COPY_FAILED: &str = "The browser did not allow copying. Copy the link by hand:";
pub(crate) const NAME_TEXT: &str = "A name marks this moment on the timeline for everyone.";
pub(crate) const VERSION_NAME: &str = "Name of the version";
pub(crate) const VERSION_HINT: &str = "First draft";

// Theme.
pub(crate) const THEME_SYSTEM: &str = "Colours as on this device";
pub(crate) const THEME_LIGHT: &str = "Light colours";
pub(crate) const THEME_DARK: &str = "Dark colours";

// The time machine. The names of its buttons are part of the public contract.
pub(crate) const TIME_MACHINE: &str = "Time machine";
pub(crate) const TIMELINE: &str = "Timeline";
pub(crate) const PLAY: &str = "Play";
pub(crate) const PAUSE: &str = "Pause";
pub(crate) const PREVIOUS_EDIT: &str = "Previous edit";
pub(crate) const NEXT_EDIT: &str = "Next edit";
pub(crate) const RESTORE_THIS_VERSION: &str = "Restore this version";
pub(crate) const BACK_TO_NOW: &str = "Back to now";
pub(crate) const NAME_THIS_VERSION: &str = "Name this version";
pub(crate) const COPY_MOMENT: &str = "Copy link to this moment";
pub(crate) const COMPARE: &str = "Compare with now";
pub(crate) const PLAYBACK_SPEED: &str = "Playback speed";
pub(crate) const NOW: &str = "Now";
pub(crate) const NOW_TICK: &str = "now";
pub(crate) const GOES_ON: &str = "The document goes on without you.";
pub(crate) const YOU_ARE_READING: &str = "You are reading ";
pub(crate) const RESTORED: &str = "Restored.";
pub(crate) const NO_DIFFERENCE: &str = "same text as now";
pub(crate) const NOTHING_TO_NAME: &str = "There is nothing to name yet.";

// States of a document.
pub(crate) const OPENING: &str = "Opening";
pub(crate) const READING_HISTORY: &str = "Reading the history…";
pub(crate) const HISTORY_HELP: &str = "You can go on writing. Reload to fetch the history again.";
pub(crate) const MISSING_TITLE: &str = "This document is not here";
pub(crate) const MISSING_TEXT: &str = "Neither this device nor the server has it. Check the link; \
    if someone just made it, it appears here as soon as their edits arrive.";
pub(crate) const FAILED_TITLE: &str = "This document cannot be opened";
pub(crate) const FAILED_HELP: &str = "Nothing was deleted. Reload the page to try again.";
pub(crate) const BAD_ADDRESS_TITLE: &str = "There is nothing at this address";
pub(crate) const BAD_ADDRESS_TEXT: &str = "The link may have been cut short when it was copied.";
pub(crate) const RELOAD: &str = "Reload";
pub(crate) const PART_MISSING: &str =
    "This part of Palimpsest could not be loaded. Your text is not affected.";
pub(crate) const TRY_AGAIN: &str = "Try again";

// What nobody hopes to read.
pub(crate) const STOPPED: &str = "Palimpsest stopped";
pub(crate) const STOPPED_TEXT: &str = "A mistake in the app, not in your text. What you wrote is on \
    this device; reload to go on where you were.";
pub(crate) const NOT_SAVED_HERE: &str = "Some edits are not saved on this device.";

// Storage and updates.
pub(crate) const STORE_BLOCKED: &str = "Another tab runs a different version of Palimpsest. Close \
    or reload it, so that edits can be kept on this device.";
pub(crate) const STORE_FULL: &str = "This device has no room left. New edits are only in this page \
    until there is room: free some space, and keep this page open.";
pub(crate) const UPDATE_READY: &str = "A newer version of Palimpsest is ready.";
pub(crate) const UPDATE_NOW: &str = "Reload to update";

/// Why nothing outlives the page.
pub(crate) fn in_memory(why: &str) -> String {
    format!("Edits are not kept on this device: {why}. Keep this page open until they are saved.")
}

/// That the device's database fails.
pub(crate) fn store_failed(why: &str) -> String {
    format!("Edits cannot be kept on this device: {why}. Keep this page open; it tries again.")
}

/// "18,204".
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// "1 edit", "18,204 edits".
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// "1 edit", "18,204 edits".
pub(crate) fn edits(n: u64) -> String {
    counted(n, "edit", "edits")
}

/// "1 author", "3 authors".
pub(crate) fn authors(n: u64) -> String {
    counted(n, "author", "authors")
}

/// "edit 12,870 of 18,204".
pub(crate) fn edit_of(at: u64, last: u64) -> String {
    format!("edit {} of {}", number(at), number(last))
}

/// "Opening: 12,000 of 259,778 edits".
pub(crate) fn opening(done: usize, total: usize) -> String {
    match total {
        0 => format!("{OPENING}…"),
        _ => format!("{OPENING}: {} of {}", number(done as u64), edits(total as u64)),
    }
}

/// "12 added, 3 removed since", in characters: what happened to the text between a moment and now.
pub(crate) fn since_then(added: usize, removed: usize) -> String {
    if added + removed == 0 {
        return NO_DIFFERENCE.to_owned();
    }
    format!("{} added, {} removed since", number(added as u64), number(removed as u64))
}

/// "Archived: Release checklist", after putting it away.
pub(crate) fn archived(title: &str) -> String {
    format!("Archived “{}”.", titled(title))
}

/// The title, or the word for having none.
pub(crate) fn titled(title: &str) -> &str {
    if title.trim().is_empty() { UNTITLED } else { title }
}

/// What an author did: "Ana was typing."
pub(crate) fn deed(name: &str, intent: Intent, kind: &str) -> String {
    let did = match (kind, intent) {
        ("DocumentCreated", _) => "made the document".to_owned(),
        ("TitleChanged", _) => "changed the title".to_owned(),
        ("FolderChanged", _) => "moved the document".to_owned(),
        ("VersionNamed", _) => "named a version".to_owned(),
        ("CommentAdded", _) => "commented".to_owned(),
        ("CommentEdited", _) => "changed a comment".to_owned(),
        ("CommentReplied", _) => "replied to a comment".to_owned(),
        ("CommentResolved", _) => "resolved a comment".to_owned(),
        ("CommentReopened", _) => "reopened a comment".to_owned(),
        ("CommentDeleted", _) => "deleted a comment".to_owned(),
        ("DocumentArchived", _) => "archived the document".to_owned(),
        ("DocumentRestored", _) => "brought the document back".to_owned(),
        ("TextEdited", Intent::Typed) => "was typing".to_owned(),
        ("TextEdited", Intent::Pasted) => "pasted text".to_owned(),
        ("TextEdited", Intent::Imported) => "wrote, in an imported history".to_owned(),
        ("TextEdited", Intent::Restored(to)) => format!("restored edit {}", number(to.0)),
        ("TextEdited", Intent::Undone) => "undid an edit".to_owned(),
        ("TextEdited", Intent::Redone) => "redid an edit".to_owned(),
        ("TextEdited", Intent::Replaced) => "replaced text".to_owned(),
        ("TextEdited", Intent::Accepted) => "accepted a suggestion".to_owned(),
        ("TextEdited", Intent::Other(_)) | (_, _) => "did what a newer version knows".to_owned(),
    };
    format!("{name} {did}.")
}

/// Where edits are, when they are not on their way.
pub(crate) fn waiting(n: usize) -> String {
    format!("On this device · {} waiting", edits(n as u64))
}

/// What stands above a text that was exported.
pub(crate) fn exported_now(title: &str, time: &str) -> String {
    format!("{title}, as of {time}")
}

/// The same, of a moment of the past.
pub(crate) fn exported_then(title: &str, time: &str, revision: u64) -> String {
    format!("{title}, as it stood on {time} (edit {})", number(revision))
}

/// "Saved", "Saved · seen by 2 others".
pub(crate) fn saved(seen_by: usize) -> String {
    match seen_by {
        0 => SAVED.to_owned(),
        1 => format!("{SAVED} · seen by 1 other"),
        n => format!("{SAVED} · seen by {} others", number(n as u64)),
    }
}
