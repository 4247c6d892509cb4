//! What the events of a graph say: text as runs, everything that is not text in a map. Nothing
//! here knows about parents.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::event::{ERASED, Op, Payload};
use crate::patch::scalars;
use crate::run::{Kind, Run};
use crate::runs::{Runs, Since};
use crate::varint::{put, take};

/// An event's index inside this process.
pub type Lv = usize;

/// The ops of all text events.
#[derive(Clone, Default, Debug)]
pub(crate) struct Content {
    /// A unit is one inserted or deleted scalar; the walker names characters by the unit that
    /// inserted them.
    runs: Runs,
    facts: BTreeMap<Lv, Payload>,
    /// Ops as their author wrote them, where runs cannot say it: empty ones, and positions
    /// that no text has.
    odd: BTreeMap<Lv, Box<[u8]>>,
    clamped: Clamped,
}

/// Events that reached past the text, and how many scalars it had before each: enough to tell
/// what of their ops was there.
pub(crate) type Clamped = BTreeMap<Lv, usize>;

/// A run, or a part of one, and its first unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub(crate) run: Run,
    pub(crate) unit: u64,
}

impl Content {
    /// Nothing yet, with room for so many runs and bytes of text.
    pub(crate) fn with_room(runs: usize, text: usize) -> Self {
        Self { runs: Runs::with_room(runs, text), ..Self::default() }
    }

    pub(crate) fn push(&mut self, lv: Lv, payload: Payload) {
        match payload {
            Payload::TextEdited { ops } => {
                match &ops[..] {
                    [op] if op.len() == 1 => self.push_keystroke(lv, op),
                    ops => ops.iter().for_each(|op| self.push_op(lv, op)),
                }
                self.keep_if_odd(lv, &ops);
            }
            fact => {
                self.facts.insert(lv, fact);
            }
        }
    }

    /// Adds an event of one scalar: to the run before it, if it goes on there.
    fn push_keystroke(&mut self, lv: Lv, op: &Op) {
        let (run, text) = self.run_of_op(lv, op);
        self.push_joined(lv, run, text);
    }

    /// Adds an event that was typed, within the text: what it deletes goes first. Does what
    /// [`Content::push`] does with such ops, which nobody has to put together.
    pub(crate) fn push_typed(&mut self, lv: Lv, pos: usize, deleted: usize, inserted: &str) {
        if deleted + scalars(inserted) == 1 {
            let run = self.run_of(lv, pos, deleted, inserted);
            return self.push_joined(lv, run, inserted);
        }
        if deleted > 0 {
            self.push_run(self.run_of(lv, pos, deleted, ""), "");
        }
        if !inserted.is_empty() {
            self.push_run(self.run_of(lv, pos, 0, inserted), inserted);
        }
    }

    fn push_joined(&mut self, lv: Lv, run: Run, text: &str) {
        let last = self.runs.newest().last().filter(|_| self.ends_in_keystrokes(lv));
        match last.and_then(|last| last.joined(&run)) {
            Some(joined) => self.runs.grow_last(joined, text),
            None => self.push_run(run, text),
        }
    }

    /// Whether the last run may take event `next` in. An event of several ops has several
    /// runs, and one that runs cannot say may have any: nothing may be joined to those.
    fn ends_in_keystrokes(&self, next: Lv) -> bool {
        let alone = match self.runs.newest() {
            [.., before, last] => before.first + before.events <= last.first,
            _ => true,
        };
        alone && next.checked_sub(1).is_none_or(|before| !self.is_odd(before))
    }

    /// Whether the first run may be joined to one before it.
    fn begins_with_keystrokes(&self) -> bool {
        let mut runs = self.runs().take(2);
        let alone = match (runs.next(), runs.next()) {
            (Some(first), Some(next)) => first.first + first.events <= next.first,
            _ => true,
        };
        alone && !self.is_odd(0)
    }

    /// Adds a keystroke, which deletes or inserts, to the newest event: its last op becomes
    /// longer where the two are one.
    #[inline]
    pub(crate) fn extend_last(&mut self, lv: Lv, pos: usize, deleted: usize, inserted: &str) {
        // Mostly somebody writes on.
        let last = self.runs.newest().last().filter(|last| {
            deleted == 0
                && last.kind == Kind::Insert
                && last.first as usize == lv
                && last.pos as usize + last.len as usize == pos
        });
        let Some(&last) = last else {
            return self.extend_otherwise(lv, pos, deleted, inserted);
        };
        let (len, bytes) = (scalars(inserted) as u32, inserted.len() as u32);
        let longer = Run { len: last.len + len, bytes: last.bytes + bytes, ..last };
        self.runs.grow_last(longer, inserted);
    }

    fn extend_otherwise(&mut self, lv: Lv, pos: usize, deleted: usize, inserted: &str) {
        let added = self.run_of(lv, pos, deleted, inserted);
        let goes_on = |last: &Run| match (last.kind, added.kind) {
            (Kind::Insert, Kind::Insert) => last.pos + last.len == added.pos,
            (Kind::Delete, Kind::Delete) => {
                added.pos == last.pos || added.pos + added.len == last.pos
            }
            _ => false,
        };
        let has_run = self.runs.newest().last().filter(|last| last.range().end == lv + 1);
        if has_run.is_some_and(|last| last.events > 1) {
            self.runs.part_off_last();
        }
        let own = self.runs.newest().last().filter(|last| last.first as usize == lv);
        let Some(&last) = own.filter(|last| goes_on(last)) else {
            return self.push_run(added, inserted);
        };
        let longer = Run {
            len: last.len + added.len,
            bytes: last.bytes + added.bytes,
            pos: last.pos.min(added.pos),
            ..last
        };
        self.runs.grow_last(longer, inserted);
    }

    /// A delete, or an insert, of one event, as a run that is not here yet.
    fn run_of(&self, lv: Lv, pos: usize, deleted: usize, inserted: &str) -> Run {
        let (kind, len) = match deleted {
            0 => (Kind::Insert, scalars(inserted)),
            len => (Kind::Delete, len),
        };
        // Numbers come from strangers; the walker cuts them to the text, which is shorter.
        let short = |number: usize| number.min(u32::MAX as usize) as u32;
        Run {
            first: lv as u32,
            events: 1,
            pos: short(pos),
            len: short(len),
            text: self.runs.text_end() as u32,
            bytes: inserted.len() as u32,
            kind,
        }
    }

    fn push_op(&mut self, lv: Lv, op: &Op) {
        let (run, text) = self.run_of_op(lv, op);
        self.push_run(run, text);
    }

    fn run_of_op<'o>(&self, lv: Lv, op: &'o Op) -> (Run, &'o str) {
        match op {
            Op::Insert { pos, text } => (self.run_of(lv, *pos, 0, text), text),
            Op::Delete { pos, len } => (self.run_of(lv, *pos, *len, ""), ""),
            Op::ErasedInsert { pos, len } => {
                (Run { kind: Kind::Erased, ..self.run_of(lv, *pos, *len, "") }, "")
            }
        }
    }

    fn push_run(&mut self, run: Run, inserted: &str) {
        self.push_read(run, inserted);
        self.runs.pack();
    }

    /// Adds a run as it is, and its text, which comes behind all others'. It is not packed:
    /// mostly the graph takes it over from here.
    pub(crate) fn push_read(&mut self, run: Run, inserted: &str) {
        if run.len > 0 {
            self.runs.push(Run { text: self.runs.text_end() as u32, ..run }, inserted);
        }
    }

    /// All runs, in the order of their events.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Run> + Clone {
        self.runs.since(0).map(|(_, run)| run)
    }

    /// The runs as they are kept, to be compared with others.
    pub(crate) fn kept(&self) -> &Runs {
        &self.runs
    }

    /// All text that was ever inserted, in pieces.
    pub(crate) fn inserted(&self) -> impl Iterator<Item = &str> {
        self.runs.texts()
    }

    /// Whether runs cannot say what an event's author wrote.
    pub(crate) fn is_odd(&self, lv: Lv) -> bool {
        self.odd.contains_key(&lv)
    }

    /// The ops of a text event exactly as its author made them.
    pub(crate) fn ops_as_made(&self, lv: Lv) -> Vec<Op> {
        match self.odd.get(&lv) {
            Some(packed) => self.unpack_odd(lv, packed),
            None => self.ops(lv),
        }
    }

    /// Keeps ops that runs cannot say.
    pub(crate) fn keep_if_odd(&mut self, lv: Lv, ops: &[Op]) {
        if ops.iter().any(is_odd) {
            self.odd.insert(lv, pack_odd(ops));
        }
    }

    /// Ops that were packed. What they insert is text of their event's runs.
    fn unpack_odd(&self, lv: Lv, mut packed: &[u8]) -> Vec<Op> {
        let mut inserts = self.runs_of(lv).filter(|run| run.kind == Kind::Insert);
        let mut ops = Vec::with_capacity(take(&mut packed) as usize);
        while let [kind, rest @ ..] = packed {
            packed = rest;
            let (pos, len) = (take(&mut packed) as usize, take(&mut packed) as usize);
            ops.push(match *kind {
                ODD_INSERT => {
                    let run = if len == 0 { None } else { inserts.next() };
                    let text = run.map_or("".into(), |run| self.text(&run));
                    Op::Insert { pos, text: text.into() }
                }
                ODD_DELETE => Op::Delete { pos, len },
                _ => Op::ErasedInsert { pos, len },
            });
        }
        ops
    }

    /// Adds what other events say, the first of which becomes `start`. It stands open, since
    /// mostly it is replayed next, in no order that suits packed runs; see [`Content::replayed`].
    pub(crate) fn append(&mut self, start: Lv, other: Self) {
        if start == 0 {
            *self = other;
            return;
        }
        let joins = self.ends_in_keystrokes(start) && other.begins_with_keystrokes();
        for (nth, run) in other.runs().enumerate() {
            let text = other.runs.text(&run);
            let end = self.runs.text_end() as u32;
            let run = Run { first: run.first + start as u32, text: end, ..run };
            let last = self.runs.newest().last().filter(|_| joins && nth == 0);
            match last.and_then(|last| last.joined(&run)) {
                Some(joined) => self.runs.grow_last(joined, text),
                None => self.push_read(run, text),
            }
        }
        self.facts.extend(other.facts.into_iter().map(|(lv, fact)| (start + lv, fact)));
        self.odd.extend(other.odd.into_iter().map(|(lv, ops)| (start + lv, ops)));
    }

    /// What some events say, on their own.
    pub(crate) fn part(&self, events: Range<Lv>) -> Self {
        let mut part = Self::default();
        let runs = self.runs.since(events.start).map(|(_, run)| run);
        for run in runs.take_while(|run| run.range().start < events.end) {
            let own = run.range().start.max(events.start)..run.range().end.min(events.end);
            let own = run.part(own);
            let first = own.first - events.start as u32;
            part.push_read(Run { first, ..own }, self.runs.text(&own));
        }
        let facts = self.facts.range(events.clone());
        part.facts = facts.map(|(&lv, fact)| (lv - events.start, fact.clone())).collect();
        let odd = self.odd.range(events.clone());
        part.odd = odd.map(|(&lv, ops)| (lv - events.start, ops.clone())).collect();
        part
    }

    /// What some events really did, in their order, as long runs as there are. Events that did
    /// nothing to the text have no piece. `also` is what was cut to the text and is not noted
    /// here yet.
    pub(crate) fn pieces<'c>(&'c self, events: Range<Lv>, also: &'c Clamped) -> Pieces<'c> {
        let mut runs = self.runs.since(events.start);
        let run = runs.next();
        Pieces { content: self, also, run, runs, events, cut: None }
    }

    /// One past the last unit: grows with every op.
    pub(crate) fn end(&self) -> u64 {
        self.runs.end()
    }

    /// The event that a unit belongs to.
    pub(crate) fn lv_of_unit(&self, unit: u64) -> Lv {
        self.runs.event_of_unit(unit)
    }

    /// The text of an insert.
    pub(crate) fn text(&self, run: &Run) -> Cow<'_, str> {
        match run.kind {
            Kind::Insert => self.runs.text(run).into(),
            Kind::Erased => ERASED.to_string().repeat(run.len as usize).into(),
            Kind::Delete | Kind::Backspace => "".into(),
        }
    }

    /// Notes what events really did, judged against the text at their parents. They need not
    /// stand open any more.
    pub(crate) fn replayed(&mut self, clamped: Clamped) {
        self.clamped.extend(clamped);
        self.runs.pack();
    }

    /// The payload exactly as its author made it.
    pub(crate) fn payload(&self, lv: Lv) -> Payload {
        if let Some(fact) = self.facts.get(&lv) {
            return fact.clone();
        }
        let ops = match self.newest(lv).filter(|_| self.odd.is_empty()) {
            Some(runs) => runs.iter().map(|run| self.op(&run.part(lv..lv + 1))).collect(),
            None => self.ops_as_made(lv),
        };
        Payload::TextEdited { ops }
    }

    /// The runs of the newest event, if others stand before them.
    fn newest(&self, lv: Lv) -> Option<&[Run]> {
        let runs = self.runs.newest();
        runs.last().filter(|last| last.range().end == lv + 1)?;
        let before = runs.iter().rposition(|run| run.range().end <= lv)?;
        Some(&runs[before + 1..])
    }

    /// The payload of an event that is not about text.
    pub(crate) fn fact(&self, lv: Lv) -> Option<&Payload> {
        self.facts.get(&lv)
    }

    /// The events among some that are not about text.
    pub(crate) fn facts(&self, events: Range<Lv>) -> impl Iterator<Item = Lv> {
        self.facts.range(events).map(|(&lv, _)| lv)
    }

    fn ops(&self, lv: Lv) -> Vec<Op> {
        let mut ops = Vec::with_capacity(self.runs_of(lv).count());
        ops.extend(self.runs_of(lv).map(|run| self.op(&run)));
        ops
    }

    /// What an event does, as runs of its own.
    fn runs_of(&self, lv: Lv) -> impl Iterator<Item = Run> {
        let runs = self.runs.since(lv).map(|(_, run)| run);
        let runs = runs.take_while(move |run| run.range().contains(&lv));
        runs.map(move |run| run.part(lv..lv + 1))
    }

    /// A run of one event as its op.
    fn op(&self, run: &Run) -> Op {
        let (pos, len) = (run.pos as usize, run.len as usize);
        match run.kind {
            Kind::Insert => Op::Insert { pos, text: self.text(run).into() },
            Kind::Delete | Kind::Backspace => Op::Delete { pos, len },
            Kind::Erased => Op::ErasedInsert { pos, len },
        }
    }

    /// The payloads of some events, exactly as their authors made them: what
    /// [`Content::payload`] says of each, on one way through the runs.
    pub(crate) fn payloads(&self, events: Range<Lv>) -> impl Iterator<Item = Payload> {
        let mut runs = self.runs.since(events.start).map(|(_, run)| run).peekable();
        events.map(move |lv| {
            let own = runs.clone().take_while(|run| run.range().contains(&lv));
            let mut ops = Vec::with_capacity(own.count());
            while let Some(run) = runs.peek().filter(|run| run.range().contains(&lv)) {
                ops.push(self.op(&run.part(lv..lv + 1)));
                if run.range().end > lv + 1 {
                    break;
                }
                runs.next();
            }
            if !ops.is_empty() && !self.is_odd(lv) {
                return Payload::TextEdited { ops };
            }
            self.payload(lv)
        })
    }
}

/// See [`Content::pieces`].
pub(crate) struct Pieces<'c> {
    content: &'c Content,
    also: &'c Clamped,
    /// The next run, with its first unit, and those behind.
    run: Option<(u64, Run)>,
    runs: Since<'c>,
    /// What is left of the events.
    events: Range<Lv>,
    /// The event that is being cut to the text, and how many scalars that has by now.
    cut: Option<(Lv, usize)>,
}

impl<'c> Pieces<'c> {
    /// The first event among some that is to be cut, and how many scalars the text has before it.
    fn next_cut(&self, events: &Range<Lv>) -> Option<(Lv, usize)> {
        let first = |clamped: &'c Clamped| match clamped.is_empty() {
            true => None,
            false => clamped.range(events.clone()).next(),
        };
        let noted = first(&self.content.clamped).into_iter().chain(first(self.also));
        noted.map(|(&lv, &len)| (lv, len)).min()
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        loop {
            let (unit, run) = self.run?;
            // Mostly nothing was cut, and a run is wanted as a whole.
            if run.first as usize >= self.events.start
                && run.range().end <= self.events.end
                && self.also.is_empty()
                && self.content.clamped.is_empty()
            {
                self.run = self.runs.next();
                return Some(Piece { run, unit });
            }
            let mut events =
                run.range().start.max(self.events.start)..run.range().end.min(self.events.end);
            if run.range().start >= self.events.end {
                return None;
            }
            if events.is_empty() {
                self.run = self.runs.next();
                continue;
            }
            let mut cut = self.cut.take().filter(|&(lv, _)| lv == events.start);
            if cut.is_none()
                && let Some((lv, len)) = self.next_cut(&events)
            {
                if lv == events.start {
                    cut = Some((lv, len));
                } else {
                    events.end = lv;
                }
            }
            if cut.is_some() {
                events.end = events.start + 1;
            }
            let unit = unit + (events.start - run.range().start) as u64;
            if events.end == run.range().end {
                self.run = self.runs.next();
            } else {
                self.events.start = events.end;
            }
            let mut run = run.part(events);
            if let Some((lv, len)) = cut {
                run = run.clamped(len);
                let size = run.len as usize;
                self.cut = Some((lv, if run.inserts() { len + size } else { len - size }));
            }
            return Some(Piece { run, unit });
        }
    }
}

/// What an odd op is, in front of its place and length.
const ODD_INSERT: u8 = 0;
const ODD_DELETE: u8 = 1;
const ODD_ERASED: u8 = 2;

/// Ops as bytes, without what they insert.
fn pack_odd(ops: &[Op]) -> Box<[u8]> {
    let mut packed = Vec::with_capacity(4 * ops.len());
    put(&mut packed, ops.len() as u64);
    for op in ops {
        packed.push(match op {
            Op::Insert { .. } => ODD_INSERT,
            Op::Delete { .. } => ODD_DELETE,
            Op::ErasedInsert { .. } => ODD_ERASED,
        });
        put(&mut packed, op_pos(op) as u64);
        put(&mut packed, op.len() as u64);
    }
    packed.into()
}

/// Whether runs cannot say it as its author did.
fn is_odd(op: &Op) -> bool {
    op.is_empty() || op.len() > u32::MAX as usize || op_pos(op) > u32::MAX as usize
}

fn op_pos(op: &Op) -> usize {
    match op {
        Op::Insert { pos, .. } | Op::Delete { pos, .. } | Op::ErasedInsert { pos, .. } => *pos,
    }
}
