//! `palimpsest document`: documents as a whole.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueEnum};
use palimpsest_core::codec::json::{ordered_to_cloud_event, timestamp_to_rfc3339};
use palimpsest_core::{DocumentId, Ordered, Profile, Revision, codec};
use serde_json::{Value, json};

use super::incoming::{self, Incoming};
use super::{Out, load, open, open_or_make, print, say, write};
use crate::birth::{first_events, new_document_id};
use crate::http::{describe, describe_broken};
use crate::projections::Projections;
use crate::server::now;
use crate::shelf::Shelf;
use crate::store::sqlite::{Adoption, SqliteStore, Summary};
use crate::store::{Append, EventStore, Head, Limit, ReadError};

/// How much of a log is read at a time.
const PAGE: Limit = Limit { events: 20_000, bytes: 8 * 1024 * 1024 };

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List all documents
    List,
    /// Make a document and print its id
    Create {
        /// Its title
        #[arg(long, env = "PALIMPSEST_TITLE", default_value = "")]
        title: String,
    },
    /// Show what is known about a document
    Show {
        /// The document's id
        document: DocumentId,
    },
    /// Write a document to stdout or a file
    Export {
        /// The document's id
        document: DocumentId,
        /// The whole history (log, json), or the text alone (markdown)
        #[arg(long, env = "PALIMPSEST_FORMAT", value_enum, default_value_t = Format::Log)]
        format: Format,
        /// The file to write; it must not exist yet
        #[arg(long, short, env = "PALIMPSEST_OUTPUT")]
        output: Option<PathBuf>,
    },
    /// Make a document of a file and print its id: an exported log comes back with its whole
    /// history, any other text as the new document's first text
    Import {
        /// The file to read
        file: PathBuf,
        /// The new document's title; a file's name if it is a text, and none is given
        #[arg(long, env = "PALIMPSEST_TITLE")]
        title: Option<String>,
        /// The id of the new document, for a log that comes home
        #[arg(long, env = "PALIMPSEST_ID")]
        id: Option<DocumentId>,
    },
}

/// What an export contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Every event, for `document import`
    Log,
    /// Every event, as JSON (CloudEvents 1.0)
    Json,
    /// The text as it is now
    Markdown,
}

pub(super) fn run(command: Command, data: &Path, out: &Out) -> Result<()> {
    match command {
        Command::List => list(open(data)?, data, out),
        Command::Create { title } => {
            let document = new_document_id();
            made(out, document, create(&open_or_make(data)?, document, &title, "")?)
        }
        Command::Show { document } => show(&open(data)?, document, out),
        Command::Export { document, format, output } => {
            export(&open(data)?, document, format, output.as_deref(), out)
        }
        Command::Import { file, title, id } => import(data, &file, title, id, out),
    }
}

/// Prints the id of a new document.
pub(super) fn made(out: &Out, document: DocumentId, head: Revision) -> Result<()> {
    let json = json!({ "id": document.to_string(), "revision": head.0 });
    out.answer(&format!("{document}\n"), &json)
}

fn create(store: &SqliteStore, document: DocumentId, title: &str, text: &str) -> Result<Revision> {
    let events = first_events(document, title, "", text)?;
    Ok(store.append(Append { document, events, now: now(), expected: None, own: None })?.head)
}

fn list(store: SqliteStore, data: &Path, out: &Out) -> Result<()> {
    let store = Arc::new(store);
    let shelf = Shelf::new(store.clone());
    let found: Vec<_> =
        store.documents()?.into_iter().map(|head| (shelf.summary(head), head)).collect();
    let untitled = found.iter().filter(|(found, _)| found.as_ref().is_ok_and(Summary::is_untitled));
    // As far as the read side has them: a list is not worth replaying all of these.
    let names = Projections::new(store, data).beginnings(untitled.map(|(_, head)| head.document));
    let names = names.unwrap_or_default();
    let describe = |(found, head): &(Result<Summary, ReadError>, Head)| match found {
        Ok(summary) => describe(head, summary, names.get(&head.document)),
        Err(error) => describe_broken(head, error),
    };
    let described: Vec<Value> = found.iter().map(describe).collect();
    let lines: String = described.iter().map(line).collect();
    out.answer(&lines, &Value::Array(described))
}

fn line(document: &Value) -> String {
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let title = match document["problem"].as_str() {
        Some(problem) => format!("({problem})"),
        None if document["archived"] == true => format!("{} (archived)", text("name")),
        None => text("name"),
    };
    format!("{}  {:>8}  {}\n", text("id"), document["revision"], title)
}

fn show(store: &SqliteStore, document: DocumentId, out: &Out) -> Result<()> {
    let reading = load(store, document)?;
    let head = store.head(document)?.context("the document is gone")?;
    let mut json = describe(&head, &reading.summary(), Some(&reading.document.name()));
    let names: Vec<String> = store.profiles(document)?.into_iter().map(|p| p.name).collect();
    json["characters"] = reading.document.text().len().into();
    json["authors"] = reading.timeline.authors().len().into();
    json["names"] = names.clone().into();
    let plain = format!(
        "title:       {}\nname:        {}\nrevision:    {}\ncreated:     {}\nupdated:     {}\narchived:    {}\n\
         characters:  {}\nauthors:     {}\n",
        reading.document.title(),
        reading.document.name(),
        head.revision.0,
        timestamp_to_rfc3339(head.created),
        timestamp_to_rfc3339(head.updated),
        if reading.document.archived() { "yes" } else { "no" },
        reading.document.text().len(),
        if names.is_empty() { json["authors"].to_string() } else { names.join(", ") },
    );
    out.answer(&plain, &json)
}

/// Every event of a document.
pub(super) fn whole_log(store: &SqliteStore, document: DocumentId) -> Result<Vec<Ordered>> {
    let mut log: Vec<Ordered> = Vec::new();
    loop {
        let after = log.last().map_or(Revision(0), |last| last.revision);
        let page = store.read(document, after, PAGE)?;
        if page.events.is_empty() {
            return Ok(log);
        }
        log.extend(page.events);
    }
}

fn export(
    store: &SqliteStore,
    document: DocumentId,
    format: Format,
    output: Option<&Path>,
    out: &Out,
) -> Result<()> {
    let reading = load(store, document)?;
    let bytes = match format {
        Format::Markdown => reading.document.text().to_string().into_bytes(),
        Format::Log => codec::encode_ordered(&whole_log(store, document)?),
        Format::Json => {
            let log = whole_log(store, document)?;
            let events: Vec<Value> =
                log.iter().map(|ordered| ordered_to_cloud_event(document, ordered)).collect();
            format!("{}\n", Value::Array(events)).into_bytes()
        }
    };
    let Some(path) = output else {
        if out.json && format != Format::Json {
            bail!("--json prints JSON: add --format json, or --output FILE");
        }
        if format == Format::Log && io::stdout().is_terminal() {
            bail!("a log is no text: add --output FILE, or --format json or markdown");
        }
        return write(&bytes);
    };
    let mut file = fs::File::create_new(path)
        .with_context(|| format!("cannot write {}: nothing is overwritten", path.display()))?;
    io::Write::write_all(&mut file, &bytes)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))?;
    say(&format!("wrote {} bytes to {}", bytes.len(), path.display()));
    if out.json {
        print(&format!("{}\n", json!({ "id": document.to_string(), "bytes": bytes.len() })))?;
    }
    Ok(())
}

fn import(
    data: &Path,
    file: &Path,
    title: Option<String>,
    id: Option<DocumentId>,
    out: &Out,
) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let document = id.unwrap_or_else(new_document_id);
    let read =
        incoming::read(bytes, now()).with_context(|| format!("cannot take {}", file.display()))?;
    let events = match read {
        Incoming::Log(events) => events,
        Incoming::Text(text) => {
            let name = file.file_stem().map(|name| name.to_string_lossy().into_owned());
            let title = title.or(name).unwrap_or_default();
            let store = open_or_make(data)?;
            if store.head(document)?.is_some() {
                bail!("document {document} is here already: import without --id");
            }
            return made(out, document, create(&store, document, &title, &text)?);
        }
    };
    if title.is_some() {
        bail!("a log brings its title with it: leave --title out");
    }
    let store = open_or_make(data)?;
    let profiles: Vec<Profile> = Vec::new();
    made(out, document, store.adopt(Adoption { document, events, profiles })?)
}

/// A document's length and times, or words about what is missing.
pub(super) fn head(store: &SqliteStore, document: DocumentId) -> Result<Head> {
    match store.head(document)? {
        Some(head) => Ok(head),
        None => bail!("there is no document {document}: `palimpsest document list` shows all"),
    }
}
