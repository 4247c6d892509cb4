//! The weave: every character that ever stood in a text, in one order of which each text of the
//! past is a selection. What one looks for in it is not known here.

use std::ops::{Range, RangeInclusive};

use crate::patch::split;
use crate::projection::finger::Finger;
use crate::projection::read_model::{Deed, News, ReadModel};

/// The most strands in a chunk; it is cut in half when full. Few where assertions are on, so
/// that the small histories of the tests have many chunks.
const CHUNK_STRANDS_MAX: usize = if cfg!(debug_assertions) { 4 } else { 64 };

/// The revision of what is still there: later than any.
const NEVER: u64 = u64::MAX / 2;

/// All characters of a text and its past.
///
/// # Laws
/// - The characters whose lives contain a revision are, in order, the text at that revision.
#[derive(Clone, Default, Debug)]
pub(crate) struct Weave {
    /// Strands in order, in chunks that are never empty.
    chunks: Vec<Chunk>,
    /// A chunk and where it starts in what is still there: the last that was written in. Most
    /// writing goes on there.
    finger: Finger,
    /// What was inserted, one after the other.
    inserted: String,
}

#[derive(Clone, Debug)]
struct Chunk {
    /// How many characters of it are still there.
    len: usize,
    strands: Vec<Strand>,
}

/// Characters that were inserted side by side, and removed together or key by key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Strand {
    len: u32,
    /// Where its text starts in the buffer, and how long it is there, in bytes.
    start: u32,
    bytes: u32,
    born: Steps,
    gone: Steps,
}

/// Revisions of characters in a row: that of the first, and how much later each next one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Steps {
    first: u64,
    step: i8,
}

/// Some characters in a row, for whoever reads the weave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Woven<'w> {
    strand: &'w Strand,
    /// What they are.
    pub(crate) text: &'w str,
}

impl Steps {
    fn once(revision: u64) -> Self {
        Self { first: revision, step: 0 }
    }

    fn at(self, nth: usize) -> u64 {
        self.first.saturating_add_signed(i64::from(self.step) * nth as i64)
    }

    fn behind(self, len: usize) -> Self {
        Self { first: self.at(len), ..self }
    }

    /// The least and the greatest of the first `len`.
    fn bounds(self, len: usize) -> (u64, u64) {
        let last = self.at(len - 1);
        (self.first.min(last), self.first.max(last))
    }
}

impl Strand {
    fn is_there(&self) -> bool {
        self.gone.first == NEVER
    }

    /// Keeps the first `len` characters and returns the others.
    fn cut(&mut self, len: usize, inserted: &str) -> Self {
        let text = &inserted[self.start as usize..(self.start + self.bytes) as usize];
        let bytes = if self.bytes == self.len { len } else { split(text, len).0.len() } as u32;
        let rest = Self {
            len: self.len - len as u32,
            start: self.start + bytes,
            bytes: self.bytes - bytes,
            born: self.born.behind(len),
            gone: self.gone.behind(len),
        };
        (self.len, self.bytes) = (len as u32, bytes);
        rest
    }

    /// Makes it longer by one that goes on where it ends.
    fn takes(&mut self, next: &Self) -> bool {
        let joined = |one: Steps, len: u32, other: Steps, others: u32| {
            let step = match (len, others) {
                (1, 1) => i8::try_from(other.first as i64 - one.first as i64).ok()?,
                (1, _) => other.step,
                _ => one.step,
            };
            let fits = (-1..=1).contains(&step)
                && (len == 1 || one.step == step)
                && (others == 1 || other.step == step)
                && Steps { step, ..one }.at(len as usize) == other.first;
            fits.then_some(Steps { step, ..one })
        };
        let follows = self.start + self.bytes == next.start;
        let born = joined(self.born, self.len, next.born, next.len);
        let gone = joined(self.gone, self.len, next.gone, next.len);
        let (true, Some(born), Some(gone)) = (follows, born, gone) else { return false };
        let (len, bytes) = (self.len + next.len, self.bytes + next.bytes);
        *self = Self { len, bytes, born, gone, ..*self };
        true
    }
}

impl<'w> Woven<'w> {
    /// How many characters they are.
    pub(crate) fn len(&self) -> usize {
        self.strand.len as usize
    }

    /// The revisions at which the `nth` stands. Empty for what went with the event that it came
    /// with.
    pub(crate) fn life(&self, nth: usize) -> Range<u64> {
        self.strand.born.at(nth)..self.strand.gone.at(nth)
    }

    /// From the first revision that brought one of them to the last that did.
    pub(crate) fn born(&self) -> RangeInclusive<u64> {
        let (first, last) = self.strand.born.bounds(self.len());
        first..=last
    }

    /// From the first revision that removed one of them to the last that did.
    pub(crate) fn gone(&self) -> RangeInclusive<u64> {
        let (first, last) = self.strand.gone.bounds(self.len());
        first..=last
    }

    /// The first revision at which any of them stands, and the first at which none does any
    /// more.
    pub(crate) fn lives(&self) -> Range<u64> {
        *self.born().start()..*self.gone().end()
    }

    /// How many of them stand at a revision.
    pub(crate) fn standing(&self, revision: u64) -> usize {
        let (born, gone) = (self.born(), self.gone());
        if revision < *born.start() || revision >= *gone.end() {
            return 0;
        }
        if revision >= *born.end() && revision < *gone.start() {
            return self.len();
        }
        (0..self.len()).filter(|&nth| self.life(nth).contains(&revision)).count()
    }
}

impl Weave {
    /// All characters, in order.
    pub(crate) fn all(&self) -> impl Iterator<Item = Woven<'_>> + Clone {
        let strands = self.chunks.iter().flat_map(|chunk| &chunk.strands);
        strands.map(|strand| Woven {
            strand,
            text: &self.inserted[strand.start as usize..(strand.start + strand.bytes) as usize],
        })
    }

    /// Whether a life, from [`Woven::life`], goes on.
    pub(crate) fn goes_on(end: u64) -> bool {
        end == NEVER
    }

    /// The chunk that a position lies in, and where that starts.
    fn chunk_at(&mut self, pos: usize, beyond: impl Fn(usize, usize) -> bool) -> Finger {
        let len_of = |at: usize| self.chunks.get(at).map(|chunk| chunk.len);
        self.finger = self.finger.moved(pos, len_of, beyond);
        self.finger
    }

    fn insert(&mut self, mut pos: usize, strand: Strand) {
        let Finger { at, start: passed } = self.chunk_at(pos, |rest, len| rest > len);
        pos -= passed;
        let Some(chunk) = self.chunks.get_mut(at) else {
            let len = strand.len as usize;
            return self.chunks.push(Chunk { len, strands: vec![strand] });
        };
        chunk.len += strand.len as usize;
        let index = split_at(&mut chunk.strands, pos, &self.inserted);
        if index == 0 || !chunk.strands[index - 1].takes(&strand) {
            chunk.strands.insert(index, strand);
        }
        self.halve(at);
    }

    fn remove(&mut self, deed: &Deed<'_>) {
        let Finger { mut at, start: passed } = self.chunk_at(deed.pos, |rest, len| rest >= len);
        let (mut pos, mut rest) = (deed.pos - passed, deed.deleted);
        let first = if deed.backwards { deed.last() } else { deed.revision };
        let step = match (deed.revisions > 1, deed.backwards) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => -1,
        };
        let mut gone = Steps { first: first.0, step };
        while rest > 0 {
            let chunk = &mut self.chunks[at];
            let taken = rest.min(chunk.len - pos);
            chunk.len -= taken;
            let mut index = split_at(&mut chunk.strands, pos, &self.inserted);
            let mut left = taken;
            while left > 0 {
                if !chunk.strands[index].is_there() {
                    index += 1;
                    continue;
                }
                let strand = &mut chunk.strands[index];
                if left < strand.len as usize {
                    let behind = strand.cut(left, &self.inserted);
                    chunk.strands.insert(index + 1, behind);
                }
                let strand = &mut chunk.strands[index];
                let len = strand.len as usize;
                strand.gone = gone;
                gone = gone.behind(len);
                left -= len;
                let strand = *strand;
                // What was removed key by key becomes one again.
                if index > 0 && chunk.strands[index - 1].takes(&strand) {
                    chunk.strands.remove(index);
                } else {
                    index += 1;
                }
            }
            if let Some(next) = chunk.strands.get(index).copied()
                && chunk.strands[index - 1].takes(&next)
            {
                chunk.strands.remove(index);
            }
            rest -= taken;
            pos = 0;
            let long = chunk.strands.len() > CHUNK_STRANDS_MAX;
            at += if long { self.halve(at) } else { 1 };
            while rest > 0 && self.chunks[at].len == 0 {
                at += 1;
            }
        }
    }

    /// Cuts a chunk while it is too long; returns how many it is then.
    fn halve(&mut self, at: usize) -> usize {
        let mut parts = 1;
        while self.chunks[at].strands.len() > CHUNK_STRANDS_MAX {
            let chunk = &mut self.chunks[at];
            let strands = chunk.strands.split_off(chunk.strands.len() / 2);
            let there = strands.iter().filter(|strand| strand.is_there());
            let len = there.map(|strand| strand.len as usize).sum();
            chunk.len -= len;
            self.chunks.insert(at + 1, Chunk { len, strands });
            parts += 1;
        }
        parts
    }

    fn apply(&mut self, deed: &Deed<'_>) {
        if deed.deleted > 0 {
            self.remove(deed);
        }
        let len = deed.inserted_len();
        if len > 0 {
            let born = Steps { first: deed.revision.0, step: i8::from(deed.revisions > 1) };
            let start = self.inserted.len() as u32;
            self.inserted.push_str(deed.inserted);
            let bytes = deed.inserted.len() as u32;
            let gone = Steps::once(NEVER);
            self.insert(deed.pos, Strand { len: len as u32, start, bytes, born, gone });
        }
    }
}

/// The place in front of which `pos` characters are still there, which cuts the strand that it
/// lies in. What is gone at that very place stays behind it.
fn split_at(strands: &mut Vec<Strand>, mut pos: usize, inserted: &str) -> usize {
    for index in 0..strands.len() {
        if pos == 0 {
            return index;
        }
        if !strands[index].is_there() {
            continue;
        }
        let len = strands[index].len as usize;
        if pos < len {
            let rest = strands[index].cut(pos, inserted);
            strands.insert(index + 1, rest);
            return index + 1;
        }
        pos -= len;
    }
    strands.len()
}

impl ReadModel for Weave {
    fn extend(&mut self, news: &News<'_>) {
        news.deeds().for_each(|deed| self.apply(&deed));
    }
}
