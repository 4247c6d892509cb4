//! What the events of a graph say, as runs over one buffer of inserted text, everything that
//! is not text in a map. Nothing here knows about parents.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::event::{ERASED, Op, Payload};
use crate::patch::scalars;
use crate::run::{Kind, Run};

/// An event's index inside this process.
pub type Lv = usize;

/// The ops of all text events.
#[derive(Clone, Default, Debug)]
pub(crate) struct Content {
    runs: Vec<Run>,
    /// The first unit of each run. A unit is one inserted or deleted scalar; the walker names
    /// characters by the unit that inserted them.
    units: Vec<u64>,
    end: u64,
    inserted: String,
    facts: BTreeMap<Lv, Payload>,
    /// Ops as their author wrote them, where runs cannot say it: empty ones, and positions
    /// that no text has.
    odd: BTreeMap<Lv, Vec<Op>>,
    clamped: Clamped,
}

/// What events really did that reached past the text: their ops, cut to it.
pub(crate) type Clamped = BTreeMap<Lv, Vec<Piece>>;

/// A run, or a part of one, and its first unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub(crate) run: Run,
    pub(crate) unit: u64,
}

impl Content {
    pub(crate) fn push(&mut self, lv: Lv, payload: Payload) {
        match payload {
            Payload::TextEdited { ops } => {
                match &ops[..] {
                    [op] if op.len() == 1 => self.push_keystroke(lv, op),
                    ops => ops.iter().for_each(|op| self.push_op(lv, op)),
                }
                self.keep_if_odd(lv, ops);
            }
            fact => {
                self.facts.insert(lv, fact);
            }
        }
    }

    /// Adds an event of one scalar: to the run before it, if it goes on there.
    fn push_keystroke(&mut self, lv: Lv, op: &Op) {
        // An event of several ops has several runs, and one that runs cannot say may have
        // any: nothing may be joined to those.
        let alone = match &self.runs[..] {
            [.., before, last] => before.first + before.events <= last.first,
            _ => true,
        };
        let alone = alone && lv.checked_sub(1).is_none_or(|before| !self.is_odd(before));
        self.push_op(lv, op);
        if alone
            && let [.., before, last] = &self.runs[..]
            && let Some(joined) = before.joined(last)
        {
            self.runs.pop();
            self.units.pop();
            self.runs.pop();
            self.runs.push(joined);
        }
    }

    /// Adds a keystroke, which deletes or inserts, to the newest event: its last op becomes
    /// longer where the two are one.
    pub(crate) fn extend_last(&mut self, lv: Lv, pos: usize, deleted: usize, inserted: &str) {
        let added = self.run_of(lv, pos, deleted, inserted);
        let goes_on = |last: &Run| match (last.kind, added.kind) {
            (Kind::Insert, Kind::Insert) => last.pos + last.len == added.pos,
            (Kind::Delete, Kind::Delete) => {
                added.pos == last.pos || added.pos + added.len == last.pos
            }
            _ => false,
        };
        let Some(last) = self.part_off(lv).filter(|last| goes_on(last)) else {
            return self.push_run(added, inserted);
        };
        (last.len, last.bytes) = (last.len + added.len, last.bytes + added.bytes);
        last.pos = last.pos.min(added.pos);
        self.inserted.push_str(inserted);
        self.end += u64::from(added.len);
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
            text: self.inserted.len() as u32,
            bytes: inserted.len() as u32,
            kind,
        }
    }

    /// Gives the newest event a run of its own, and returns that run, if it has any op.
    fn part_off(&mut self, lv: Lv) -> Option<&mut Run> {
        let last = self.runs.last_mut().filter(|run| run.range().end == lv + 1)?;
        if last.events > 1 {
            let (start, own) = (last.first as usize, last.part(lv..lv + 1));
            *last = last.part(start..lv);
            self.units.push(self.end - 1);
            self.runs.push(own);
        }
        self.runs.last_mut()
    }

    fn push_op(&mut self, lv: Lv, op: &Op) {
        let (run, text) = match op {
            Op::Insert { pos, text } => (self.run_of(lv, *pos, 0, text), text.as_str()),
            Op::Delete { pos, len } => (self.run_of(lv, *pos, *len, ""), ""),
            Op::ErasedInsert { pos, len } => {
                (Run { kind: Kind::Erased, ..self.run_of(lv, *pos, *len, "") }, "")
            }
        };
        self.push_run(run, text);
    }

    fn push_run(&mut self, run: Run, inserted: &str) {
        self.inserted.push_str(inserted);
        self.push_read(run);
    }

    /// All runs, in the order of their events.
    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// All text that was ever inserted.
    pub(crate) fn inserted(&self) -> &str {
        &self.inserted
    }

    /// Whether runs cannot say what an event's author wrote.
    pub(crate) fn is_odd(&self, lv: Lv) -> bool {
        self.odd.contains_key(&lv)
    }

    /// The ops of a text event exactly as its author made them.
    pub(crate) fn ops_as_made(&self, lv: Lv) -> Vec<Op> {
        let odd = if self.odd.is_empty() { None } else { self.odd.get(&lv) };
        odd.cloned().unwrap_or_else(|| self.ops(lv))
    }

    /// Adds a run as it was; its text is in the buffer or will be.
    pub(crate) fn push_read(&mut self, run: Run) {
        if run.len > 0 {
            self.runs.push(run);
            self.units.push(self.end);
            self.end += u64::from(run.len);
        }
    }

    /// Keeps ops that runs cannot say.
    pub(crate) fn keep_if_odd(&mut self, lv: Lv, ops: Vec<Op>) {
        if ops.iter().any(is_odd) {
            self.odd.insert(lv, ops);
        }
    }

    /// Sets the buffer that runs speak of.
    pub(crate) fn set_inserted(&mut self, inserted: String) {
        self.inserted = inserted;
    }

    /// What some events really did, in their order, as long runs as there are. Events that did
    /// nothing to the text have no piece. `also` is what was cut to the text and is not noted
    /// here yet.
    pub(crate) fn pieces<'c>(&'c self, events: Range<Lv>, also: &'c Clamped) -> Pieces<'c> {
        let at = self.first_run(events.start);
        Pieces { content: self, also, at, events, cut: [].iter() }
    }

    /// The first run that an event or a later one has. Mostly it is about the newest.
    fn first_run(&self, lv: Lv) -> usize {
        match &self.runs[..] {
            [.., before, last] if before.range().end <= lv && lv < last.range().end => {
                self.runs.len() - 1
            }
            runs => runs.partition_point(|run| run.range().end <= lv),
        }
    }

    /// One past the last unit: grows with every op.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// The event that a unit belongs to.
    pub(crate) fn lv_of_unit(&self, unit: u64) -> Lv {
        let at = self.units.partition_point(|&first| first <= unit) - 1;
        let run = &self.runs[at];
        let within = if run.events > 1 { (unit - self.units[at]) as usize } else { 0 };
        run.first as usize + within
    }

    /// The text of an insert.
    pub(crate) fn text(&self, run: &Run) -> Cow<'_, str> {
        match run.kind {
            Kind::Insert => self.inserted[run.bytes()].into(),
            Kind::Erased => ERASED.to_string().repeat(run.len as usize).into(),
            Kind::Delete | Kind::Backspace => "".into(),
        }
    }

    /// Notes what events really did, judged against the text at their parents.
    pub(crate) fn clamp(&mut self, clamped: Clamped) {
        self.clamped.extend(clamped);
    }

    /// The payload exactly as its author made it.
    pub(crate) fn payload(&self, lv: Lv) -> Payload {
        if let Some(fact) = self.facts.get(&lv) {
            return fact.clone();
        }
        Payload::TextEdited { ops: self.ops_as_made(lv) }
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
        let at = self.first_run(lv);
        let runs = self.runs[at..].iter().take_while(|run| run.range().contains(&lv));
        let op = |run: &Run| {
            let run = run.part(lv..lv + 1);
            let (pos, len) = (run.pos as usize, run.len as usize);
            match run.kind {
                Kind::Insert => Op::Insert { pos, text: self.text(&run).into() },
                Kind::Delete | Kind::Backspace => Op::Delete { pos, len },
                Kind::Erased => Op::ErasedInsert { pos, len },
            }
        };
        runs.map(op).collect()
    }
}

/// See [`Content::pieces`].
pub(crate) struct Pieces<'c> {
    content: &'c Content,
    also: &'c Clamped,
    /// The next run.
    at: usize,
    /// What is left of the events.
    events: Range<Lv>,
    /// What is left of the ops of an event that was cut to the text.
    cut: std::slice::Iter<'c, Piece>,
}

impl<'c> Pieces<'c> {
    /// The first event among some whose ops were cut, and what was left of them.
    fn next_cut(&self, events: &Range<Lv>) -> Option<(Lv, &'c [Piece])> {
        let first = |clamped: &'c Clamped| match clamped.is_empty() {
            true => None,
            false => clamped.range(events.clone()).next(),
        };
        let noted = first(&self.content.clamped).into_iter().chain(first(self.also));
        let (&lv, pieces) = noted.min_by_key(|&(&lv, _)| lv)?;
        Some((lv, pieces))
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some(piece) = self.cut.next() {
                return Some(*piece);
            }
            let run = self.content.runs.get(self.at)?;
            let mut events =
                run.range().start.max(self.events.start)..run.range().end.min(self.events.end);
            if run.range().start >= self.events.end {
                return None;
            }
            if events.is_empty() {
                self.at += 1;
                continue;
            }
            if let Some((lv, pieces)) = self.next_cut(&events) {
                if lv == events.start {
                    // All runs of this event are passed with it.
                    self.events.start = lv + 1;
                    self.cut = pieces.iter();
                    continue;
                }
                events.end = lv;
            }
            let skipped = events.start - run.range().start;
            let unit = self.content.units[self.at] + skipped as u64;
            if events.end == run.range().end {
                self.at += 1;
            } else {
                self.events.start = events.end;
            }
            return Some(Piece { run: run.part(events), unit });
        }
    }
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
