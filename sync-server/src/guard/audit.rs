//! The audit log: who gave whom which right, and who took it back. It is an event log as those
//! of documents are: rows are only added, and what holds is folded from it.
//!
//! It lies in the data folder's database, and several processes may write it: the command line
//! does while a server runs, which looks for what is new.

use palimpsest_core::codec::json::{timestamp_from_rfc3339, timestamp_to_rfc3339};
use palimpsest_core::{Access, DocumentId, Revision, Timestamp};
use rusqlite::{Connection, TransactionBehavior, params};
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;

use super::ChangeError;
use super::book::{Grant, KeyHash, LinkId, Scope};
use crate::store::{AppendError, sqlite};

/// Who did something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// Whoever has the data folder.
    Operator,
    /// Whoever holds this link.
    Link(LinkId),
    /// Whom a trusted proxy named.
    User(String),
    /// Somebody on an open server.
    Anyone,
}

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// A link was made.
    Created(Grant),
    /// A link was taken back.
    Revoked(LinkId),
    /// A link got another key; the old one opens nothing any more.
    Rotated {
        /// Which.
        link: LinkId,
        /// The new key's.
        key: KeyHash,
    },
    /// What people wrote was taken out of some events.
    Erased(Erasure),
    /// Something that a newer version knows.
    Unknown {
        /// What it is called.
        kind: String,
        /// What is said of it.
        body: String,
    },
}

/// What was erased, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Erasure {
    /// Out of which log.
    pub document: DocumentId,
    /// The first revision.
    pub from: Revision,
    /// The last one.
    pub to: Revision,
    /// Why.
    pub reason: String,
}

/// One line of the audit log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEvent {
    /// Its place, from 1 on without gaps.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub deed: Deed,
}

/// The audit log of a data folder.
#[derive(Debug)]
pub struct AuditLog {
    connection: Connection,
}

impl AuditLog {
    /// Opens the log in the database at `path`, which a store has opened before.
    ///
    /// # Errors
    /// If it cannot be opened, or is of another version.
    pub fn open(path: &Path) -> Result<Self, sqlite::OpenError> {
        Ok(Self { connection: sqlite::open_beside(path)? })
    }

    /// What was written after the event of this number.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn after(&self, number: u64) -> Result<Vec<AuditEvent>, AppendError> {
        let read = || {
            let mut rows = self.connection.prepare_cached(
                "SELECT number, at, actor, kind, body FROM audit WHERE number > ?1 ORDER BY number",
            )?;
            let events = rows.query_map([number.cast_signed()], |row| {
                let (actor, kind, body): (String, String, String) =
                    (row.get(2)?, row.get(3)?, row.get(4)?);
                Ok(AuditEvent {
                    number: row.get::<_, i64>(0)?.cast_unsigned(),
                    at: Timestamp(row.get(1)?),
                    actor: Actor::from_text(&actor),
                    deed: Deed::from_parts(kind, body),
                })
            })?;
            events.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error| sqlite::append_error(&error))
    }

    /// Writes what was done, and says where it stands. With `expected`, only if that many events
    /// are there.
    ///
    /// # Errors
    /// If there are others, or it cannot be written; nothing is written then.
    pub fn append(
        &mut self,
        at: Timestamp,
        actor: Actor,
        deed: Deed,
        expected: Option<u64>,
    ) -> Result<AuditEvent, ChangeError> {
        let sql = |error: rusqlite::Error| ChangeError::Store(sqlite::append_error(&error));
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(sql)?;
        let last: i64 = transaction
            .query_row("SELECT coalesce(max(number), 0) FROM audit", [], |row| row.get(0))
            .map_err(sql)?;
        if expected.is_some_and(|expected| expected != last.cast_unsigned()) {
            return Err(ChangeError::Conflict);
        }
        let (kind, body) = deed.to_parts();
        transaction
            .execute(
                "INSERT INTO audit (number, at, actor, kind, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![last + 1, at.0, actor.to_string(), kind, body],
            )
            .map_err(sql)?;
        transaction.commit().map_err(sql)?;
        Ok(AuditEvent { number: last.cast_unsigned() + 1, at, actor, deed })
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Anyone => f.write_str("anyone"),
            Self::Link(link) => write!(f, "link {link}"),
            Self::User(user) => write!(f, "user {user}"),
        }
    }
}

impl Actor {
    fn from_text(text: &str) -> Self {
        match text.split_once(' ') {
            Some(("link", link)) => link.parse().map_or(Self::Anyone, Self::Link),
            Some(("user", user)) => Self::User(user.to_owned()),
            _ if text == "operator" => Self::Operator,
            _ => Self::Anyone,
        }
    }
}

impl Deed {
    fn to_parts(&self) -> (String, String) {
        match self {
            Self::Created(grant) => {
                let body = json!({
                    "link": grant.link.to_string(),
                    "key": to_hex(&grant.key),
                    "document": grant.scope.document().map(|document| document.to_string()),
                    "role": grant.access.role.name(),
                    "history": grant.access.history.name(),
                    "label": grant.label,
                    "expires": grant.expires.map(timestamp_to_rfc3339),
                    "created": timestamp_to_rfc3339(grant.created),
                    "by": grant.by.to_string(),
                });
                ("link_created".into(), body.to_string())
            }
            Self::Revoked(link) => {
                ("link_revoked".into(), json!({ "link": link.to_string() }).to_string())
            }
            Self::Rotated { link, key } => {
                let body = json!({ "link": link.to_string(), "key": to_hex(key) });
                ("link_rotated".into(), body.to_string())
            }
            Self::Erased(erasure) => {
                let body = json!({
                    "document": erasure.document.to_string(),
                    "from": erasure.from.0,
                    "to": erasure.to.0,
                    "reason": erasure.reason,
                });
                ("payloads_erased".into(), body.to_string())
            }
            Self::Unknown { kind, body } => (kind.clone(), body.clone()),
        }
    }

    fn from_parts(kind: String, body: String) -> Self {
        let known = serde_json::from_str(&body).ok().and_then(|value: Value| {
            let link = || text(&value, "link")?.parse().ok();
            match kind.as_str() {
                "link_created" => grant_from(&value).map(Self::Created),
                "link_revoked" => link().map(Self::Revoked),
                "payloads_erased" => erasure_from(&value).map(Self::Erased),
                "link_rotated" => Some(Self::Rotated { link: link()?, key: key_from(&value)? }),
                _ => None,
            }
        });
        known.unwrap_or(Self::Unknown { kind, body })
    }
}

fn grant_from(value: &Value) -> Option<Grant> {
    let scope = match &value["document"] {
        Value::Null => Scope::Library,
        id => Scope::Document(id.as_str()?.parse().ok()?),
    };
    let expires = match &value["expires"] {
        Value::Null => None,
        time => Some(timestamp_from_rfc3339(time.as_str()?)?),
    };
    Some(Grant {
        link: text(value, "link")?.parse().ok()?,
        key: key_from(value)?,
        scope,
        access: Access {
            role: text(value, "role")?.parse().ok()?,
            history: text(value, "history")?.parse().ok()?,
        },
        label: text(value, "label")?.to_owned(),
        expires,
        created: timestamp_from_rfc3339(text(value, "created")?)?,
        by: Actor::from_text(text(value, "by")?),
    })
}

fn erasure_from(value: &Value) -> Option<Erasure> {
    Some(Erasure {
        document: text(value, "document")?.parse().ok()?,
        from: Revision(value["from"].as_u64()?),
        to: Revision(value["to"].as_u64()?),
        reason: text(value, "reason")?.to_owned(),
    })
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value[name].as_str()
}

fn to_hex(hash: &KeyHash) -> String {
    blake3::Hash::from_bytes(hash.0).to_hex().to_string()
}

fn key_from(value: &Value) -> Option<KeyHash> {
    Some(KeyHash(*blake3::Hash::from_hex(text(value, "key")?).ok()?.as_bytes()))
}
