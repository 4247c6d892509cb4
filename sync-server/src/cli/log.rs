//! The log: where it goes, what is in it, and how its lines look. No text, title, name or secret
//! is ever logged; whoever adds a line keeps it so, and a test reads the log of a busy server.

use std::io::{self, IsTerminal};

use anyhow::{Context, Result};
use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Starts to log to stderr what `filter` lets through.
pub(super) fn start(filter: &str, format: Format) -> Result<()> {
    let filter = EnvFilter::try_new(filter).context("--log is not understood")?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        Format::Text => log.with_ansi(io::stderr().is_terminal()).init(),
        Format::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}
