//! The timeline: the document's events in canonical order as a list of patches, with
//! access to the text at any revision. It reads the graph and never changes it.
//!
//! The order is the server's. Events that have no revision yet stand at the end, and move
//! when others' events are ordered before them; "revision 12,870" is the same text for
//! everyone, for ever.

use std::ops::Range;
use std::slice::from_ref;

use crate::content::Clamped;
use crate::delta::{Delta, SHORT_MAX};
use crate::event::{AuthorId, EventId, Intent, Payload, Revision, Timestamp};
use crate::graph::{Graph, Lv};
use crate::headers::Times;
use crate::patch::Patch;
use crate::projection::facts::Facts;
use crate::projection::order::Order;
use crate::projection::patch_log::PatchLog;
use crate::projection::read_model::Deed;
use crate::ranges::{Lvs, without};
use crate::run::{Kind, Run};
use crate::text::Text;
use crate::walker::Walker;

/// How many runs lie between two frames at least: what a seek replays. It is more where a frame is
/// told in many pieces, a quarter as many as these, so that frames never take much room. Few where
/// assertions are on, so that the small histories of the tests have frames too.
const FRAME_RUNS_MIN: usize = if cfg!(debug_assertions) { 8 } else { 128 };
/// In how many pieces a frame is told at most: one for so many scalars, since the text that the
/// pieces are of takes room for each, but never less or more than these.
const PIECE_SCALARS: usize = if cfg!(debug_assertions) { 2 } else { 36 };
const PIECES_MIN: usize = if cfg!(debug_assertions) { 4 } else { 128 };
const PIECES_MAX: usize = if cfg!(debug_assertions) { 12 } else { 4_096 };
/// In how many places a frame changes a long text at most: each has to be looked for.
const PLACES_MAX: usize = if cfg!(debug_assertions) { 3 } else { 12 };

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
    /// Texts of the past, each of which shares with the one before what they have in common.
    texts: Vec<Text>,
    frames: Vec<Frame>,
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
    facts: Facts,
    /// The text, as what changed since the newest of the first `texts`.
    since: Delta,
    texts: usize,
    /// How many runs came since the last frame.
    runs: usize,
}

impl Tip {
    /// Whether so much came since the last frame that another is due.
    fn is_far(&self) -> bool {
        // In a long text every run may be one more place to look for.
        let is_long = self.since.len() > SHORT_MAX;
        self.runs >= FRAME_RUNS_MIN && (is_long || self.runs >= self.since.pieces() / 4)
    }
}

/// The text after some places: what changed since the newest of the first `texts`, packed. That
/// is a hundredth of what the text itself would take.
#[derive(Clone, Debug)]
struct Frame {
    places: usize,
    texts: usize,
    since: Box<[u8]>,
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

    /// Takes the next revisions as a row of events and when each was recorded. Returns what the
    /// graph has to note of them.
    pub(crate) fn extend_with(
        &mut self,
        graph: &Graph,
        events: Range<Lv>,
        recorded: &Times,
    ) -> Clamped {
        self.unsettle();
        let clamped = self.append(graph, from_ref(&events));
        self.placed.insert(events);
        for (count, (first, step)) in recorded.lengths() {
            self.recorded.push_stretch(count, first, step);
        }
        self.ordered = self.order.len();
        clamped
    }

    /// The text and the facts after the last revision that the server has given.
    pub(crate) fn state_at_head(&self) -> (Text, &Facts) {
        let tip = self.head.as_ref().map_or(&self.tip, |(head, _)| head);
        (self.text_of(&tip.since, tip.texts), &tip.facts)
    }

    fn text_of(&self, since: &Delta, texts: usize) -> Text {
        let empty = Text::default();
        let old = texts.checked_sub(1).map_or(&empty, |last| &self.texts[last]);
        since.carry_out(old, self.patches.runs())
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
            let walker = Walker::new(head.walker.version().to_vec(), head.since.len());
            let (facts, since) = (head.facts.clone(), head.since.clone());
            self.tip = Tip { walker, facts, since, ..head };
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
        // The one right behind the head was kept when the first pending event came.
        let kept = self.frames.partition_point(|frame| frame.places < self.ordered);
        self.frames.truncate(kept);
        self.texts.truncate(head.texts);
        self.tip = head;
    }

    fn append(&mut self, graph: &Graph, events: &[Range<Lv>]) -> Clamped {
        let mut tip = std::mem::take(&mut self.tip);
        let mut walker = std::mem::take(&mut tip.walker);
        let clamped = walker.walk(graph, events, |step| {
            let goes_on = self.order.last() == Some(step.events.start);
            if !goes_on {
                if tip.is_far() {
                    self.keep_frame(&mut tip);
                }
                self.push(graph, step.events.clone());
                graph.content.facts(step.events.clone()).for_each(|lv| tip.facts.apply(graph, lv));
            }
            if let Some(op) = step.op {
                let (_, _, inserted) = op.splice(graph);
                let (run, is_new) = self.patches.push_op(step.events.len(), &op, &inserted);
                tip.since.take(&run, self.patches.runs());
                tip.runs += usize::from(is_new);
                self.patches.pack_beside(graph.content.kept(), |place| self.order.lv(place));
            }
        });
        tip.walker = walker;
        self.tip = tip;
        clamped
    }

    /// Keeps the text at the tip. It is told by the last text that was kept, as long as that
    /// takes little room and time, and else kept itself.
    fn keep_frame(&mut self, tip: &mut Tip) {
        let since = &tip.since;
        let scattered = since.len() > SHORT_MAX && since.places() > PLACES_MAX;
        let pieces = (since.len() / PIECE_SCALARS).clamp(PIECES_MIN, PIECES_MAX);
        if scattered || since.pieces() > pieces {
            let text = self.text_of(&tip.since, tip.texts);
            tip.since = Delta::of_nothing(text.len());
            self.texts.push(text);
            tip.texts = self.texts.len();
        }
        let (places, since) = (self.patches.len(), tip.since.pack());
        self.frames.push(Frame { places, texts: tip.texts, since });
        tip.runs = 0;
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
            return self.text_of(&self.tip.since, self.tip.texts);
        }
        self.replayed(target)
    }

    /// The text after some places, from the frame before.
    fn replayed(&self, places: usize) -> Text {
        let frames = self.frames.partition_point(|frame| frame.places <= places);
        let frame = frames.checked_sub(1).map(|last| &self.frames[last]);
        let (from, texts, mut since) = frame.map_or_else(Default::default, |frame| {
            (frame.places, frame.texts, Delta::unpack(&frame.since))
        });
        for run in self.patches.between(from..places) {
            since.take(&run, self.patches.runs());
        }
        self.text_of(&since, texts)
    }

    /// What the events at some places, from 0, did to the text, in their order.
    pub(crate) fn deeds(&self, places: Range<usize>) -> impl Iterator<Item = Deed<'_>> {
        self.patches.between(places).map(|run| self.deed(&run))
    }

    /// The same, the last one first.
    pub(super) fn deeds_back(&self, places: Range<usize>) -> impl Iterator<Item = Deed<'_>> {
        self.patches.back_between(places).map(|run| self.deed(&run))
    }

    fn deed(&self, run: &Run) -> Deed<'_> {
        Deed {
            revision: Revision(u64::from(run.first) + 1),
            revisions: run.events as usize,
            pos: run.low(),
            deleted: if run.inserts() { 0 } else { run.len as usize },
            backwards: run.kind == Kind::Backspace,
            inserted: self.patches.text(run),
        }
    }

    /// The events at some places that are not about text, each with its place.
    pub(crate) fn facts(&self, places: Range<usize>) -> impl Iterator<Item = (usize, Lv)> {
        let from = self.facts.partition_point(|&place| place < places.start);
        let facts = self.facts[from..].iter().take_while(move |&&place| place < places.end);
        facts.map(|&place| (place, self.order.lv(place)))
    }

    /// Who made the events at some places, as ranges of these.
    pub(super) fn authors_of<'a>(
        &'a self,
        graph: &'a Graph,
        places: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, AuthorId)> + 'a {
        let stretches = self.order.between(places);
        stretches.flat_map(|(first, events)| {
            let start = events.start;
            let own = graph.author_runs(events);
            own.map(move |(own, author)| (placed(first, start, own), author))
        })
    }

    /// Why the events at some places came about, as ranges of these.
    pub(super) fn intents_of<'a>(
        &'a self,
        graph: &'a Graph,
        places: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, Intent)> + 'a {
        let stretches = self.order.between(places);
        stretches.flat_map(|(first, events)| {
            let start = events.start;
            let own = graph.headers().intents_of(events);
            own.map(move |(own, intent)| (placed(first, start, own), intent))
        })
    }

    /// When the events at some places were made: stretches, each with its first time and its
    /// step.
    pub(super) fn times_of<'a>(
        &'a self,
        graph: &'a Graph,
        places: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, (i64, i64))> + 'a {
        let stretches = self.order.between(places);
        stretches.flat_map(|(first, events)| {
            let start = events.start;
            let own = graph.headers().times_of(events);
            own.map(move |(own, times)| (placed(first, start, own), times))
        })
    }

    /// When each of the events at some places was made.
    pub(super) fn times<'a>(
        &'a self,
        graph: &'a Graph,
        places: Range<usize>,
    ) -> impl Iterator<Item = i64> + 'a {
        self.times_of(graph, places).flat_map(each)
    }

    /// When the server recorded the events at those of some places that it has ordered.
    pub(super) fn recorded(&self, places: Range<usize>) -> impl Iterator<Item = i64> {
        let end = places.end.min(self.ordered);
        self.recorded.between(places.start.min(end)..end).flat_map(each)
    }

    /// What the events at some places did, as runs.
    pub(super) fn runs(&self, places: Range<usize>) -> impl Iterator<Item = Run> {
        self.patches.between(places)
    }

    /// The places of some revisions; what is past the end is left out.
    pub(super) fn places(&self, revisions: Range<Revision>) -> Range<usize> {
        let end = self.index(Revision(revisions.end.0.saturating_sub(1)));
        self.index(Revision(revisions.start.0.saturating_sub(1))).min(end)..end
    }

    /// The event at a revision, which must be one.
    pub(crate) fn lv_at(&self, revision: Revision) -> Lv {
        self.order.lv(revision.0 as usize - 1)
    }

    /// The place of an event.
    pub(crate) fn place_of(&self, lv: Lv) -> Option<usize> {
        self.order.place_of(lv)
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
        for (_, lv) in self.facts(0..self.index(revision)) {
            if let Some(Payload::DocumentCreated { .. } | Payload::TitleChanged { .. }) =
                graph.fact(lv)
            {
                facts.apply(graph, lv);
            }
        }
        facts.title().to_owned()
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

/// The places of some events of a stretch.
fn placed(first: usize, start: Lv, events: Range<Lv>) -> Range<usize> {
    first + (events.start - start)..first + (events.end - start)
}

/// The times of a stretch.
fn each((places, (first, step)): (Range<usize>, (i64, i64))) -> impl Iterator<Item = i64> {
    (0..places.len() as i64).map(move |nth| first.wrapping_add(step.wrapping_mul(nth)))
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
