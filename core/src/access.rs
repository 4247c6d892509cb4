//! What somebody may do with a document, and the secret that a link carries. Who was given
//! which link is the server's business; that an event fits a role is judged here, so that the
//! server that refuses and the page that does not offer say the same.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::event::Payload;

/// What somebody may do. Each role may do what those before it may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Read.
    Reader,
    /// Say something about the text.
    Commenter,
    /// Change the document.
    Editor,
    /// Give others links to it.
    Owner,
}

/// How much of the past somebody may see. Each includes those before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HistoryRight {
    /// The text as it is.
    Nothing,
    /// And the versions that were given a name.
    Versions,
    /// And every revision.
    Everything,
}

/// What somebody may do and see.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Access {
    /// What they may do.
    pub role: Role,
    /// How much of the past they may see.
    pub history: HistoryRight,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 4] = [Self::Reader, Self::Commenter, Self::Editor, Self::Owner];

    /// The role's name in commands and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Commenter => "commenter",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }

    /// The least role that may make an event of this kind.
    pub fn needed_for(payload: &Payload) -> Self {
        match payload {
            Payload::CommentAdded { .. }
            | Payload::CommentEdited { .. }
            | Payload::CommentReplied { .. }
            | Payload::CommentResolved { .. }
            | Payload::CommentReopened { .. }
            | Payload::CommentDeleted { .. } => Self::Commenter,
            Payload::DocumentCreated { .. }
            | Payload::TextEdited { .. }
            | Payload::TitleChanged { .. }
            | Payload::FolderChanged { .. }
            | Payload::DocumentArchived
            | Payload::DocumentRestored
            | Payload::VersionNamed { .. }
            | Payload::Unknown { .. } => Self::Editor,
        }
    }
}

impl HistoryRight {
    /// Every right, the least first.
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Versions, Self::Everything];

    /// The right's name in commands and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Versions => "versions",
            Self::Everything => "everything",
        }
    }
}

impl Access {
    /// All there is.
    pub const FULL: Self = Self { role: Role::Owner, history: HistoryRight::Everything };

    /// Whether such an access can be given. Whoever writes merges, and merging reads the log, so
    /// the past can be kept from readers only.
    pub fn can_be_given(self) -> bool {
        self.role == Role::Reader || self.history == HistoryRight::Everything
    }

    /// Whether everything that `other` allows is allowed.
    pub fn includes(self, other: Self) -> bool {
        self.role >= other.role && self.history >= other.history
    }
}

/// The text is not a name that there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum AccessError {
    /// Not a role's.
    #[error("a role is one of reader, commenter, editor, owner")]
    Role,
    /// Not a right's.
    #[error("the history to be seen is one of nothing, versions, everything")]
    HistoryRight,
    /// Not a key's.
    #[error("a link's key is {} hexadecimal digits", 2 * LinkKey::BYTES)]
    Key,
}

impl FromStr for Role {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(AccessError::Role)
    }
}

impl FromStr for HistoryRight {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        let named = Self::ALL.into_iter().find(|right| right.name() == text);
        named.ok_or(AccessError::HistoryRight)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for HistoryRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The secret in a link: whoever has it may do what the link allows. 160 random bits; printed
/// only when somebody asks for the link, never in logs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LinkKey(pub [u8; Self::BYTES]);

impl LinkKey {
    /// How long a key is.
    pub const BYTES: usize = 20;

    /// The key as it stands in a link: hexadecimal digits.
    pub fn reveal(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(secret)")
    }
}

impl FromStr for LinkKey {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        let digits = text.as_bytes();
        if digits.len() != 2 * Self::BYTES {
            return Err(AccessError::Key);
        }
        let digit = |byte: u8| (byte as char).to_digit(16).ok_or(AccessError::Key);
        let mut key = [0; Self::BYTES];
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Ok(Self(key))
    }
}
