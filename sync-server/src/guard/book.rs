//! What the audit log comes to: which links hold, and what each allows.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use palimpsest_core::{Access, DocumentId, LinkKey, Timestamp};

use super::audit::{Actor, AuditEvent, Deed};

/// What a link leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// One document.
    Document(DocumentId),
    /// Every document, also those to come.
    Library,
}

impl Scope {
    /// One document, or all of them.
    pub fn of(document: Option<DocumentId>) -> Self {
        document.map_or(Self::Library, Self::Document)
    }

    /// The document, if it is one.
    pub fn document(self) -> Option<DocumentId> {
        match self {
            Self::Document(document) => Some(document),
            Self::Library => None,
        }
    }

    /// Whether the scope has `document` in it; with `None`, whether it has all of them.
    pub fn covers(self, document: Option<DocumentId>) -> bool {
        match self {
            Self::Library => true,
            Self::Document(own) => document == Some(own),
        }
    }
}

/// Names a link, for people and in the audit log. It opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId(pub u64);

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for LinkId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a link is named by 16 hexadecimal digits".to_owned();
        let plain = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| plain);
        number.map(Self).ok_or_else(wrong)
    }
}

/// What is kept of a key. Keys are random and long, so one round of a hash is enough: there is
/// nothing to guess.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// The hash of a key: BLAKE3 for this purpose alone.
    pub fn of(key: &LinkKey) -> Self {
        Self(blake3::derive_key("palimpsest 2026-11 key of a link", &key.0))
    }
}

/// A link that was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Its name.
    pub link: LinkId,
    /// The key that opens it.
    pub key: KeyHash,
    /// What it leads to.
    pub scope: Scope,
    /// What it allows.
    pub access: Access,
    /// What its maker called it.
    pub label: String,
    /// From when on it allows nothing.
    pub expires: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// Who made it.
    pub by: Actor,
}

/// The links that were given and not taken back.
#[derive(Debug, Default)]
pub struct Book {
    grants: BTreeMap<LinkId, Grant>,
    by_key: HashMap<KeyHash, LinkId>,
    last: u64,
}

impl Book {
    /// Takes the next event of the audit log in. One that was taken in already changes nothing.
    pub fn apply(&mut self, event: &AuditEvent) {
        if event.number <= self.last {
            return;
        }
        self.last = event.number;
        match &event.deed {
            Deed::Created(grant) => self.add(grant.clone()),
            Deed::Revoked(link) => self.take(*link),
            Deed::Rotated { link, key } => {
                if let Some(mut grant) = self.grants.get(link).cloned() {
                    self.take(*link);
                    grant.key = *key;
                    self.add(grant);
                }
            }
            Deed::Erased(_) | Deed::Unknown { .. } => {}
        }
    }

    /// The grant that a key opens at a time.
    pub fn holding(&self, key: &KeyHash, now: Timestamp) -> Option<&Grant> {
        let grant = self.grants.get(self.by_key.get(key)?)?;
        grant.expires.is_none_or(|expires| now < expires).then_some(grant)
    }

    /// The links that were not revoked, the expired ones among them.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.values()
    }

    /// The link of this id, unless it was revoked.
    pub fn grant(&self, link: LinkId) -> Option<&Grant> {
        self.grants.get(&link)
    }

    /// The number of the last event that was taken in; 0 before the first.
    pub fn last(&self) -> u64 {
        self.last
    }

    fn add(&mut self, grant: Grant) {
        self.by_key.insert(grant.key, grant.link);
        self.grants.insert(grant.link, grant);
    }

    fn take(&mut self, link: LinkId) {
        if let Some(grant) = self.grants.remove(&link) {
            self.by_key.remove(&grant.key);
        }
    }
}
