//! The timeline equals a plain replay at every revision, and one that grew step by step equals
//! one made at once. How events get their revisions is not its matter.

use palimpsest_core::{
    Document, DocumentId, Event, EventId, Graph, Intent, Op, Patch, Payload, ReplicaId, Revision,
    Text, Timeline, Timestamp, readable,
};
use palimpsest_tests::graphs::{self, Shape, revision};
use palimpsest_tests::seeds::{self, Random};

/// A history in a server's order, and the first `ordered` of it have revisions.
pub(super) struct History {
    events: Vec<Event>,
    recorded: Vec<Timestamp>,
    pub(super) ordered: usize,
}

impl History {
    pub(super) fn any(random: &mut Random, most: usize) -> Self {
        let shape = Shape::any(random, most);
        let made = graphs::events(random, shape);
        let events = graphs::reorder(random, &made);
        let recorded = graphs::recorded(random, events.len());
        let ordered = if random.chance(50) { events.len() } else { random.below(events.len() + 1) };
        Self { events, recorded, ordered }
    }

    /// The same with clocks that jump and events that were made for all kinds of reasons.
    pub(super) fn with_pauses(mut self, random: &mut Random) -> Self {
        let start = 1_760_000_000_000;
        let (mut time, mut intent) = (start, Intent::Typed);
        for event in &mut self.events {
            let most = *random.pick(&[2, 2, 2_000, 60_000, 40 * 60_000, 100 * 60_000]);
            let least = if random.chance(80) { 0 } else { -most };
            time += random.within(least..=most);
            if random.chance(40) {
                let reasons = [Intent::Typed, Intent::Pasted, Intent::Imported, Intent::Undone];
                intent = *random.pick(&reasons);
            }
            (event.header.time, event.header.intent) = (Timestamp(time), intent);
        }
        for (recorded, event) in self.recorded.iter_mut().zip(&self.events) {
            // Never before it was made, by these clocks.
            *recorded = Timestamp(recorded.0.max(event.header.time.0));
        }
        for at in 1..self.recorded.len() {
            self.recorded[at] = self.recorded[at].max(self.recorded[at - 1]);
        }
        self
    }

    pub(super) fn places(&self) -> Vec<(EventId, Timestamp)> {
        let ids = self.events.iter().map(|event| event.header.id);
        ids.zip(self.recorded.iter().copied()).collect()
    }

    /// A graph in which the events arrived in another order than the server's.
    pub(super) fn graph(&self, random: &mut Random) -> Graph {
        let mut document =
            Document::new(DocumentId([1; 16]), ReplicaId(99), graphs::author(ReplicaId(99)));
        let mut arriving = graphs::reorder(random, &self.events);
        while !arriving.is_empty() {
            let rest = arriving.split_off(1 + random.below(arriving.len()));
            document.merge(std::mem::replace(&mut arriving, rest));
        }
        document.graph().clone()
    }

    pub(super) fn timeline(&self, graph: &Graph) -> Timeline {
        let mut timeline = Timeline::new();
        timeline.extend(graph, &self.places()[..self.ordered]);
        timeline.settle(graph);
        timeline
    }
}

/// All that a timeline answers.
pub(super) fn answers(
    timeline: &Timeline,
    graph: &Graph,
) -> impl PartialEq + std::fmt::Debug + use<> {
    let revisions = || (0..=timeline.last().0 + 1).map(Revision);
    (
        (timeline.head(), timeline.last()),
        revisions().map(|r| timeline.text_at(r).to_string()).collect::<Vec<_>>(),
        revisions().map(|r| timeline.patch(r)).collect::<Vec<_>>(),
        revisions().map(|r| timeline.moment(graph, r)).collect::<Vec<_>>(),
        revisions().map(|r| timeline.title_at(graph, r)).collect::<Vec<_>>(),
        (timeline.activity(graph, 3), timeline.markers(graph), timeline.authors().to_vec()),
    )
}

#[test]
fn the_text_at_a_revision_is_the_replay_of_what_came_until_then() {
    seeds::check(1_200, |random| {
        let history = History::any(random, 14);
        let graph = history.graph(random);
        let timeline = history.timeline(&graph);
        assert_eq!(timeline.head(), revision(history.ordered));
        assert_eq!(timeline.last(), revision(history.events.len()));
        let mut until = Graph::default();
        let mut text = Text::default();
        assert!(timeline.text_at(Revision(0)).is_empty());
        for (index, event) in history.events[..history.ordered].iter().enumerate() {
            until.add(event.clone());
            let now = revision(index + 1);
            let patch = timeline.patch(now);
            assert!(text.fits(&patch));
            text.apply(&patch);
            assert_eq!(text.to_string(), readable::replay(&until));
            assert_eq!(timeline.text_at(now), text);
            let moment = timeline.moment(&graph, now).expect("it is on the timeline");
            assert_eq!(moment.event, event.header.id);
            assert_eq!(moment.kind, event.payload.kind());
            assert_eq!(moment.recorded, history.recorded[index]);
            // What an event inserted and took away again itself counts on both sides.
            let again = moment.inserted - patch.inserted();
            assert_eq!(moment.deleted - patch.deleted(), again);
            let ops = matches!(&event.payload, Payload::TextEdited { ops } if ops.len() > 1);
            assert!(ops || again == 0);
            assert!(!moment.pending);
        }
        // What is pending stands behind, in some causal order, and ends in the whole text.
        assert_eq!(timeline.text_at(timeline.last()).to_string(), readable::replay(&graph));
        for index in history.ordered..history.events.len() {
            assert!(timeline.moment(&graph, revision(index + 1)).expect("it is there").pending);
        }
        assert_eq!(timeline.moment(&graph, Revision(0)), None);
        assert_eq!(timeline.moment(&graph, revision(history.events.len() + 1)), None);
    });
}

#[test]
fn growing_step_by_step_ends_where_growing_at_once_does() {
    seeds::check(1_200, |random| {
        let history = History::any(random, 12);
        let graph = history.graph(random);
        let mut growing = Timeline::new();
        let places = history.places();
        let mut rest = &places[..history.ordered];
        while !rest.is_empty() {
            let (next, later) = rest.split_at((1 + random.below(3)).min(rest.len()));
            growing.extend(&graph, next);
            if random.chance(50) {
                growing.settle(&graph);
            }
            rest = later;
        }
        growing.settle(&graph);
        assert_eq!(answers(&growing, &graph), answers(&history.timeline(&graph), &graph));
    });
}

#[test]
fn pending_events_move_when_others_are_ordered_before_them() {
    seeds::check(800, |random| {
        let history = History { ordered: 0, ..History::any(random, 10) };
        let graph = history.graph(random);
        // At first the server knows nothing, then more and more, as this device learns of it.
        let replica = ReplicaId(98);
        let mut document = Document::new(DocumentId([1; 16]), replica, graphs::author(replica));
        let (mut growing, mut ordered) = (Timeline::new(), 0);
        for lv in 0..graph.len() {
            document.merge(vec![graph.event(lv)]);
            let known = document.graph();
            growing.settle(known);
            assert_eq!(growing.text_at(growing.last()).to_string(), readable::replay(known));
            let places = history.places();
            let next = places[ordered..].iter().take(random.below(3));
            let next: Vec<_> = next.take_while(|(id, _)| known.contains(*id)).copied().collect();
            growing.extend(known, &next);
            ordered += next.len();
        }
        growing.settle(&graph);
        let fresh = History { ordered, ..history }.timeline(&graph);
        assert_eq!(answers(&growing, &graph), answers(&fresh, &graph));
    });
}

#[test]
fn patches_between_two_revisions_lead_both_ways() {
    seeds::check(500, |random| {
        let history = History::any(random, 14);
        let graph = history.graph(random);
        let timeline = history.timeline(&graph);
        for _ in 0..12 {
            let [from, to] = [0; 2].map(|_| revision(random.below(history.events.len() + 1)));
            let mut text = timeline.text_at(from);
            let patch = timeline.patch_between(from, to);
            assert!(text.fits(&patch));
            text.apply(&patch);
            assert_eq!(text, timeline.text_at(to));
            assert_eq!(patch.invert(), timeline.patch_between(to, from));
        }
    });
}

#[test]
fn times_and_activity_count_every_revision_once() {
    seeds::check(500, |random| {
        let history = History::any(random, 14);
        let graph = history.graph(random);
        let timeline = history.timeline(&graph);
        let recorded = &history.recorded[..history.ordered];
        for offset in -2..30 {
            let time = Timestamp(1_760_000_000_000 + offset);
            let expected = recorded.iter().filter(|&&recorded| recorded <= time).count();
            assert_eq!(timeline.revision_at(time), revision(expected));
        }
        for buckets in [0, 1, 3, 100] {
            let activity = timeline.activity(&graph, buckets);
            assert!(activity.len() <= buckets);
            if buckets > 0 {
                let mut next = Revision(1);
                for bucket in &activity {
                    assert_eq!(bucket.from, next);
                    assert!(bucket.from < bucket.to, "no bucket is empty");
                    next = bucket.to;
                }
                assert_eq!(next.0, timeline.last().0 + 1);
            }
            let bars = activity.iter().flat_map(|bucket| &bucket.by_author);
            let written: usize = bars.map(|(_, written)| written).sum();
            let moment = |r: u64| timeline.moment(&graph, Revision(r)).expect("it is there");
            let all = (1..=timeline.last().0).map(moment).map(|m| m.inserted + m.deleted);
            assert!(buckets == 0 || written == all.sum::<usize>());
        }
    });
}

#[test]
fn names_stand_at_the_moments_they_were_given_to() {
    let text =
        |text: &str| Payload::TextEdited { ops: vec![Op::Insert { pos: 0, text: text.into() }] };
    let named = |name: &str, moment| Payload::VersionNamed { name: name.into(), moment };
    let id = |counter| graphs::id(1, counter);
    let payloads = [
        text("a"),
        text("b"),
        named("Draft", id(1)),
        named("First", id(0)),
        named("Better", id(1)),
        named("Gone", id(3)),
        named("", id(3)),
    ];
    let (mut graph, mut places) = (Graph::default(), Vec::new());
    let mut parents = Vec::new();
    for (counter, payload) in payloads.into_iter().enumerate() {
        let event = graphs::event(id(counter as u64), parents, payload);
        parents = vec![event.header.id];
        places.push((event.header.id, event.header.time));
        graph.add(event);
    }
    let mut timeline = Timeline::new();
    timeline.extend(&graph, &places);
    let markers = |timeline: &Timeline, graph: &Graph| -> Vec<(u64, String)> {
        timeline.markers(graph).into_iter().map(|marker| (marker.revision.0, marker.name)).collect()
    };
    let expected = [(1, "First".to_owned()), (2, "Better".to_owned())];
    assert_eq!(
        markers(&timeline, &graph),
        expected,
        "also when nothing is pending and nobody settled"
    );
    timeline.settle(&graph);
    assert_eq!(markers(&timeline, &graph), expected);
}

#[test]
fn a_long_past_is_reached_from_its_frames() {
    seeds::check(3, |random| {
        let replica = ReplicaId(1);
        let mut document = Document::new(DocumentId([1; 16]), replica, graphs::author(replica));
        let (mut twin, mut texts): (Vec<char>, Vec<String>) = (Vec::new(), vec![String::new()]);
        let (mut events, mut parents) = (Vec::new(), Vec::new());
        for counter in 0..3_000 {
            let pos = random.below(twin.len() + 1);
            let op = if random.chance(45) && pos < twin.len() {
                twin.remove(pos);
                Op::Delete { pos, len: 1 }
            } else {
                let letter = *random.pick(&['a', 'ß', '\n', '𝄞']);
                twin.insert(pos, letter);
                Op::Insert { pos, text: letter.into() }
            };
            let payload = Payload::TextEdited { ops: vec![op] };
            let event = graphs::event(graphs::id(5, counter), parents, payload);
            parents = vec![event.header.id];
            events.push(event);
            texts.push(twin.iter().collect());
        }
        let places: Vec<_> = events.iter().map(|e| (e.header.id, e.header.time)).collect();
        document.merge(events);
        let mut timeline = Timeline::new();
        for (index, chunk) in places.chunks(700).enumerate() {
            timeline.extend(document.graph(), chunk);
            if index % 2 == 0 {
                timeline.settle(document.graph());
            }
        }
        let edges = [0, 1, 1_023, 1_024, 1_025, 2_047, 2_048, 2_049, 3_000];
        let some = (0..60).map(|_| random.below(texts.len()));
        for at in edges.into_iter().chain(some) {
            assert_eq!(timeline.text_at(revision(at)).to_string(), texts[at], "revision {at}");
        }
        let patch: Patch = timeline.patch_between(revision(2_500), revision(500));
        let mut text = timeline.text_at(revision(2_500));
        text.apply(&patch);
        assert_eq!(text.to_string(), texts[500]);
    });
}
