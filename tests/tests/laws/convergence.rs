//! What is read off a document is the same on every replica, whatever arrived first: marks,
//! comments and carets. How texts converge is said in `document`.

use palimpsest_core::{
    Comments, Document, DocumentId, Marks, Presence, PresenceBoard, ReadModel, ReplicaId,
    Selection, Timestamp,
};
use palimpsest_tests::graphs::{self, Shape};
use palimpsest_tests::seeds;

use crate::read_models::followed_of;
use crate::timeline::History;

fn document(replica: u64) -> Document {
    let replica = ReplicaId(replica);
    Document::new(DocumentId([1; 16]), replica, graphs::author(replica))
}

#[test]
fn marks_and_comments_are_equal_on_every_replica() {
    seeds::check(800, |random| {
        let mut history = History::any(random, 40).with_pauses(random);
        history.ordered = history.places().len();
        let mut read = Vec::new();
        for _ in 0..3 {
            // Another arrival, read at other moments.
            let (timeline, graph, mut marks) = followed_of::<Marks>(random, &history);
            let once = Comments::at(&timeline, &graph, timeline.last());
            let all = marks.read(&timeline, &graph).all().to_vec();
            read.push((all, once.threads(&graph)));
        }
        assert!(read.iter().all(|other| *other == read[0]));
    });
}

#[test]
fn carets_are_equal_on_every_replica_that_has_the_same_events() {
    seeds::check(1_500, |random| {
        let shape = Shape { facts: false, ..Shape::any(random, 14) };
        let events = graphs::events(random, shape);
        // Somebody puts their caret somewhere when they know a part of it.
        let mut theirs = document(98);
        theirs.merge(graphs::reorder(random, &events)[..random.below(events.len() + 1)].to_vec());
        let pos = |random: &mut seeds::Random| random.below(theirs.text().len() + 1);
        let selection = Selection { anchor: pos(random), head: pos(random) };
        let presence = Presence {
            replica: ReplicaId(98),
            author: graphs::author(ReplicaId(98)),
            name: "Ana".into(),
            colour: 3,
            version: theirs.frontier(),
            selection: Some(selection),
        };
        let mut seen = Vec::new();
        for replica in 1..=3 {
            let mut own = document(90 + replica);
            let mut board = PresenceBoard::new();
            let mut arriving = graphs::reorder(random, &events);
            let mut told = false;
            while !arriving.is_empty() || !told {
                let known = presence.version.iter().all(|id| own.contains(*id));
                if !told && known && (arriving.is_empty() || random.chance(40)) {
                    board.receive(presence.clone(), &own, Timestamp(0));
                    told = true;
                    continue;
                }
                let rest = arriving.split_off((1 + random.below(4)).min(arriving.len()));
                for patch in own.merge(std::mem::replace(&mut arriving, rest)).patches {
                    board.apply(&patch);
                }
            }
            board.settle(&own);
            let entry = board.entries().next().expect("somebody is here").clone();
            let at = entry.selection.expect("the version is known");
            assert!(at.head.max(at.anchor) <= own.text().len());
            seen.push((own.text().to_string(), at));
        }
        assert!(seen.iter().all(|other| *other == seen[0]), "{seen:?}");
        // Nothing happened since: it is where it was put.
        let mut whole = document(97);
        whole.merge(events);
        if whole.frontier() == presence.version {
            assert_eq!(seen[0].1, selection);
        }
    });
}
