//! The read side: what is read off all documents together and kept to be looked up. It decides
//! nothing and owns nothing: each [`Projection`] is folded from the store, and its file can be
//! deleted at any time. What each keeps is in the files beside this one.
//!
//! ```text
//! store ─ head, pages ─► worker ─► catalogue, sayings, activity   (projections.db)
//!                          │  with every change, in its transaction: the checkpoint
//! http, cli ─ settle ──────┘  then read
//! ```
//!
//! # Laws
//! - What a projection says follows from the logs up to its checkpoints alone: brought up step by
//!   step or rebuilt from zero, it says the same.
//! - A checkpoint names the chain of its log, so it is never taken for one of another log.
//! - A document that cannot be read, or cannot be folded, is put aside with the reason; all
//!   others go on.

mod activity;
mod answers;
mod catalogue;
mod database;
mod queue;
mod search;
mod worker;

use std::path::Path;

use palimpsest_core::{DocumentId, Revision};
use rusqlite::Connection;
use thiserror::Error;

use crate::store::ReadError;

pub use activity::Day;
pub use catalogue::Entry;
pub use database::DeadLetter;
pub use search::{Answer, Found, Removed};
pub use worker::{Projections, Worker};

/// The name of the file in the data folder. It is no part of a backup.
const FILE: &str = "projections.db";

/// What is kept of all documents. A new one is added here, and in the matches that then do not
/// compile.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Projection {
    /// What each document is called, where it is, how large, and who wrote in it last.
    Catalogue,
    /// Every sentence that stands or stood.
    Search,
    /// How much each author wrote on each day.
    Activity,
}

impl Projection {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Catalogue, Self::Search, Self::Activity];

    /// What it is called on the command line and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Search => "search",
            Self::Activity => "activity",
        }
    }

    /// The one that is called so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|projection| projection.name() == name)
    }

    /// Forgets what it has of a document.
    fn clear(self, connection: &Connection, document: DocumentId) -> rusqlite::Result<()> {
        match self {
            Self::Catalogue => catalogue::clear(connection, document),
            Self::Search => search::clear(connection, document),
            Self::Activity => activity::clear(connection, document),
        }
    }
}

/// How far a projection is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// Which one.
    pub projection: Projection,
    /// How many documents it has taken in, at least in part.
    pub documents: u64,
    /// How many events it has taken in.
    pub events: u64,
    /// How many events of the store it has not taken in, those of dead documents aside.
    pub behind: u64,
    /// How many documents it has put aside.
    pub dead: u64,
}

/// Up to where a projection has taken a document in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Checkpoint {
    revision: Revision,
    chain: crate::store::Chain,
}

/// Why the read side has no answer.
#[derive(Debug, Error)]
pub enum ProjectionError {
    /// The store it reads from does not answer.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// Its own file cannot be used. The documents are not touched by that.
    #[error("the read side cannot be kept: {0}")]
    File(#[from] rusqlite::Error),
}

/// The address, inside the app, of a document at a moment; now if none is given. It is the form
/// that the app itself gives (`app/src/timeline/links.rs`).
pub fn link(document: DocumentId, moment: Option<Revision>) -> String {
    match moment {
        None => format!("/d/{document}"),
        Some(moment) => format!("/d/{document}?at={}", moment.0),
    }
}

/// Where the read side of a data folder is kept.
fn file_in(data: &Path) -> std::path::PathBuf {
    data.join(FILE)
}
