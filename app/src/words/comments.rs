//! The words of comments: what is said about a passage, and what can be done with that.

use super::counted;

pub(crate) const COMMENTS: &str = "Comments";
pub(crate) const COMMENT: &str = "Comment";
pub(crate) const COMMENT_ON_THIS: &str = "Comment on the selection";
pub(crate) const NEXT_COMMENT: &str = "Next comment";
pub(crate) const PREVIOUS_COMMENT: &str = "Previous comment";
pub(crate) const REPLY: &str = "Reply";
pub(crate) const REPLY_HERE: &str = "Reply to the comment";
pub(crate) const RESOLVE: &str = "Resolve";
pub(crate) const REOPEN: &str = "Reopen";
pub(crate) const SETTLE: &str = "Resolve or reopen the comment";
pub(crate) const EDIT: &str = "Edit";
pub(crate) const WITHDRAW: &str = "Withdraw";
pub(crate) const WITHDRAWN: &str = "Withdrawn";
pub(crate) const EDITED: &str = "edited";
pub(crate) const YOUR_COMMENT: &str = "Your comment";
pub(crate) const YOUR_REPLY: &str = "Your reply";
pub(crate) const HINT: &str = "What do you think? @ names somebody";
pub(crate) const REPLY_HINT: &str = "Reply…";
pub(crate) const PEOPLE_TO_NAME: &str = "People to name";
pub(crate) const WHICH: &str = "Which comments";
pub(crate) const OPEN: &str = "Open";
pub(crate) const RESOLVED: &str = "Resolved";
pub(crate) const ALL: &str = "All";
pub(crate) const GONE: &str = "The text this spoke about was removed.";
pub(crate) const WHEN_IT_STOOD: &str = "See when it last stood";
pub(crate) const NAMES_YOU: &str = "Names you";
pub(crate) const SELECT_FIRST: &str = "Put the caret into the text that the comment is about.";
pub(crate) const NO_OPEN: &str = "No open comments. Select some text and press Ctrl Alt M.";
pub(crate) const NO_RESOLVED: &str = "Nothing is resolved yet.";
pub(crate) const NONE_THEN: &str = "There were no comments at this moment.";
pub(crate) const SHOW_PASSAGE: &str = "Show the passage";

/// "Comment by Ana".
pub(crate) fn comment_by(name: &str) -> String {
    format!("Comment by {name}")
}

/// "3 more replies", between the first and the last one.
pub(crate) fn more_replies(n: usize) -> String {
    counted(n as u64, "more reply", "more replies")
}

/// "Resolved by Ana".
pub(crate) fn resolved_by(name: &str) -> String {
    format!("Resolved by {name}")
}

/// "Comments 3", or the bare word.
pub(crate) fn comments(n: usize) -> String {
    if n == 0 { COMMENTS.to_owned() } else { format!("{COMMENTS} {n}") }
}
