//! The Eg-walker: turns events, which say what their authors did, into placed ops, which
//! say where that lands in the merged text.
//!
//! After Gentle & Kleppmann, "Collaborative Text Editing with Eg-walker: Better, Faster,
//! Smaller", EuroSys 2025. The paper's words are kept: *prepare* and *effect* versions,
//! *advance*, *retreat*, *apply*. An event made on the whole present text is its own placed
//! op; only stretches of history that are concurrent are replayed, and only from the last
//! version that all of them were made on. What lies before that is one placeholder span. The
//! state of such a replay is kept while more may come that is concurrent to what is in it: a
//! keystroke of somebody who is far behind then costs no more than any other.

use std::ops::Range;

use crate::content::{Clamped, Piece};
use crate::cutting::Cutting;
use crate::graph::{Graph, Lv};
use crate::merge_state::MergeState;
use crate::placed::{Placed, Step, Telling};
use crate::ranges::{Lvs, Ranges, without};
use crate::version::build_on;

/// The length to start from when the text's real one is not known: more than any text has.
/// All events of such a walk have been clamped before.
pub(crate) const UNKNOWN_LEN: usize = usize::MAX / 8;

/// How many events a kept state may lie behind before it is thrown away: as long as that
/// nothing was concurrent.
const BEHIND_MAX: usize = 1_000;

/// How many events a kept state may take in beyond four times those it was made for. Those
/// that everybody knows by then are left out of the next one.
const TAKEN_MAX: usize = 20_000;

/// A walk along the events of a document, which can be taken up again when more come.
#[derive(Clone, Default, Debug)]
pub(crate) struct Walker {
    version: Vec<Lv>,
    /// How many scalars the text has at the version.
    len: usize,
    kept: Option<Kept>,
}

/// A merge state that may be needed again.
#[derive(Clone, Debug)]
struct Kept {
    state: MergeState,
    /// The version it starts from, which all of `zone` was made on or after.
    common: Vec<Lv>,
    /// The walk's events that are not part of `common`'s history.
    zone: Lvs,
    /// How many there were at first.
    made_for: usize,
    /// Those that the state does not have yet, in order. Nothing is concurrent among them.
    behind: Vec<Range<Lv>>,
}

impl Walker {
    /// A walk that goes on from a version, at which the text has `len` scalars.
    pub(crate) fn new(version: Vec<Lv>, len: usize) -> Self {
        Self { version, len, kept: None }
    }

    /// Where the walk is.
    pub(crate) fn version(&self) -> &[Lv] {
        &self.version
    }

    /// Goes past events that others carried out, each made on everything before it. The text
    /// has `len` scalars then.
    pub(crate) fn pass(&mut self, events: Range<Lv>, len: usize) {
        self.len = len;
        if !events.is_empty() {
            self.version.clear();
            self.version.push(events.end - 1);
            self.leave_behind(events);
        }
    }

    fn leave_behind(&mut self, events: Range<Lv>) {
        let Some(kept) = &mut self.kept else { return };
        kept.zone.insert(events.clone());
        match kept.behind.last_mut() {
            Some(last) if last.end == events.start => last.end = events.end,
            _ => kept.behind.push(events),
        }
        if kept.behind.iter().map(Range::len).sum::<usize>() > BEHIND_MAX {
            self.kept = None;
        }
    }

    /// Walks `events`, which must be in causal order and complete above the version. Returns
    /// what it had to cut to the text, for the graph to know.
    pub(crate) fn walk(
        &mut self,
        graph: &Graph,
        events: &[Range<Lv>],
        emit: impl FnMut(Step),
    ) -> Clamped {
        self.walk_along(graph, events, |_, concurrent| concurrent, emit)
    }

    /// The same, for whom it is enough that the last text is right: concurrent events come
    /// branch by branch, which saves going back and forth between branches.
    pub(crate) fn walk_by_branch(
        &mut self,
        graph: &Graph,
        events: &[Range<Lv>],
        emit: impl FnMut(Step),
    ) -> Clamped {
        self.walk_along(graph, events, by_branch, emit)
    }

    fn walk_along(
        &mut self,
        graph: &Graph,
        events: &[Range<Lv>],
        ordered: impl Fn(&Graph, Vec<Range<Lv>>) -> Vec<Range<Lv>>,
        mut emit: impl FnMut(Step),
    ) -> Clamped {
        let mut clamped = Clamped::new();
        let mut rest = Ranges::new(events);
        while let Some(next) = rest.straight(graph) {
            if graph.was_made_on(next.start, &self.version) {
                sequential(graph, next.clone(), &mut self.len, &mut clamped, &mut emit);
                rest.pass(next.end);
                self.pass(next, self.len);
                continue;
            }
            let concurrent = concurrent_part(graph, &self.version, &mut rest);
            let kept = self.kept.take().and_then(|kept| kept.taking(graph, &concurrent));
            let mut kept = match kept {
                Some(kept) => kept.caught_up(graph, &mut clamped),
                None => Kept::new(graph, &self.version, self.len, &concurrent, &mut clamped),
            };
            let concurrent = ordered(graph, concurrent);
            kept.state.apply_all(graph, &concurrent, &mut clamped, &mut emit);
            self.len = kept.state.effect_len();
            concurrent.iter().for_each(|events| advance_version(graph, &mut self.version, events));
            self.kept = Some(kept).filter(|kept| kept.zone.len() < 4 * kept.made_for + TAKEN_MAX);
        }
        clamped
    }
}

impl Kept {
    /// A state for `events`, which some of what is part of `version` is concurrent to.
    fn new(
        graph: &Graph,
        version: &[Lv],
        len: usize,
        events: &[Range<Lv>],
        clamped: &mut Clamped,
    ) -> Self {
        let (common, zone) = graph.conflict(version, events);
        let mut state = MergeState::new(common.clone());
        let before = by_branch(graph, without(&zone, events));
        state.apply_all(graph, &before, clamped, &mut |_| {});
        state.set_len(len);
        let zone = Lvs::from(zone);
        Self { state, common, made_for: zone.len(), zone, behind: Vec::new() }
    }

    /// This state, if it can take `events`: if all of them were made on or after its version.
    fn taking(mut self, graph: &Graph, events: &[Range<Lv>]) -> Option<Self> {
        let mut rest = Ranges::new(events);
        while let Some(next) = rest.straight(graph) {
            rest.pass(next.end);
            let parents = graph.parents(next.start);
            let fits =
                parents.iter().any(|&parent| self.zone.contains(parent)) || *parents == self.common;
            if !fits {
                return None;
            }
            self.zone.insert(next);
        }
        Some(self)
    }

    /// This state, with all that was walked without it.
    fn caught_up(mut self, graph: &Graph, clamped: &mut Clamped) -> Self {
        let behind = std::mem::take(&mut self.behind);
        self.state.apply_all(graph, &behind, clamped, &mut |_| {});
        self
    }
}

/// What to replay together: up to the first event that was made on everything before it,
/// after which nothing is concurrent any more.
fn concurrent_part(graph: &Graph, version: &[Lv], rest: &mut Ranges<'_>) -> Vec<Range<Lv>> {
    let mut version = version.to_vec();
    let mut concurrent: Vec<Range<Lv>> = Vec::new();
    while let Some(next) = rest.straight(graph) {
        advance_version(graph, &mut version, &(next.start..next.start + 1));
        let ends = version == [next.start];
        let events = if ends { next.start..next.start + 1 } else { next };
        advance_version(graph, &mut version, &(events.start + 1..events.end));
        rest.pass(events.end);
        match concurrent.last_mut() {
            Some(last) if last.end == events.start => last.end = events.end,
            _ => concurrent.push(events),
        }
        if ends {
            break;
        }
    }
    concurrent
}

/// Events, given in causal order, so that each branch is walked down before the next: also
/// causal, and with few switches between versions.
pub(crate) fn by_branch(graph: &Graph, events: Vec<Range<Lv>>) -> Vec<Range<Lv>> {
    let mut rest = Ranges::new(&events);
    let mut segments = Vec::new();
    while let Some(next) = rest.straight(graph) {
        rest.pass(next.end);
        segments.push(next);
    }
    if segments.len() < 3 {
        return segments;
    }
    segments.sort_unstable_by_key(|segment| segment.start);
    let segment_of = |lv: Lv| {
        let at = segments.partition_point(|segment| segment.end <= lv);
        segments.get(at).is_some_and(|segment| segment.start <= lv).then_some(at)
    };
    let mut awaited = vec![0_usize; segments.len()];
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); segments.len()];
    for (at, segment) in segments.iter().enumerate() {
        let parents = graph.parents(segment.start);
        let mut before: Vec<usize> = parents.iter().filter_map(|&lv| segment_of(lv)).collect();
        before.dedup();
        awaited[at] = before.len();
        before.into_iter().for_each(|parent| children[parent].push(at));
    }
    // The last that became ready comes first: a branch is followed until it has to wait.
    let mut ready: Vec<usize> = (0..segments.len()).rev().filter(|&at| awaited[at] == 0).collect();
    let mut ordered = Vec::with_capacity(segments.len());
    while let Some(at) = ready.pop() {
        ordered.push(segments[at].clone());
        for &child in children[at].iter().rev() {
            awaited[child] -= 1;
            if awaited[child] == 0 {
                ready.push(child);
            }
        }
    }
    debug_assert_eq!(ordered.len(), segments.len(), "what is causal has no circles");
    ordered
}

/// Moves a version over events, each of which was made on versions that it contains.
fn advance_version(graph: &Graph, version: &mut Vec<Lv>, events: &Range<Lv>) {
    let mut start = events.start;
    while start < events.end {
        let end = graph.straight_end(start).min(events.end);
        if graph.was_made_on(start, version) {
            version.clear();
        } else {
            build_on(version, &graph.parents(start));
        }
        let place = version.partition_point(|&head| head < end - 1);
        version.insert(place, end - 1);
        start = end;
    }
}

/// Events made on the present text: what their author did is what happens.
fn sequential(
    graph: &Graph,
    events: Range<Lv>,
    len: &mut usize,
    clamped: &mut Clamped,
    emit: &mut impl FnMut(Step),
) {
    let mut cutting = Cutting::default();
    let mut telling = Telling::new(events.start, emit);
    for piece in graph.content.pieces(events.clone(), clamped) {
        let mut rest = Some(piece);
        while let Some(Piece { run, .. }) = cutting.next_part(&mut rest, *len) {
            let size = run.len as usize;
            *len = if run.inserts() { *len + size } else { *len - size };
            telling.tell(run.range(), Placed::as_made(run));
        }
    }
    telling.finish(events.end);
    clamped.extend(cutting.finish());
}
