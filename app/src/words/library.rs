//! The words of the library beyond its list: folders, order, bringing files in and taking them
//! out.

use super::counted;

pub(crate) const FOLDER: &str = "Folder";
pub(crate) const FOLDERS: &str = "Folders";
pub(crate) const EVERYTHING: &str = "All";
pub(crate) const MOVE: &str = "Move to a folder";
pub(crate) const MOVE_TEXT: &str = "Everybody who has this document sees it in this folder. A / \
    makes a folder in a folder; an empty name takes it out of all.";
pub(crate) const FOLDER_HINT: &str = "Team handbook";
pub(crate) const MOVE_IT: &str = "Move";
pub(crate) const SORT_BY: &str = "Sort by";
pub(crate) const BY_CHANGE: &str = "Last change";
/// In the field for a title that nobody gave.
pub(crate) const NAMED_BY_ITS_TEXT: &str = "Its first heading, or its first line";
pub(crate) const BY_TITLE: &str = "Title";
pub(crate) const BY_EDITS: &str = "Edits";
pub(crate) const IMPORT_FILES: &str = "Import files";
pub(crate) const IMPORT_FOLDER: &str = "Import a folder";
pub(crate) const EXPORT_ALL: &str = "Export all as Markdown";
pub(crate) const EXPORT_ALL_HISTORIES: &str = "Export all with history";
pub(crate) const EXPORT_HISTORY: &str = "Export with history";
pub(crate) const DROP_HERE: &str = "Drop Markdown files or folders to import them";
pub(crate) const NOT_IMPORTED: &str = "Not everything was imported";
pub(crate) const NOTHING_TO_IMPORT: &str = "There is no Markdown file among these.";
pub(crate) const NOT_TEXT: &str = "it is not text in UTF-8: save it as UTF-8 and try again";
pub(crate) const TOO_LARGE: &str = "it is too large: a document holds 10 million characters";
pub(crate) const HISTORY_TOO_LONG: &str =
    "its history is too long for a browser to import: the server's import command can";
pub(crate) const UNREADABLE: &str = "the browser could not read it";
pub(crate) const NOT_A_HISTORY: &str = "it is not a whole history of a document";
pub(crate) const ACTIVITY: &str = "Activity";
pub(crate) const NOTHING_TO_EXPORT: &str = "There is nothing to export.";
pub(crate) const TOO_MUCH: &str = "This is more than fits into one file. Export fewer documents.";

/// "Importing 3 of 12…".
pub(crate) fn importing(done: usize, total: usize) -> String {
    format!("Importing {done} of {total}…")
}

/// "Exporting 3 of 12…".
pub(crate) fn exporting(done: usize, total: usize) -> String {
    format!("Exporting {done} of {total}…")
}

/// "12 documents imported".
pub(crate) fn imported(n: usize) -> String {
    format!("{} imported", counted(n as u64, "document", "documents"))
}

/// "2 documents could not be read and are missing."
pub(crate) fn missing(n: usize) -> String {
    format!("{} could not be read and are missing.", counted(n as u64, "document", "documents"))
}
