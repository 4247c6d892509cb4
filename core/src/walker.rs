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

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::content::{Clamped, Piece};
use crate::cutting::Cutting;
use crate::graph::{Graph, Lv};
use crate::patch::Edit;
use crate::run::{Kind, Run};
use crate::spans::{Cursor, NONE, START, Span, Spans};
use crate::text::Text;

/// One op at its final place, in the text after all placed ops before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// The run's text goes in at `pos`.
    Insert { pos: usize, run: Run },
    /// `len` scalars from `pos` go; `backwards` if the last of them goes first.
    Delete { pos: usize, len: usize, backwards: bool },
}

/// What some events come to. Together they do one op: one event, or one keystroke each. An
/// event of several ops has several steps in a row, and one that does nothing to the text has
/// one without an op.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) events: Range<Lv>,
    pub(crate) op: Option<Placed>,
}

/// The length to start from when the text's real one is not known: more than any text has.
/// All events of such a walk have been clamped before.
pub(crate) const UNKNOWN_LEN: usize = usize::MAX / 8;

/// The placeholder's length until it is cut to the real one.
const PLACEHOLDER_LEN: usize = usize::MAX / 4;

impl Placed {
    /// What an op comes to that was made on the whole present text; `None` if it is empty.
    pub(crate) fn as_made(run: Run) -> Option<Self> {
        let (pos, len) = (run.low(), run.len as usize);
        match run.inserts() {
            _ if len == 0 => None,
            true => Some(Self::Insert { pos, run }),
            false => Some(Self::Delete { pos, len, backwards: run.kind == Kind::Backspace }),
        }
    }

    /// Where it is, how many scalars go there and what comes.
    pub(crate) fn splice<'g>(&self, graph: &'g Graph) -> (usize, usize, Cow<'g, str>) {
        match *self {
            Self::Insert { pos, run } => (pos, 0, graph.content.text(&run)),
            Self::Delete { pos, len, .. } => (pos, len, "".into()),
        }
    }
}

/// Carries a placed op out on a text and returns the edit, which also knows what was deleted.
pub(crate) fn carry_out(graph: &Graph, placed: &Placed, text: &mut Text) -> Edit {
    match *placed {
        Placed::Insert { pos, run } => text.insert(pos, graph.content.text(&run).into_owned()),
        Placed::Delete { pos, len, .. } => text.remove(pos, len),
    }
}

/// Walks `events`, which must be in causal order and complete above `version`, from a text
/// of `len` scalars at `version`. Moves `version` and `len` along. Returns what it had to cut
/// to the text, for the graph to know.
pub(crate) fn walk(
    graph: &Graph,
    version: &mut Vec<Lv>,
    len: &mut usize,
    events: &[Range<Lv>],
    mut emit: impl FnMut(Step),
) -> Clamped {
    let mut clamped = Clamped::new();
    let mut rest = Ranges::new(events);
    while let Some(next) = rest.straight(graph) {
        if graph.was_made_on(next.start, version) {
            sequential(graph, next.clone(), len, &mut clamped, &mut emit);
            version.clear();
            version.push(next.end - 1);
            rest.pass(next.end);
            continue;
        }
        let concurrent = concurrent_part(graph, version, &mut rest);
        let (common, zone) = graph.conflict(version, &concurrent);
        let mut state = State::new(graph, common);
        state.apply_all(&without(&zone, &concurrent), &mut clamped, &mut |_| {});
        state.set_len(*len);
        state.apply_all(&concurrent, &mut clamped, &mut emit);
        *len = state.spans.effect_len();
        concurrent.iter().for_each(|events| advance_version(graph, version, events));
    }
    clamped
}

/// Ranges of events while they are walked.
struct Ranges<'e> {
    events: &'e [Range<Lv>],
    /// How many events of the first range are passed.
    passed: usize,
}

impl<'e> Ranges<'e> {
    fn new(events: &'e [Range<Lv>]) -> Self {
        Self { events, passed: 0 }
    }

    /// The next events that follow each other in a straight line.
    fn straight(&mut self, graph: &Graph) -> Option<Range<Lv>> {
        while self.events.first().is_some_and(|range| range.start + self.passed >= range.end) {
            (self.events, self.passed) = (&self.events[1..], 0);
        }
        let range = self.events.first()?;
        let start = range.start + self.passed;
        Some(start..graph.straight_end(start).min(range.end))
    }

    fn pass(&mut self, end: Lv) {
        if let Some(range) = self.events.first() {
            self.passed = end - range.start;
        }
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

/// What is in `ranges`, which ascend, and not in `taken`, which are in any order.
fn without(ranges: &[Range<Lv>], taken: &[Range<Lv>]) -> Vec<Range<Lv>> {
    let mut kept = Vec::new();
    let mut taken = taken.to_vec();
    taken.sort_unstable_by_key(|range| range.start);
    let mut taken = taken.into_iter().peekable();
    for range in ranges {
        let mut start = range.start;
        while start < range.end {
            while taken.next_if(|next| next.end <= start).is_some() {}
            let next = taken.peek().filter(|next| next.start < range.end);
            let end = next.map_or(range.end, |next| next.start.max(start));
            if start < end {
                kept.push(start..end);
            }
            start = next.map_or(range.end, |next| next.end);
        }
    }
    kept
}

/// Moves a version over events, each of which was made on versions that it contains.
fn advance_version(graph: &Graph, version: &mut Vec<Lv>, events: &Range<Lv>) {
    let mut start = events.start;
    while start < events.end {
        let end = graph.straight_end(start).min(events.end);
        if graph.was_made_on(start, version) {
            version.clear();
        } else {
            let parents = graph.parents(start);
            version.retain(|head| !parents.contains(head));
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
    let mut telling = Telling { told: events.start, emit };
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

/// Emits steps, and one without an op for events that do nothing to the text.
struct Telling<'e, E> {
    told: Lv,
    emit: &'e mut E,
}

impl<E: FnMut(Step)> Telling<'_, E> {
    fn tell(&mut self, events: Range<Lv>, op: Option<Placed>) {
        self.finish(events.start);
        if op.is_some() || events.end > self.told {
            self.told = events.end;
            (self.emit)(Step { events, op });
        }
    }

    /// Everything before `end` is told of.
    fn finish(&mut self, end: Lv) {
        if self.told < end {
            (self.emit)(Step { events: self.told..end, op: None });
            self.told = end;
        }
    }
}

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

/// The merge state. It lives for one concurrent stretch and is thrown away.
struct State<'g> {
    graph: &'g Graph,
    /// The prepare version.
    version: Vec<Lv>,
    spans: Spans,
    /// What was deleted, by the first of the units that deleted it.
    deleted: BTreeMap<u64, Deleted>,
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
        Self { graph, version, spans: Spans::new(placeholder), deleted: BTreeMap::new() }
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

    fn apply_all(
        &mut self,
        events: &[Range<Lv>],
        clamped: &mut Clamped,
        emit: &mut impl FnMut(Step),
    ) {
        let mut rest = Ranges::new(events);
        while let Some(events) = rest.straight(self.graph) {
            rest.pass(events.end);
            self.apply(events, clamped, emit);
        }
    }

    /// Moves the prepare version to the parents of events that stand in a straight line, then
    /// applies them.
    fn apply(&mut self, events: Range<Lv>, clamped: &mut Clamped, emit: &mut impl FnMut(Step)) {
        let graph = self.graph;
        let parents = graph.parents(events.start);
        if self.version != *parents {
            let (retreat, advance) = graph.diff(&self.version, &parents);
            retreat.into_iter().for_each(|events| self.shift(events, clamped, false));
            advance.into_iter().rev().for_each(|events| self.shift(events, clamped, true));
        }
        self.version.clear();
        self.version.push(events.end - 1);
        let mut cutting = Cutting::default();
        let mut telling = Telling { told: events.start, emit };
        for piece in graph.content.pieces(events.clone(), clamped) {
            let mut rest = Some(piece);
            while let Some(Piece { run, unit }) =
                cutting.next_part(&mut rest, self.spans.prepare_len())
            {
                if run.len == 0 {
                    telling.tell(run.range(), None);
                } else if run.inserts() {
                    let pos = self.insert(unit, run.pos as usize, run.len as usize);
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
    fn shift(&mut self, events: Range<Lv>, clamped: &Clamped, forward: bool) {
        let graph = self.graph;
        // Characters that stand one after the other are moved together.
        let mut held = 0..0;
        let mut hold = |state: &mut Self, unit: u64, len: usize| {
            let end = unit + len as u64;
            if held.end == unit {
                held.end = end;
            } else if end == held.start {
                held.start = unit;
            } else {
                state.shift_run(std::mem::replace(&mut held, unit..end), forward);
            }
        };
        for Piece { run, unit } in graph.content.pieces(events, clamped) {
            if run.inserts() {
                hold(self, unit, run.len as usize);
                continue;
            }
            let units = unit..unit + u64::from(run.len);
            let mut next = self.deleted.range(..=unit).next_back().map_or(unit, |(&at, _)| at);
            while let Some((&at, &deleted)) = self.deleted.range(next..units.end).next() {
                next = at + 1;
                let from = unit.saturating_sub(at) as usize;
                let to = ((units.end - at) as usize).min(deleted.len);
                if from < to {
                    let part = deleted.part(from..to);
                    hold(self, part.unit, part.len);
                }
            }
        }
        self.shift_run(held, forward);
    }

    fn shift_run(&mut self, mut units: Range<u64>, forward: bool) {
        while units.start < units.end {
            let at = self.spans.start_at(units.start);
            let at = self.spans.cut(at, (units.end - units.start) as usize);
            self.spans.change(at, |span| {
                span.prepare = if forward { span.prepare + 1 } else { span.prepare - 1 };
                units.start += span.len as u64;
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

    /// What hangs on nothing comes before everything.
    fn rank_of_left(&self, unit: u64) -> usize {
        if unit == START { 0 } else { self.spans.rank(unit) + 1 }
    }

    fn rank_of_right(&self, unit: u64) -> usize {
        if unit == NONE { usize::MAX } else { self.spans.rank(unit) }
    }
}

/// The events of a run that did a part of it: the only one, or a keystroke each.
fn events(run: &Run, part: Range<usize>) -> Range<Lv> {
    let first = run.first as usize;
    if run.events == 1 { first..first + 1 } else { first + part.start..first + part.end }
}
