//! What every event of a timeline did to the text, as runs. It stores and gives back; what that
//! is for is the timeline's business.

use std::ops::Range;

use crate::patch::Patch;
use crate::placed::Placed;
use crate::run::{Kind, Run};
use crate::runs::Runs;
use crate::text::Text;

/// Placed ops by their place on the timeline, from 0.
#[derive(Clone, Default, Debug)]
pub(super) struct PatchLog {
    runs: Runs,
    len: usize,
}

impl PatchLog {
    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds events that did nothing yet.
    pub(super) fn push(&mut self, events: usize) {
        self.len += events;
    }

    /// Adds what the last `events` events did together, or what the last one did, too.
    /// `inserted` is the text of an insert. Returns it as a run, and whether it stays one of its
    /// own.
    pub(super) fn push_op(&mut self, events: usize, op: &Placed, inserted: &str) -> (Run, bool) {
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
            text: self.runs.text_end() as u32,
            bytes: inserted.len() as u32,
            kind,
        };
        self.part_off(&run);
        // The last but one run says whether the last one is its event's only one.
        let joined = match self.runs.newest() {
            [.., before, last] if before.range().end > last.range().start => None,
            [.., last] => last.joined(&run),
            [] => None,
        };
        match joined {
            Some(joined) => self.runs.grow_last(joined, inserted),
            None => self.runs.push(run, inserted),
        }
        (run, joined.is_none())
    }

    /// Gives the last event a run of its own if `next` is of the same: then nothing lies between
    /// the runs of an event.
    fn part_off(&mut self, next: &Run) {
        let Some(last) = self.runs.newest().last() else { return };
        if last.events > 1 && next.range().start + 1 == last.range().end {
            self.runs.part_off_last();
        }
    }

    /// Takes less room: what the runs of the graph say, too, is kept only once. `lv` tells which
    /// event stands at a place.
    pub(super) fn pack_beside(&mut self, graph: &Runs, lv: impl Fn(usize) -> usize) {
        self.runs.pack_beside(graph, lv);
    }

    /// Forgets all places from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.len = len;
            self.runs.truncate(len);
        }
    }

    /// What the events at some places did, run by run.
    pub(super) fn between(&self, places: Range<usize>) -> impl Iterator<Item = Run> {
        let runs = self.runs.since(places.start).map(|(_, run)| run);
        let some = places.clone();
        let runs = runs.take_while(move |run| !some.is_empty() && run.range().start < some.end);
        runs.map(move |run| part(&run, &places))
    }

    /// The same, the last run first.
    pub(super) fn back_between(&self, places: Range<usize>) -> impl Iterator<Item = Run> {
        let runs = self.runs.back_from(places.end);
        let some = places.clone();
        let runs = runs.take_while(move |run| !some.is_empty() && run.range().end > some.start);
        runs.map(move |run| part(&run, &places))
    }

    /// What a run inserted; nothing if it deleted.
    pub(super) fn text(&self, run: &Run) -> &str {
        self.runs.text(run)
    }

    /// All runs.
    pub(super) fn runs(&self) -> &Runs {
        &self.runs
    }

    /// Does what the events at some places did, and says it as one patch.
    pub(super) fn patch(&self, places: Range<usize>, text: &mut Text) -> Patch {
        let edit = |run: Run| match run.inserts() {
            true => text.insert(run.low(), self.text(&run).into()),
            false => text.remove(run.low(), run.len as usize),
        };
        let patches: Vec<_> = self.between(places).map(edit).map(Patch::from).collect();
        Patch::compose_all(&patches)
    }
}

/// What of a run's events is at some places.
fn part(run: &Run, places: &Range<usize>) -> Run {
    let own = run.range();
    run.part(own.start.max(places.start)..own.end.min(places.end))
}
