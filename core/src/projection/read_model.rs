//! Read models: what a timeline's events come to when each changes something a little. What
//! that something is, is each model's own business.

use crate::event::Revision;
use crate::graph::Graph;
use crate::projection::timeline::Timeline;

/// What one event did to the text, or several that typed or deleted one scalar each.
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
    /// What came.
    pub inserted: &'a str,
}

/// Something that is read off a timeline.
///
/// # Laws
/// - Applying deeds one after the other, with pauses or without, ends in the same model.
pub trait ReadModel: Clone + Default {
    /// Takes the next deed in.
    fn apply(&mut self, deed: &Deed<'_>);
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

    /// The model of a timeline, which must be the one it was asked with before, grown. Costs
    /// nothing when nothing happened.
    pub fn read(&mut self, timeline: &Timeline, graph: &Graph) -> &M {
        let (ordered, all) = (timeline.head().0 as usize, timeline.last().0 as usize);
        let head = &mut self.head;
        timeline.deeds(self.ordered..ordered).for_each(|deed| head.apply(&deed));
        self.ordered = ordered;
        if all == ordered {
            self.tip = None;
            return &self.head;
        }
        let state = (ordered, all, graph.content.end());
        if self.tip.as_ref().is_none_or(|(_, known)| *known != state) {
            let mut tip = self.head.clone();
            timeline.deeds(ordered..all).for_each(|deed| tip.apply(&deed));
            self.tip = Some((tip, state));
        }
        self.tip.as_ref().map_or(&self.head, |(tip, _)| tip)
    }
}
