//! How the store fares: what waits for its writer, how long commits take, how often a log was not
//! what its chain says. It is read by `/metrics`; nothing is decided by it here.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::histogram::{COUNTS, Histogram, SECONDS};

/// Counted by a store and its writer, read by whoever asks.
#[derive(Debug)]
pub(crate) struct Pace {
    waiting: AtomicUsize,
    commit_seconds: Histogram,
    commit_jobs: Histogram,
    chain_failures: AtomicU64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            waiting: AtomicUsize::new(0),
            commit_seconds: Histogram::new(SECONDS),
            commit_jobs: Histogram::new(COUNTS),
            chain_failures: AtomicU64::new(0),
        }
    }
}

impl Pace {
    /// How many jobs wait for the writer or are being written.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn came(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn went(&self, jobs: usize) {
        self.waiting.fetch_sub(jobs, Ordering::Relaxed);
    }

    /// One commit of `jobs` jobs took so long, the wait for the disk included.
    pub(super) fn committed(&self, jobs: usize, took: Duration) {
        self.commit_jobs.add(jobs as f64);
        self.commit_seconds.add_time(took);
    }

    /// A part of a log is not what was recorded there.
    pub(super) fn broken(&self) {
        self.chain_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// All of it in Prometheus' text format.
    pub(crate) fn render(&self, text: &mut String) {
        let seconds = "How long commits took, with the wait for the disk";
        self.commit_seconds.render(text, "palimpsest_commit_seconds", seconds);
        let jobs = "How many writes shared a commit";
        self.commit_jobs.render(text, "palimpsest_commit_writes", jobs);
        let (name, help) = ("palimpsest_chain_failures_total", "Parts of logs unlike their chains");
        let count = self.chain_failures.load(Ordering::Relaxed);
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} counter\n{name} {count}\n"));
    }
}
