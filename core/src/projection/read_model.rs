//! Read models: what a timeline's events come to when each changes something a little. What
//! that something is, is each model's own business.

use std::ops::Range;

use crate::event::{AuthorId, EventId, Payload, Revision};
use crate::graph::{Graph, Lv};
use crate::patch::scalars;
use crate::projection::timeline::Timeline;

/// What one event did to the text, or several that typed or deleted one scalar each. It either
/// deletes or inserts; an event of several ops has several deeds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deed<'a> {
    /// The first of the revisions.
    pub revision: Revision,
    /// How many there are. More than one: each did one scalar of it.
    pub revisions: usize,
    /// Where, in scalars of the text before.
    pub pos: usize,
    /// How many scalars went.
    pub deleted: usize,
    /// Whether the last of them went first, and so on.
    pub backwards: bool,
    /// What came.
    pub inserted: &'a str,
}

impl Deed<'_> {
    /// The last of the revisions.
    pub fn last(&self) -> Revision {
        Revision(self.revision.0 + self.revisions as u64 - 1)
    }

    /// How many scalars came.
    pub fn inserted_len(&self) -> usize {
        // Keystrokes need not be counted.
        let keys = self.revisions > 1 && self.deleted == 0;
        if keys { self.revisions } else { scalars(self.inserted) }
    }

    /// The revision that took out the scalar that stood at `pos` before.
    pub fn removal_of(&self, pos: usize) -> Revision {
        let nth = pos - self.pos;
        let nth = if self.backwards { self.deleted - 1 - nth } else { nth };
        Revision(self.revision.0 + if self.revisions > 1 { nth as u64 } else { 0 })
    }
}

/// The events that a read model is to take in next.
#[derive(Clone, Debug)]
pub struct News<'t> {
    pub(crate) timeline: &'t Timeline,
    pub(crate) graph: &'t Graph,
    /// Where they stand, from 0.
    pub(crate) places: Range<usize>,
}

impl<'t> News<'t> {
    /// Some revisions of a timeline, those that it has.
    pub fn of(timeline: &'t Timeline, graph: &'t Graph, revisions: Range<Revision>) -> Self {
        Self { timeline, graph, places: timeline.places(revisions) }
    }

    /// What they did to the text, in their order.
    pub fn deeds(&self) -> impl Iterator<Item = Deed<'t>> {
        self.timeline.deeds(self.places.clone())
    }

    /// What those say that are not about text.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (Revision, Lv, &'t Payload)> {
        let graph = self.graph;
        let facts = self.timeline.facts(self.places.clone());
        facts.filter_map(|(place, lv)| Some((Revision(place as u64 + 1), lv, graph.fact(lv)?)))
    }
}

impl Timeline {
    /// The revision of an event, pending ones included.
    pub fn revision_of(&self, graph: &Graph, event: EventId) -> Option<Revision> {
        let place = self.place_of(graph.lv_of(event)?)?;
        Some(Revision(place as u64 + 1))
    }

    /// Who made the events of some revisions, as stretches of revisions of one author each.
    pub fn author_stretches(
        &self,
        graph: &Graph,
        revisions: Range<Revision>,
    ) -> impl Iterator<Item = (Range<Revision>, AuthorId)> {
        let mut stretches: Vec<(Range<Revision>, AuthorId)> = Vec::new();
        for (places, author) in self.authors_of(graph, self.places(revisions)) {
            let (from, to) = (Revision(places.start as u64 + 1), Revision(places.end as u64 + 1));
            match stretches.last_mut() {
                Some((last, known)) if *known == author && last.end == from => last.end = to,
                _ => stretches.push((from..to, author)),
            }
        }
        stretches.into_iter()
    }
}

/// Something that is read off a timeline.
///
/// # Laws
/// - Taking events in one after the other, with pauses or without, ends in the same model.
pub trait ReadModel: Clone + Default {
    /// Takes the next events in.
    fn extend(&mut self, news: &News<'_>);

    /// The model at a revision, read from the first event on; past the last one, of all.
    fn at(timeline: &Timeline, graph: &Graph, revision: Revision) -> Self {
        let places = 0..revision.min(timeline.last()).0 as usize;
        let mut model = Self::default();
        model.extend(&News { timeline, graph, places });
        model
    }
}

/// A read model that keeps up with a timeline: it takes in what is new, and does again only
/// what events without a revision did, since those move.
#[derive(Clone, Default, Debug)]
pub struct Follower<M> {
    /// After the last ordered event, and how many those are.
    head: M,
    ordered: usize,
    /// With the pending events behind, and for which state of the timeline.
    tip: Option<(M, (usize, usize, u64))>,
}

impl<M: ReadModel> Follower<M> {
    /// A model of nothing.
    pub fn new() -> Self {
        Self { head: M::default(), ordered: 0, tip: None }
    }

    /// Takes in at most so many events that have a place; `true` when none of these is left, so
    /// that [`Follower::read`] has little to do. For whoever must not be kept waiting.
    pub fn read_part(&mut self, timeline: &Timeline, graph: &Graph, most: usize) -> bool {
        let ordered = timeline.head().0 as usize;
        let end = ordered.min(self.ordered.saturating_add(most));
        if self.ordered < end {
            self.head.extend(&News { timeline, graph, places: self.ordered..end });
            self.ordered = end;
        }
        self.ordered >= ordered
    }

    /// The model of a timeline, which must be the one it was asked with before, grown. Costs
    /// nothing when nothing happened.
    pub fn read(&mut self, timeline: &Timeline, graph: &Graph) -> &M {
        let (ordered, all) = (timeline.head().0 as usize, timeline.last().0 as usize);
        if self.ordered < ordered {
            self.head.extend(&News { timeline, graph, places: self.ordered..ordered });
            self.ordered = ordered;
        }
        if all == ordered {
            self.tip = None;
            return &self.head;
        }
        let state = (ordered, all, graph.content.end());
        if self.tip.as_ref().is_none_or(|(_, known)| *known != state) {
            let mut tip = self.head.clone();
            tip.extend(&News { timeline, graph, places: ordered..all });
            self.tip = Some((tip, state));
        }
        self.tip.as_ref().map_or(&self.head, |(tip, _)| tip)
    }
}
