//! Who may come in: the flags of `serve` that say so, and `palimpsest link` and `audit`, with
//! which whoever has the data folder gives and takes access, also while a server runs.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand, ValueEnum};
use palimpsest_core::codec::json::timestamp_to_rfc3339;
use palimpsest_core::{Access, DocumentId, HistoryRight, LinkKey, Role, Timestamp};
use serde_json::{Value, json};

use super::{Out, say, time};
use crate::guard::audit::{Actor, AuditEvent, AuditLog, Deed, Erasure};
use crate::guard::book::{Grant, LinkId, Scope};
use crate::guard::issue::{IssueError, Wanted, issue, new_key};
use crate::guard::proxy::{Network, Proxy};
use crate::guard::{Guard, Policy};
use crate::http::links::{address, describe, describe_with_key};
use crate::server::now;
use crate::store::sqlite::SqliteStore;
use crate::store::{Folder, FolderError};

/// Whether a link is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Auth {
    /// Whoever has a link may do what it allows
    Links,
    /// Everybody may do everything; on this machine only
    None,
}

/// Who is let in.
#[derive(Debug, Args)]
pub(super) struct Entry {
    /// Whether people need a link
    #[arg(long, env = "PALIMPSEST_AUTH", value_enum, default_value = "links")]
    auth: Auth,
    /// Believe a proxy at this address, such as 10.0.0.0/8, about where requests come from. May be
    /// given again
    #[arg(long, env = "PALIMPSEST_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',')]
    trusted_proxy: Vec<Network>,
    /// The header, such as Remote-User, in which that proxy names its user. It must set or remove
    /// it on every request, and its address must be given with --origin. Users may change every
    /// document
    #[arg(long, env = "PALIMPSEST_USER_HEADER", value_name = "NAME")]
    user_header: Option<String>,
    /// A user, named by the proxy, who may also share the library. May be given again
    #[arg(long, env = "PALIMPSEST_PROXY_OWNER", value_name = "USER", value_delimiter = ',')]
    proxy_owner: Vec<String>,
    /// Another address, such as https://notes.example, whose pages may talk to this server. May
    /// be given again
    #[arg(long, env = "PALIMPSEST_ORIGIN", value_name = "URL", value_delimiter = ',')]
    origin: Vec<String>,
}

impl Entry {
    /// Who is let in, and from which other addresses pages may talk to the server.
    pub(super) fn policy(self) -> (Policy, Vec<String>) {
        let policy = match self.auth {
            Auth::None => Policy::Open,
            Auth::Links => Policy::Links(Proxy {
                trusted: self.trusted_proxy,
                user_header: self.user_header,
                owners: self.proxy_owner,
            }),
        };
        (policy, self.origin)
    }
}

/// The first link of a server that has given none yet: an owner's, to the whole library.
pub(super) fn first_link(guard: &Guard) -> Result<Option<LinkKey>> {
    if guard.number() > 0 {
        return Ok(None);
    }
    let (scope, label) = (Scope::Library, "the first owner".to_owned());
    let wanted = Wanted { scope, access: Access::FULL, label, expires: None };
    let (grant, key) = issue(wanted, Actor::Operator, now())?;
    // If somebody else made the first one meanwhile, this is not it.
    guard.record(Actor::Operator, Deed::Created(grant), Some(0), now())?;
    Ok(Some(key))
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a link and print it; it is shown this once
    Create {
        /// The document it leads to; the whole library if not given
        document: Option<DocumentId>,
        /// What it allows: reader, commenter, editor or owner
        #[arg(long, env = "PALIMPSEST_ROLE")]
        role: Role,
        /// How much of the past it shows: nothing, versions (those with a name) or everything;
        /// only readers can do without everything
        #[arg(long, env = "PALIMPSEST_HISTORY", default_value = "everything")]
        history: HistoryRight,
        /// What to call it in lists
        #[arg(long, env = "PALIMPSEST_LABEL", default_value = "")]
        label: String,
        /// From when on it allows nothing, such as 2026-12-24T18:00:00Z
        #[arg(long, env = "PALIMPSEST_EXPIRES", value_parser = time)]
        expires: Option<Timestamp>,
    },
    /// List the links that were not revoked
    List {
        /// Only those that open this document
        document: Option<DocumentId>,
    },
    /// Take a link back: it opens nothing any more, and who came by it is cut off
    Revoke {
        /// The link's id, as in the list
        link: LinkId,
    },
    /// Give a link another key and print it; the old one opens nothing any more
    Rotate {
        /// The link's id, as in the list
        link: LinkId,
    },
}

pub(super) fn run(command: Command, data: &Path, out: &Out) -> Result<()> {
    let guard = guard(data)?;
    match command {
        Command::Create { document, role, history, label, expires } => {
            let access = Access { role, history };
            let wanted = Wanted { scope: Scope::of(document), access, label, expires };
            let (grant, key) =
                issue(wanted, Actor::Operator, now()).map_err(|error| match error {
                    IssueError::History => anyhow!("{error}; leave out --history"),
                    IssueError::Label | IssueError::Expired => error.into(),
                })?;
            guard.record(Actor::Operator, Deed::Created(grant.clone()), None, now())?;
            show(&grant, &key, out)
        }
        Command::List { document } => {
            let links = guard.links(Scope::of(document));
            let lines: String = links.iter().map(line).collect();
            out.answer(&lines, &links.iter().map(describe).collect::<Vec<_>>().into())
        }
        Command::Revoke { link } => {
            let grant = known(&guard, link)?;
            guard.record(Actor::Operator, Deed::Revoked(grant.link), None, now())?;
            say(&format!("link {link} opens nothing any more"));
            out.answer("", &json!({ "id": link.to_string(), "revoked": true }))
        }
        Command::Rotate { link } => {
            let grant = known(&guard, link)?;
            let (key, hash) = new_key();
            let deed = Deed::Rotated { link, key: hash };
            guard.record(Actor::Operator, deed, None, now())?;
            show(&grant, &key, out)
        }
    }
}

/// Prints the audit log.
pub(super) fn audit(data: &Path, out: &Out) -> Result<()> {
    let events = log(data)?.after(0)?;
    let lines: String = events
        .iter()
        .map(|event| {
            let time = timestamp_to_rfc3339(event.at);
            format!("{:>6}  {time}  {}: {}\n", event.number, event.actor, told(&event.deed))
        })
        .collect();
    out.answer(&lines, &events.iter().map(event_to_json).collect::<Vec<_>>().into())
}

fn told(deed: &Deed) -> String {
    match deed {
        Deed::Created(grant) => format!("made link {}", words(grant)),
        Deed::Revoked(link) => format!("revoked link {link}"),
        Deed::Rotated { link, .. } => format!("gave link {link} another key"),
        Deed::Erased(Erasure { document, from, to, reason }) => {
            format!("erased revisions {} to {} of {document}: {reason}", from.0, to.0)
        }
        Deed::Unknown { kind, .. } => format!("did what this version does not know: {kind}"),
    }
}

fn event_to_json(event: &AuditEvent) -> Value {
    let (kind, link) = match &event.deed {
        Deed::Created(grant) => ("link_created", describe(grant)),
        Deed::Revoked(link) => ("link_revoked", json!({ "id": link.to_string() })),
        Deed::Rotated { link, .. } => ("link_rotated", json!({ "id": link.to_string() })),
        Deed::Erased(_) => ("payloads_erased", Value::Null),
        Deed::Unknown { kind, .. } => (kind.as_str(), Value::Null),
    };
    let mut told = json!({
        "number": event.number,
        "at": timestamp_to_rfc3339(event.at),
        "actor": event.actor.to_string(),
        "kind": kind,
        "link": link,
    });
    if let Deed::Erased(Erasure { document, from, to, reason }) = &event.deed {
        told["erased"] = json!({
            "document": document.to_string(), "from": from.0, "to": to.0, "reason": reason,
        });
    }
    told
}

fn known(guard: &Guard, link: LinkId) -> Result<Grant> {
    let none = || format!("there is no link {link}: `palimpsest link list` shows what there is");
    guard.link(link).with_context(none)
}

fn show(grant: &Grant, key: &LinkKey, out: &Out) -> Result<()> {
    say("put this behind the address of your server; it is shown this once");
    let json = describe_with_key(grant, key);
    out.answer(&format!("{}\n", address(grant.scope, key)), &json)
}

fn line(grant: &Grant) -> String {
    format!("{}\n", words(grant))
}

/// A link in one line.
fn words(grant: &Grant) -> String {
    let scope = match grant.scope {
        Scope::Library => "the library".to_owned(),
        Scope::Document(document) => document.to_string(),
    };
    let (role, history) = (grant.access.role, grant.access.history);
    let mut words = format!("{}  {role} of {scope}, history: {history}", grant.link);
    if let Some(expires) = grant.expires {
        let ends = if expires <= now() { "expired" } else { "until" };
        words += &format!(", {ends} {}", timestamp_to_rfc3339(expires));
    }
    if !grant.label.is_empty() {
        words += &format!(" ({})", grant.label);
    }
    words
}

fn guard(data: &Path) -> Result<Guard> {
    Ok(Guard::over(Policy::Links(Proxy::default()), log(data)?)?)
}

/// The audit log of a data folder, also while a server has it open.
fn log(data: &Path) -> Result<AuditLog> {
    let folder = match Folder::open(data) {
        Ok(folder) => folder,
        Err(FolderError::InUse(_)) => return Ok(AuditLog::open(&Folder::database_of(data))?),
        Err(error) => return Err(error.into()),
    };
    // Nobody has it open: it may be new, or of an older format.
    drop(SqliteStore::open(folder)?);
    Ok(AuditLog::open(&Folder::database_of(data))?)
}
