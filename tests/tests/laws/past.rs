//! Blocks of a log are its events, whatever they are cut into; and a document that was resumed
//! from a snapshot is the one that read its log first, whenever the past comes in.

use palimpsest_core::codec::{
    DecodeError, decode_block, decode_snapshot, encode_block, encode_snapshot,
};
use palimpsest_core::{
    Block, Command, Document, DocumentId, Event, Graph, Intent, Ordered, Past, PastError,
    ReplicaId, Revision, SLICE_EVENTS, TextChange, Timeline, Timestamp,
};
use palimpsest_tests::graphs::{self, Shape};
use palimpsest_tests::seeds::{self, Random};

use crate::timeline::answers;

const OWN: ReplicaId = ReplicaId(99);

/// Events in a server's order, with their places.
fn ordered(random: &mut Random, most: usize) -> Vec<Ordered> {
    let shape = Shape::any(random, most);
    let made = graphs::events(random, shape);
    let events = graphs::reorder(random, &made);
    let recorded = graphs::recorded(random, events.len());
    let places = (1..).map(Revision).zip(recorded);
    let ordered = events.into_iter().zip(places);
    ordered.map(|(event, (revision, recorded))| Ordered { revision, recorded, event }).collect()
}

fn events(ordered: &[Ordered]) -> Vec<Event> {
    ordered.iter().map(|one| one.event.clone()).collect()
}

/// Cuts something into pieces of random length.
fn pieces<'e, T>(random: &mut Random, mut rest: &'e [T]) -> Vec<&'e [T]> {
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(1 + random.below(rest.len()));
        pieces.push(piece);
        rest = later;
    }
    pieces
}

fn block(ordered: &[Ordered]) -> Block {
    let bytes = encode_block(&Block::from_ordered(ordered));
    decode_block(&bytes).expect("it was just written")
}

fn empty() -> Document {
    Document::new(DocumentId([1; 16]), OWN, graphs::author(OWN))
}

fn merged(events: Vec<Event>) -> Document {
    let mut document = empty();
    document.merge(events);
    document
}

fn all_events(graph: &Graph) -> Vec<Event> {
    (0..graph.len()).map(|lv| graph.event(lv)).collect()
}

fn past(random: &mut Random, ordered: &[Ordered]) -> Past {
    let mut past = Past::default();
    for slice in pieces(random, ordered).into_iter().flat_map(|piece| block(piece).slices()) {
        past.take(slice).expect("it is what comes next");
    }
    past
}

#[test]
fn a_block_is_its_events() {
    seeds::check(3_000, |random| {
        let all = ordered(random, 20);
        for piece in pieces(random, &all) {
            let whole = block(piece);
            assert_eq!(whole.ordered().collect::<Vec<_>>(), piece);
            assert_eq!(whole.events().collect::<Vec<_>>(), events(piece));
            let first = piece.first().map(|one| one.revision);
            let last = piece.last().map(|one| one.revision);
            assert_eq!(whole.revisions(), first.zip(last));
            let slices = whole.clone().slices();
            assert!(slices.len() == 1 || slices.iter().all(|slice| slice.len() <= SLICE_EVENTS));
            assert!(slices.iter().flat_map(Block::ordered).eq(piece.iter().cloned()));
            let bare = encode_block(&Block::from_iter(&events(piece)));
            let bare = decode_block(&bare).expect("it was just written");
            assert_eq!(bare.events().collect::<Vec<_>>(), events(piece));
            assert_eq!((bare.revisions(), bare.ordered().count()), (None, 0));
        }
    });
}

#[test]
fn a_graph_of_blocks_is_a_graph_of_events() {
    seeds::check(3_000, |random| {
        let all = ordered(random, 20);
        let expected = merged(events(&all));
        let (mut graph, mut sorted) = (Graph::default(), Graph::default());
        let mut blocks: Vec<Block> = pieces(random, &all).into_iter().map(block).collect();
        for block in &blocks {
            sorted.add_block(block.clone());
        }
        assert_eq!(all_events(&sorted), all_events(expected.graph()));
        assert_eq!(sorted.frontier(), expected.graph().frontier());
        // Any part of a graph is a block, too.
        let start = random.below(sorted.len());
        let part = start..start + random.below(sorted.len() + 1 - start);
        let of = Block::of(&sorted, part.clone());
        let of = decode_block(&encode_block(&of)).expect("it was just written");
        assert_eq!(of.events().collect::<Vec<_>>(), all_events(&sorted)[part]);
        // In any order and twice they end in the same set.
        blocks.extend(blocks.clone());
        random.shuffle(&mut blocks);
        for block in blocks {
            graph.add_block(block);
        }
        let by_id = |graph: &Graph| {
            let mut events = all_events(graph);
            events.sort_by_key(|event| event.header.id);
            events
        };
        assert_eq!(by_id(&graph), by_id(&sorted));
    });
}

#[test]
fn a_past_of_blocks_is_a_timeline_of_events() {
    seeds::check(1_500, |random| {
        let all = ordered(random, 16);
        let expected = merged(events(&all));
        let mut timeline = Timeline::new();
        let places: Vec<_> = all.iter().map(|one| (one.event.header.id, one.recorded)).collect();
        timeline.extend(expected.graph(), &places);
        let past = past(random, &all);
        let (document, read) = Document::of_past(expected.id(), OWN, expected.author(), past);
        assert_eq!(document.text(), expected.text());
        assert_eq!(document.title(), expected.title());
        assert_eq!(all_events(document.graph()), all_events(expected.graph()));
        assert_eq!(answers(&read, document.graph()), answers(&timeline, expected.graph()));
    });
}

#[test]
fn merging_a_block_is_merging_its_events() {
    seeds::check(2_000, |random| {
        let all = ordered(random, 20);
        let mut pieces: Vec<&[Ordered]> = pieces(random, &all);
        pieces.extend(pieces.clone());
        random.shuffle(&mut pieces);
        let (mut by_event, mut by_block) = (empty(), empty());
        let mut text = by_block.text().clone();
        for (nth, piece) in pieces.into_iter().enumerate() {
            let places = piece.iter().map(|one| (one.event.header.id, one.recorded));
            assert!(block(piece).places().eq(places));
            let now = Timestamp(1_800_000_000_000 + 10_000 * nth as i64);
            if random.chance(30) && type_somewhere(random, &mut by_block, now) {
                text = by_block.text().clone();
                by_event.merge(by_block.seal().events);
            }
            by_event.merge(events(piece));
            let change = by_block.merge_block(block(piece));
            change.patches.iter().for_each(|patch| text.apply(patch));
            assert_eq!(&text, by_block.text());
            assert_eq!(by_block.text(), by_event.text());
            assert_eq!(by_block.title(), by_event.title());
            assert_eq!(by_block.parked(), by_event.parked());
        }
    });
}

/// Types somewhere, in a burst that may stay open; `false` if the document takes no edits.
fn type_somewhere(random: &mut Random, document: &mut Document, now: Timestamp) -> bool {
    let pos = random.below(document.text().len() + 1);
    let delete = random.below(3).min(document.text().len() - pos);
    let change = TextChange::new(pos, delete, *random.pick(&["", "a", "bcd"]));
    let command = Command::EditText { changes: [change].into(), intent: Intent::Typed };
    document.execute(command, now).is_ok()
}

#[test]
fn a_resumed_document_is_the_one_that_read_its_log_first() {
    seeds::check(4_000, |random| {
        let all = ordered(random, 24);
        let kept = random.below(all.len() + 1);
        let snapshot = merged(events(&all[..kept])).snapshot();
        let bytes = encode_snapshot(&snapshot);
        assert_eq!(decode_snapshot(&bytes).as_ref(), Ok(&snapshot));
        assert_eq!(snapshot.events(), kept);
        let snapshot = decode_snapshot(&bytes).expect("it was just read");
        let (id, author) = (DocumentId([1; 16]), graphs::author(OWN));
        let mut document = Document::resume(id, OWN, author, snapshot);
        let mut reader = merged(events(&all[..kept]));
        assert_eq!(document.unread(), kept);
        assert_eq!(document.frontier(), reader.frontier());
        assert_eq!(document.title(), reader.title());
        assert_eq!(document.archived(), reader.archived());
        assert_eq!(document.created(), reader.created());

        // They may come before what they were made on.
        let mut later = events(&all[kept..]);
        random.shuffle(&mut later);
        let read_after = random.below(later.len() + 1);
        let mut own = Vec::new();
        let mut past = Some(past(random, &all[..kept]));
        for nth in 0..=later.len() {
            if nth == read_after {
                let past = past.take().expect("it is read once");
                let (change, timeline) = document.read_past(past).expect("it is the past");
                own.extend(change.events.into_iter().filter(|one| one.header.id.replica == OWN));
                assert_eq!(document.unread(), 0);
                assert_eq!(timeline.head(), Revision(kept as u64));
            }
            let now = Timestamp(1_800_000_000_000 + 100 * nth as i64);
            if random.chance(60) && type_somewhere(random, &mut document, now) {
                own.extend(document.seal().events);
            }
            if let Some(event) = later.get(nth) {
                document.merge(vec![event.clone()]);
                reader.merge(vec![event.clone()]);
            }
        }
        own.extend(document.seal().events);
        // A reader who gets the same events, and read everything first, sees the same.
        reader.merge(own);
        assert_eq!(document.parked(), 0);
        assert_eq!(document.text(), reader.text());
        assert_eq!(document.title(), reader.title());
        assert_eq!(document.frontier(), reader.frontier());
        assert!(document.version_vector().eq(reader.version_vector()));
        assert_eq!(document.facts().names().count(), reader.facts().names().count());
        let by_id = |document: &Document| {
            let mut events = all_events(document.graph());
            events.sort_by_key(|event| event.header.id);
            events
        };
        assert_eq!(by_id(&document), by_id(&reader));
    });
}

#[test]
fn what_knows_the_unread_past_is_merged_at_once_and_the_rest_waits() {
    seeds::check(1_000, |random| {
        let all = ordered(random, 16);
        let reader = merged(events(&all));
        let (id, author) = (DocumentId([1; 16]), graphs::author(OWN));
        let mut document = Document::resume(id, OWN, author, reader.snapshot());
        // Two others who know everything write at once, and go on from one another.
        let others = [5_000, 6_000].map(ReplicaId);
        let mut copies = others.map(|replica| {
            let author = graphs::author(replica);
            let mut copy = Document::new(id, replica, author);
            copy.merge(events(&all));
            copy
        });
        for round in 0..random.below(4) {
            let now = Timestamp(1_800_000_000_000 + 10_000 * round as i64);
            let said = copies.each_mut().map(|copy| {
                type_somewhere(random, copy, now);
                copy.seal().events
            });
            for events in &said {
                document.merge(events.clone());
                copies.iter_mut().for_each(|copy| drop(copy.merge(events.clone())));
            }
            assert_eq!(document.parked(), 0);
            assert_eq!(document.text(), copies[0].text());
            assert_eq!(document.text(), copies[1].text());
        }
        // Somebody who knows only a part of the past has to wait for it.
        let early = graphs::event(
            graphs::id(7_000, 0),
            Vec::new(),
            palimpsest_core::Payload::DocumentArchived,
        );
        document.merge(vec![early]);
        assert_eq!(document.parked(), usize::from(!all.is_empty()));
        document.read_past(past(random, &all)).expect("it is the past");
        assert_eq!(document.parked(), 0);
    });
}

#[test]
fn a_past_that_is_not_the_documents_own_changes_nothing() {
    seeds::check(500, |random| {
        let all = ordered(random, 16);
        let reader = merged(events(&all));
        let (id, author) = (DocumentId([1; 16]), graphs::author(OWN));
        let mut document = Document::resume(id, OWN, author, reader.snapshot());
        let text = document.text().clone();
        let shorter = past(random, &all[..all.len() - 1]);
        assert_eq!(document.read_past(shorter).err(), Some(PastError::Other));
        let mut gap = Past::default();
        if all.len() > 1 {
            let expected = Err(PastError::Gap { expected: 1 });
            assert_eq!(gap.take(block(&all[1..])), expected);
        }
        let unplaced = Block::from_iter(&events(&all));
        assert!(gap.take(unplaced).is_err() && gap.is_empty());
        assert_eq!((document.unread(), document.text()), (all.len(), &text));
        document.read_past(past(random, &all)).expect("it is the past");
        assert_eq!(document.text(), reader.text());
    });
}

#[test]
fn a_damaged_snapshot_is_refused() {
    seeds::check(40, |random| {
        let bytes = encode_snapshot(&merged(events(&ordered(random, 20))).snapshot());
        for cut in 0..bytes.len() {
            assert!(decode_snapshot(&bytes[..cut]).is_err());
            let mut flipped = bytes.clone();
            flipped[cut] ^= 1 << random.below(8);
            assert!(decode_snapshot(&flipped).is_err());
        }
    });
    let magic = decode_snapshot(b"hello, world");
    assert_eq!(magic, Err(DecodeError::WrongMagic("a snapshot")));
}
