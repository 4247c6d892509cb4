//! How much memory and work a little hostile input may cause. What is accepted takes at most
//! [`TIMES_MAX`] times its bytes, and a fixed amount on top that depends on nothing. Bytes are those
//! that the limits count: an event's as it is stored, with what was erased from it, or the input's
//! if those are more. Memory is counted by the allocator; time is printed beside it and judged by
//! nobody, since it is the machine's.
//!
//! Everything is in one test: what others allocate meanwhile would be counted, too.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use palimpsest_core::codec::{
    decode_log, decode_message, decode_snapshot, encode_log, encode_message, encode_ordered,
    encode_record, encode_snapshot,
};
use palimpsest_core::{
    Document, DocumentId, Event, EventId, Message, Op, Ordered, Payload, ReplicaId, Revision,
    Timestamp,
};
use palimpsest_server::cli::{incoming, trace};
use palimpsest_server::room::Room;
use palimpsest_tests::graphs::{author, event, id};
use palimpsest_tests::hostile;
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// How many times its bytes an input may take.
const TIMES_MAX: usize = 16;
/// How many times edits may that do not touch, which are a run each. Where assertions are on, chunks
/// have three runs, so that small histories have several, and what a chunk takes itself counts ten
/// times as much.
const TIMES_APART_MAX: usize = if cfg!(debug_assertions) { 21 } else { TIMES_MAX };
/// And what it may take besides.
const FIXED: usize = 1 << 20;
/// What something may take that is refused: a frame is unpacked before its events are counted.
const FIXED_REFUSED: usize = 4 << 20;

const DOCUMENT: DocumentId = DocumentId([1; 16]);
const READER: ReplicaId = ReplicaId(0xFFFF);
const NOW: Timestamp = Timestamp(1_760_000_000_000);

/// What those edits are called in the table.
const APART: &str = "edits apart";

/// What one input came to.
struct Row {
    name: String,
    input: usize,
    /// What of it was accepted, as it is stored; nothing if it was refused.
    stored: usize,
    peak: usize,
    millis: f64,
}

impl Row {
    fn accepted(&self) -> usize {
        self.input.max(self.stored)
    }

    fn is_bounded(&self) -> bool {
        let fixed = if self.stored == 0 { FIXED_REFUSED } else { FIXED };
        let times = if self.name.contains(APART) { TIMES_APART_MAX } else { TIMES_MAX };
        self.peak <= times * self.accepted() + fixed
    }

    fn print(&self) {
        let Row { name, input, stored, peak, millis } = self;
        let times = *peak as f64 / self.accepted() as f64;
        let work = millis * 1024.0 / self.accepted() as f64;
        println!("{name:<58} {input:>9} {stored:>9} {peak:>10} {times:>7.1} {work:>7.2}");
    }
}

/// Measures what `accept` takes, which says how many bytes it accepted.
fn measure(name: &str, input: usize, accept: impl FnOnce() -> usize) -> Row {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let start = Instant::now();
    let stored = black_box(accept());
    let millis = start.elapsed().as_secs_f64() * 1e3;
    let peak = HEAP.peak_usage().saturating_sub(before);
    let refused = if stored == 0 { ", refused" } else { "" };
    Row { name: format!("{name}{refused}"), input, stored, peak, millis }
}

/// How many bytes an event has in a store, or had.
fn stored(event: &Event) -> usize {
    let (header, payload) = encode_record(event);
    header.len() + payload.len() + event.payload.erased_scalars()
}

fn all_stored<'e>(events: impl IntoIterator<Item = &'e Event>) -> usize {
    events.into_iter().map(stored).sum()
}

fn text(ops: Vec<Op>) -> Payload {
    Payload::TextEdited { ops }
}

fn insert(pos: usize, text: impl Into<String>) -> Op {
    Op::Insert { pos, text: text.into() }
}

fn document() -> Document {
    Document::new(DOCUMENT, READER, author(READER))
}

/// What a server does with a frame, and then whoever opens the document with what was pushed.
fn frame(name: &str, events: &[Event]) -> Vec<Row> {
    let push = Message::Push { document: DOCUMENT, events: events.to_vec() };
    let bytes = encode_message(&push);
    drop(push);
    let taken = measure(&format!("frame: {name}"), bytes.len(), || {
        let Ok(Message::Push { events, .. }) = decode_message(&bytes) else { return 0 };
        let appended = Room::new(DOCUMENT).push(events, NOW);
        appended.ok().flatten().map_or(0, |append| all_stored(&append.events))
    });
    let mut rows = vec![taken];
    if rows[0].stored > 0 {
        rows.push(measure(&format!("  and merged: {name}"), bytes.len(), || {
            let Ok(Message::Push { events, .. }) = decode_message(&bytes) else { return 0 };
            let mut document = document();
            document.merge(events);
            black_box(document.text().len());
            rows[0].stored
        }));
    }
    rows
}

/// So many events in a row of one replica.
fn line(count: u64, op: impl Fn(u64) -> Vec<Op>) -> Vec<Event> {
    let one = |n: u64| {
        let parents = n.checked_sub(1).map(|before| id(1, before)).into_iter().collect();
        event(id(1, n), parents, text(op(n)))
    };
    (0..count).map(one).collect()
}

/// So many people who write at the same place at the same time.
fn apart(count: u64) -> Vec<Event> {
    let root = event(id(1, 0), vec![], text(vec![insert(0, "x".repeat(100))]));
    let ops = || vec![insert(50, "ab"), Op::Delete { pos: 3, len: 9 }];
    let branch = |n| event(id(n, 0), vec![id(1, 0)], text(ops()));
    [root].into_iter().chain((2..count + 2).map(branch)).collect()
}

/// Events that name all they know as their parents, not only what they were made on.
fn many_parents(count: u64) -> Vec<Event> {
    let mut events = apart(256);
    for n in 0..count {
        let own = n.checked_sub(1).map(|before| id(9_999, before));
        let parents: Vec<EventId> = (2..257).map(|r| id(r, 0)).chain(own).collect();
        events.push(event(id(9_999, n), parents, text(vec![insert(0, "p")])));
    }
    events
}

/// Events of so many edits each, no two of which touch, in a text of a page.
fn scattered(count: u64, edits: usize) -> Vec<Event> {
    let page = 1 << 15;
    let mut events = line(count + 1, |_| (0..edits).map(|n| insert(n * 2 % page, "s")).collect());
    events[0].payload = text(vec![insert(0, "x".repeat(page))]);
    events
}

/// Two who write for long without hearing of each other.
fn two_branches(count: u64) -> Vec<Event> {
    let mut events = Vec::new();
    for n in 0..count {
        for replica in [1, 2] {
            let parents = n.checked_sub(1).map(|before| id(replica, before)).into_iter().collect();
            let ops = vec![insert((n * 7 % (n + 1)) as usize, "d")];
            events.push(event(id(replica, n), parents, text(ops)));
        }
    }
    events
}

fn frames() -> Vec<Row> {
    let tiny = |n: usize| match n % 2 {
        0 => insert(n / 7, "r"),
        _ => Op::Delete { pos: n / 9, len: 1 },
    };
    let nothing = |_| Op::Delete { pos: 0, len: 0 };
    let erased = |_| Op::ErasedInsert { pos: 0, len: 1 << 16 };
    let cases = [
        ("four pages of one letter", line(4, |_| vec![insert(0, "a".repeat(255 << 10))])),
        ("a thousand keys", line(1_000, |n| vec![insert(n as usize, "k")])),
        ("eight thousand keys", line(8_000, |n| vec![insert(n as usize, "k")])),
        ("a thousand events of nothing", line(1_000, |_| vec![])),
        ("one event of 40,000 tiny runs", line(1, |_| (0..40_000).map(tiny).collect())),
        ("one event of 80,000 times nothing", line(1, |_| (0..80_000).map(nothing).collect())),
        ("one event of 40,000 edits apart", scattered(1, 40_000)),
        ("four events of 40,000 edits apart", scattered(4, 40_000)),
        ("900 events of 180 edits apart", scattered(900, 180)),
        ("990 events of 15 edits apart", scattered(990, 15)),
        ("a thousand branches", apart(999)),
        ("700 events with 256 parents", many_parents(700)),
        ("two branches of 500", two_branches(500)),
        ("a megabyte of erased text", line(16, |_| vec![erased(0)])),
        ("125 megabytes of erased text", line(200, |_| (0..10).map(erased).collect())),
    ];
    cases.iter().flat_map(|(name, events)| frame(name, events)).collect()
}

fn ordered(events: &[Event]) -> Vec<Ordered> {
    let place = |(nth, event): (u64, &Event)| Ordered {
        revision: Revision(nth),
        recorded: Timestamp(1),
        event: event.clone(),
    };
    (1..).zip(events).map(place).collect()
}

/// Logs and snapshots, as they are imported or opened.
fn histories() -> Vec<Row> {
    let keys = line(300_000, |n| vec![insert(n as usize, "k")]);
    let rows = all_stored(&keys);
    let log = encode_ordered(&ordered(&keys));
    let mut grown = document();
    grown.merge(keys);
    let graph = encode_log(grown.graph());
    let snapshot = encode_snapshot(&grown.snapshot());
    drop(grown);
    vec![
        measure("log: 300,000 keys, imported", log.len(), || {
            incoming::read(log.clone(), NOW).map_or(0, |_| rows)
        }),
        measure("log: the same, opened", graph.len(), || {
            let graph = decode_log(&graph);
            graph.map_or(0, |graph| {
                black_box(Document::open(DOCUMENT, READER, author(READER), graph));
                rows
            })
        }),
        measure("snapshot: 300,000 letters", snapshot.len(), || {
            let read = decode_snapshot(&snapshot);
            read.map_or(0, |read| {
                black_box(Document::resume(DOCUMENT, READER, author(READER), read));
                snapshot.len()
            })
        }),
    ]
}

/// A trace of so many transactions.
fn transactions(end: &str, one: &str, count: usize) -> Vec<u8> {
    let all = vec![one; count].join(",");
    format!("{{\"endContent\":\"{end}\",\"txns\":[{all}]}}").into_bytes()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("it stays in memory")
}

fn traces() -> Vec<Row> {
    let letters = 20_000;
    let cut = {
        let parents: Vec<String> = (0..letters).map(|n| n.to_string()).collect();
        let (text, parents) = ("a".repeat(letters), parents.join(","));
        format!(
            "{{\"endContent\":\"{text}\",\"txns\":[\
             {{\"span\":[0,{letters}],\"parents\":[],\"agent\":0,\"seqStart\":0,\
               \"ops\":[[0,0,\"{text}\"]]}},\
             {{\"span\":[{letters},{}],\"parents\":[{parents}],\"agent\":0,\"seqStart\":{letters},\
               \"ops\":[[9,0,\"a\"]]}}]}}",
            letters + 1
        )
        .replacen("\"endContent\":\"", "\"endContent\":\"a", 1)
    };
    let nothing = transactions("", "{\"patches\":[]}", 50_000);
    let letter = transactions(&"a".repeat(50_000), "{\"patches\":[[0,0,\"a\"]]}", 50_000);
    let mut spaces = vec![b' '; 32 << 20];
    spaces.extend(transactions("", "{\"patches\":[]}", 1));
    let cases = [
        ("50,000 times nothing", nothing.clone()),
        ("50,000 letters", letter.clone()),
        ("one paste, cut into 20,000", cut.into_bytes()),
        ("50,000 times nothing, packed", packed(&nothing)),
        ("50,000 letters, packed", packed(&letter)),
        ("32 megabytes of spaces, packed", packed(&spaces)),
    ];
    drop((nothing, letter, spaces));
    let import = |(name, bytes): &(&str, Vec<u8>)| {
        measure(&format!("trace: {name}"), bytes.len(), || {
            let Ok(traces) = trace::parse(bytes) else { return 0 };
            let mut n = 0;
            let mut random = || {
                n += 1;
                n
            };
            let histories = traces.into_iter().map(|it| it.into_history("T", &mut random, NOW));
            let stored = |history: trace::History| -> usize {
                history.events.iter().map(|ordered| stored(&ordered.event)).sum()
            };
            histories.map(|history| history.map_or(0, stored)).sum()
        })
    };
    cases.iter().map(import).collect()
}

/// What the fuzzer left, and is accepted: those that take most.
fn corpus() -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let mut rows = Vec::new();
    for file in std::fs::read_dir(folder).expect("it is committed") {
        let input = std::fs::read(file.expect("a file").path()).expect("its bytes");
        if let Some(events) = hostile::events(&input) {
            let stored = all_stored(&events);
            drop(events);
            rows.push(measure("corpus", input.len(), || {
                let mut document = document();
                document.merge(hostile::events(&input).unwrap_or_default());
                black_box(document.text().len());
                stored
            }));
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.peak / row.accepted()));
    println!("{} inputs of the corpus are accepted; those that take most:", rows.len());
    rows
}

#[test]
fn what_is_accepted_takes_a_small_multiple_of_its_bytes() {
    let rows: Vec<Row> =
        [frames(), histories(), traces(), corpus()].into_iter().flatten().collect();
    println!(
        "{:<58} {:>9} {:>9} {:>10} {:>7} {:>7}",
        "what", "input", "stored", "peak", "times", "ms/KiB"
    );
    rows.iter().filter(|row| row.name != "corpus").for_each(Row::print);
    rows.iter().filter(|row| row.name == "corpus").take(5).for_each(Row::print);
    let unbounded: Vec<&str> =
        rows.iter().filter(|row| !row.is_bounded()).map(|row| row.name.as_str()).collect();
    assert!(unbounded.is_empty(), "these take too much: {unbounded:?}");
}
