//! What a server counts about itself, and how it tells it (Prometheus text). It measures
//! nothing about people: no document, author or text appears here.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::{AppendError, Appended};

/// Counters since the start of the process.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    sockets_opened: AtomicU64,
    sockets_refused: AtomicU64,
    frames_received: AtomicU64,
    bytes_received: AtomicU64,
    frames_sent: AtomicU64,
    bytes_sent: AtomicU64,
    appends: AtomicU64,
    appends_refused: AtomicU64,
    events_ordered: AtomicU64,
    events_repeated: AtomicU64,
    slow_readers_cut: AtomicU64,
}

impl Metrics {
    pub(crate) fn socket_opened(&self) {
        add(&self.sockets_opened, 1);
    }

    pub(crate) fn socket_refused(&self) {
        add(&self.sockets_refused, 1);
    }

    pub(crate) fn slow_reader_cut(&self) {
        add(&self.slow_readers_cut, 1);
    }

    pub(crate) fn frame_received(&self, bytes: usize) {
        add(&self.frames_received, 1);
        add(&self.bytes_received, bytes);
    }

    pub(crate) fn frame_sent(&self, bytes: usize) {
        add(&self.frames_sent, 1);
        add(&self.bytes_sent, bytes);
    }

    pub(crate) fn appended(&self, outcome: &Result<Appended, AppendError>) {
        match outcome {
            Ok(appended) => {
                add(&self.appends, 1);
                add(&self.events_ordered, appended.fresh.len());
                add(&self.events_repeated, appended.placed.len() - appended.fresh.len());
            }
            Err(_) => add(&self.appends_refused, 1),
        }
    }

    /// All of it in Prometheus' text format, with what the caller knows of the present.
    pub(crate) fn render(&self, sockets_open: usize, documents_open: usize) -> String {
        let counters: [(&str, &str, &AtomicU64); 11] = [
            ("sockets_opened_total", "WebSockets accepted", &self.sockets_opened),
            ("sockets_refused_total", "WebSockets closed for a reason", &self.sockets_refused),
            ("frames_received_total", "Message frames received", &self.frames_received),
            ("received_bytes_total", "Bytes of message frames received", &self.bytes_received),
            ("frames_sent_total", "Message frames sent", &self.frames_sent),
            ("sent_bytes_total", "Bytes of message frames sent", &self.bytes_sent),
            ("appends_total", "Batches made durable", &self.appends),
            ("appends_refused_total", "Batches refused", &self.appends_refused),
            ("events_ordered_total", "Events given a revision", &self.events_ordered),
            ("slow_readers_cut_total", "Sockets cut for reading too slowly", &self.slow_readers_cut),
            ("events_repeated_total", "Events that had one already", &self.events_repeated),
        ];
        let mut text = String::new();
        for (name, help, counter) in counters {
            let value = counter.load(Ordering::Relaxed);
            line(&mut text, name, help, "counter", value);
        }
        line(&mut text, "sockets_open", "WebSockets open now", "gauge", sockets_open as u64);
        line(&mut text, "documents_open", "Documents open now", "gauge", documents_open as u64);
        text
    }
}

fn add(counter: &AtomicU64, amount: usize) {
    counter.fetch_add(amount as u64, Ordering::Relaxed);
}

fn line(text: &mut String, name: &str, help: &str, kind: &str, value: u64) {
    writeln!(
        text,
        "# HELP palimpsest_{name} {help}\n# TYPE palimpsest_{name} {kind}\npalimpsest_{name} {value}"
    )
    .expect("writing to a string does not fail");
}
