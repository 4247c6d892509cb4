//! Read models equal what a plain replay says, whether they were read all along or once, and
//! whatever has no revision yet.

use palimpsest_core::{
    Authorship, Bias, EventId, Follower, Graph, ReadModel, Revision, Timeline, Timestamp, life,
};
use palimpsest_tests::seeds::{self, Random};

use crate::timeline::History;

/// A timeline at the end of a random history, and a follower that read it all along.
pub(super) fn followed<M: ReadModel>(
    random: &mut Random,
    most: usize,
) -> (Timeline, Graph, Follower<M>) {
    let history = History::any(random, most);
    followed_of(random, &history)
}

/// The same of a given history.
pub(super) fn followed_of<M: ReadModel>(
    random: &mut Random,
    history: &History,
) -> (Timeline, Graph, Follower<M>) {
    let graph = history.graph(random);
    let (mut timeline, follower) = follow(random, &graph, &history.places()[..history.ordered]);
    timeline.settle(&graph);
    (timeline, graph, follower)
}

/// A timeline of some places, and a follower that read it as it grew, pending events now and
/// then behind it.
pub(super) fn follow<M: ReadModel>(
    random: &mut Random,
    graph: &Graph,
    places: &[(EventId, Timestamp)],
) -> (Timeline, Follower<M>) {
    let (mut timeline, mut follower) = (Timeline::new(), Follower::<M>::new());
    let mut rest = places;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(1 + random.below(rest.len()));
        timeline.extend(graph, now);
        if random.chance(50) {
            timeline.settle(graph);
        }
        follower.read(&timeline, graph);
        rest = later;
    }
    (timeline, follower)
}

/// The revision of every character, by plain replay.
fn authorship_naively(timeline: &Timeline) -> Vec<Revision> {
    let mut revisions: Vec<Revision> = Vec::new();
    for revision in (1..=timeline.last().0).map(Revision) {
        for edit in timeline.patch(revision).edits().iter().rev() {
            let inserted = edit.inserted.chars().map(|_| revision);
            revisions.splice(edit.pos..edit.end(), inserted);
        }
    }
    revisions
}

fn characters(authorship: &Authorship, range: std::ops::Range<usize>) -> Vec<Revision> {
    let mut characters = Vec::new();
    let mut next = range.start;
    for written in authorship.written(range) {
        assert_eq!(written.range.start, next, "no gap and no overlap");
        next = written.range.end;
        let step = u64::from(written.keystrokes);
        let each = (0..written.range.len() as u64).map(|nth| written.revision.0 + step * nth);
        characters.extend(each.map(Revision));
    }
    characters
}

#[test]
fn each_character_is_of_the_revision_that_inserted_it() {
    seeds::check(1_500, |random| {
        let most = *random.pick(&[6, 14, 40]);
        let (timeline, graph, mut follower) = followed::<Authorship>(random, most);
        let expected = authorship_naively(&timeline);
        let authorship = follower.read(&timeline, &graph);
        assert_eq!(authorship.len(), expected.len());
        assert_eq!(authorship.is_empty(), expected.is_empty());
        assert_eq!(characters(authorship, 0..usize::MAX), expected);
        for _ in 0..6 {
            let start = random.below(expected.len() + 1);
            let end = start + random.below(expected.len() + 1 - start);
            assert_eq!(characters(authorship, start..end), expected[start..end]);
            assert_eq!(authorship.revision_of(start), expected.get(start).copied());
        }
        let mut once = Follower::<Authorship>::new();
        assert_eq!(characters(once.read(&timeline, &graph), 0..usize::MAX), expected);
    });
}

#[test]
fn a_life_has_every_wording_at_its_place() {
    seeds::check(800, |random| {
        let history = History::any(random, 16);
        let graph = history.graph(random);
        let timeline = history.timeline(&graph);
        let revision = Revision(random.below(timeline.last().0 as usize + 1) as u64);
        let len = timeline.text_at(revision).len();
        let start = random.below(len + 1);
        let range = start..start + random.below(len + 1 - start);
        // Where the stretch is at each revision, mapped patch by patch.
        let mut places = vec![0..0; timeline.last().0 as usize + 1];
        let map = |range: &std::ops::Range<usize>, patch: &palimpsest_core::Patch| {
            let start = patch.map_pos(range.start, Bias::After);
            start..patch.map_pos(range.end, Bias::Before).max(start)
        };
        places[revision.0 as usize] = range.clone();
        for back in (1..=revision.0).rev() {
            let patch = timeline.patch(Revision(back)).invert();
            places[back as usize - 1] = map(&places[back as usize], &patch);
        }
        for on in revision.0 + 1..=timeline.last().0 {
            let patch = timeline.patch(Revision(on));
            places[on as usize] = map(&places[on as usize - 1], &patch);
        }
        let wordings = life(&timeline, range.clone(), revision);
        // An event that inserts and deletes is one patch but several deeds.
        let single = (1..=timeline.last().0).map(Revision).all(|r| {
            let moment = timeline.moment(&graph, r).expect("it is there");
            let mixed = moment.inserted > 0 && moment.deleted > 0;
            !mixed && timeline.patch(r).edits().len() <= 1
        });
        assert!(wordings.is_sorted_by_key(|wording| wording.revision));
        for wording in &wordings {
            let text = timeline.text_at(wording.revision);
            assert_eq!(text.slice(wording.range.clone()), wording.text);
            assert!(!single || wording.range == places[wording.revision.0 as usize]);
        }
        // The stretch reads now as its last wording does, if it is not gone.
        if !range.is_empty() {
            let there = timeline.text_at(revision).slice(range);
            let until = |wording: &&palimpsest_core::Wording| wording.revision <= revision;
            let last = wordings.iter().rev().find(until);
            assert_eq!(last.map(|wording| wording.text.as_str()), Some(there.as_str()));
        }
    });
}

#[test]
fn stretches_of_authors_and_revisions_of_events_are_what_each_moment_says() {
    seeds::check(600, |random| {
        let (timeline, graph, mut follower) = followed::<Authorship>(random, 24);
        let last = timeline.last().0;
        let from = 1 + random.below(last as usize + 1) as u64;
        let to = from + random.below((last + 2 - from) as usize) as u64;
        let stretches: Vec<_> =
            timeline.author_stretches(&graph, Revision(from)..Revision(to)).collect();
        let mut next = from;
        for (revisions, author) in &stretches {
            assert_eq!(revisions.start, Revision(next), "no gap and no overlap");
            next = revisions.end.0;
            for number in revisions.start.0..revisions.end.0 {
                let moment = timeline.moment(&graph, Revision(number)).expect("it is there");
                assert_eq!(moment.author, *author);
                assert_eq!(timeline.revision_of(&graph, moment.event), Some(Revision(number)));
            }
        }
        assert_eq!(next, to.max(from), "all of them are in a stretch");
        assert!(stretches.windows(2).all(|two| two[0].1 != two[1].1), "as few as there are");
        // A model that is read in small parts is the model.
        let mut slowly = Follower::<Authorship>::new();
        while !slowly.read_part(&timeline, &graph, 1 + random.below(5)) {}
        let slowly = characters(slowly.read(&timeline, &graph), 0..usize::MAX);
        assert_eq!(slowly, characters(follower.read(&timeline, &graph), 0..usize::MAX));
    });
}
