//! What a server counts about itself, and how it tells it (Prometheus text). It measures
//! nothing about people: no document, author or text appears here.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palimpsest_core::Refusal;

use crate::histogram::{Histogram, SECONDS};
use crate::limits::Held;
use crate::store::{AppendError, Appended};

/// Counters since the start of the process.
#[derive(Debug)]
pub(crate) struct Metrics {
    sockets_opened: AtomicU64,
    sockets_refused: AtomicU64,
    handshakes_failed: AtomicU64,
    frames_received: AtomicU64,
    bytes_received: AtomicU64,
    frames_sent: AtomicU64,
    bytes_sent: AtomicU64,
    appends: AtomicU64,
    appends_refused: AtomicU64,
    events_ordered: AtomicU64,
    events_repeated: AtomicU64,
    names_refused: AtomicU64,
    append_seconds: Histogram,
    /// In the order of [`REFUSALS`].
    refusals: [AtomicU64; REFUSALS.len()],
    /// By the number of [`Held`].
    held: [AtomicU64; Held::ALL.len()],
}

/// What a server says no with, as the protocol knows it, in `/metrics`' words.
const REFUSALS: [(Refusal, &str); 11] = [
    (Refusal::Malformed, "malformed"),
    (Refusal::TooLarge, "too_large"),
    (Refusal::WrongProtocol, "wrong_protocol"),
    (Refusal::UnknownDocument, "unknown_document"),
    (Refusal::MissingParents, "missing_parents"),
    (Refusal::IdConflict, "id_conflict"),
    (Refusal::TooManyDocuments, "too_many_documents"),
    (Refusal::Unavailable, "unavailable"),
    (Refusal::ShuttingDown, "shutting_down"),
    (Refusal::NoAccess, "no_access"),
    (Refusal::NotAllowed, "not_allowed"),
];

/// What the caller of [`Metrics::render`] knows of the present.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Present {
    pub(crate) sockets_open: usize,
    pub(crate) documents_open: usize,
    pub(crate) appends_waiting: usize,
}

impl Default for Metrics {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            sockets_opened: zero(),
            sockets_refused: zero(),
            handshakes_failed: zero(),
            frames_received: zero(),
            bytes_received: zero(),
            frames_sent: zero(),
            bytes_sent: zero(),
            appends: zero(),
            appends_refused: zero(),
            events_ordered: zero(),
            events_repeated: zero(),
            names_refused: zero(),
            append_seconds: Histogram::new(SECONDS),
            refusals: Default::default(),
            held: Default::default(),
        }
    }
}

impl Metrics {
    pub(crate) fn socket_opened(&self) {
        add(&self.sockets_opened, 1);
    }

    pub(crate) fn socket_refused(&self) {
        add(&self.sockets_refused, 1);
    }

    pub(crate) fn frame_received(&self, bytes: usize) {
        add(&self.frames_received, 1);
        add(&self.bytes_received, bytes);
    }

    pub(crate) fn frame_sent(&self, bytes: usize) {
        add(&self.frames_sent, 1);
        add(&self.bytes_sent, bytes);
    }

    /// Somebody came in over TLS and could not agree on how to go on.
    pub(crate) fn handshake_failed(&self) {
        add(&self.handshakes_failed, 1);
    }

    /// Somebody was told no.
    pub(crate) fn refused(&self, refusal: Refusal) {
        if let Some(place) = REFUSALS.iter().position(|(known, _)| *known == refusal) {
            add(&self.refusals[place], 1);
        }
    }

    /// Somebody said what another is called.
    pub(crate) fn name_refused(&self) {
        add(&self.names_refused, 1);
    }

    /// A limit was held against somebody.
    pub(crate) fn held(&self, limit: Held) {
        add(&self.held[limit as usize], 1);
    }

    /// An append was answered after so long.
    pub(crate) fn appended(&self, outcome: &Result<Appended, AppendError>, took: Duration) {
        match outcome {
            Ok(appended) => {
                add(&self.appends, 1);
                add(&self.events_ordered, appended.fresh.len());
                add(&self.events_repeated, appended.placed.len() - appended.fresh.len());
                self.append_seconds.add_time(took);
            }
            Err(error) => {
                add(&self.appends_refused, 1);
                match error {
                    AppendError::TooLarge { .. } => self.held(Held::EventBytes),
                    AppendError::LogFull { .. } => self.held(Held::LogBytes),
                    _ => {}
                }
            }
        }
    }

    /// All of it in Prometheus' text format.
    pub(crate) fn render(&self, present: Present) -> String {
        let counters: [(&str, &str, &AtomicU64); 12] = [
            ("sockets_opened_total", "WebSockets accepted", &self.sockets_opened),
            ("sockets_refused_total", "WebSockets closed for a reason", &self.sockets_refused),
            ("tls_handshakes_failed_total", "TLS handshakes that failed", &self.handshakes_failed),
            ("frames_received_total", "Message frames received", &self.frames_received),
            ("received_bytes_total", "Bytes of message frames received", &self.bytes_received),
            ("frames_sent_total", "Message frames sent", &self.frames_sent),
            ("sent_bytes_total", "Bytes of message frames sent", &self.bytes_sent),
            ("appends_total", "Batches made durable", &self.appends),
            ("appends_refused_total", "Batches refused", &self.appends_refused),
            ("events_ordered_total", "Events given a revision", &self.events_ordered),
            ("events_repeated_total", "Events that had one already", &self.events_repeated),
            ("names_refused_total", "Names given to another's author", &self.names_refused),
        ];
        let mut text = String::new();
        for (name, help, counter) in counters {
            describe(&mut text, name, help, "counter");
            line(&mut text, name, read(counter));
        }
        let gauges = [
            ("sockets_open", "WebSockets open now", present.sockets_open),
            ("documents_open", "Documents open now", present.documents_open),
            ("appends_waiting", "Writes that wait for the store now", present.appends_waiting),
        ];
        for (name, help, value) in gauges {
            describe(&mut text, name, help, "gauge");
            line(&mut text, name, value as u64);
        }
        let name = "slow_readers_cut_total";
        describe(&mut text, name, "WebSockets cut for reading too slowly", "counter");
        line(&mut text, name, read(&self.held[Held::SlowSeconds as usize]));
        describe(&mut text, "refusals_total", "What peers were told no with", "counter");
        for ((_, reason), count) in REFUSALS.iter().zip(&self.refusals) {
            line(&mut text, &format!("refusals_total{{reason=\"{reason}\"}}"), read(count));
        }
        describe(&mut text, "limit_refusals_total", "Times a limit was held", "counter");
        for (limit, count) in Held::ALL.iter().zip(&self.held) {
            let name = format!("limit_refusals_total{{limit=\"{}\"}}", limit.name());
            line(&mut text, &name, read(count));
        }
        let help = "How long pushes took from their frame to the answer of the store";
        self.append_seconds.render(&mut text, "palimpsest_append_seconds", help);
        text
    }
}

fn add(counter: &AtomicU64, amount: usize) {
    counter.fetch_add(amount as u64, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn describe(text: &mut String, name: &str, help: &str, kind: &str) {
    writeln!(text, "# HELP palimpsest_{name} {help}\n# TYPE palimpsest_{name} {kind}")
        .expect("writing to a string does not fail");
}

fn line(text: &mut String, name: &str, value: u64) {
    writeln!(text, "palimpsest_{name} {value}").expect("writing to a string does not fail");
}
