//! The merge state: the characters of a concurrent stretch of history in their order, with
//! what of them is there in the version where an op is prepared and in the one where it takes
//! effect. The only code that knows the order of concurrent text.
//!
//! # Order of concurrent text: Fugue
//! An insert hangs on the character to its left. Its right parent is the next character
//! that existed at its parents, and counts only if that character hangs on the same left
//! one. Among siblings with the same right parent the smaller (replica, counter) comes
//! first. [`readable`](crate::readable) states the same rule one character at a time and is
//! the oracle of this file.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::content::{Clamped, Piece};
use crate::cutting::Cutting;
use crate::graph::{Graph, Lv};
use crate::placed::{Placed, Step, Telling};
use crate::ranges::Ranges;
use crate::run::{Kind, Run};
use crate::siblings::{self, Name, Siblings};
use crate::spans::{Cursor, NONE, START, Span, Spans};
use crate::units::Units;

/// The placeholder's length until it is cut to the real one.
const PLACEHOLDER_LEN: usize = usize::MAX / 4;

/// Units from here on name characters from before the walk.
const PLACEHOLDER: u64 = 1 << 62;

/// What a stretch of deleting units deleted.
#[derive(Clone, Copy, Debug)]
struct Deleted {
    /// The first of the characters that went.
    unit: u64,
    len: usize,
    /// Whether the last of them went first.
    backwards: bool,
}

impl Deleted {
    /// What some of the deleting units deleted.
    fn part(self, part: Range<usize>) -> Self {
        let skipped = if self.backwards { self.len - part.end } else { part.start };
        Self { unit: self.unit + skipped as u64, len: part.len(), ..self }
    }
}

/// The merge state. It lives while there is concurrency and is thrown away.
#[derive(Clone, Debug)]
pub(crate) struct MergeState {
    /// The prepare version.
    version: Vec<Lv>,
    spans: Spans,
    /// What was deleted, by the first of the units that deleted it.
    deleted: Units<Deleted>,
    siblings: Siblings,
}

impl MergeState {
    /// The state at a version that everything to come was made on or after.
    pub(crate) fn new(version: Vec<Lv>) -> Self {
        let placeholder = Span {
            unit: PLACEHOLDER,
            len: PLACEHOLDER_LEN,
            left: START,
            right: NONE,
            prepare: 1,
            deleted: false,
        };
        let (spans, deleted) = (Spans::new(placeholder), Units::default());
        Self { version, spans, deleted, siblings: Siblings::default() }
    }

    /// Cuts the placeholder to its real length, now that the length of the effect version
    /// is known. Events applied before were clamped long ago, so all of them lie before the
    /// cut; its far end is never deleted.
    pub(crate) fn set_len(&mut self, effect_len: usize) {
        if let Some(gone) = self.spans.shorten_last(PLACEHOLDER, effect_len) {
            // What was inserted at the end took the first character past it for a neighbour.
            self.spans.forget_right(gone);
            self.siblings.forget();
        }
    }

    /// Applies events, in causal order.
    pub(crate) fn apply_all(
        &mut self,
        graph: &Graph,
        events: &[Range<Lv>],
        clamped: &mut Clamped,
        emit: &mut impl FnMut(Step),
    ) {
        let mut rest = Ranges::new(events);
        while let Some(events) = rest.straight(graph) {
            rest.pass(events.end);
            self.apply(graph, events, clamped, emit);
        }
    }

    /// Moves the prepare version to the parents of events that stand in a straight line, then
    /// applies them.
    fn apply(
        &mut self,
        graph: &Graph,
        events: Range<Lv>,
        clamped: &mut Clamped,
        emit: &mut impl FnMut(Step),
    ) {
        let parents = graph.parents(events.start);
        if self.version != *parents {
            let (retreat, advance) = graph.diff(&self.version, &parents);
            retreat.into_iter().for_each(|events| self.shift(graph, events, clamped, false));
            advance.into_iter().rev().for_each(|events| self.shift(graph, events, clamped, true));
        }
        self.version.clear();
        self.version.push(events.end - 1);
        let mut cutting = Cutting::default();
        let mut telling = Telling::new(events.start, emit);
        for piece in graph.content.pieces(events.clone(), clamped) {
            let mut rest = Some(piece);
            while let Some(Piece { run, unit }) =
                cutting.next_part(&mut rest, self.spans.prepare_len())
            {
                if run.len == 0 {
                    telling.tell(run.range(), None);
                } else if run.inserts() {
                    let pos = self.insert(graph, unit, run.pos as usize, run.len as usize);
                    telling.tell(run.range(), Some(Placed::Insert { pos, run }));
                } else {
                    self.delete(unit, run, |events, op| telling.tell(events, op));
                }
            }
        }
        telling.finish(events.end);
        clamped.extend(cutting.finish());
    }

    /// Takes applied events out of the prepare version (retreat) or back in (advance). Their
    /// order does not matter: a count goes up or down for every character they touched.
    fn shift(&mut self, graph: &Graph, events: Range<Lv>, clamped: &Clamped, forward: bool) {
        // Characters that stand one after the other are moved together.
        let mut held = 0..0;
        let mut hold = |spans: &mut Spans, unit: u64, len: usize| {
            let end = unit + len as u64;
            if held.end == unit {
                held.end = end;
            } else if end == held.start {
                held.start = unit;
            } else {
                shift_run(spans, std::mem::replace(&mut held, unit..end), forward);
            }
        };
        for Piece { run, unit } in graph.content.pieces(events, clamped) {
            if run.inserts() {
                hold(&mut self.spans, unit, run.len as usize);
                continue;
            }
            let end = unit + u64::from(run.len);
            // What was cut to nothing deleted nothing.
            let Some(last) = end.checked_sub(1).filter(|&last| last >= unit) else { continue };
            for (at, deleted) in self.deleted.until(last) {
                let from = unit.saturating_sub(at) as usize;
                let to = ((end - at) as usize).min(deleted.len);
                if from < to {
                    let part = deleted.part(from..to);
                    hold(&mut self.spans, part.unit, part.len);
                }
                if at <= unit {
                    break;
                }
            }
        }
        shift_run(&mut self.spans, held, forward);
    }

    fn insert(&mut self, graph: &Graph, unit: u64, pos: usize, len: usize) -> usize {
        let (at, effect) = self.spans.boundary(pos);
        let left = self.spans.before(at).map_or(START, Span::last_unit);
        let next = self.spans.iter_from(at).map(|(_, span)| span).find(|span| span.prepare > 0);
        let right = next.filter(|next| next.left == left).map_or(NONE, |next| next.unit);
        let (at, effect) = self.integrate(graph, unit, left, right, at, effect);
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
    ///
    /// Where siblings are many it begins at the last that goes before the new one. A scan from the
    /// start would come there, since nothing between two siblings existed at the parents either, and
    /// would know no more then, since what it remembers it learns anew at every sibling.
    fn integrate(
        &mut self,
        graph: &Graph,
        unit: u64,
        left: u64,
        right: u64,
        at: Cursor,
        effect: usize,
    ) -> (Cursor, usize) {
        let parents = (left, right);
        // Only asked for where there are siblings.
        let mut name = self.siblings.keeps(parents).then(|| name_of(graph, unit));
        let kept = name.is_some();
        let known = name.and_then(|name| self.siblings.last_before(parents, name));
        let (at, effect) = known.map_or((at, effect), |sibling| {
            let at = self.spans.start_at(sibling);
            (at, self.spans.effect_before(at))
        });
        let mut found = (at, effect);
        let mut scanned = effect;
        let mut scanning = false;
        let mut passed = 0;
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
                if other_right == right {
                    let name = *name.get_or_insert_with(|| name_of(graph, unit));
                    if name < name_of(graph, other.unit) {
                        break;
                    }
                    passed += 1;
                }
                scanning = other_right < right;
            }
            scanned += other.effect_len();
            if !scanning {
                found = (Spans::after(place), scanned);
            }
        }
        if !kept && passed > siblings::FEW {
            let all = self.siblings_from(graph, at, left, right);
            self.siblings.keep(parents, all);
        }
        if let Some(name) = name {
            self.siblings.add(parents, name);
        }
        found
    }

    /// All that hang on `left` and have `right` for their right parent: they stand before that, and
    /// before whatever does not hang on `left` in the end.
    fn siblings_from(&self, graph: &Graph, at: Cursor, left: u64, right: u64) -> BTreeSet<Name> {
        let own = self.rank_of_left(left);
        let spans = self.spans.iter_from(at).map(|(_, span)| span);
        let below = spans.take_while(|span| {
            span.unit != right && (span.left == left || self.rank_of_left(span.left) >= own)
        });
        let all = below.filter(|span| (span.left, span.right) == (left, right));
        all.map(|span| name_of(graph, span.unit)).collect()
    }

    /// Deletes what a run deletes, character by character of the prepare version, and tells
    /// which of its events took what from the effect version.
    fn delete(&mut self, unit: u64, run: Run, mut tell: impl FnMut(Range<Lv>, Option<Placed>)) {
        let backwards = run.kind == Kind::Backspace;
        let (pos, len) = (run.low(), run.len as usize);
        // What went so far, and in backward order what to tell of it: where it stood before.
        let (mut done, mut gone) = (0, 0);
        let mut pieces = Vec::new();
        while done < len {
            let (at, effect) = self.spans.character(pos);
            let at = self.spans.cut(at, len - done);
            let (mut here, mut taken) = (Deleted { unit: 0, len: 0, backwards }, None);
            self.spans.change(at, |span| {
                (here.unit, here.len) = (span.unit, span.len);
                taken = (!span.deleted).then_some((effect, span.len));
                span.prepare = 2;
                span.deleted = true;
            });
            let part = done..done + here.len;
            // The last characters go first, backwards.
            let part = if backwards { len - part.end..len - part.start } else { part };
            self.deleted.insert(unit + part.start as u64, here);
            done += here.len;
            if backwards {
                let before = taken.map(|(pos, len)| (pos + gone, len));
                gone += taken.map_or(0, |(_, len)| len);
                pieces.push((part, before));
            } else {
                let op = taken.map(|(pos, len)| Placed::Delete { pos, len, backwards });
                tell(self::events(&run, part), op);
            }
        }
        for (part, taken) in pieces.into_iter().rev() {
            let op = taken.map(|(pos, len)| Placed::Delete { pos, len, backwards });
            tell(self::events(&run, part), op);
        }
    }

    /// All characters in their order, gone ones included.
    pub(crate) fn characters(&mut self) -> impl Iterator<Item = &Span> {
        let (start, _) = self.spans.boundary(0);
        self.spans.iter_from(start).map(|(_, span)| span)
    }

    /// Which unit deleted which character, each as often as it was deleted.
    pub(crate) fn deletions(&self) -> impl Iterator<Item = (u64, u64)> {
        self.deleted.until(u64::MAX).flat_map(|(first, deleted)| {
            let each = move |nth: usize| (first + nth as u64, deleted.part(nth..nth + 1).unit);
            (0..deleted.len).map(each)
        })
    }

    /// Where a character stood at the version that the state starts from; `None` if it came
    /// later.
    pub(crate) fn place_at_start(unit: u64) -> Option<usize> {
        unit.checked_sub(PLACEHOLDER).map(|place| place as usize)
    }

    /// How many characters the text has after everything applied.
    pub(crate) fn effect_len(&self) -> usize {
        self.spans.effect_len()
    }

    /// What hangs on nothing comes before everything.
    fn rank_of_left(&self, unit: u64) -> usize {
        if unit == START { 0 } else { self.spans.rank(unit) + 1 }
    }

    fn rank_of_right(&self, unit: u64) -> usize {
        if unit == NONE { usize::MAX } else { self.spans.rank(unit) }
    }
}

/// Takes characters whose units follow each other out of the prepare version, or back in.
fn shift_run(spans: &mut Spans, units: Range<u64>, forward: bool) {
    spans.change_all(units, |span| {
        span.prepare = if forward { span.prepare + 1 } else { span.prepare - 1 };
    });
}

/// The events of a run that did a part of it: the only one, or a keystroke each.
fn events(run: &Run, part: Range<usize>) -> Range<Lv> {
    let first = run.first as usize;
    if run.events == 1 { first..first + 1 } else { first + part.start..first + part.end }
}

/// By what siblings are sorted: the one of the smaller replica id goes first, then of the smaller
/// counter.
fn name_of(graph: &Graph, unit: u64) -> Name {
    (graph.id_of(graph.content.lv_of_unit(unit)), unit)
}
