//! Carets stay beside the characters they stood at, whatever was written before or meanwhile;
//! and the board shows who is here, and nobody for ever.

use palimpsest_core::{
    Bias, Document, DocumentId, PRESENCE_MS_MAX, PRESENT_MAX, Payload, Presence, PresenceBoard,
    ReplicaId, Selection, Timestamp,
};
use palimpsest_tests::graphs::{self, Shape};
use palimpsest_tests::seeds;

fn document() -> Document {
    Document::new(DocumentId([1; 16]), ReplicaId(99), graphs::author(ReplicaId(99)))
}

fn presence(replica: u64, version: Vec<palimpsest_core::EventId>, pos: usize) -> Presence {
    Presence {
        replica: ReplicaId(replica),
        author: graphs::author(ReplicaId(replica)),
        name: "Ana".into(),
        colour: 3,
        version,
        selection: Some(Selection { anchor: pos, head: pos }),
    }
}

#[test]
fn a_position_stays_beside_its_characters() {
    seeds::check(2_000, |random| {
        let shape = Shape { facts: false, ..Shape::any(random, 12) };
        let events = graphs::events(random, shape);
        let mut document = document();
        document.merge(events[..random.below(events.len() + 1)].to_vec());
        let (version, before) = (document.frontier(), document.text().to_string());
        document.merge(events);
        let after = document.text().to_string();
        let place = |letter: Option<char>| {
            let letter = letter.filter(|&letter| letter != palimpsest_core::ERASED)?;
            after.chars().position(|other| other == letter)
        };
        let mut least = [0, 0];
        for pos in 0..=before.chars().count() {
            let map = |bias| document.map_pos(pos, &version, bias).expect("it is known");
            let (low, high) = (map(Bias::Before), map(Bias::After));
            assert!(low <= high && high <= after.chars().count());
            assert!(least[0] <= low && least[1] <= high, "positions keep their order");
            least = [low, high];
            if let Some(left) = place(pos.checked_sub(1).and_then(|at| before.chars().nth(at))) {
                assert_eq!(low, left + 1, "right behind the character before it");
            }
            if let Some(right) = place(before.chars().nth(pos)) {
                assert_eq!(high, right, "right in front of the character after it");
            }
        }
    });
}

#[test]
fn a_position_at_any_old_version_is_somewhere_now() {
    seeds::check(1_500, |random| {
        let shape = Shape::any(random, 14);
        let events = graphs::events(random, shape);
        let mut document = document();
        document.merge(events.clone());
        let version =
            (0..random.below(3)).map(|_| random.pick(&events).header.id).collect::<Vec<_>>();
        for pos in [0, 1, 5, 1_000] {
            let mapped = document.map_pos(pos, &version, Bias::Before).expect("it is known");
            assert!(mapped <= document.text().len());
        }
        assert_eq!(document.map_pos(0, &[graphs::id(77, 0)], Bias::Before), None);
    });
}

#[test]
fn the_board_carries_selections_along() {
    seeds::check(400, |random| {
        let shape = Shape { facts: false, ..Shape::any(random, 10) };
        let events = graphs::events(random, shape);
        let (early, late) = events.split_at(random.below(events.len() + 1));
        let mut document = document();
        document.merge(early.to_vec());
        let (version, len) = (document.frontier(), document.text().len());
        let pos = random.below(len + 1);
        let (mut carried, mut mapped) = (PresenceBoard::new(), PresenceBoard::new());
        carried.receive(presence(5, version.clone(), pos), &document, Timestamp(0));
        for patch in document.merge(late.to_vec()).patches {
            carried.apply(&patch);
        }
        mapped.receive(presence(5, version, pos), &document, Timestamp(0));
        for board in [&carried, &mapped] {
            let selection = board.entries().next().expect("somebody is here").selection;
            assert!(selection.expect("the version is known").head <= document.text().len());
        }
    });
}

#[test]
fn who_is_silent_or_unknown_is_not_shown_as_being_somewhere() {
    let mut document = document();
    document.merge(vec![graphs::event(
        graphs::id(5, 0),
        Vec::new(),
        Payload::DocumentCreated { title: "Minutes".into() },
    )]);
    let mut board = PresenceBoard::new();
    let version = document.frontier();
    board.receive(presence(99, version.clone(), 0), &document, Timestamp(0));
    assert_eq!(board.entries().count(), 0, "oneself is not on the board");
    board.receive(presence(6, version.clone(), 9), &document, Timestamp(0));
    board.receive(presence(5, vec![graphs::id(5, 1)], 0), &document, Timestamp(10));
    let shown: Vec<_> = board.entries().map(|entry| (entry.replica.0, entry.selection)).collect();
    let end = Selection { anchor: 0, head: 0 };
    assert_eq!(shown, [(5, None), (6, Some(end))], "a place past the end is the end");
    assert!(!board.expire(Timestamp(PRESENCE_MS_MAX)));
    assert!(board.expire(Timestamp(PRESENCE_MS_MAX + 1)));
    assert_eq!(board.entries().map(|entry| entry.replica.0).collect::<Vec<_>>(), [5]);
    board.leave(ReplicaId(5));
    for replica in 100..100 + PRESENT_MAX as u64 + 1 {
        board.receive(presence(replica, version.clone(), 0), &document, Timestamp(0));
    }
    assert_eq!(board.entries().count(), PRESENT_MAX);
    board.clear();
    assert_eq!(board.entries().count(), 0);
}
