//! The words about links: who may do what with a document.

use palimpsest_core::{Role, Timestamp};

use super::edits;

pub(crate) const OPEN_SERVER: &str = "This server asks nobody for a link: whoever reaches it can \
    read and change every document, and see its whole past.";
pub(crate) const SHARE_LIBRARY: &str = "Share every document";
pub(crate) const LIBRARY_TEXT: &str = "These links open every document there is and will be. To \
    share one alone, open it and use its own \"Share\".";
pub(crate) const ADDRESS_TEXT: &str = "This address opens the document for people who have access \
    to it already. It gives nobody access.";
pub(crate) const NOT_OWNER: &str = "Only an owner can make links for others. Ask one for yours.";
pub(crate) const ASKING: &str = "Asking the server…";
pub(crate) const UNREACHED: &str =
    "The server cannot be reached. Links are made and taken back there: try again later.";
pub(crate) const WHO: &str = "Who can open it";
pub(crate) const NEW_LINK: &str = "New link";
pub(crate) const ACCESS: &str = "Whoever has it";
pub(crate) const SEES: &str = "They see";
pub(crate) const HOLDS: &str = "It holds";
pub(crate) const LABEL: &str = "Name of the link";
pub(crate) const LABEL_HINT: &str = "For Jonas, for the review, …";
pub(crate) const MAKE: &str = "Make link";
pub(crate) const SHOWN_ONCE: &str = "Send this to whom it is for. It is shown this once: whoever \
    has it can do what it allows, until you take it back.";
pub(crate) const REVOKE: &str = "Take back";
pub(crate) const ROTATE: &str = "New address";
pub(crate) const ROTATED: &str = "The old address opens nothing any more. This is the new one.";
pub(crate) const REVOKED: &str = "Taken back. Whoever came by it was cut off.";
pub(crate) const EXPIRED: &str = "expired";
pub(crate) const EVERY_DOCUMENT: &str = "every document";
pub(crate) const HISTORY_NEEDED: &str =
    "Whoever writes merges, and merging reads the history: they see all of it.";

pub(crate) const NO_ACCESS: &str = "No access";
pub(crate) const DENIED_TITLE: &str = "You have no access to this document";
pub(crate) const DENIED_TEXT: &str = "Open it by the link you were given, or ask an owner for a \
    new one: the one you had may have been taken back or have ended.";
pub(crate) const DENIED_NOTE: &str = "The server does not let you in: open the link you were \
    given, or ask an owner for one. What is here stays on this device and gets nothing new.";
pub(crate) const READ_ONLY: &str = "You can read this document, but not change it.";
pub(crate) const COMMENT_ONLY: &str = "You can comment on this document, but not change its text.";
pub(crate) const WITHHELD_NOTE: &str =
    "Edits of yours are only on this device: the server does not take them from you.";
pub(crate) const KEEP_COPY: &str = "Keep as a new document";
pub(crate) const PRESENT_ONLY: &str =
    "Your link shows this document as it is now. Its history is not shown.";
pub(crate) const VERSIONS_ONLY: &str =
    "Your link shows this document as it is now, and the versions that have a name.";
pub(crate) const VERSION: &str = "Version";
pub(crate) const AS_IT_IS: &str = "As it is now";

/// What people with a role can do.
pub(crate) fn can(role: Role) -> &'static str {
    match role {
        Role::Reader => "can read",
        Role::Commenter => "can comment",
        Role::Editor => "can edit",
        Role::Owner => "can edit and share",
    }
}

/// How much of the past is seen, by its name in the API.
pub(crate) fn sees(history: &str) -> &'static str {
    match history {
        "nothing" => "only the text as it is",
        "versions" => "the text and named versions",
        _ => "the whole history",
    }
}

/// How long a link holds, by its days.
pub(crate) fn holds(days: &str) -> &'static str {
    match days {
        "1" => "a day",
        "7" => "a week",
        "30" => "30 days",
        _ => "as long as you let it",
    }
}

/// When a link ends.
pub(crate) fn until(time: Timestamp) -> String {
    format!("until {}", crate::when::brief(time))
}

/// What a copy of a document is called.
pub(crate) fn copy_of(title: &str) -> String {
    format!("{} (my copy)", super::titled(title))
}

/// Edits that the server would not take.
pub(crate) fn withheld(n: usize) -> String {
    format!("Only on this device · {}", edits(n as u64))
}
