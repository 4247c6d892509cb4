//! The timeline: the document's events in canonical order as a list of patches, with
//! access to the text at any revision. It reads the graph and never changes it.
//!
//! The order is the server's. Events that have no revision yet stand at the end, and move
//! when others' events are ordered before them; "revision 12,870" is the same text for
//! everyone, for ever.

use std::ops::Range;
use std::slice::from_ref;

use crate::event::{AuthorId, EventId, Intent, Revision, Timestamp};
use crate::graph::{Graph, Lv};
use crate::headers::Times;
use crate::patch::Patch;
use crate::projection::facts::Facts;
use crate::projection::order::Order;
use crate::projection::patch_log::PatchLog;
use crate::projection::read_model::Deed;
use crate::ranges::{Lvs, without};
use crate::text::Text;
use crate::walker::Walker;

/// How many runs lie between two keyframes: the length of what a seek replays. Keyframes
/// share structure, so what each costs is what changed since the last. Few where assertions
/// are on, so that the small histories of the tests have keyframes too.
const KEYFRAME_RUNS: usize = if cfg!(debug_assertions) { 8 } else { 128 };

/// What happened at one revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Its place.
    pub revision: Revision,
    /// The event.
    pub event: EventId,
    /// Who made it.
    pub author: AuthorId,
    /// When, by the author's clock.
    pub time: Timestamp,
    /// When the server recorded it; the author's time while that is not known.
    pub recorded: Timestamp,
    /// Why.
    pub intent: Intent,
    /// What kind of event it is, as [`Payload::kind`] says it.
    pub kind: &'static str,
    /// Scalars that it put in, those included that it took out again itself.
    pub inserted: usize,
    /// Scalars that it took out, those included that it had put in itself.
    pub deleted: usize,
    /// Whether the server has not given it a revision yet.
    pub pending: bool,
}

/// How much was written in a stretch of revisions, and by whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bucket {
    /// The first revision of the stretch.
    pub from: Revision,
    /// The first revision after it.
    pub to: Revision,
    /// The author's time of its first event.
    pub start: Timestamp,
    /// The author's time of its last event.
    pub end: Timestamp,
    /// Scalars inserted and deleted, per author, in the order in which authors first wrote.
    pub by_author: Vec<(AuthorId, usize)>,
}

/// A named moment on the timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Marker {
    /// Where it stands.
    pub revision: Revision,
    /// What it is called.
    pub name: String,
    /// The event it was given to.
    pub event: EventId,
}

/// The projection. [`Timeline::extend`] as revisions arrive, [`Timeline::settle`] before
/// reading when events are pending.
///
/// # Laws
/// - `text_at(r)` is the empty text with patches `1..=r` applied
/// - `text_at(last())` equals the document's text once settled
/// - a timeline extended step by step equals one extended at once
#[derive(Clone, Default, Debug)]
pub struct Timeline {
    order: Order,
    /// The events that have a revision, and when the server recorded each.
    placed: Lvs,
    recorded: Times,
    /// The places of events that are not about text.
    facts: Vec<usize>,
    authors: Vec<AuthorId>,
    patches: PatchLog,
    keyframes: Vec<Keyframe>,
    tip: Tip,
    /// The tip as it was after the last ordered event and how many authors had written by
    /// then, while pending events follow.
    head: Option<(Tip, usize)>,
    ordered: usize,
    settled: (usize, u64),
}

/// The state after the last event of the list.
#[derive(Clone, Default, Debug)]
struct Tip {
    walker: Walker,
    text: Text,
    facts: Facts,
}

/// The text after some places, kept.
#[derive(Clone, Debug)]
struct Keyframe {
    places: usize,
    runs: usize,
    text: Text,
}

impl Timeline {
    /// The timeline of a document without events.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next revisions: their events, in order, and when the server recorded each.
    ///
    /// # Panics
    /// If the graph does not hold an event: merge first, then extend.
    pub fn extend(&mut self, graph: &Graph, ordered: &[(EventId, Timestamp)]) {
        self.unsettle();
        let known = |id| graph.lv_of(id).expect("ordered events are merged before");
        let lvs = ordered.iter().map(|&(id, _)| known(id));
        let events = ranges(lvs);
        self.append(graph, &events);
        events.into_iter().for_each(|events| self.placed.insert(events));
        ordered.iter().for_each(|&(_, recorded)| self.recorded.push(recorded));
        self.ordered = self.order.len();
    }

    /// Puts the events that have no revision yet behind those that have one. Costs nothing
    /// when none came or went since the last time.
    pub fn settle(&mut self, graph: &Graph) {
        let state = (graph.len(), graph.content.end());
        if self.settled == state {
            return;
        }
        self.unsettle();
        let all = 0..graph.len();
        let pending = without(from_ref(&all), self.placed.ranges());
        if !pending.is_empty() {
            // The state that the head's walk keeps is for ordered events alone.
            let head = std::mem::take(&mut self.tip);
            let walker = Walker::new(head.walker.version().to_vec(), head.text.len());
            self.tip = Tip { walker, text: head.text.clone(), facts: head.facts.clone() };
            self.head = Some((head, self.authors.len()));
            self.append(graph, &pending);
        }
        self.settled = state;
    }

    fn unsettle(&mut self) {
        self.settled = (usize::MAX, 0);
        let Some((head, authors)) = self.head.take() else { return };
        self.order.truncate(self.ordered);
        self.facts.truncate(self.facts.partition_point(|&place| place < self.ordered));
        self.authors.truncate(authors);
        self.patches.truncate(self.ordered);
        let kept = self.keyframes.partition_point(|frame| frame.places <= self.ordered);
        self.keyframes.truncate(kept);
        self.tip = head;
    }

    fn append(&mut self, graph: &Graph, events: &[Range<Lv>]) {
        let mut tip = std::mem::take(&mut self.tip);
        let mut walker = std::mem::take(&mut tip.walker);
        walker.walk(graph, events, |step| {
            let goes_on = self.order.last() == Some(step.events.start);
            if !goes_on {
                self.keep_frame(&tip.text);
                self.push(graph, step.events.clone());
                graph.content.facts(step.events.clone()).for_each(|lv| tip.facts.apply(graph, lv));
            }
            if let Some(op) = step.op {
                let (pos, deleted, inserted) = op.splice(graph);
                tip.text.splice(pos, deleted, &inserted);
                self.patches.push_op(step.events.len(), &op, &inserted);
            }
        });
        tip.walker = walker;
        self.tip = tip;
    }

    fn keep_frame(&mut self, text: &Text) {
        let (places, runs) = (self.patches.len(), self.patches.runs());
        let last = self.keyframes.last().map_or(0, |frame| frame.runs);
        if runs >= last + KEYFRAME_RUNS {
            self.keyframes.push(Keyframe { places, runs, text: text.clone() });
        }
    }

    fn push(&mut self, graph: &Graph, events: Range<Lv>) {
        let first = self.order.len();
        let facts = graph.content.facts(events.clone());
        self.facts.extend(facts.map(|lv| first + (lv - events.start)));
        for (_, author) in graph.author_runs(events.clone()) {
            if !self.authors.contains(&author) {
                self.authors.push(author);
            }
        }
        self.patches.push(events.len());
        self.order.push(events);
    }

    /// The last revision the server has given.
    pub fn head(&self) -> Revision {
        Revision(self.ordered as u64)
    }

    /// The last place on the list, pending events included.
    pub fn last(&self) -> Revision {
        Revision(self.order.len() as u64)
    }

    /// The text right after a revision; past the last one, the last text.
    pub fn text_at(&self, revision: Revision) -> Text {
        let target = self.index(revision);
        if target == self.order.len() {
            return self.tip.text.clone();
        }
        self.replayed(target)
    }

    /// The text after some places, from the keyframe before.
    fn replayed(&self, places: usize) -> Text {
        let frames = self.keyframes.partition_point(|frame| frame.places <= places);
        let frame = frames.checked_sub(1).map(|last| &self.keyframes[last]);
        let (from, mut text) =
            frame.map_or_else(Default::default, |frame| (frame.places, frame.text.clone()));
        for run in self.patches.between(from..places) {
            self.patches.apply(&run, &mut text);
        }
        text
    }

    /// What the events at some places, from 0, did to the text, in their order.
    pub(crate) fn deeds(&self, places: Range<usize>) -> impl Iterator<Item = Deed<'_>> {
        self.patches.between(places).map(|run| Deed {
            revision: Revision(u64::from(run.first) + 1),
            revisions: run.events as usize,
            pos: run.low(),
            deleted: if run.inserts() { 0 } else { run.len as usize },
            inserted: self.patches.text(&run),
        })
    }

    /// What one revision did: from the text before it to the text after it.
    pub fn patch(&self, revision: Revision) -> Patch {
        match self.index(revision) {
            0 => Patch::empty(),
            index => self.patches.patch(index - 1..index, &mut self.replayed(index - 1)),
        }
    }

    /// The patch from the text at one revision to the text at another, in either direction.
    pub fn patch_between(&self, from: Revision, to: Revision) -> Patch {
        let (low, high) = (self.index(from.min(to)), self.index(from.max(to)));
        let forward = self.patches.patch(low..high, &mut self.replayed(low));
        if from <= to { forward } else { forward.invert() }
    }

    /// Who did what, when, at a revision; `None` for revision 0 and past the end.
    pub fn moment(&self, graph: &Graph, revision: Revision) -> Option<Moment> {
        let index = usize::try_from(revision.0).ok()?.checked_sub(1)?;
        let lv = (index < self.order.len()).then(|| self.order.lv(index))?;
        let written = |inserts: bool| {
            let runs = self.patches.between(index..index + 1);
            runs.filter(|run| run.inserts() == inserts).map(|run| run.len as usize).sum()
        };
        let (time, pending) = (graph.time(lv), index >= self.ordered);
        Some(Moment {
            revision,
            event: graph.id_of(lv),
            author: graph.author(lv),
            time,
            recorded: if pending { time } else { self.recorded.get(index) },
            intent: graph.intent(lv),
            kind: graph.kind(lv),
            inserted: written(true),
            deleted: written(false),
            pending,
        })
    }

    /// The last ordered revision that the server recorded at or before a time; 0 if none.
    pub fn revision_at(&self, time: Timestamp) -> Revision {
        Revision(self.recorded.until(time) as u64)
    }

    /// The title right after a revision.
    pub fn title_at(&self, graph: &Graph, revision: Revision) -> String {
        let mut facts = Facts::default();
        let until = self.facts.partition_point(|&place| place < self.index(revision));
        let lvs = self.facts[..until].iter().map(|&place| self.order.lv(place));
        lvs.for_each(|lv| facts.apply(graph, lv));
        facts.title().to_owned()
    }

    /// The whole timeline in at most `buckets` stretches of equal numbers of revisions.
    pub fn activity(&self, graph: &Graph, buckets: usize) -> Vec<Bucket> {
        let all = self.order.len();
        let buckets = buckets.min(all);
        let stretch = |bucket: usize| bucket * all / buckets..(bucket + 1) * all / buckets;
        (0..buckets).map(|bucket| self.bucket(graph, stretch(bucket))).collect()
    }

    fn bucket(&self, graph: &Graph, range: Range<usize>) -> Bucket {
        let mut written = vec![0; self.authors.len()];
        for (first, events) in self.order.between(range.clone()) {
            for (own, author) in graph.author_runs(events.clone()) {
                let author = self.authors.iter().position(|&known| known == author);
                let author = author.expect("whose events are here is known");
                let place = |lv| first + (lv - events.start);
                let runs = self.patches.between(place(own.start)..place(own.end));
                written[author] += runs.map(|run| run.len as usize).sum::<usize>();
            }
        }
        let by_author = self.authors.iter().copied().zip(written);
        let time = |place: usize| graph.time(self.order.lv(place));
        Bucket {
            from: Revision(range.start as u64 + 1),
            to: Revision(range.end as u64 + 1),
            start: time(range.start),
            end: time(range.end - 1),
            by_author: by_author.filter(|&(_, written)| written > 0).collect(),
        }
    }

    /// The named moments, in order.
    pub fn markers(&self, graph: &Graph) -> Vec<Marker> {
        let markers = self.tip.facts.names().filter_map(|(event, name)| {
            let place = self.order.place_of(graph.lv_of(event)?)?;
            let revision = Revision(place as u64 + 1);
            Some(Marker { revision, name: name.to_owned(), event })
        });
        let mut markers: Vec<_> = markers.collect();
        markers.sort_by_key(|marker| marker.revision);
        markers
    }

    /// Who wrote, in the order in which they first did.
    pub fn authors(&self) -> &[AuthorId] {
        &self.authors
    }

    fn index(&self, revision: Revision) -> usize {
        usize::try_from(revision.0).unwrap_or(usize::MAX).min(self.order.len())
    }
}

/// Events as ranges of those that follow each other.
fn ranges(events: impl Iterator<Item = Lv>) -> Vec<Range<Lv>> {
    let mut ranges: Vec<Range<Lv>> = Vec::new();
    for lv in events {
        match ranges.last_mut() {
            Some(last) if last.end == lv => last.end += 1,
            _ => ranges.push(lv..lv + 1),
        }
    }
    ranges
}
