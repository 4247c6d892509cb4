//! What is to be measured: the flags of the program. How it is measured is `run`'s matter.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// Drives many sockets against a server and prints throughput, latencies, memory and CPU.
#[derive(Clone, Debug, Parser)]
#[command(name = "palimpsest-load")]
pub(crate) struct Plan {
    /// The server's binary
    #[arg(long)]
    pub(crate) server: PathBuf,
    /// How many clients, each with a socket of its own
    #[arg(long, default_value_t = 1_000)]
    pub(crate) clients: usize,
    /// How many documents they are spread over
    #[arg(long, default_value_t = 20)]
    pub(crate) documents: usize,
    /// How long they write, in seconds
    #[arg(long, default_value_t = 30)]
    pub(crate) seconds: u64,
    /// Milliseconds between two edits of one client; 0 for as soon as the last one is acked
    #[arg(long, default_value_t = 2_000)]
    pub(crate) every: u64,
    /// Nobody writes: what do open sockets cost?
    #[arg(long)]
    pub(crate) idle: bool,
    /// So many more clients read no more than 1 KiB a second, after a time without them
    #[arg(long, default_value_t = 0)]
    pub(crate) slow: usize,
    /// Stop the server in the middle and start it again: how long until all are caught up?
    #[arg(long)]
    pub(crate) restart: bool,
    /// Print one JSON value
    #[arg(long)]
    pub(crate) json: bool,
    /// More arguments for the server, after `--`
    #[arg(last = true)]
    pub(crate) arguments: Vec<String>,
}

impl Plan {
    /// How long one part of the measurement takes.
    pub(crate) fn part(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How long a client pauses between two edits; `None` if it does not.
    pub(crate) fn pause(&self) -> Option<Duration> {
        (self.every > 0).then(|| Duration::from_millis(self.every))
    }
}
