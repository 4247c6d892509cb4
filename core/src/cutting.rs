//! Positions past the end: ops are cut to the text they were made on, and the events whose
//! ops had to be cut are kept for the graph to know. How long that text is, is the walker's
//! to say.

use crate::content::{Clamped, Piece};
use crate::run::{Kind, Run};

/// Cuts ops to the text they were made on, and keeps the events whose ops it had to cut.
#[derive(Default)]
pub(crate) struct Cutting {
    /// The ops of the event at hand, as they really are.
    ops: Vec<Piece>,
    is_cut: bool,
    found: Clamped,
}

impl Cutting {
    /// Takes as many events from the front of `rest` as lie in a text of `len`, or one, cut.
    pub(crate) fn next_part(&mut self, rest: &mut Option<Piece>, len: usize) -> Option<Piece> {
        let piece = rest.take()?;
        let Piece { run, unit } = piece;
        if self.ops.last().is_some_and(|op| op.run.first != run.first) {
            self.pass();
        }
        let fitting = fitting(&run, len);
        if run.events == 1 {
            let real = Piece { run: clamp(run, len), unit };
            self.is_cut |= real != piece;
            self.ops.push(real);
            return Some(real);
        }
        let taken = fitting.clamp(1, run.events as usize);
        let cut = run.first as usize + taken;
        if taken < run.events as usize {
            let run = run.part(cut..run.range().end);
            *rest = Some(Piece { run, unit: unit + taken as u64 });
        }
        let part = run.part(run.first as usize..cut);
        let real = Piece { run: if fitting == 0 { clamp(part, len) } else { part }, unit };
        if fitting == 0 {
            self.pass();
            self.is_cut = true;
            self.ops.push(real);
        }
        Some(real)
    }

    /// The event at hand is over.
    fn pass(&mut self) {
        if let (true, Some(op)) = (self.is_cut, self.ops.first()) {
            self.found.insert(op.run.first as usize, std::mem::take(&mut self.ops));
        }
        self.ops.clear();
        self.is_cut = false;
    }

    pub(crate) fn finish(mut self) -> Clamped {
        self.pass();
        self.found
    }
}

/// How many events from the front of a run of keystrokes lie in a text of `len`.
fn fitting(run: &Run, len: usize) -> usize {
    let (pos, count) = (run.pos as usize, run.events as usize);
    match run.kind {
        Kind::Insert | Kind::Erased if pos <= len => count,
        Kind::Delete => len.saturating_sub(pos).min(count),
        Kind::Backspace if pos < len => count,
        _ => 0,
    }
}

/// The one meaning of a position past the end, for one event: an insert goes to the end, a
/// delete keeps only what exists.
fn clamp(run: Run, len: usize) -> Run {
    let pos = (run.pos as usize).min(len) as u32;
    let left = (len - pos as usize).min(u32::MAX as usize) as u32;
    let len = if run.inserts() { run.len } else { run.len.min(left) };
    Run { pos, len, ..run }
}
