//! How the writer keeps up: what waits for it, and how long its commits take. It is read by
//! `/metrics`; nothing is decided by it here.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::histogram::{COUNTS, Histogram, SECONDS};

/// Counted by a store and its writer, read by whoever asks.
#[derive(Debug)]
pub(crate) struct Pace {
    waiting: AtomicUsize,
    commit_seconds: Histogram,
    commit_jobs: Histogram,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            waiting: AtomicUsize::new(0),
            commit_seconds: Histogram::new(SECONDS),
            commit_jobs: Histogram::new(COUNTS),
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

    /// All of it in Prometheus' text format.
    pub(crate) fn render(&self, text: &mut String) {
        let seconds = "How long commits took, with the wait for the disk";
        self.commit_seconds.render(text, "palimpsest_commit_seconds", seconds);
        let jobs = "How many writes shared a commit";
        self.commit_jobs.render(text, "palimpsest_commit_writes", jobs);
    }
}
