//! Files that nobody honest made and somebody wants to import: traces, exported logs, texts. The
//! fuzzer and the everyday tests put their inputs through the same [`read`].
//!
//! An input's first line says what the rest is; a checksum or compression that only hides what is
//! inside is put around it here.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use palimpsest_core::codec;
use palimpsest_core::codec::json::ordered_to_cloud_event;
use palimpsest_core::{Document, DocumentId, Ordered, ReplicaId, Timestamp};
use palimpsest_server::cli::incoming::{self, Incoming};
use palimpsest_server::cli::trace::{self, History};

use crate::graphs;
use crate::hostile::{self, NEWEST_LOG, halves, sealed};
use crate::seeds::Random;

const DOCUMENT: DocumentId = DocumentId([1; 16]);
const NOW: Timestamp = Timestamp(1_760_000_000_000);

/// Reads an input as the file that it means. `true` if it was taken.
///
/// # Panics
/// If a law does not hold: a file is taken or refused with a reason; what was taken is a document's
/// log, which goes out as it came in.
pub fn read(input: &[u8]) -> bool {
    let end = input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len());
    let body = input.get(end + 1..).unwrap_or_default();
    match &input[..end] {
        b"trace" => read_traces(body),
        b"packed trace" => read_traces(&packed(body)),
        b"log" => read_file(sealed(body)),
        b"halves" => read_file(hostile::log(NEWEST_LOG, halves(body))),
        b"file" => read_file(body.to_vec()),
        _ => false,
    }
}

fn read_traces(bytes: &[u8]) -> bool {
    let Ok(traces) = trace::parse(bytes) else { return false };
    let mut random = Random::new(7);
    let mut taken = true;
    for trace in traces {
        match trace.into_history("T", || random.number(), Timestamp(1)) {
            Ok(History { events, profiles, text }) => {
                assert!(!profiles.is_empty());
                assert_eq!(replayed(&events).text().to_string(), text);
                check_log(&events);
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                taken = false;
            }
        }
    }
    taken
}

fn read_file(bytes: Vec<u8>) -> bool {
    match incoming::read(bytes, NOW) {
        Ok(Incoming::Log(events)) => {
            check_log(&events);
            true
        }
        Ok(Incoming::Text(_)) => true,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// Whether a log goes out as it came in, and as JSON.
fn check_log(events: &[Ordered]) {
    let again = incoming::read(codec::encode_ordered(events), NOW);
    assert_eq!(again, Ok(Incoming::Log(events.to_vec())));
    replayed(events);
    for ordered in events {
        let json = ordered_to_cloud_event(DOCUMENT, ordered).to_string();
        assert!(json.starts_with('{'));
    }
}

fn replayed(events: &[Ordered]) -> Document {
    let replica = ReplicaId(99);
    let mut document = Document::new(DOCUMENT, replica, graphs::author(replica));
    document.merge(events.iter().map(|ordered| ordered.event.clone()).collect());
    document
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("it stays in memory")
}
