//! The Eg-walker: turns events, which say what their authors did, into placed ops, which
//! say where that lands in the merged text. The only code that knows the order of
//! concurrent text.
//!
//! After Gentle & Kleppmann, "Collaborative Text Editing with Eg-walker: Better, Faster,
//! Smaller", EuroSys 2025. The paper's words are kept: *prepare* and *effect* versions,
//! *advance*, *retreat*, *apply*. An event made on the whole present text is its own placed
//! op; only stretches of history that are concurrent are replayed, and only from the last
//! version that all of them were made on. What lies before that is one placeholder span.
//!
//! # Order of concurrent text: Fugue
//! An insert hangs on the character to its left. Its right parent is the next character
//! that existed at its parents, and counts only if that character hangs on the same left
//! one. Among siblings with the same right parent the smaller (replica, counter) comes
//! first. [`readable`](crate::readable) states the same rule one character at a time and is
//! the oracle of this file.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::content::OpRow;
use crate::graph::{Graph, Lv};
use crate::patch::Patch;
use crate::spans::{Cursor, NONE, START, Span, Spans};
use crate::text::Text;

/// One op at its final place, in the text after all placed ops before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// The row's text goes in at `pos`.
    Insert { pos: usize, row: OpRow },
    /// `len` scalars from `pos` go.
    Delete { pos: usize, len: usize },
}

/// What one event comes to.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) lv: Lv,
    pub(crate) placed: Vec<Placed>,
    /// Rows whose position or length reached past the text: index, real position and length.
    pub(crate) clamped: Vec<(usize, usize, usize)>,
}

/// Rows that this walk has clamped, by event: the graph learns of them only after the walk, and
/// a later stretch of the same walk may have to replay them.
type Clamped = BTreeMap<Lv, Vec<(usize, usize, usize)>>;

/// The length to start from when the text's real one is not known: more than any text has.
/// All events of such a walk have been clamped before.
pub(crate) const UNKNOWN_LEN: usize = usize::MAX / 8;

/// The placeholder's length until it is cut to the real one.
const PLACEHOLDER_LEN: usize = usize::MAX / 4;

/// Carries placed ops out on a text and returns them as one patch, which also knows what
/// was deleted.
pub(crate) fn carry_out(graph: &Graph, placed: &[Placed], text: &mut Text) -> Patch {
    let patches: Vec<_> = placed
        .iter()
        .map(|op| match *op {
            Placed::Insert { pos, row } => text.insert(pos, &graph.content.text(&row)),
            Placed::Delete { pos, len } => text.remove(pos, len),
        })
        .map(Patch::from)
        .collect();
    Patch::compose_all(&patches)
}

/// Walks `events`, which must be in causal order and complete above `version`, from a text
/// of `len` scalars at `version`. Moves `version` and `len` along.
pub(crate) fn walk(
    graph: &Graph,
    version: &mut Vec<Lv>,
    len: &mut usize,
    events: &[Lv],
    mut emit: impl FnMut(Step),
) {
    let mut rest = events;
    let mut clamped = Clamped::new();
    let mut emit = |step: Step, clamped: &mut Clamped| {
        if !step.clamped.is_empty() {
            clamped.insert(step.lv, step.clamped.clone());
        }
        emit(step);
    };
    while let Some((&lv, later)) = rest.split_first() {
        if graph.was_made_on(lv, version) {
            let step = sequential(graph, lv, len);
            version.clear();
            version.push(lv);
            emit(step, &mut clamped);
            rest = later;
            continue;
        }
        let (concurrent, later) = rest.split_at(concurrent_run(graph, version, rest));
        let (common, zone) = graph.conflict(version, concurrent);
        let mut new = concurrent.to_vec();
        new.sort_unstable();
        let first = zone.first().map_or(lv, |events| events.start);
        let mut state = State::new(graph, common, first);
        let old = zone.into_iter().flatten().filter(|lv| new.binary_search(lv).is_err());
        old.for_each(|lv| drop(state.apply(lv, &clamped)));
        state.set_len(*len);
        concurrent.iter().for_each(|&lv| emit(state.apply(lv, &clamped), &mut clamped));
        *len = state.spans.effect_len();
        advance_version(graph, version, concurrent);
        rest = later;
    }
}

/// How many events to replay together: up to the first one that was made on everything
/// before it, after which nothing is concurrent any more.
fn concurrent_run(graph: &Graph, version: &[Lv], events: &[Lv]) -> usize {
    let mut version = version.to_vec();
    for (index, &lv) in events.iter().enumerate() {
        advance_version(graph, &mut version, &[lv]);
        if version == [lv] {
            return index + 1;
        }
    }
    events.len()
}

fn advance_version(graph: &Graph, version: &mut Vec<Lv>, events: &[Lv]) {
    for &lv in events {
        if graph.was_made_on(lv, version) {
            version.clear();
        } else {
            let parents = graph.parents(lv);
            version.retain(|head| !parents.contains(head));
        }
        let place = version.partition_point(|&head| head < lv);
        version.insert(place, lv);
    }
}

/// An event made on the present text: what its author did is what happens.
fn sequential(graph: &Graph, lv: Lv, len: &mut usize) -> Step {
    let mut step = Step { lv, placed: Vec::new(), clamped: Vec::new() };
    for (index, row) in graph.content.rows(lv).iter().enumerate() {
        let real = clamp(row, *len);
        if real != *row {
            step.clamped.push((index, real.pos, real.len));
        }
        if real.len == 0 {
            continue;
        }
        if row.inserts() {
            *len += real.len;
            step.placed.push(Placed::Insert { pos: real.pos, row: real });
        } else {
            *len -= real.len;
            step.placed.push(Placed::Delete { pos: real.pos, len: real.len });
        }
    }
    step
}

/// The one meaning of a position past the end: an insert goes to the end, a delete keeps
/// only what exists.
fn clamp(row: &OpRow, len: usize) -> OpRow {
    let pos = row.pos.min(len);
    let run = if row.inserts() { row.len } else { row.len.min(len - pos) };
    OpRow { pos, len: run, kind: row.kind }
}

/// Units from here on name characters from before the walk.
const PLACEHOLDER: u64 = 1 << 62;

/// Units that an event inserted or deleted, for retreating and advancing it.
#[derive(Clone, Copy, Debug)]
struct Touched {
    unit: u64,
    len: usize,
}

impl Touched {
    /// Both as one run, if they touch: typed forwards or deleted backwards.
    fn joined(self, next: Self) -> Option<Self> {
        let len = self.len + next.len;
        if self.unit + self.len as u64 == next.unit {
            return Some(Self { unit: self.unit, len });
        }
        (next.unit + next.len as u64 == self.unit).then_some(Self { unit: next.unit, len })
    }
}

/// The merge state. It lives for one concurrent stretch and is thrown away.
struct State<'g> {
    graph: &'g Graph,
    /// The prepare version.
    version: Vec<Lv>,
    spans: Spans,
    /// The first event of the stretch, and where in `touched` the units of it and of those
    /// after it stand.
    first: Lv,
    places: Vec<Range<u32>>,
    touched: Vec<Touched>,
}

impl<'g> State<'g> {
    fn new(graph: &'g Graph, version: Vec<Lv>, first: Lv) -> Self {
        let placeholder = Span {
            unit: PLACEHOLDER,
            len: PLACEHOLDER_LEN,
            left: START,
            right: NONE,
            prepare: 1,
            deleted: false,
        };
        let spans = Spans::new(placeholder);
        Self { graph, version, spans, first, places: Vec::new(), touched: Vec::new() }
    }

    /// Cuts the placeholder to its real length, now that the length of the effect version
    /// is known. Events applied before were clamped long ago, so all of them lie before the
    /// cut; its far end is never deleted.
    fn set_len(&mut self, effect_len: usize) {
        if let Some(gone) = self.spans.shorten_last(PLACEHOLDER, effect_len) {
            // What was inserted at the end took the first character past it for a neighbour.
            self.spans.forget_right(gone);
        }
    }

    /// Moves the prepare version to the event's parents, then applies it.
    fn apply(&mut self, lv: Lv, clamped: &Clamped) -> Step {
        let parents = self.graph.parents(lv);
        if self.version != *parents {
            let (retreat, advance) = self.graph.diff(&self.version, &parents);
            retreat.into_iter().for_each(|events| self.shift(events, false));
            advance.into_iter().rev().for_each(|events| self.shift(events, true));
        }
        self.version.clear();
        self.version.push(lv);
        let mut step = Step { lv, placed: Vec::new(), clamped: Vec::new() };
        let start = self.touched.len() as u32;
        let mut unit = self.graph.content.unit(lv);
        let known = clamped.get(&lv).map_or(&[][..], Vec::as_slice);
        for (index, row) in self.graph.content.rows(lv).iter().enumerate() {
            let known = known.iter().find(|&&(at, _, _)| at == index);
            let row = &known.map_or(*row, |&(_, pos, len)| OpRow { pos, len, ..*row });
            let real = clamp(row, self.spans.prepare_len());
            if real != *row {
                step.clamped.push((index, real.pos, real.len));
            }
            if real.len == 0 {
                continue;
            }
            if row.inserts() {
                let pos = self.insert(unit, real.pos, real.len);
                step.placed.push(Placed::Insert { pos, row: real });
                self.touched.push(Touched { unit, len: real.len });
            } else {
                self.delete(real.pos, real.len, &mut step.placed);
            }
            unit += real.len as u64;
        }
        let place = lv - self.first;
        if self.places.len() <= place {
            self.places.resize(place + 1, 0..0);
        }
        self.places[place] = start..self.touched.len() as u32;
        step
    }

    /// Takes applied events out of the prepare version (retreat) or back in (advance). Their
    /// order does not matter: a count goes up or down for every character they touched.
    fn shift(&mut self, events: Range<Lv>, forward: bool) {
        let mut run: Option<Touched> = None;
        for lv in events {
            let place = self.places[lv - self.first].clone();
            for index in place {
                let next = self.touched[index as usize];
                run = match run {
                    None => Some(next),
                    Some(run) => Some(run.joined(next).unwrap_or_else(|| {
                        self.shift_run(run, forward);
                        next
                    })),
                };
            }
        }
        if let Some(run) = run {
            self.shift_run(run, forward);
        }
    }

    fn shift_run(&mut self, Touched { mut unit, mut len }: Touched, forward: bool) {
        while len > 0 {
            let at = self.spans.start_at(unit);
            let at = self.spans.cut(at, len);
            self.spans.change(at, |span| {
                span.prepare = if forward { span.prepare + 1 } else { span.prepare - 1 };
                unit += span.len as u64;
                len -= span.len;
            });
        }
    }

    fn insert(&mut self, unit: u64, pos: usize, len: usize) -> usize {
        let (at, effect) = self.spans.boundary(pos);
        let left = self.spans.before(at).map_or(START, Span::last_unit);
        let next = self.spans.iter_from(at).map(|(_, span)| span).find(|span| span.prepare > 0);
        let right = next.filter(|next| next.left == left).map_or(NONE, |next| next.unit);
        let (at, effect) = self.integrate(unit, left, right, at, effect);
        if let Some(before) = self.spans.before(at)
            && right == NONE
            && before.last_unit() == left
            && left + 1 == unit
            && before.prepare == 1
            && !before.deleted
        {
            self.spans.lengthen_before(at, len);
            return effect;
        }
        self.spans.insert(at, Span { unit, len, left, right, prepare: 1, deleted: false });
        effect
    }

    /// Finds the place among concurrent inserts at one spot: the scan of Fugue, over the
    /// spans that did not exist at the new one's parents.
    fn integrate(
        &self,
        unit: u64,
        left: u64,
        right: u64,
        at: Cursor,
        effect: usize,
    ) -> (Cursor, usize) {
        let mut found = (at, effect);
        let mut scanned = effect;
        let mut scanning = false;
        // Only needed when something stands here that did not exist at the parents.
        let mut ranks: Option<(usize, usize)> = None;
        for (place, other) in self.spans.iter_from(at) {
            if other.prepare > 0 {
                break;
            }
            let (left, right) =
                *ranks.get_or_insert_with(|| (self.rank_of_left(left), self.rank_of_right(right)));
            let other_left = self.rank_of_left(other.left);
            if other_left < left {
                break;
            }
            if other_left == left {
                let other_right = self.rank_of_right(other.right);
                if other_right == right && self.comes_before(unit, other.unit) {
                    break;
                }
                scanning = other_right < right;
            }
            scanned += other.effect_len();
            if !scanning {
                found = (Spans::after(place), scanned);
            }
        }
        found
    }

    /// Which of two characters goes first among siblings: the one of the smaller replica id,
    /// then of the smaller counter.
    fn comes_before(&self, unit: u64, other: u64) -> bool {
        let content = &self.graph.content;
        let name = |unit| (self.graph.id_of(content.lv_of_unit(unit)), unit);
        name(unit) < name(other)
    }

    fn delete(&mut self, pos: usize, mut len: usize, placed: &mut Vec<Placed>) {
        while len > 0 {
            let (at, effect) = self.spans.character(pos);
            let at = self.spans.cut(at, len);
            let mut gone = 0;
            self.spans.change(at, |span| {
                self.touched.push(Touched { unit: span.unit, len: span.len });
                if !span.deleted {
                    placed.push(Placed::Delete { pos: effect, len: span.len });
                }
                span.prepare = 2;
                span.deleted = true;
                gone = span.len;
            });
            len -= gone;
        }
    }

    /// What hangs on nothing comes before everything.
    fn rank_of_left(&self, unit: u64) -> usize {
        if unit == START { 0 } else { self.spans.rank(unit) + 1 }
    }

    fn rank_of_right(&self, unit: u64) -> usize {
        if unit == NONE { usize::MAX } else { self.spans.rank(unit) }
    }
}
