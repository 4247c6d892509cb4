//! Authorship: which revision put each character of the text where it is. Who made a revision,
//! and when, is the timeline's to say.

use std::ops::Range;

use crate::event::{AuthorId, Revision};
use crate::graph::Graph;
use crate::projection::finger::Finger;
use crate::projection::read_model::{Deed, News, ReadModel};
use crate::projection::timeline::Timeline;

/// The most spans in a chunk; it is cut in half when full. Few where assertions are on, so that
/// the small histories of the tests have many chunks.
const CHUNK_SPANS_MAX: usize = if cfg!(debug_assertions) { 4 } else { 64 };

/// Who wrote what of a text.
///
/// # Laws
/// - The spans cover the text, in order.
/// - Each character is of the revision that inserted it.
#[derive(Clone, Default, Debug)]
pub struct Authorship {
    /// Spans in order, in chunks that are never empty.
    chunks: Vec<Chunk>,
    /// A chunk and where it starts: the last that was written in. Most writing goes on there.
    finger: Finger,
}

#[derive(Clone, Debug)]
struct Chunk {
    len: usize,
    spans: Vec<Span>,
}

/// Characters that stand together. They are of one revision, or the first is of it, the next
/// of the one behind, and so on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    len: usize,
    revision: u64,
    keystrokes: bool,
}

/// Some characters of a text and the revisions that they are of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// Where they are, in scalars.
    pub range: Range<usize>,
    /// The revision of the first of them.
    pub revision: Revision,
    /// Whether each next one is of the next revision; else all are of the same.
    pub keystrokes: bool,
}

impl Span {
    /// Keeps the first `len` characters and returns the others.
    fn cut(&mut self, len: usize) -> Self {
        let passed = if self.keystrokes { len as u64 } else { 0 };
        let rest = Self { len: self.len - len, revision: self.revision + passed, ..*self };
        self.len = len;
        rest
    }

    /// Makes it longer by one that goes on where it ends.
    fn takes(&mut self, next: &Self) -> bool {
        let follows = if self.keystrokes || self.len == 1 {
            (next.keystrokes || next.len == 1) && self.revision + self.len as u64 == next.revision
        } else {
            false
        };
        let same = !self.keystrokes && !next.keystrokes && self.revision == next.revision;
        self.keystrokes |= follows;
        self.len += if follows || same { next.len } else { 0 };
        follows || same
    }
}

impl Authorship {
    /// How many characters there are.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The revision that a character is of; `None` past the end.
    pub fn revision_of(&self, pos: usize) -> Option<Revision> {
        let written = self.written(pos..pos + 1).next()?;
        Some(written.revision)
    }

    /// Who wrote a part of the text, as few spans as there are.
    pub fn written(&self, range: Range<usize>) -> impl Iterator<Item = Written> {
        let Finger { at: first, start: passed } =
            self.chunk_at(range.start, |rest, len| rest >= len);
        let spans = self.chunks.get(first..).unwrap_or_default().iter();
        let spans = spans.flat_map(|chunk| &chunk.spans).scan(passed, |pos, span| {
            let start = *pos;
            *pos += span.len;
            Some((start, *span))
        });
        let wanted = spans.take_while({
            let end = range.end;
            move |(start, _)| *start < end
        });
        let part = move |(start, mut span): (usize, Span)| {
            let skipped = range.start.saturating_sub(start).min(span.len);
            let mut kept = span.cut(skipped);
            let start = start + skipped;
            kept.len = kept.len.min(range.end.saturating_sub(start));
            (kept.len > 0).then(|| Written {
                range: start..start + kept.len,
                revision: Revision(kept.revision),
                keystrokes: kept.keystrokes && kept.len > 1,
            })
        };
        wanted.filter_map(part)
    }

    /// Who wrote a part of the text, as few stretches of one author as there are. The timeline
    /// must be the one that this was read off.
    pub fn authors(
        &self,
        timeline: &Timeline,
        graph: &Graph,
        range: Range<usize>,
    ) -> Vec<(Range<usize>, AuthorId)> {
        let mut stretches: Vec<(Range<usize>, AuthorId)> = Vec::new();
        for Written { range, revision, keystrokes } in self.written(range) {
            let first = revision.0 as usize - 1;
            let several = if keystrokes { range.len() } else { 1 };
            let mut start = range.start;
            for (places, author) in timeline.authors_of(graph, first..first + several) {
                let end = if keystrokes { start + places.len() } else { range.end };
                match stretches.last_mut() {
                    Some((last, known)) if *known == author && last.end == start => last.end = end,
                    _ => stretches.push((start..end, author)),
                }
                start = end;
            }
        }
        stretches
    }

    /// The chunk that a position lies in, and where that starts.
    fn chunk_at(&self, pos: usize, beyond: impl Fn(usize, usize) -> bool) -> Finger {
        self.finger.moved(pos, |at| self.chunks.get(at).map(|chunk| chunk.len), beyond)
    }

    fn insert(&mut self, pos: usize, span: Span) {
        let Finger { at, start: passed } = self.chunk_at(pos, |rest, len| rest > len);
        self.finger = Finger { at, start: passed };
        let Some(chunk) = self.chunks.get_mut(at) else {
            return self.chunks.push(Chunk { len: span.len, spans: vec![span] });
        };
        chunk.len += span.len;
        let index = split_at(&mut chunk.spans, pos - passed);
        if index == 0 || !chunk.spans[index - 1].takes(&span) {
            chunk.spans.insert(index, span);
        }
        if chunk.spans.len() > CHUNK_SPANS_MAX {
            let spans = chunk.spans.split_off(chunk.spans.len() / 2);
            let len = spans.iter().map(|span| span.len).sum();
            chunk.len -= len;
            self.chunks.insert(at + 1, Chunk { len, spans });
        }
    }

    fn remove(&mut self, pos: usize, mut len: usize) {
        let Finger { mut at, start: passed } = self.chunk_at(pos, |rest, len| rest >= len);
        self.finger = Finger { at, start: passed };
        let mut start = pos - passed;
        while len > 0
            && let Some(chunk) = self.chunks.get_mut(at)
        {
            let taken = len.min(chunk.len - start);
            let first = split_at(&mut chunk.spans, start);
            let last = split_at(&mut chunk.spans, start + taken);
            chunk.spans.drain(first..last);
            chunk.len -= taken;
            len -= taken;
            start = 0;
            if chunk.spans.is_empty() {
                self.chunks.remove(at);
            } else {
                at += 1;
            }
        }
    }
}

/// The place of the span that starts at a position, which cuts the one it lies in.
fn split_at(spans: &mut Vec<Span>, mut pos: usize) -> usize {
    for index in 0..spans.len() {
        if pos == 0 {
            return index;
        }
        if pos < spans[index].len {
            let rest = spans[index].cut(pos);
            spans.insert(index + 1, rest);
            return index + 1;
        }
        pos -= spans[index].len;
    }
    spans.len()
}

impl Authorship {
    /// Takes the next deed in.
    pub(super) fn apply(&mut self, deed: &Deed<'_>) {
        self.remove(deed.pos, deed.deleted);
        let len = deed.inserted_len();
        if len > 0 {
            let keystrokes = deed.revisions > 1;
            self.insert(deed.pos, Span { len, revision: deed.revision.0, keystrokes });
        }
    }
}

impl ReadModel for Authorship {
    fn extend(&mut self, news: &News<'_>) {
        news.deeds().for_each(|deed| self.apply(&deed));
    }
}
