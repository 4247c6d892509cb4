//! Positions past the end: ops are cut to the text they were made on, and the events whose
//! ops had to be cut are kept for the graph to know. How long that text is, is the walker's
//! to say.

use crate::content::{Clamped, Piece};
use crate::run::{Kind, Run};

/// Cuts ops to the text they were made on, and keeps the events whose ops it had to cut.
#[derive(Default)]
pub(crate) struct Cutting {
    /// The event at hand, and how long the text was before it.
    event: Option<(usize, usize)>,
    found: Clamped,
}

impl Cutting {
    /// Takes as many events from the front of `rest` as lie in a text of `len`, or one, cut.
    pub(crate) fn next_part(&mut self, rest: &mut Option<Piece>, len: usize) -> Option<Piece> {
        let piece = rest.take()?;
        let Piece { run, unit } = piece;
        // Mostly all of it is there.
        let end = run.low() + if run.inserts() { 0 } else { run.len as usize };
        let (part, fits) = if end <= len || run.events == 1 {
            (run, end <= len)
        } else {
            let fitting = fitting(&run, len);
            let taken = fitting.clamp(1, run.events as usize);
            let cut = run.first as usize + taken;
            if taken < run.events as usize {
                let run = run.part(cut..run.range().end);
                *rest = Some(Piece { run, unit: unit + taken as u64 });
            }
            (run.part(run.first as usize..cut), fitting > 0)
        };
        let first = part.first as usize;
        let before = match self.event {
            Some((event, before)) if event == first => before,
            _ => len,
        };
        self.event = Some((first, before));
        if fits {
            return Some(Piece { run: part, unit });
        }
        self.found.insert(first, before);
        Some(Piece { run: part.clamped(len), unit })
    }

    /// The events whose ops were cut.
    pub(crate) fn finish(self) -> Clamped {
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
