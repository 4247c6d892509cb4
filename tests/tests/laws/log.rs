//! A whole log as bytes: it comes out as it went in, and whatever bytes there are, they end in
//! a document or an error.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use miniz_oxide::inflate::decompress_to_vec;
use palimpsest_core::codec::{
    decode_log, encode_events, encode_log, encode_record, encode_snapshot,
};
use palimpsest_core::{
    CorrelationId, Document, DocumentId, Event, EventId, Graph, Intent, ReplicaId, Revision,
    Timestamp,
};
use palimpsest_tests::graphs::{self, Shape};
use palimpsest_tests::hostile::{self, Form, NEWEST_LOG};
use palimpsest_tests::seeds::{self, Random};

/// Random events whose headers say everything that headers can say.
fn events(random: &mut Random) -> Vec<Event> {
    let shape = Shape::any(random, 20);
    let mut events = graphs::events(random, shape);
    let intents = [
        Intent::Typed,
        Intent::Pasted,
        Intent::Undone,
        Intent::Restored(Revision(9)),
        Intent::Other(200),
    ];
    for event in &mut events {
        let header = &mut event.header;
        if random.chance(30) {
            header.intent = *random.pick(&intents);
        }
        if random.chance(30) {
            header.time = Timestamp(random.below(1 << 40) as i64 - (1 << 39));
        }
        if random.chance(20) {
            let replica = ReplicaId(random.below(5) as u64);
            header.causation = Some(EventId { replica, counter: random.below(9) as u64 });
        }
        if random.chance(20) {
            header.correlation = CorrelationId(random.below(usize::MAX) as u64);
        }
    }
    events
}

fn merged(events: &[Event]) -> Document {
    let mut document =
        Document::new(DocumentId([1; 16]), ReplicaId(99), graphs::author(ReplicaId(99)));
    document.merge(events.to_vec());
    document
}

fn opened(graph: Graph) -> Document {
    Document::open(DocumentId([1; 16]), ReplicaId(99), graphs::author(ReplicaId(99)), graph)
}

fn all_events(graph: &Graph) -> Vec<Event> {
    (0..graph.len()).map(|lv| graph.event(lv)).collect()
}

#[test]
fn a_log_comes_out_as_it_went_in() {
    seeds::check(3_000, |random| {
        let document = merged(&events(random));
        let bytes = encode_log(document.graph());
        let graph = decode_log(&bytes).expect("it was just written");
        assert_eq!(all_events(&graph), all_events(document.graph()));
        assert_eq!(graph.frontier(), document.graph().frontier());
        let mut again = opened(graph);
        assert_eq!(again.text(), document.text());
        assert_eq!(again.title(), document.title());
        assert!(encode_log(again.graph()) == bytes, "written again it is the same");
        // It goes on as if it had never been away.
        let later =
            graphs::events(random, Shape { events: 3, replicas: 1, hostile: false, facts: false });
        let later: Vec<_> = later
            .into_iter()
            .map(|mut event| {
                event.header.id.replica = ReplicaId(4_000);
                event
                    .header
                    .parents
                    .iter_mut()
                    .for_each(|parent| parent.replica = ReplicaId(4_000));
                event
            })
            .collect();
        let mut first = document;
        first.merge(later.clone());
        again.merge(later);
        assert_eq!(again.text(), first.text());
    });
}

/// The two halves of a log, unpacked.
fn halves(bytes: &[u8]) -> [Vec<u8>; 2] {
    let mut rest = &bytes[5..bytes.len() - 4];
    let number = |rest: &mut &[u8]| {
        let (mut value, mut shift) = (0, 0);
        while let [byte, tail @ ..] = *rest {
            *rest = tail;
            value |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if *byte < 0x80 {
                break;
            }
        }
        value
    };
    [(), ()].map(|()| {
        let head = number(&mut rest);
        let packed = head & 1 == 1;
        let len = if packed { number(&mut rest) } else { head >> 1 };
        let (half, tail) = rest.split_at(len);
        rest = tail;
        match packed {
            true => decompress_to_vec(half).expect("it was just written"),
            false => half.to_vec(),
        }
    })
}

#[test]
fn made_up_logs_end_in_a_document_or_an_error() {
    let (read, refused) = (Cell::new(0), Cell::new(0));
    seeds::check(6_000, |random| {
        let document = merged(&events(random));
        let bytes = encode_log(document.graph());
        assert_eq!(bytes[4], NEWEST_LOG);
        // Read as another version, a log is made up already.
        let version = if random.below(4) == 0 { 2 } else { NEWEST_LOG };
        let mut halves = halves(&bytes);
        for _ in 0..1 + random.below(4) {
            let half = &mut halves[random.below(2)];
            let at = random.below(half.len());
            match random.below(4) {
                0 => half[at] ^= 1 << random.below(8),
                1 => half[at] = random.below(256) as u8,
                2 => drop(half.remove(at)),
                _ => half.insert(at, random.below(256) as u8),
            }
            if half.is_empty() {
                half.push(0);
            }
        }
        match decode_log(&hostile::log(version, (&halves[0], &halves[1]))) {
            Err(_) => refused.set(refused.get() + 1),
            Ok(graph) => {
                read.set(read.get() + 1);
                // What was read is a log like any other.
                let events = all_events(&graph);
                let opened = opened(graph);
                let written = encode_log(opened.graph());
                let graph = decode_log(&written).expect("it was just written");
                assert_eq!(all_events(&graph), events);
            }
        }
    });
    let (read, refused) = (read.get(), refused.get());
    assert!(read > 100 && refused > 100, "{read} read, {refused} refused");
}

#[test]
fn a_damaged_log_is_refused() {
    seeds::check(60, |random| {
        let bytes = encode_log(merged(&events(random)).graph());
        for cut in 0..bytes.len() {
            assert!(decode_log(&bytes[..cut]).is_err());
            let mut flipped = bytes.clone();
            flipped[cut] ^= 1 << random.below(8);
            assert!(decode_log(&flipped).is_err());
        }
    });
}

/// What the fuzzer starts from: `PALIMPSEST_CORPUS=folder` writes it there.
#[test]
fn what_was_written_is_an_input_of_the_fuzzer() {
    let folder = std::env::var_os("PALIMPSEST_CORPUS").map(PathBuf::from);
    let number = Cell::new(0);
    let keep = |input: Vec<u8>| {
        assert!(hostile::read(&input));
        if let Some(folder) = &folder {
            number.set(number.get() + 1);
            std::fs::write(folder.join(format!("seed-{}", number.get())), input).expect("kept");
        }
    };
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    for file in std::fs::read_dir(golden).expect("it is committed") {
        let path = file.expect("a file").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let form = match name.split_once('-').map(|(_, name)| name) {
            Some("ordered.bin") => Form::Ordered,
            Some(message) if message.starts_with("message-") => Form::Message,
            _ => continue,
        };
        keep(hostile::input(form, &std::fs::read(path).expect("its bytes")));
    }
    seeds::check(12, |random| {
        let events = events(random);
        keep(hostile::input(Form::Events, &encode_events(&events)));
        let (header, payload) = encode_record(&events[0]);
        let parts = (&header[..header.len() - 4], &payload[..payload.len() - 4]);
        keep(hostile::input_of_halves(Form::Record, parts.0, parts.1));
        let [headers, content] = halves(&encode_log(merged(&events).graph()));
        keep(hostile::input_of_halves(Form::Log, &headers, &content));
        let snapshot = encode_snapshot(&merged(&events).snapshot());
        keep(hostile::input(Form::Snapshot, &snapshot));
    });
}

#[test]
fn what_the_fuzzer_found_ends_in_a_value_or_an_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let files = std::fs::read_dir(folder).expect("the corpus is committed");
    let inputs = files.map(|file| std::fs::read(file.expect("a file").path()).expect("its bytes"));
    let (read, refused): (Vec<_>, Vec<_>) = inputs.partition(|input| hostile::read(input));
    assert!(read.len() > 100 && refused.len() > 100, "{} {}", read.len(), refused.len());
}
