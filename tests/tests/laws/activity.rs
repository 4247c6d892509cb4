//! Who did how much and when: read in one stretch after the other it is what a look at every
//! single moment says.

use std::collections::BTreeMap;
use std::ops::Range;

use palimpsest_core::{
    AuthorId, Bucket, Contributions, Counts, Graph, IDLE_MS, Intent, Mark, MarkKind, Marks, Moment,
    OFFLINE_MS, ReadModel, Revision, Share, Sitting, Sittings, Text, Timeline, counts,
};
use palimpsest_tests::seeds::{self, Random};

use crate::read_models::followed_of;
use crate::timeline::History;

fn history(random: &mut Random) -> History {
    let most = *random.pick(&[6, 14, 40]);
    History::any(random, most).with_pauses(random)
}

fn moments(timeline: &Timeline, graph: &Graph) -> Vec<Moment> {
    let moment = |r| timeline.moment(graph, Revision(r)).expect("it is there");
    (1..=timeline.last().0).map(moment).collect()
}

fn share(moment: &Moment) -> Share {
    Share { events: 1, inserted: moment.inserted, deleted: moment.deleted }
}

fn idle(one: &Moment, next: &Moment) -> bool {
    one.time.0.abs_diff(next.time.0) > IDLE_MS
}

#[test]
fn sittings_are_parted_by_pauses_only() {
    seeds::check(1_200, |random| {
        let history = history(random);
        let (timeline, graph, mut follower) = followed_of::<Sittings>(random, &history);
        let mut expected: Vec<Sitting> = Vec::new();
        let moments = moments(&timeline, &graph);
        for (at, moment) in moments.iter().enumerate() {
            let (from, to) = (moment.revision, Revision(moment.revision.0 + 1));
            if at == 0 || idle(&moments[at - 1], moment) {
                let (start, end) = (moment.time, moment.time);
                expected.push(Sitting { from, to, start, end, by_author: Vec::new() });
            }
            let sitting = expected.last_mut().expect("there is one now");
            sitting.to = to;
            sitting.start = sitting.start.min(moment.time);
            sitting.end = sitting.end.max(moment.time);
            add(&mut sitting.by_author, moment.author, share(moment));
        }
        let sittings = follower.read(&timeline, &graph);
        assert_eq!(sittings.all(), expected);
        let once = Sittings::at(&timeline, &graph, timeline.last());
        assert_eq!(once.all(), expected);
        for revision in (0..=timeline.last().0 + 1).map(Revision) {
            let of = |sitting: &Sitting| (sitting.from..sitting.to).contains(&revision);
            assert_eq!(sittings.of(revision), expected.iter().position(of));
        }
    });
}

fn add(by_author: &mut Vec<(AuthorId, Share)>, author: AuthorId, share: Share) {
    let known = by_author.iter().position(|(known, _)| *known == author);
    let at = known.unwrap_or_else(|| {
        by_author.push((author, Share::default()));
        by_author.len() - 1
    });
    let Share { events, inserted, deleted } = &mut by_author[at].1;
    *events += share.events;
    *inserted += share.inserted;
    *deleted += share.deleted;
}

/// What was written by whom at some revisions, by their moments.
fn written(timeline: &Timeline, moments: &[Moment]) -> Vec<(AuthorId, usize)> {
    let mut written: BTreeMap<AuthorId, usize> = BTreeMap::new();
    for moment in moments {
        *written.entry(moment.author).or_default() += moment.inserted + moment.deleted;
    }
    let place = |author| timeline.authors().iter().position(|&known| known == author);
    let mut written: Vec<_> = written.into_iter().filter(|&(_, written)| written > 0).collect();
    written.sort_by_key(|&(author, _)| place(author));
    written
}

fn check_bucket(timeline: &Timeline, moments: &[Moment], bucket: &Bucket) {
    let own = &moments[bucket.from.0 as usize - 1..bucket.to.0 as usize - 1];
    assert_eq!(bucket.by_author, written(timeline, own));
    if let [first, .., last] | [first @ last] = own {
        assert_eq!((bucket.start, bucket.end), (first.time, last.time));
    }
}

fn any_range(random: &mut Random, last: usize) -> Range<Revision> {
    let from = random.below(last + 2);
    let to = from + random.below(last + 3 - from);
    Revision(from as u64)..Revision(to as u64)
}

#[test]
fn activity_in_a_range_is_that_of_its_moments() {
    seeds::check(1_200, |random| {
        let history = history(random);
        let graph = history.graph(random);
        let timeline = history.timeline(&graph);
        let moments = moments(&timeline, &graph);
        let last = moments.len();
        for buckets in [0, 1, 3, 100] {
            let range = any_range(random, last);
            let inside = range.start.0.max(1)..range.end.0.min(last as u64 + 1).max(1);
            let activity = timeline.activity_in(&graph, range.clone(), buckets);
            assert_eq!(activity.len(), buckets.min(inside.clone().count()));
            let mut next = inside.start;
            for bucket in &activity {
                assert_eq!(bucket.from.0, next);
                assert!(bucket.from < bucket.to, "no bucket is empty");
                next = bucket.to.0;
                check_bucket(&timeline, &moments, bucket);
            }
            assert!(activity.is_empty() || next == inside.end);
            check_time(&timeline, &graph, &moments, range, buckets);
        }
    });
}

/// Working time, event by event: pauses do not count, and a sitting lasts a minute longer than
/// its last edit.
fn check_time(
    timeline: &Timeline,
    graph: &Graph,
    moments: &[Moment],
    range: Range<Revision>,
    count: usize,
) {
    let buckets = timeline.activity_over_time(graph, range.clone(), count);
    let inside = |moment: &&Moment| range.contains(&moment.revision);
    let inside: Vec<&Moment> = moments.iter().filter(inside).collect();
    if inside.is_empty() {
        assert_eq!(buckets, []);
        return;
    }
    assert_eq!(buckets.len(), count);
    let (mut worked, mut passed, mut latest) = (Vec::new(), 0, inside[0].time.0);
    for (at, moment) in inside.iter().enumerate() {
        if at > 0 && idle(inside[at - 1], moment) {
            passed += 60_000;
            latest = moment.time.0;
        }
        passed += (moment.time.0 - latest).max(0);
        latest = latest.max(moment.time.0);
        worked.push(passed);
    }
    let all = passed + 60_000;
    for (at, bucket) in buckets.iter().enumerate() {
        let bound = |at: usize| at as i64 * all / count as i64;
        let own = worked.iter().filter(|&&time| bound(at) <= time && time < bound(at + 1));
        assert_eq!(own.count() as u64, bucket.to.0 - bucket.from.0);
        check_bucket(timeline, moments, bucket);
    }
    assert_eq!(
        buckets.first().map(|bucket| bucket.from),
        Some(inside[0].revision).filter(|_| count > 0)
    );
    assert!(buckets.windows(2).all(|pair| pair[0].to == pair[1].from));
}

#[test]
fn marks_are_on_all_that_is_not_plain_typing() {
    seeds::check(1_200, |random| {
        let history = history(random);
        let (timeline, graph, mut follower) = followed_of::<Marks>(random, &history);
        let mut expected: Vec<Mark> = Vec::new();
        let late = |moment: &Moment| {
            let late = moment.recorded.0 - moment.time.0 > OFFLINE_MS;
            late && moment.intent != Intent::Imported
        };
        for moment in moments(&timeline, &graph) {
            let (from, to) = (moment.revision, Revision(moment.revision.0 + 1));
            let author = moment.author;
            let typed = moment.intent == Intent::Typed;
            let intent = (!typed).then_some(MarkKind::Intent(moment.intent));
            let offline = late(&moment).then_some(MarkKind::Offline);
            for kind in intent.into_iter().chain(offline) {
                let goes_on =
                    |mark: &&mut Mark| (mark.to, mark.author, mark.kind) == (from, author, kind);
                match expected.iter_mut().find(goes_on) {
                    Some(mark) => mark.to = to,
                    None => expected.push(Mark { from, to, author, kind }),
                }
            }
        }
        assert_eq!(follower.read(&timeline, &graph).all(), expected);
        assert_eq!(Marks::at(&timeline, &graph, timeline.last()).all(), expected);
    });
}

#[test]
fn contributions_are_what_each_author_did_and_what_stands_of_it() {
    seeds::check(1_200, |random| {
        let history = history(random);
        let (timeline, graph, mut follower) = followed_of::<Contributions>(random, &history);
        let mut expected: Vec<(AuthorId, Share)> = Vec::new();
        let moments = moments(&timeline, &graph);
        for moment in &moments {
            add(&mut expected, moment.author, share(moment));
        }
        let contributions = follower.read(&timeline, &graph);
        let shares = contributions.by_author().iter().map(|(author, own)| (*author, own.share));
        assert_eq!(shares.collect::<Vec<_>>(), expected);
        let authorship = contributions.authorship();
        let len = timeline.text_at(timeline.last()).len();
        let author = |pos| {
            let revision = authorship.revision_of(pos).expect("the text is covered");
            moments[revision.0 as usize - 1].author
        };
        for (who, own) in contributions.by_author() {
            assert_eq!(own.standing, (0..len).filter(|&pos| author(pos) == *who).count());
        }
    });
}

#[test]
fn a_text_is_counted_as_people_count() {
    let check = |text: &str, words: usize, lines: usize| {
        let Counts { words: found, characters, lines: rows, reading_seconds } =
            counts(&Text::from(text));
        assert_eq!((found, rows), (words, lines), "{text:?}");
        assert_eq!(characters, text.chars().count());
        assert_eq!(reading_seconds, words * 60 / 238);
    };
    check("", 0, 1);
    check("\n", 0, 2);
    check("# One *two* — three\n\n- four\n", 4, 4);
    check("don't re-do §5 1.5", 4, 1);
    check("naïve 𝕏 👀", 2, 1);
    check("日本語 text です", 6, 1);
    check(&"word ".repeat(2_380), 2_380, 1);
}
