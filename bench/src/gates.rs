//! The hot paths of the engine on made histories, each small enough to be run where every
//! instruction is counted. What the counts may be is not known here.
//!
//! What leads to the work is done outside of [`counted`], which is what the counter looks for.

use std::hint::black_box;

use palimpsest_core::codec::{decode_block, decode_events, decode_log, decode_snapshot};
use palimpsest_core::codec::{encode_events, encode_log, encode_ordered, encode_snapshot};
use palimpsest_core::{
    Command, Document, Event, EventId, Intent, Past, Revision, TextChange, Timeline, Timestamp,
};

use crate::engine::palimpsest;
use crate::typist::{ordered, random, typist, typist_at};
use crate::wire::{Line, Replica};

/// A hot path: its name, what it stands for, and the work.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// What it is called in the file of counts.
    pub name: &'static str,
    /// Does it once.
    pub run: fn(),
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every hot path.
pub const SCENARIOS: [Scenario; 14] = [
    Scenario { name: "local typing, 10,000 keys", run: typing },
    Scenario { name: "encode a log of 20,000 events", run: encode },
    Scenario { name: "decode a log of 20,000 events and open it", run: load },
    Scenario { name: "open 10,000 ordered events without a snapshot", run: open },
    Scenario { name: "open a document of 20,000 events from its snapshot", run: resume },
    Scenario { name: "merge two branches of 2,000 events", run: merge },
    Scenario { name: "merge 500 who write at one place", run: || crowd(500) },
    Scenario { name: "merge 2,000 who write at one place", run: || crowd(2_000) },
    Scenario { name: "200 remote keystrokes, 500 apart", run: remote },
    Scenario { name: "200 seeks among 20,000 revisions", run: seek },
    Scenario { name: "push 1,000 events through the server to another", run: push },
    Scenario { name: "catch up, 1,000 events behind", run: || catch_up(1_000) },
    Scenario { name: "catch up, 8,000 events behind", run: || catch_up(8_000) },
    Scenario { name: "two come back with 2,000 edits each", run: || come_back(2_000) },
];

/// Two paths of which the second has so many times the work of the first, and may cost no more
/// than so many times as much: what was linear stays linear.
pub const LINEAR: [(&str, &str, f64); 2] = [
    ("catch up, 1,000 events behind", "catch up, 8,000 events behind", 8.8),
    // And the logarithm of a tree that is four times as large.
    ("merge 500 who write at one place", "merge 2,000 who write at one place", 6.0),
];

/// Does the part of a scenario whose instructions count.
fn counted<T>(work: impl FnOnce() -> T) -> T {
    // What setting up freed is put in order by the allocator when somebody asks for much, and that
    // is not the work's to pay for.
    drop(black_box(Vec::<u8>::with_capacity(ALLOCATOR_TIDIES)));
    count_work(work)
}

/// From how many bytes on the allocator looks for them among what was freed.
const ALLOCATOR_TIDIES: usize = 64 << 10;

/// Its name is looked for in the program, so it must stay a function of its own.
#[inline(never)]
fn count_work<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

/// What the part that counts is called for those who look for it.
pub const COUNTED: &str = "palimpsest_bench::gates::count_work*";

fn grown(keys: usize) -> Document {
    let mut typist = typist(1, 7);
    typist.write(keys);
    typist.document
}

fn opened(bytes: &[u8], agent: u64) -> Document {
    let graph = decode_log(bytes).expect("bytes of the codec");
    let empty = palimpsest::document(agent);
    Document::open(empty.id(), empty.replica(), empty.author(), graph)
}

fn typing() {
    let mut typist = typist(1, 7);
    // A fast hand: most keys join the event being typed.
    counted(|| (0..10_000).for_each(|_| drop(typist.strike_after(80))));
}

fn encode() {
    let document = grown(20_000);
    counted(|| encode_log(document.graph()));
}

fn load() {
    let bytes = encode_log(grown(20_000).graph());
    counted(|| opened(&bytes, 2));
}

/// As the app reads what its device holds: block by block, the timeline along.
fn open() {
    let whole = ordered(&grown(10_000));
    let batches: Vec<Vec<u8>> = whole.chunks(1_000).map(encode_ordered).collect();
    counted(|| {
        let mut past = Past::default();
        for batch in &batches {
            past.take(decode_block(batch).expect("bytes of the codec")).expect("it is the next");
        }
        let empty = palimpsest::document(2);
        Document::of_past(empty.id(), empty.replica(), empty.author(), past)
    });
}

/// As the app shows it first: from the snapshot.
fn resume() {
    let bytes = encode_snapshot(&grown(20_000).snapshot());
    counted(|| {
        let snapshot = decode_snapshot(&bytes).expect("bytes of the codec");
        let empty = palimpsest::document(2);
        Document::resume(empty.id(), empty.replica(), empty.author(), snapshot)
    });
}

/// A document that two know, and what each wrote since: the first one's document, and the other
/// one's events.
fn apart(known: usize, here: usize, there: usize) -> (Document, Vec<Event>) {
    let bytes = encode_log(grown(known).graph());
    let mut first = typist_at(opened(&bytes, 2), 11);
    first.write(here);
    let news = typist_at(opened(&bytes, 3), 13).write(there);
    (first.document, news)
}

fn merge() {
    let (mut document, news) = apart(2_000, 2_000, 2_000);
    let change = counted(|| document.merge(news));
    assert!(!change.patches.is_empty());
}

/// So many people who know nothing of each other.
fn crowd(people: u64) {
    let mut document = palimpsest::document(1);
    document.merge(palimpsest::birth());
    let bytes = encode_log(document.graph());
    let write = |agent| {
        let mut own = opened(&bytes, agent);
        let changes = [TextChange::new(0, 0, "word ")].into();
        let typed = Command::EditText { changes, intent: Intent::Typed };
        own.execute(typed, Timestamp(2)).expect("a text has a beginning");
        own.seal().events
    };
    let news: Vec<Event> = (2..people + 2).flat_map(write).collect();
    counted(|| document.merge(news));
    assert_eq!(document.text().len() as u64, 5 * people);
}

fn remote() {
    let (mut document, news) = apart(2_000, 500, 200);
    let news: Vec<Vec<u8>> = news.chunks(1).map(encode_events).collect();
    counted(|| {
        for one in &news {
            document.merge(decode_events(one).expect("bytes of the codec"));
        }
    });
    assert_eq!(document.parked(), 0);
}

fn seek() {
    let document = grown(20_000);
    let graph = document.graph();
    let places: Vec<(EventId, Timestamp)> =
        (0..graph.len()).map(|lv| (graph.id_of(lv), graph.time(lv))).collect();
    let mut timeline = Timeline::new();
    timeline.extend(graph, &places);
    let mut random = random(3);
    let stops: Vec<Revision> =
        (0..200).map(|_| Revision((random() % graph.len()) as u64 + 1)).collect();
    counted(|| stops.iter().for_each(|&stop| drop(black_box(timeline.text_at(stop)))));
}

/// From one session by way of the server to another, with everything that is done to the bytes.
fn push() {
    let known = grown(1_000);
    let bytes = encode_log(known.graph());
    let mut line = Line::new(&known);
    let mut author = typist_at(opened(&bytes, 2), 11);
    author.write(1_000);
    let mut author = Replica::new(author.document, 1_000);
    let mut reader = Replica::new(opened(&bytes, 3), 0);
    line.connect(&mut reader);
    line.settle(&mut [&mut reader]);
    counted(|| {
        line.connect(&mut author);
        line.settle(&mut [&mut author, &mut reader]);
    });
    assert_eq!(author.document.text(), reader.document.text());
}

fn catch_up(behind: usize) {
    let mut typist = typist(1, 7);
    typist.write(1_000);
    let bytes = encode_log(typist.document.graph());
    typist.write(behind);
    let mut line = Line::new(&typist.document);
    let mut late = Replica::new(opened(&bytes, 3), 0);
    counted(|| {
        line.connect(&mut late);
        line.settle(&mut [&mut late]);
    });
    assert_eq!(late.document.text(), typist.document.text());
}

fn come_back(edits: usize) {
    let bytes = encode_log(grown(1_000).graph());
    let mut line = Line::new(&opened(&bytes, 1));
    let side = |agent, seed| {
        let mut side = typist_at(opened(&bytes, agent), seed);
        side.write(edits);
        Replica::new(side.document, edits)
    };
    let (mut first, mut second) = (side(2, 11), side(3, 13));
    counted(|| {
        line.connect(&mut first);
        line.connect(&mut second);
        line.settle(&mut [&mut first, &mut second]);
    });
    assert_eq!(first.document.text(), second.document.text());
}
