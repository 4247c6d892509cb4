//! The walker equals the readable replay, whatever the graph and however it came in. Bytes and
//! sync are not involved.

use palimpsest_core::{Document, DocumentId, Event, Graph, Op, Payload, ReplicaId, readable};
use palimpsest_tests::graphs::{self, Shape, event, id};
use palimpsest_tests::seeds::{self, Random};

/// Merges in batches of random sizes and compares with the oracle after each.
fn check_batches(random: &mut Random, events: &[Event], largest: usize) {
    let mut document =
        Document::new(DocumentId([1; 16]), ReplicaId(99), graphs::author(ReplicaId(99)));
    let mut view = palimpsest_core::Text::default();
    let mut rest = events;
    while !rest.is_empty() {
        let (batch, later) = rest.split_at((1 + random.below(largest)).min(rest.len()));
        for patch in document.merge(batch.to_vec()).patches {
            assert!(view.fits(&patch), "{patch:?} does not fit {view:?}");
            view.apply(&patch);
        }
        assert_eq!(document.text().to_string(), readable::replay(document.graph()), "{events:#?}");
        assert_eq!(view, *document.text(), "the patches say what happened to the text");
        rest = later;
    }
    assert_eq!(document.graph().len(), events.len());
    assert_eq!(document.parked(), 0);
}

#[test]
fn equals_the_readable_replay() {
    seeds::check(100_000, |random| {
        let shape = Shape::any(random, 14);
        let events = graphs::events(random, shape);
        check_batches(random, &events, 4);
        let events = graphs::reorder(random, &events);
        check_batches(random, &events, 6);
    });
}

#[test]
fn equals_the_readable_replay_in_larger_graphs() {
    seeds::check(1_500, |random| {
        let shape = Shape { events: 40, replicas: 5, hostile: random.chance(50), facts: false };
        let events = graphs::events(random, shape);
        check_batches(random, &events, events.len());
    });
}

/// Many who write at one place, mostly without knowing of each other: siblings among which the
/// walker does not look at each, typed on, deleted in part, and built upon.
#[test]
fn equals_the_readable_replay_where_a_crowd_writes_at_one_place() {
    seeds::check(20_000, |random| {
        let base = Payload::TextEdited { ops: vec![Op::Insert { pos: 0, text: "ab".into() }] };
        let mut events = vec![event(id(50, 0), Vec::new(), base)];
        let place = random.below(3);
        let (people, mut counters) = (2 + random.below(12), [0; 14]);
        for _ in 0..6 + random.below(24) {
            let who = random.below(people);
            let on = match random.below(10) {
                0..6 => 0,
                6..8 => random.below(events.len()),
                _ => events.len() - 1,
            };
            let pos = (place + random.below(8) / 6).saturating_sub(random.below(8) / 7);
            let op = match random.below(8) {
                0 => Op::Delete { pos, len: 1 + random.below(2) },
                few => Op::Insert { pos, text: "xyzxyz"[..1 + few / 3].to_owned() },
            };
            let parents = vec![events[on].header.id];
            let payload = Payload::TextEdited { ops: vec![op] };
            events.push(event(id(who as u64 + 1, counters[who]), parents, payload));
            counters[who] += 1;
        }
        check_batches(random, &events, events.len());
        let events = graphs::reorder(random, &events);
        check_batches(random, &events, 8);
    });
}

#[test]
fn events_come_out_as_they_went_in() {
    seeds::check(2_000, |random| {
        let shape = Shape::any(random, 12);
        let events = graphs::events(random, shape);
        let mut document =
            Document::new(DocumentId([1; 16]), ReplicaId(99), graphs::author(ReplicaId(99)));
        document.merge(events.clone());
        for event in events {
            let kept = document.event(event.header.id).expect("it was merged");
            assert_eq!(kept.payload, event.payload, "clamping must not rewrite what was said");
            assert_eq!(kept.header.author, event.header.author);
            assert!(kept.header.parents.is_sorted());
        }
    });
}

#[test]
fn what_is_over_changes_nothing_that_came_before() {
    // Every prefix of a log has one text: the one it had when it was all there was.
    seeds::check(300, |random| {
        let shape = Shape::any(random, 12);
        let events = graphs::events(random, shape);
        let (mut graph, mut texts) = (Graph::default(), Vec::new());
        for event in &events {
            graph.add(event.clone());
            texts.push(readable::replay(&graph));
        }
        let mut timeline = palimpsest_core::Timeline::new();
        let order: Vec<_> =
            events.iter().map(|event| (event.header.id, event.header.time)).collect();
        let mut document =
            Document::new(DocumentId([1; 16]), ReplicaId(99), graphs::author(ReplicaId(99)));
        document.merge(events);
        timeline.extend(document.graph(), &order);
        for (index, text) in texts.iter().enumerate() {
            assert_eq!(timeline.text_at(graphs::revision(index + 1)).to_string(), *text);
        }
    });
}

#[test]
fn what_was_clamped_stays_clamped_later_in_the_same_merge() {
    // Found by seed 16: the second stretch replayed an insert of the first one where its author
    // had put it, far past the end, and not where it had come to stand.
    let text =
        |pos, text: &str| Payload::TextEdited { ops: vec![Op::Insert { pos, text: text.into() }] };
    let events = [
        event(id(1, 0), Vec::new(), text(0, "a")),
        event(id(2, 0), vec![id(1, 0)], text(1_000, "b")),
        event(id(3, 0), vec![id(1, 0)], text(1, "c")),
    ];
    check_batches(&mut Random::new(0), &events, 1);
    let mut document =
        Document::new(DocumentId([1; 16]), ReplicaId(99), graphs::author(ReplicaId(99)));
    document.merge(events.to_vec());
    assert_eq!(document.text().to_string(), "abc");
}

/// An event of many ops comes to few patches, and they say the same.
#[test]
fn events_of_many_ops_come_to_few_patches() {
    seeds::check(30, |random| {
        let ops = 1 + random.below(300);
        let op = |random: &mut Random, n: usize| match random.below(4) {
            0 => Op::Delete { pos: random.below(400), len: random.below(3) },
            1 => Op::ErasedInsert { pos: random.below(400), len: 1 },
            _ => Op::Insert { pos: random.below(400), text: ["a", "ß", "no"][n % 3].into() },
        };
        let mut edit = |replica| {
            let ops = (0..ops).map(|n| op(random, n)).collect();
            event(id(replica, 0), vec![id(1, 0)], Payload::TextEdited { ops })
        };
        let base = Payload::TextEdited { ops: vec![Op::Insert { pos: 0, text: "x".repeat(300) }] };
        let events = [event(id(1, 0), Vec::new(), base), edit(2), edit(3)];
        let mut document =
            Document::new(DocumentId([1; 16]), ReplicaId(99), graphs::author(ReplicaId(99)));
        let change = document.merge(events.to_vec());
        assert!(change.patches.len() <= 5 + ops / 16, "{} of {ops} ops", change.patches.len());
        check_batches(random, &events, 1);
    });
}

/// Three replicas make two events each on the text `ab`, from a handful of ops; every way in
/// which the six can arrive ends in the same text.
#[test]
fn three_replicas_with_two_events_in_every_order() {
    if seeds::replayed().is_some() {
        return;
    }
    let insert = |pos, text: &str| Op::Insert { pos, text: text.into() };
    let choices = [insert(0, "x"), insert(1, "yz"), Op::Delete { pos: 0, len: 2 }];
    let orders = interleavings();
    assert_eq!(orders.len(), 90);
    let base = event(id(9, 0), Vec::new(), Payload::TextEdited { ops: vec![insert(0, "ab")] });
    for number in 0..choices.len().pow(6) {
        // The last digit also says whether each second event has seen another's first.
        let choice = |nth: u32| choices[number / choices.len().pow(nth) % choices.len()].clone();
        let make = |replica: u64, counter: u64| {
            let parents = match counter {
                0 => vec![id(9, 0)],
                _ if number % 2 == 0 => vec![id(replica, 0)],
                _ => vec![id(replica, 0), id((replica + 1) % 3, 0)],
            };
            let ops = vec![choice(replica as u32 * 2 + counter as u32)];
            event(id(replica, counter), parents, Payload::TextEdited { ops })
        };
        let made: Vec<[Event; 2]> =
            (0..3).map(|replica| [make(replica, 0), make(replica, 1)]).collect();
        let mut text: Option<String> = None;
        for order in &orders {
            let mut document =
                Document::new(DocumentId([1; 16]), ReplicaId(99), graphs::author(ReplicaId(99)));
            document.merge(vec![base.clone()]);
            let mut counters = [0; 3];
            for &replica in order {
                document.merge(vec![made[replica][counters[replica]].clone()]);
                counters[replica] += 1;
            }
            let ends = document.text().to_string();
            match &text {
                None => {
                    assert_eq!(ends, readable::replay(document.graph()), "combination {number}");
                    text = Some(ends);
                }
                Some(text) => assert_eq!(*text, ends, "combination {number}, order {order:?}"),
            }
        }
    }
}

/// Every order of two events each of three replicas.
fn interleavings() -> Vec<[usize; 6]> {
    let all = (0..3_usize.pow(6))
        .map(|number| std::array::from_fn(|place| number / 3_usize.pow(place as u32) % 3));
    let twice = |order: &[usize; 6]| {
        (0..3).all(|replica| order.iter().filter(|&&other| other == replica).count() == 2)
    };
    all.filter(twice).collect()
}

#[test]
fn a_version_is_the_events_that_no_other_of_them_was_made_on() {
    seeds::check(3_000, |random| {
        let shape = Shape { events: 30, replicas: 5, hostile: true, facts: false };
        let mut graph = Graph::default();
        for event in graphs::events(random, shape) {
            graph.add(event);
        }
        let named: Vec<usize> = (0..random.below(12)).map(|_| random.below(graph.len())).collect();
        let is_head = |&lv: &usize| {
            !named.iter().any(|&other| other != lv && graph.version_contains(&[other], lv))
        };
        let mut expected: Vec<usize> = named.iter().copied().filter(is_head).collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(graph.heads_of(named), expected);
    });
}
