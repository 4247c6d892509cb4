//! What every event of a timeline did to the text, as runs over one buffer of inserted text.
//! It stores and gives back; what that is for is the timeline's business.

use std::ops::Range;

use crate::patch::Patch;
use crate::placed::Placed;
use crate::run::{Kind, Run};
use crate::text::Text;

/// Placed ops by their place on the timeline, from 0.
#[derive(Clone, Default, Debug)]
pub(super) struct PatchLog {
    runs: Vec<Run>,
    len: usize,
    inserted: String,
}

impl PatchLog {
    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How many runs they take.
    pub(super) fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Adds events that did nothing yet.
    pub(super) fn push(&mut self, events: usize) {
        self.len += events;
    }

    /// Adds what the last `events` events did together, or what the last one did, too.
    /// `inserted` is the text of an insert.
    pub(super) fn push_op(&mut self, events: usize, op: &Placed, inserted: &str) {
        let text = self.inserted.len() as u32;
        self.inserted.push_str(inserted);
        let (kind, pos, len) = match *op {
            Placed::Insert { pos, run } => (Kind::Insert, pos, run.len as usize),
            Placed::Delete { pos, len, backwards: true } if len > 1 => {
                (Kind::Backspace, pos + len - 1, len)
            }
            Placed::Delete { pos, len, .. } => (Kind::Delete, pos, len),
        };
        let run = Run {
            first: (self.len - events) as u32,
            events: events as u32,
            pos: pos as u32,
            len: len as u32,
            text,
            bytes: inserted.len() as u32,
            kind,
        };
        // The last but one run says whether the last one is its event's only one.
        let joined = match &self.runs[..] {
            [.., before, last] if before.range().end > last.range().start => None,
            [.., last] => last.joined(&run),
            [] => None,
        };
        match (joined, self.runs.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            _ => self.runs.push(run),
        }
    }

    /// Forgets all places from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        self.len = len;
        while let Some(last) = self.runs.last_mut() {
            let range = last.range();
            if range.end <= len {
                break;
            }
            if range.start < len {
                *last = last.part(range.start..len);
                break;
            }
            self.runs.pop();
        }
        let end = self.runs.last().map_or(0, |last| last.bytes().end);
        self.inserted.truncate(end);
    }

    /// What the events at some places did, run by run.
    pub(super) fn between(&self, places: Range<usize>) -> impl Iterator<Item = Run> {
        let from = self.runs.partition_point(|run| run.range().end <= places.start);
        let runs = self.runs[from..].iter().take_while({
            let end = places.end;
            move |run| run.range().start < end
        });
        runs.map(move |run| {
            let range = run.range();
            run.part(range.start.max(places.start)..range.end.min(places.end))
        })
    }

    /// What a run inserted; nothing if it deleted.
    pub(super) fn text(&self, run: &Run) -> &str {
        if run.inserts() { &self.inserted[run.bytes()] } else { "" }
    }

    /// Does what a run did.
    pub(super) fn apply(&self, run: &Run, text: &mut Text) {
        match run.inserts() {
            true => text.splice(run.low(), 0, &self.inserted[run.bytes()]),
            false => text.splice(run.low(), run.len as usize, ""),
        }
    }

    /// Does what the events at some places did, and says it as one patch.
    pub(super) fn patch(&self, places: Range<usize>, text: &mut Text) -> Patch {
        let edit = |run: Run| match run.inserts() {
            true => text.insert(run.low(), self.inserted[run.bytes()].into()),
            false => text.remove(run.low(), run.len as usize),
        };
        let patches: Vec<_> = self.between(places).map(edit).map(Patch::from).collect();
        Patch::compose_all(&patches)
    }
}
