//! The command line: what can be asked, how answers are printed, and when it counts as done.
//! What each command does is in the files beside this one.
//!
//! Results go to stdout and words for people to stderr, so that every command can be used in
//! a pipe; with `--json` stdout is exactly one JSON value. The exit code is 0 on success, 1 if what
//! was asked could not be done, and 2 if it was asked wrongly: a command line, a variable or a
//! configuration file that is not understood.

mod document;
mod entry;
mod folder;
mod history;
mod import;
pub mod incoming;
mod log;
mod otlp;
mod projection;
mod settings;
mod steps;
pub mod trace;
mod upkeep;
mod verify;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use palimpsest_core::{DocumentId, Revision, Timestamp, codec::json::timestamp_from_rfc3339};
use serde_json::{Value, json};

use crate::certificate::Certificate;
use crate::config::Config;
use crate::guard::audit::{AuditLog, Erasure};
use crate::guard::book::Scope;
use crate::http::links;
use crate::limits::Limits;
use crate::reading::Reading;
use crate::server::Server;
use crate::store::sqlite::SqliteStore;
use crate::store::{EventStore, Folder};

use otlp::Collector;
use settings::Setting;

pub use import::random_u64;
pub use settings::parse;
pub use verify::{Finding, Report, verify};

/// Palimpsest: a collaborative Markdown editor that never forgets.
#[derive(Debug, Parser)]
#[command(name = "palimpsest", version)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
    /// The options of a server and where their values come from.
    #[arg(skip)]
    settings: Vec<Setting>,
}

/// What every command takes.
#[derive(Debug, Args)]
struct Common {
    /// The folder with all documents
    #[arg(long, global = true, env = "PALIMPSEST_DATA", default_value = "./palimpsest-data")]
    data: PathBuf,
    /// Print one JSON value
    #[arg(long, global = true, env = "PALIMPSEST_JSON")]
    json: bool,
    /// A TOML file with options; flags and the environment go before it
    #[arg(long, global = true, env = "PALIMPSEST_CONFIG")]
    config: Option<PathBuf>,
}

/// What a server is told.
#[derive(Debug, Args)]
struct Serve {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, env = "PALIMPSEST_LISTEN", default_value = "127.0.0.1:4800")]
    listen: SocketAddr,
    /// Speak TLS with this certificate and those that lead to an authority, a PEM file. It is read
    /// anew when it is written
    #[arg(long, env = "PALIMPSEST_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file
    #[arg(long, env = "PALIMPSEST_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    #[command(flatten)]
    entry: entry::Entry,
    /// What is logged: error, warn, info, debug, or parts of the program one by one
    #[arg(long, env = "PALIMPSEST_LOG", default_value = "info")]
    log: String,
    /// How log lines look
    #[arg(long, env = "PALIMPSEST_LOG_FORMAT", value_enum, default_value_t = log::Format::Text)]
    log_format: log::Format,
    /// Send the log to this OpenTelemetry collector too, by OTLP, such as http://127.0.0.1:4318
    #[arg(long, env = "PALIMPSEST_OTLP_ENDPOINT", value_name = "URL")]
    otlp_endpoint: Option<String>,
    /// Print each option, its value and where that comes from, and do nothing else
    #[arg(long)]
    print_config: bool,
    #[command(flatten)]
    limits: Limits,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<Serve>),
    /// List, make, show, export and import documents
    #[command(subcommand)]
    Document(document::Command),
    /// Make documents of all Markdown files in a folder and those below it, each in a folder of the
    /// library that is called as its own. The title is the first heading, else the file's name. The
    /// exit code is 1 if a Markdown file was left out; the others are imported then
    Import(folder::Import),
    /// Print a document's text, now or at any moment of its past
    Text {
        /// The document's id
        document: DocumentId,
        #[command(flatten)]
        moment: Moment,
    },
    /// Print a document's events
    Log {
        /// The document's id
        document: DocumentId,
    },
    /// Find sentences that stand or stood in any document, and say who removed them and when
    Search {
        /// What they have; words in quotes stand side by side, and "bud*" may go on
        #[arg(required = true)]
        words: Vec<String>,
        /// How many at most
        #[arg(long, env = "PALIMPSEST_LIMIT", default_value_t = 20)]
        limit: usize,
    },
    /// Look after what is read off all documents: the catalogue, the search, the activity
    #[command(subcommand)]
    Projection(projection::Command),
    /// Read every event of one or all documents and say what is damaged
    Verify {
        /// The document's id; all documents if not given
        document: Option<DocumentId>,
    },
    /// Write all documents into one new file, also while a server runs
    Backup {
        /// The file to write; it must not exist yet
        path: PathBuf,
    },
    /// Take a backup back, into a data folder that has no documents
    Restore {
        /// The file that `backup` wrote
        path: PathBuf,
    },
    /// Give access to the library or a document, list who has it, and take it back
    #[command(subcommand)]
    Link(entry::Command),
    /// Print who was given access, by whom, and who took it back
    Audit,
    /// Take what people wrote out of a document's history, for good; who wrote when, and how much,
    /// stays, and `verify` proves the rest. A running server is asked over HTTP
    Erase {
        /// The document's id
        document: DocumentId,
        /// The first revision
        #[arg(long, env = "PALIMPSEST_FROM")]
        from: u64,
        /// The last revision
        #[arg(long, env = "PALIMPSEST_TO")]
        to: u64,
        /// Why, for the audit log
        #[arg(long, env = "PALIMPSEST_REASON")]
        reason: String,
    },
    /// Turn recorded editing histories into documents
    #[command(subcommand)]
    Trace(import::Command),
    /// Print what makes a shell complete this program's commands and options
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// A moment of a document's past; now if neither is given.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Moment {
    /// The revision, as the timeline counts them
    #[arg(long, env = "PALIMPSEST_AT_REVISION")]
    at_revision: Option<u64>,
    /// The time, such as 2026-11-23T08:00:00Z
    #[arg(long, env = "PALIMPSEST_AT_TIME", value_parser = time)]
    at_time: Option<Timestamp>,
}

fn time(text: &str) -> Result<Timestamp, String> {
    timestamp_from_rfc3339(text).ok_or_else(|| "not a time such as 2026-11-23T08:00:00Z".to_owned())
}

/// Does what the command line asks.
pub fn run(cli: Cli) -> Result<()> {
    let out = Out { json: cli.common.json };
    let data = cli.common.data;
    match cli.command {
        Command::Serve(told) if told.print_config => print_config(&cli.settings, &out),
        Command::Serve(told) => serve(*told, data, &out),
        Command::Document(command) => document::run(command, &data, &out),
        Command::Import(import) => folder::run(&import, &data, &out),
        Command::Text { document, moment } => history::text(&open(&data)?, document, &moment, &out),
        Command::Log { document } => history::log(&open(&data)?, document, &out),
        Command::Search { words, limit } => projection::search(&words, limit, &data, &out),
        Command::Projection(command) => projection::run(command, &data, &out),
        Command::Verify { document } => upkeep::verify_all(&open(&data)?, document, &out),
        Command::Backup { path } => upkeep::backup(&data, &path, &out),
        Command::Restore { path } => upkeep::restore(&data, &path, &out),
        Command::Link(command) => entry::run(command, &data, &out),
        Command::Audit => entry::audit(&data, &out),
        Command::Erase { document, from, to, reason } => {
            let store = Arc::new(open(&data)?);
            let mut log = AuditLog::open(&Folder::database_of(&data))?;
            let (from, to) = (Revision(from), Revision(to));
            let erasure = Erasure { document, from, to, reason };
            upkeep::erase((&store, &data), &mut log, erasure, &out)
        }
        Command::Trace(command) => import::run(command, &data, &out),
        Command::Completions { shell } => completions(shell),
    }
}

/// The options as a file that would set them, each with its origin.
fn print_config(settings: &[Setting], out: &Out) -> Result<()> {
    let mut plain = String::new();
    let mut json = serde_json::Map::new();
    for Setting { key, value, origin } in settings {
        plain.push_str(&format!("{key} = {} # {origin}\n", Value::from(value.as_str())));
        json.insert(key.clone(), json!({ "value": value, "origin": origin }));
    }
    out.answer(&plain, &Value::Object(json))
}

fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "palimpsest", &mut script);
    write(&script)
}

fn serve(told: Serve, data: PathBuf, out: &Out) -> Result<()> {
    let collector = told.otlp_endpoint.as_deref().map(Collector::at).transpose()?;
    log::start(&told.log, told.log_format, collector.as_ref())?;
    let Serve { listen, tls_cert, tls_key, entry, limits, .. } = told;
    let certificate = match (tls_cert, tls_key) {
        (Some(chain), Some(key)) => Some(Certificate { chain, key }),
        (None, None) => None,
        _ => bail!("TLS needs a certificate and its key: say both --tls-cert and --tls-key"),
    };
    let (policy, origins) = entry.policy();
    let config = Config { listen, certificate, data, limits, policy, origins };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(32)
        .build()
        .context("cannot start")?;
    runtime.block_on(async {
        let data = config.data.clone();
        let needs_links = !config.policy.is_open();
        let server = Server::bind(config).await?;
        // Before anybody is told where: who knows of the server may ask it to stop.
        let stop = asked_to_stop()?;
        // Scripts wait for this line; it is the only one on stdout.
        let mut url = server.url()?;
        let listening = url.clone();
        if needs_links && let Some(key) = entry::first_link(server.guard())? {
            url += &links::address(Scope::Library, &key);
            say("open this address: it makes you an owner, and is shown this once");
        }
        out.answer(&format!("{url}\n"), &json!({ "url": url }))?;
        tracing::info!(data = %data.display(), "listening on {listening}");
        server.run(stop).await?;
        tracing::info!("stopped");
        Ok(())
    })
}

/// Done when the process is asked to end, by a person's Ctrl-C or by the system. It is listened
/// for from this call on.
fn asked_to_stop() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).context("cannot listen for signals");
    let (mut interrupt, mut terminate) =
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Opens the documents of a data folder that has some.
fn open(data: &std::path::Path) -> Result<SqliteStore> {
    Ok(SqliteStore::open(Folder::open_existing(data)?)?)
}

/// Opens a data folder to put documents in; makes it if needed.
fn open_or_make(data: &std::path::Path) -> Result<SqliteStore> {
    Ok(SqliteStore::open(Folder::open(data)?)?)
}

/// The whole of a document, replayed.
fn load(store: &SqliteStore, document: DocumentId) -> Result<Reading> {
    if store.head(document)?.is_none() {
        bail!("there is no document {document}: `palimpsest document list` shows what there is");
    }
    let mut reading = Reading::new(document);
    reading.catch_up(store)?;
    Ok(reading)
}

/// The revision a moment names.
fn revision_at(reading: &Reading, moment: &Moment) -> Result<Revision> {
    let head = reading.head();
    match (moment.at_revision, moment.at_time) {
        (Some(revision), _) if revision > head.0 => {
            bail!("there is no revision {revision}: the last one is {}", head.0)
        }
        (Some(revision), _) => Ok(Revision(revision)),
        (None, Some(time)) => Ok(reading.timeline.revision_at(time)),
        (None, None) => Ok(head),
    }
}

/// How answers are printed.
struct Out {
    json: bool,
}

impl Out {
    /// Prints the answer: `plain` on its own, or `json`.
    fn answer(&self, plain: &str, json: &Value) -> Result<()> {
        if self.json { print(&format!("{json}\n")) } else { print(plain) }
    }
}

/// Says something to the person at the terminal.
fn say(words: &str) {
    eprintln!("{words}");
}

fn print(text: &str) -> Result<()> {
    write(text.as_bytes())
}

/// Writes to stdout. Whoever reads may have had enough; that is not an error.
fn write(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to stdout")
        }
        _ => Ok(()),
    }
}
