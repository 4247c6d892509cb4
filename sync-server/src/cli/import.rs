//! `palimpsest trace`: recorded editing histories become documents with their full past.
//! The formats are `trace`'s matter.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Subcommand;
use palimpsest_core::DocumentId;
use serde_json::{Value, json};

use super::trace::{self, History};
use super::{Out, open_or_make, say};
use crate::birth::new_document_id;
use crate::server::{now, random};
use crate::store::sqlite::{Adoption, SqliteStore};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a document of an editing trace and print its id; a file with a list of traces
    /// makes one document each
    Import {
        /// The trace: JSON or gzipped JSON
        file: PathBuf,
        /// The document's title
        #[arg(long, env = "PALIMPSEST_TITLE")]
        title: String,
    },
}

pub(super) fn run(command: Command, data: &Path, out: &Out) -> Result<()> {
    let Command::Import { file, title } = command;
    let read = || format!("{} was not imported", file.display());
    let traces = trace::read(&file).with_context(read)?;
    let count = traces.len();
    // All of them are checked before the first one is stored.
    let mut histories = Vec::with_capacity(count);
    for (nth, trace) in traces.into_iter().enumerate() {
        let title =
            if count == 1 { title.clone() } else { format!("{title} ({} of {count})", nth + 1) };
        let history = trace.into_history(&title, random_u64, now());
        histories.push(history.with_context(|| {
            format!("{} was not imported: trace {} of {count}", file.display(), nth + 1)
        })?);
    }
    let store = open_or_make(data)?;
    let mut made = Vec::with_capacity(count);
    for history in histories {
        let events = history.events.len();
        let id = adopt(&store, history)?;
        say(&format!("imported {events} events"));
        made.push((id, events));
    }
    let plain: String = made.iter().map(|(id, _)| format!("{id}\n")).collect();
    let mut json: Vec<Value> =
        made.iter().map(|(id, head)| json!({ "id": id.to_string(), "revision": head })).collect();
    let json = if count == 1 { json.remove(0) } else { Value::Array(json) };
    out.answer(&plain, &json)
}

fn adopt(store: &SqliteStore, history: History) -> Result<DocumentId> {
    let document = new_document_id();
    let History { events, profiles, .. } = history;
    store.adopt(Adoption { document, events, profiles })?;
    Ok(document)
}

/// A number nobody can foresee.
pub fn random_u64() -> u64 {
    u64::from_le_bytes(random())
}
