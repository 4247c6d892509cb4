//! What the events of a graph say, in columns: ops and inserted text side by side in a few
//! long vectors, everything that is not text in a map. Nothing here knows about parents.

use std::collections::BTreeMap;

use crate::event::{ERASED, Op, Payload};

/// An event's index inside this process.
pub type Lv = usize;

/// Ops of all text events, one row each.
#[derive(Clone, Default, Debug)]
pub(crate) struct Content {
    rows: Vec<OpRow>,
    /// Where an event's rows start, one entry per event and one for the end.
    starts: Vec<u32>,
    /// The first unit of each event and one for the end. A unit is one inserted or deleted
    /// scalar; the walker names characters by the unit that inserted them.
    units: Vec<u64>,
    inserted: String,
    facts: BTreeMap<Lv, Payload>,
    /// Ops as their author wrote them, where clamping to the text changed them.
    original: BTreeMap<Lv, Vec<Op>>,
}

/// One op. `text` is where an insert's text starts in the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpRow {
    pub(crate) pos: usize,
    pub(crate) len: usize,
    pub(crate) kind: RowKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowKind {
    Insert { text: u32, bytes: u32 },
    Delete,
    Erased,
}

impl Content {
    pub(crate) fn push(&mut self, lv: Lv, payload: Payload) {
        if self.starts.is_empty() {
            self.starts.push(0);
            self.units.push(0);
        }
        self.starts.push(self.rows.len() as u32);
        self.units.push(self.units[lv]);
        match payload {
            Payload::TextEdited { ops } => ops.iter().for_each(|op| self.push_op(op)),
            fact => {
                self.facts.insert(lv, fact);
            }
        }
    }

    /// Adds an op to the newest event, or makes its last op longer where the two are one run.
    pub(crate) fn extend_last(&mut self, op: &Op) {
        let first = self.starts[self.starts.len() - 2] as usize;
        let last = self.rows[first..].last().copied();
        match (last, op) {
            (
                Some(OpRow { pos, len, kind: RowKind::Insert { text, bytes } }),
                Op::Insert { .. },
            ) if pos + len == op_pos(op) => {
                let more = self.buffer(op);
                let kind = RowKind::Insert { text, bytes: bytes + more.1 };
                self.replace_last(OpRow { pos, len: len + op.len(), kind });
            }
            (Some(OpRow { pos, len, kind: RowKind::Delete }), Op::Delete { .. })
                if pos == op_pos(op) || op_pos(op) + op.len() == pos =>
            {
                let pos = pos.min(op_pos(op));
                self.replace_last(OpRow { pos, len: len + op.len(), kind: RowKind::Delete });
            }
            _ => self.push_op(op),
        }
    }

    fn push_op(&mut self, op: &Op) {
        let kind = match op {
            Op::Insert { .. } => {
                let (text, bytes) = self.buffer(op);
                RowKind::Insert { text, bytes }
            }
            Op::Delete { .. } => RowKind::Delete,
            Op::ErasedInsert { .. } => RowKind::Erased,
        };
        // Lengths come from strangers: a unit number must never overflow. The codec bounds a
        // delete's length; the clamp below only keeps arithmetic total.
        let row = OpRow { pos: op_pos(op), len: op.len().min(u32::MAX as usize), kind };
        self.rows.push(row);
        self.close_last(row.len as u64);
    }

    fn replace_last(&mut self, row: OpRow) {
        if let Some(last) = self.rows.last_mut() {
            let grown = row.len - last.len;
            *last = row;
            *self.units.last_mut().expect("an event was pushed") += grown as u64;
        }
    }

    fn close_last(&mut self, units: u64) {
        *self.starts.last_mut().expect("an event was pushed") = self.rows.len() as u32;
        *self.units.last_mut().expect("an event was pushed") += units;
    }

    fn buffer(&mut self, op: &Op) -> (u32, u32) {
        let start = self.inserted.len();
        if let Op::Insert { text, .. } = op {
            self.inserted.push_str(text);
        }
        (start as u32, (self.inserted.len() - start) as u32)
    }

    /// The ops of an event, clamped if the walker has seen it.
    pub(crate) fn rows(&self, lv: Lv) -> &[OpRow] {
        &self.rows[self.starts[lv] as usize..self.starts[lv + 1] as usize]
    }

    /// The first unit of an event.
    pub(crate) fn unit(&self, lv: Lv) -> u64 {
        self.units[lv]
    }

    /// One past the last unit: grows with every op.
    pub(crate) fn end(&self) -> u64 {
        self.units.last().copied().unwrap_or(0)
    }

    /// The event that a unit belongs to.
    pub(crate) fn lv_of_unit(&self, unit: u64) -> Lv {
        self.units.partition_point(|&first| first <= unit) - 1
    }

    /// The text of an insert.
    pub(crate) fn text(&self, row: &OpRow) -> std::borrow::Cow<'_, str> {
        match row.kind {
            RowKind::Insert { text, bytes } => {
                self.inserted[text as usize..(text + bytes) as usize].into()
            }
            RowKind::Delete => "".into(),
            RowKind::Erased => ERASED.to_string().repeat(row.len).into(),
        }
    }

    /// Notes where an op really applied, judged against the text at the event's parents.
    pub(crate) fn clamp(&mut self, lv: Lv, index: usize, pos: usize, len: usize) {
        let row = &self.rows(lv)[index];
        if (row.pos, row.len) == (pos, len) {
            return;
        }
        if !self.original.contains_key(&lv) {
            self.original.insert(lv, self.ops(lv));
        }
        let row = &mut self.rows[self.starts[lv] as usize + index];
        (row.pos, row.len) = (pos, len);
    }

    /// The payload exactly as its author made it.
    pub(crate) fn payload(&self, lv: Lv) -> Payload {
        match (self.facts.get(&lv), self.original.get(&lv)) {
            (Some(fact), _) => fact.clone(),
            (None, Some(ops)) => Payload::TextEdited { ops: ops.clone() },
            (None, None) => Payload::TextEdited { ops: self.ops(lv) },
        }
    }

    /// The payload of an event that is not about text.
    pub(crate) fn fact(&self, lv: Lv) -> Option<&Payload> {
        self.facts.get(&lv)
    }

    fn ops(&self, lv: Lv) -> Vec<Op> {
        let op = |row: &OpRow| match row.kind {
            RowKind::Insert { .. } => Op::Insert { pos: row.pos, text: self.text(row).into() },
            RowKind::Delete => Op::Delete { pos: row.pos, len: row.len },
            RowKind::Erased => Op::ErasedInsert { pos: row.pos, len: row.len },
        };
        self.rows(lv).iter().map(op).collect()
    }
}

impl OpRow {
    /// Whether it puts characters in.
    pub(crate) fn inserts(&self) -> bool {
        self.kind != RowKind::Delete
    }
}

fn op_pos(op: &Op) -> usize {
    match op {
        Op::Insert { pos, .. } | Op::Delete { pos, .. } | Op::ErasedInsert { pos, .. } => *pos,
    }
}
