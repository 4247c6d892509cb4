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

use std::collections::{BTreeMap, BTreeSet};

use crate::content::OpRow;
use crate::graph::{Graph, Lv};
use crate::patch::Patch;
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
            *version = vec![lv];
            emit(step, &mut clamped);
            rest = later;
            continue;
        }
        let (concurrent, later) = rest.split_at(concurrent_run(graph, version, rest));
        let (common, zone) = graph.conflict(version, concurrent);
        let new: BTreeSet<Lv> = concurrent.iter().copied().collect();
        let old = zone.iter().copied().filter(|lv| !new.contains(lv));
        let mut state = State::new(graph, common);
        old.for_each(|lv| drop(state.apply(lv, &clamped)));
        state.set_len(*len);
        concurrent.iter().for_each(|&lv| emit(state.apply(lv, &clamped), &mut clamped));
        *len = state.effect_len;
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
        let parents = graph.parents(lv);
        version.retain(|head| !parents.contains(head));
        version.push(lv);
        version.sort_unstable();
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

/// The left origin of what was inserted at the very start.
const START: u64 = u64::MAX;
/// The right parent of what has none.
const NONE: u64 = u64::MAX - 1;
/// Units from here on name characters from before the walk.
const PLACEHOLDER: u64 = 1 << 62;

/// A run of characters that stand together and share their fate. The first hangs on
/// `left`; every other on the one before it, with no right parent.
#[derive(Clone, Copy, Debug)]
struct Span {
    unit: u64,
    len: usize,
    left: u64,
    right: u64,
    /// In the prepare version: 0 not inserted yet, 1 there, n + 1 deleted n times.
    prepare: u32,
    /// In the effect version, which contains every event applied so far: deleted at all.
    deleted: bool,
}

impl Span {
    fn last_unit(&self) -> u64 {
        self.unit + self.len as u64 - 1
    }

    fn prepare_len(&self) -> usize {
        if self.prepare == 1 { self.len } else { 0 }
    }

    fn effect_len(&self) -> usize {
        if self.deleted { 0 } else { self.len }
    }
}

/// Units that an event inserted or deleted, for retreating and advancing it.
#[derive(Clone, Copy, Debug)]
struct Touched {
    unit: u64,
    len: usize,
}

/// The merge state. It lives for one concurrent stretch and is thrown away.
struct State<'g> {
    graph: &'g Graph,
    /// The prepare version.
    version: Vec<Lv>,
    spans: Vec<Span>,
    prepare_len: usize,
    effect_len: usize,
    touched: BTreeMap<Lv, Vec<Touched>>,
}

impl<'g> State<'g> {
    fn new(graph: &'g Graph, version: Vec<Lv>) -> Self {
        let placeholder = Span {
            unit: PLACEHOLDER,
            len: PLACEHOLDER_LEN,
            left: START,
            right: NONE,
            prepare: 1,
            deleted: false,
        };
        Self {
            graph,
            version,
            spans: vec![placeholder],
            prepare_len: PLACEHOLDER_LEN,
            effect_len: PLACEHOLDER_LEN,
            touched: BTreeMap::new(),
        }
    }

    /// Cuts the placeholder to its real length, now that the length of the effect version
    /// is known. Events applied before were clamped long ago, so all of them lie before the cut.
    fn set_len(&mut self, effect_len: usize) {
        let excess = self.effect_len - effect_len;
        let tail = self.spans.iter().rposition(|span| span.unit >= PLACEHOLDER);
        let tail = tail.expect("the far end of the placeholder is never deleted");
        self.spans[tail].len -= excess;
        if self.spans[tail].len == 0 {
            // What was inserted at the end took the first character past it for a neighbour.
            let gone = self.spans.remove(tail).unit;
            let orphans = self.spans.iter_mut().filter(|span| span.right == gone);
            orphans.for_each(|span| span.right = NONE);
        }
        self.prepare_len -= excess;
        self.effect_len -= excess;
    }

    /// Moves the prepare version to the event's parents, then applies it.
    fn apply(&mut self, lv: Lv, clamped: &Clamped) -> Step {
        let parents = self.graph.parents(lv);
        if self.version != parents {
            let (retreat, advance) = self.graph.diff(&self.version, &parents);
            retreat.into_iter().for_each(|lv| self.shift(lv, false));
            advance.into_iter().rev().for_each(|lv| self.shift(lv, true));
        }
        self.version = vec![lv];
        let mut step = Step { lv, placed: Vec::new(), clamped: Vec::new() };
        let mut touched = Vec::new();
        let mut unit = self.graph.content.unit(lv);
        let known = clamped.get(&lv).map_or(&[][..], Vec::as_slice);
        for (index, row) in self.graph.content.rows(lv).iter().enumerate() {
            let known = known.iter().find(|&&(at, _, _)| at == index);
            let row = &known.map_or(*row, |&(_, pos, len)| OpRow { pos, len, ..*row });
            let real = clamp(row, self.prepare_len);
            if real != *row {
                step.clamped.push((index, real.pos, real.len));
            }
            if real.len == 0 {
                continue;
            }
            if row.inserts() {
                let pos = self.insert(unit, real.pos, real.len);
                step.placed.push(Placed::Insert { pos, row: real });
                touched.push(Touched { unit, len: real.len });
            } else {
                self.delete(real.pos, real.len, &mut step.placed, &mut touched);
            }
            unit += real.len as u64;
        }
        if !touched.is_empty() {
            self.touched.insert(lv, touched);
        }
        step
    }

    /// Takes an applied event out of the prepare version (retreat) or back in (advance).
    fn shift(&mut self, lv: Lv, forward: bool) {
        let Some(touched) = self.touched.remove(&lv) else { return };
        for &Touched { mut unit, mut len } in &touched {
            let mut index = self.index_of(unit);
            while len > 0 {
                index = self.split_at_unit(index, unit);
                let run = len.min(self.spans[index].len);
                self.split(index, run);
                let span = &mut self.spans[index];
                self.prepare_len -= span.prepare_len();
                span.prepare = if forward { span.prepare + 1 } else { span.prepare - 1 };
                self.prepare_len += span.prepare_len();
                unit += run as u64;
                len -= run;
                if len > 0 {
                    index = self.index_from(index + 1, unit);
                }
            }
        }
        self.touched.insert(lv, touched);
    }

    fn insert(&mut self, unit: u64, pos: usize, len: usize) -> usize {
        let (mut index, mut effect) = self.find(pos);
        let left = if index == 0 { START } else { self.spans[index - 1].last_unit() };
        let next = self.spans[index..].iter().find(|span| span.prepare > 0);
        let right = next.filter(|next| next.left == left).map_or(NONE, |next| next.unit);
        (index, effect) = self.integrate(unit, left, right, index, effect);
        self.prepare_len += len;
        self.effect_len += len;
        if index > 0 && right == NONE {
            let before = &mut self.spans[index - 1];
            let continues = before.last_unit() + 1 == unit && before.last_unit() == left;
            if continues && before.prepare == 1 && !before.deleted {
                before.len += len;
                return effect;
            }
        }
        self.spans.insert(index, Span { unit, len, left, right, prepare: 1, deleted: false });
        effect
    }

    /// Finds the place among concurrent inserts at one spot: the scan of Fugue, over the
    /// spans that did not exist at the new one's parents.
    fn integrate(
        &self,
        unit: u64,
        left: u64,
        right: u64,
        mut index: usize,
        mut effect: usize,
    ) -> (usize, usize) {
        if self.spans.get(index).is_none_or(|span| span.prepare > 0) {
            return (index, effect);
        }
        let (left, right) = (self.place_of_left(left), self.place_of_right(right));
        let mut scanning = false;
        let (mut scan, mut scan_effect) = (index, effect);
        while let Some(other) = self.spans.get(scan).filter(|span| span.prepare == 0) {
            let other_left = self.place_of_left(other.left);
            if other_left < left {
                break;
            }
            if other_left == left {
                let other_right = self.place_of_right(other.right);
                if other_right == right && self.comes_before(unit, other.unit) {
                    break;
                }
                scanning = other_right < right;
            }
            scan_effect += other.effect_len();
            scan += 1;
            if !scanning {
                (index, effect) = (scan, scan_effect);
            }
        }
        (index, effect)
    }

    /// Which of two characters goes first among siblings: the one of the smaller replica id,
    /// then of the smaller counter.
    fn comes_before(&self, unit: u64, other: u64) -> bool {
        let content = &self.graph.content;
        let name = |unit| (self.graph.id_of(content.lv_of_unit(unit)), unit);
        name(unit) < name(other)
    }

    fn delete(
        &mut self,
        pos: usize,
        mut len: usize,
        placed: &mut Vec<Placed>,
        touched: &mut Vec<Touched>,
    ) {
        let (mut index, mut effect) = self.find(pos);
        while len > 0 {
            if self.spans[index].prepare != 1 {
                effect += self.spans[index].effect_len();
                index += 1;
                continue;
            }
            let run = len.min(self.spans[index].len);
            self.split(index, run);
            let span = &mut self.spans[index];
            span.prepare = 2;
            self.prepare_len -= run;
            touched.push(Touched { unit: span.unit, len: run });
            if !span.deleted {
                span.deleted = true;
                self.effect_len -= run;
                placed.push(Placed::Delete { pos: effect, len: run });
            }
            len -= run;
            index += 1;
        }
    }

    /// The boundary right behind the `pos`-th character of the prepare version, as an index
    /// of spans, and where that is in the effect version.
    fn find(&mut self, pos: usize) -> (usize, usize) {
        let (mut index, mut before, mut effect) = (0, 0, 0);
        while before < pos {
            let span = self.spans[index];
            let visible = span.prepare_len();
            if before + visible > pos {
                self.split(index, pos - before);
                let part = pos - before;
                return (index + 1, effect + if span.deleted { 0 } else { part });
            }
            before += visible;
            effect += span.effect_len();
            index += 1;
        }
        (index, effect)
    }

    /// Cuts a span after `len` characters, if it is longer.
    fn split(&mut self, index: usize, len: usize) {
        let span = self.spans[index];
        if len == 0 || len >= span.len {
            return;
        }
        let unit = span.unit + len as u64;
        let tail = Span { unit, len: span.len - len, left: unit - 1, right: NONE, ..span };
        self.spans[index].len = len;
        self.spans.insert(index + 1, tail);
    }

    /// Cuts so that a span starts with `unit`, and returns that span's index.
    fn split_at_unit(&mut self, index: usize, unit: u64) -> usize {
        let offset = (unit - self.spans[index].unit) as usize;
        self.split(index, offset);
        if offset == 0 { index } else { index + 1 }
    }

    fn index_of(&self, unit: u64) -> usize {
        self.index_from(0, unit)
    }

    /// The span that holds a unit, looked for from `start` on first: what was typed together
    /// mostly still stands together.
    fn index_from(&self, start: usize, unit: u64) -> usize {
        let holds = |span: &Span| span.unit <= unit && unit <= span.last_unit();
        let (before, after) = self.spans.split_at(start);
        let index = after.iter().position(holds).map(|index| start + index);
        index.or_else(|| before.iter().position(holds)).expect("an applied unit stands somewhere")
    }

    fn place_of_left(&self, unit: u64) -> Option<(usize, u64)> {
        (unit != START).then(|| self.place_of(unit))
    }

    fn place_of_right(&self, unit: u64) -> (usize, u64) {
        if unit == NONE { (usize::MAX, 0) } else { self.place_of(unit) }
    }

    fn place_of(&self, unit: u64) -> (usize, u64) {
        let index = self.index_of(unit);
        (index, unit - self.spans[index].unit)
    }
}
