//! The log: where it goes, what is in it, and how its lines look. No text, title, name or secret
//! is ever logged; whoever adds a line keeps it so, and a test reads the log of a busy server.

use std::io::{self, IsTerminal};

use anyhow::{Context, Result};
use clap::ValueEnum;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use super::otlp::Collector;

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Starts to log what `filter` lets through: to stderr, and to a collector if there is one.
pub(super) fn start(filter: &str, format: Format, collector: Option<&Collector>) -> Result<()> {
    let filter = EnvFilter::try_new(filter).context("--log is not understood")?;
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match format {
        Format::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    registry().with(filter).with(lines).with(collector.map(Collector::layer)).init();
    Ok(())
}
