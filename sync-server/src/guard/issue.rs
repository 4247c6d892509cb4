//! Making a link: what can be given, and the key that nobody can guess.

use palimpsest_core::{Access, LinkKey, Timestamp};
use thiserror::Error;

use super::audit::Actor;
use super::book::{Grant, KeyHash, LinkId, Scope};
use crate::server::random;

/// How long a link's label may be, in characters.
pub const LABEL_SCALARS_MAX: usize = 200;

/// What a link is to be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What it leads to.
    pub scope: Scope,
    /// What it allows.
    pub access: Access,
    /// What its maker calls it.
    pub label: String,
    /// From when on it allows nothing.
    pub expires: Option<Timestamp>,
}

/// Why such a link cannot be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum IssueError {
    /// Less of the past than its role needs.
    #[error("whoever writes merges, and merging reads the history: only readers can do without")]
    History,
    /// Its label is too long.
    #[error("a label has at most {LABEL_SCALARS_MAX} characters")]
    Label,
    /// It would end before it begins.
    #[error("the link would have expired already")]
    Expired,
}

/// A new link and its key, which is kept nowhere.
///
/// # Errors
/// If there can be no such link.
pub fn issue(wanted: Wanted, by: Actor, now: Timestamp) -> Result<(Grant, LinkKey), IssueError> {
    let Wanted { scope, access, label, expires } = wanted;
    if !access.can_be_given() {
        return Err(IssueError::History);
    }
    if label.chars().count() > LABEL_SCALARS_MAX {
        return Err(IssueError::Label);
    }
    if expires.is_some_and(|expires| expires <= now) {
        return Err(IssueError::Expired);
    }
    let (key, hash) = new_key();
    let link = LinkId(u64::from_le_bytes(random()));
    Ok((Grant { link, key: hash, scope, access, label, expires, created: now, by }, key))
}

/// A key, and the hash of it that is kept.
pub fn new_key() -> (LinkKey, KeyHash) {
    let key = LinkKey(random());
    (key, KeyHash::of(&key))
}
