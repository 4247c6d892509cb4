//! Deltas: a text told as pieces of an older one and of what was inserted since. A long stretch
//! of history is so carried out at once: who writes goes back and forth in one place, and of a
//! thousand runs a few dozen changes are left. Where the stretch comes from is not known here.

use std::ops::Range;

use crate::patch::{scalars, split};
use crate::run::Run;
use crate::runs::Runs;
use crate::text::Text;
use crate::varint::{put, put_signed, take, take_signed};

/// What is further apart than this in the older text, in scalars, is changed one by one.
const APART: u32 = 256;

/// The longest text that is written anew rather than changed, in scalars: until then it is quicker
/// to copy it than to look for all the places in it.
pub(crate) const SHORT_MAX: usize = if cfg!(debug_assertions) { 20 } else { 128 << 10 };

/// The most pieces in a chunk; it is cut in half when full. Few where assertions are on, so that
/// the small histories of the tests have many chunks.
const CHUNK_PIECES_MAX: usize = if cfg!(debug_assertions) { 4 } else { 24 };

/// A text as pieces.
///
/// # Laws
/// - Carried out on the older text it is that text with every run done that it took.
#[derive(Clone, Default, Debug)]
pub(crate) struct Delta {
    /// Pieces in order, in chunks that are never empty.
    chunks: Vec<Chunk>,
    /// The chunk that was changed last, and where it starts: the next change mostly comes near.
    last: (usize, usize),
    /// A piece of that chunk, in front of the change, and where it starts.
    near: (usize, usize),
    /// How many scalars there are, and in how many pieces.
    len: usize,
    pieces: usize,
}

#[derive(Clone, Debug)]
struct Chunk {
    len: usize,
    pieces: Vec<Piece>,
}

/// Some scalars in a row.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Where they start: in scalars in the older text, or in bytes in what was inserted.
    start: u32,
    len: u32,
    /// How many bytes they are of what was inserted; 0 if they are of the older text.
    bytes: u32,
}

impl Piece {
    fn is_old(&self) -> bool {
        self.bytes == 0
    }

    fn end(&self) -> u32 {
        self.start + if self.is_old() { self.len } else { self.bytes }
    }

    /// Where its text lies in what was inserted.
    fn text(&self) -> Range<usize> {
        self.start as usize..(self.start + self.bytes) as usize
    }

    /// The first `len` scalars, of more, and the others.
    fn split(self, len: usize, inserted: &Runs) -> (Self, Self) {
        let bytes = match self.bytes {
            0 => 0,
            bytes if bytes == self.len => len,
            _ => {
                let letters = inserted.texts_between(self.text()).flat_map(str::chars);
                letters.take(len).map(char::len_utf8).sum()
            }
        } as u32;
        let head = Self { len: len as u32, bytes, ..self };
        (head, Self { start: head.end(), len: self.len - head.len, bytes: self.bytes - bytes })
    }

    /// Makes it longer by one that goes on where it ends.
    fn takes(&mut self, next: &Self) -> bool {
        let goes_on = self.end() == next.start && self.is_old() == next.is_old();
        if goes_on {
            self.len += next.len;
            self.bytes += next.bytes;
        }
        goes_on
    }
}

impl Delta {
    /// The older text itself.
    pub(crate) fn of_nothing(len: usize) -> Self {
        let mut delta = Self::default();
        if len > 0 {
            delta.begin(Piece { start: 0, len: len as u32, bytes: 0 });
        }
        delta
    }

    /// How many scalars the text has.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many pieces it is told in.
    pub(crate) fn pieces(&self) -> usize {
        self.pieces
    }

    /// In how many places that are far from each other the older text is changed.
    pub(crate) fn places(&self) -> usize {
        let (mut places, mut passed, mut is_apart) = (0, 0, true);
        for piece in self.all() {
            if !piece.is_old() || piece.start != passed {
                places += usize::from(is_apart);
                is_apart = false;
            }
            if piece.is_old() {
                passed = piece.end();
                is_apart |= piece.len > APART;
            }
        }
        places
    }

    /// Does what a run did to the text. What it inserted is among `inserted`.
    pub(crate) fn take(&mut self, run: &Run, inserted: &Runs) {
        match run.inserts() {
            true => self.insert(run.low(), run, inserted),
            false => self.remove(run.low(), run.len as usize, inserted),
        }
    }

    /// Puts the text of a run in front of the scalar at `pos`.
    pub(crate) fn insert(&mut self, pos: usize, run: &Run, inserted: &Runs) {
        let new = Piece { start: run.text, len: run.len, bytes: run.bytes };
        if self.chunks.is_empty() {
            return self.begin(new);
        }
        let (at, index) = self.part_at(pos, inserted);
        let Chunk { len, pieces } = &mut self.chunks[at];
        *len += new.len as usize;
        self.len += new.len as usize;
        if index == 0 || !pieces[index - 1].takes(&new) {
            pieces.insert(index, new);
            self.pieces += 1;
            self.halve(at);
        }
    }

    /// Takes `len` scalars out from `pos` on.
    pub(crate) fn remove(&mut self, pos: usize, len: usize, inserted: &Runs) {
        if len == 0 {
            return;
        }
        let (mut at, mut index) = self.part_at(pos, inserted);
        self.len -= len;
        let mut left = len;
        loop {
            let Chunk { len, pieces } = &mut self.chunks[at];
            let (before, mut end) = (left, index);
            while left > 0
                && let Some(piece) = pieces.get_mut(end)
            {
                if left < piece.len as usize {
                    *piece = piece.split(left, inserted).1;
                    left = 0;
                } else {
                    left -= piece.len as usize;
                    end += 1;
                }
            }
            *len -= before - left;
            pieces.drain(index..end);
            self.pieces -= end - index;
            // What stood on both sides may be one again.
            if let [head @ .., _] = &mut pieces[..]
                && index > 0
                && index <= head.len()
            {
                let next = pieces[index];
                if pieces[index - 1].takes(&next) {
                    pieces.remove(index);
                    self.pieces -= 1;
                }
            }
            at += 1;
            if pieces.is_empty() {
                at -= 1;
                self.chunks.remove(at);
                (self.last, self.near) = ((0, 0), (0, 0));
            } else {
                self.halve(at - 1);
            }
            if left == 0 {
                return;
            }
            index = 0;
        }
    }

    /// The chunk and the piece of it that begin at `pos`, where one is cut if need be, or where
    /// one behind the last of the chunk would.
    fn part_at(&mut self, pos: usize, inserted: &Runs) -> (usize, usize) {
        let (mut at, mut start) = self.last;
        while pos < start {
            at -= 1;
            start -= self.chunks[at].len;
        }
        while pos > start + self.chunks[at].len {
            start += self.chunks[at].len;
            at += 1;
        }
        let first = (0, start);
        let (mut index, mut start) = match self.near {
            near if at == self.last.0 && near.1 <= pos => near,
            _ => first,
        };
        (self.last, self.near) = ((at, first.1), first);
        let pieces = &mut self.chunks[at].pieces;
        while let Some(piece) = pieces.get(index) {
            let len = piece.len as usize;
            if pos == start {
                return (at, index);
            }
            self.near = (index, start);
            index += 1;
            if pos < start + len {
                let (head, tail) = piece.split(pos - start, inserted);
                pieces[index - 1] = head;
                pieces.insert(index, tail);
                self.pieces += 1;
                return (at, index);
            }
            start += len;
        }
        (at, index)
    }

    /// Cuts a chunk that is too long.
    fn halve(&mut self, at: usize) {
        let chunk = &mut self.chunks[at];
        if chunk.pieces.len() > CHUNK_PIECES_MAX {
            let mut pieces = Vec::with_capacity(CHUNK_PIECES_MAX + 2);
            pieces.extend(chunk.pieces.drain(chunk.pieces.len() / 2..));
            let len = pieces.iter().map(|piece| piece.len as usize).sum();
            chunk.len -= len;
            if self.near.0 >= chunk.pieces.len() {
                self.near = (0, self.last.1);
            }
            self.chunks.insert(at + 1, Chunk { len, pieces });
        }
    }

    /// Puts the first piece in.
    fn begin(&mut self, piece: Piece) {
        let (len, mut pieces) = (piece.len as usize, Vec::with_capacity(CHUNK_PIECES_MAX + 2));
        pieces.push(piece);
        self.chunks.push(Chunk { len, pieces });
        (self.len, self.pieces) = (len, 1);
    }

    fn all(&self) -> impl Iterator<Item = &Piece> {
        self.chunks.iter().flat_map(|chunk| &chunk.pieces)
    }

    /// The text. A short one is written anew, a long one shares with the older one what is not
    /// changed.
    pub(crate) fn carry_out(&self, old: &Text, inserted: &Runs) -> Text {
        if old.len() <= SHORT_MAX {
            let text = self.write(old, inserted);
            return if self.len <= SHORT_MAX {
                Text::flat(text, self.len)
            } else {
                Text::from(&*text)
            };
        }
        let mut text = old.clone();
        let (mut pos, mut passed) = (0, 0);
        let (mut new, mut new_len) = (String::new(), 0);
        let end = Piece { start: old.len() as u32, len: 0, bytes: 0 };
        for piece in self.all().chain([&end]) {
            if !piece.is_old() {
                inserted.texts_between(piece.text()).for_each(|text| new.push_str(text));
                new_len += piece.len as usize;
                continue;
            }
            let gone = piece.start - passed;
            if gone > 0 || new_len > 0 {
                text.splice(pos, gone as usize, &new);
                pos += new_len;
                new.clear();
                new_len = 0;
            }
            pos += piece.len as usize;
            passed = piece.end();
        }
        text
    }

    /// The text, written anew on one way through the older one.
    pub(crate) fn write(&self, old: &Text, inserted: &Runs) -> String {
        let mut text = String::with_capacity(self.len);
        let mut chunks = old.chunks();
        let (mut rest, mut passed) = ("", 0);
        // Goes on by so many scalars of the older text.
        let mut pass = |mut len: usize, to: &mut dyn FnMut(&str)| {
            while len > 0 {
                if rest.is_empty() {
                    rest = chunks.next().expect("the older text is long enough");
                    continue;
                }
                let (head, tail) = split(rest, len);
                len -= if tail.is_empty() { scalars(head) } else { len };
                rest = tail;
                to(head);
            }
        };
        for piece in self.all() {
            if piece.is_old() {
                pass((piece.start - passed) as usize, &mut |_| {});
                pass(piece.len as usize, &mut |part| text.push_str(part));
                passed = piece.end();
            } else {
                inserted.texts_between(piece.text()).for_each(|new| text.push_str(new));
            }
        }
        text
    }

    /// The delta as bytes, which are to be kept in memory.
    pub(crate) fn pack(&self) -> Box<[u8]> {
        let mut bytes = Vec::with_capacity(5 * self.pieces());
        let mut ends = [0, 0];
        for piece in self.all() {
            let end = &mut ends[usize::from(piece.is_old())];
            let wide = !piece.is_old() && piece.bytes != piece.len;
            let bits = u64::from(piece.is_old()) | u64::from(wide) << 1;
            put(&mut bytes, u64::from(piece.len) << 2 | bits);
            put_signed(&mut bytes, i64::from(piece.start) - i64::from(*end));
            if wide {
                put(&mut bytes, u64::from(piece.bytes - piece.len));
            }
            *end = piece.end();
        }
        bytes.into()
    }

    /// A delta that was packed.
    pub(crate) fn unpack(mut bytes: &[u8]) -> Self {
        let mut delta = Self::default();
        let mut ends = [0, 0];
        while !bytes.is_empty() {
            let (mut pieces, mut all) = (Vec::with_capacity(CHUNK_PIECES_MAX + 2), 0);
            while !bytes.is_empty() && pieces.len() < CHUNK_PIECES_MAX * 2 / 3 {
                let head = take(&mut bytes);
                let (is_old, wide) = (head & 1 == 1, head & 2 == 2);
                let end = &mut ends[usize::from(is_old)];
                let start = (i64::from(*end) + take_signed(&mut bytes)) as u32;
                let len = (head >> 2) as u32;
                let more = if wide { take(&mut bytes) as u32 } else { 0 };
                let piece = Piece { start, len, bytes: if is_old { 0 } else { len + more } };
                *end = piece.end();
                all += len as usize;
                pieces.push(piece);
            }
            delta.len += all;
            delta.pieces += pieces.len();
            delta.chunks.push(Chunk { len: all, pieces });
        }
        delta
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Kind;

    #[test]
    fn it_is_the_text_that_every_run_was_done_on() {
        let mut state = 5_u64;
        let mut random = move |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % end
        };
        for round in 0..400 {
            // Short and long texts, since these are written in two ways.
            let mut twin: Vec<char> = "Wörter, 𝄞 und mehr davon. ".chars().collect();
            twin.truncate(random(2 * twin.len()));
            let mut old = Text::from(twin.iter().collect::<String>().as_str());
            let (mut inserted, mut delta) = (Runs::default(), Delta::of_nothing(twin.len()));
            for event in 0..random(80) {
                let pos = random(twin.len() + 1);
                let left = twin.len() - pos;
                let text = ["a", "ß", "wörter", "\n"][random(4)];
                let deletes = left > 0 && random(2) == 0;
                let (kind, len) = match deletes {
                    true => (Kind::Delete, 1 + random(left.min(5))),
                    false => (Kind::Insert, text.chars().count()),
                };
                let text = if deletes { "" } else { text };
                let run = Run {
                    first: event as u32,
                    events: 1,
                    pos: pos as u32,
                    len: len as u32,
                    text: inserted.text_end() as u32,
                    bytes: text.len() as u32,
                    kind,
                };
                twin.splice(pos..pos + if deletes { len } else { 0 }, text.chars());
                inserted.push(run, text);
                inserted.pack();
                delta.take(&run, &inserted);
                assert_eq!(delta.len(), twin.len());
                match random(10) {
                    0 => delta = Delta::unpack(&delta.pack()),
                    1 if round % 2 == 0 => {
                        old = delta.carry_out(&old, &inserted);
                        delta = Delta::of_nothing(old.len());
                    }
                    _ => {}
                }
            }
            let text = delta.carry_out(&old, &inserted);
            assert_eq!(text.to_string(), twin.iter().collect::<String>());
            assert_eq!(text.len(), twin.len());
            let told: Vec<&Piece> = delta.all().collect();
            assert_eq!(delta.pieces(), told.len());
            assert!(delta.places() <= told.len());
        }
    }
}
