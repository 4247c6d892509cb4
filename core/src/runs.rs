//! Many runs and their text, in the order of their events. What the events mean, and which
//! text they were made on, is not known here.
//!
//! The newest runs stand open, since they may still be joined, parted or taken back. All
//! others are packed: a handful of bytes each, in chunks that two lists which say the same can
//! have in common. A list is asked about its newest events almost always, and read from some
//! event on else; only then is a chunk unpacked, run by run.

use std::ops::Range;
use std::sync::Arc;

use crate::patch::push_letters;
use crate::run::{Kind, Run};
use crate::varint::{put, put_signed, take, take_signed};

/// How many runs are packed together: where one is looked for, half of them are unpacked for
/// nothing. Few where assertions are on, so that the small histories of the tests have many
/// chunks.
const CHUNK_RUNS: usize = if cfg!(debug_assertions) { 3 } else { 32 };
/// How many runs stand open at least, once there are so many.
const OPEN_RUNS_MIN: usize = if cfg!(debug_assertions) { 2 } else { 64 };

/// How much text of open runs is never given room back for, in bytes.
const OPEN_TEXT: usize = 1_024;

/// How long a page of text is, in bytes, as a power of two.
const PAGE: usize = if cfg!(debug_assertions) { 3 } else { 10 };

/// A list of runs.
///
/// # Laws
/// - What was pushed comes back as it was, however much of it is packed.
#[derive(Clone, Default, Debug)]
pub(crate) struct Runs {
    chunks: Vec<Chunk>,
    /// The chunk that each page of their text begins in: text is asked for in no order at all.
    pages: Vec<u32>,
    open: Vec<Run>,
    /// The first unit of each open run.
    units: Vec<u64>,
    /// The text of the open runs.
    text: String,
    /// Where that begins in all text, in bytes.
    text_start: usize,
    /// One past the last unit.
    end: u64,
}

/// Some runs, packed, and where they stand in the list.
#[derive(Clone, Debug)]
struct Chunk {
    /// The first event.
    first: u32,
    /// Where its text begins in all text, in bytes.
    text: u32,
    /// The first unit.
    unit: u64,
    packed: Arc<Packed>,
}

/// Runs as bytes, with nothing in them of where they stand.
#[derive(PartialEq, Eq, Debug)]
struct Packed {
    count: usize,
    runs: Box<[u8]>,
    text: Box<str>,
}

impl Runs {
    /// No runs, with room for so many, and so many bytes of text.
    pub(crate) fn with_room(runs: usize, text: usize) -> Self {
        Self {
            open: Vec::with_capacity(runs),
            units: Vec::with_capacity(runs),
            text: String::with_capacity(text),
            ..Self::default()
        }
    }

    /// One past the last unit: all scalars of all runs.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// How many bytes all text has.
    pub(crate) fn text_end(&self) -> usize {
        self.text_start + self.text.len()
    }

    /// The newest runs: at least two, if there are so many.
    pub(crate) fn newest(&self) -> &[Run] {
        &self.open
    }

    /// Adds a run, whose text begins where all text ends.
    pub(crate) fn push(&mut self, run: Run, text: &str) {
        self.text.push_str(text);
        self.units.push(self.end);
        self.end += u64::from(run.len);
        self.open.push(run);
    }

    /// Makes the last run longer; `text` is what its own grew by.
    #[inline]
    pub(crate) fn grow_last(&mut self, longer: Run, text: &str) {
        if let Some(last) = self.open.last_mut() {
            push_letters(&mut self.text, text);
            self.end += u64::from(longer.len - last.len);
            *last = longer;
        }
    }

    /// Gives the last event of the last run, which has several, a run of its own.
    pub(crate) fn part_off_last(&mut self) {
        if let Some(last) = self.open.last_mut() {
            let events = last.range();
            let own = last.part(events.end - 1..events.end);
            *last = last.part(events.start..events.end - 1);
            self.units.push(self.end - u64::from(own.len));
            self.open.push(own);
        }
    }

    /// Packs what need not stand open any more.
    pub(crate) fn pack(&mut self) {
        let (mut runs, mut bytes) = (0, 0);
        while self.open.len() - runs >= OPEN_RUNS_MIN + CHUNK_RUNS {
            let packed = Packed::of(&self.open[runs..runs + CHUNK_RUNS], &self.text[bytes..]);
            let text = packed.text.len();
            self.add_chunk(runs, bytes, Arc::new(packed));
            (runs, bytes) = (runs + CHUNK_RUNS, bytes + text);
        }
        if runs > 0 {
            self.close(runs, bytes);
        }
    }

    /// Packs what need not stand open any more, and keeps only once what another list says,
    /// too. `lv` tells under which event that one has the event of a run.
    pub(crate) fn pack_beside(&mut self, other: &Self, lv: impl Fn(usize) -> usize) {
        while self.is_long() {
            let first = lv(self.open[0].first as usize) as u32;
            let next = other.chunks.partition_point(|chunk| chunk.first < first);
            let begins = other.chunks.get(next).filter(|chunk| chunk.first == first);
            if let Some(twin) = begins.map(|chunk| &chunk.packed)
                && twin.count <= self.open.len() - OPEN_RUNS_MIN
                && Packed::of(&self.open[..twin.count], &self.text) == **twin
            {
                let (count, text) = (twin.count, twin.text.len());
                self.add_chunk(0, 0, Arc::clone(twin));
                self.close(count, text);
                continue;
            }
            // Up to where the other's next chunk begins, so that they may meet there.
            let meets = other.chunks.get(next).and_then(|chunk| {
                let open = self.open[1..CHUNK_RUNS].iter();
                let is_there = |run: &Run| lv(run.first as usize) as u32 >= chunk.first;
                open.map(is_there).position(|is_there| is_there)
            });
            let count = meets.map_or(CHUNK_RUNS, |at| at + 1);
            let packed = Packed::of(&self.open[..count], &self.text);
            let text = packed.text.len();
            self.add_chunk(0, 0, Arc::new(packed));
            self.close(count, text);
        }
    }

    fn is_long(&self) -> bool {
        self.open.len() >= OPEN_RUNS_MIN + CHUNK_RUNS
    }

    /// Adds packed runs, which still stand open from `run` on, their text from `byte` on.
    fn add_chunk(&mut self, run: usize, byte: usize, packed: Arc<Packed>) {
        let start = self.text_start + byte;
        let pages = (start + packed.text.len()).div_ceil(1 << PAGE);
        self.pages.resize(pages, self.chunks.len() as u32);
        let (first, unit) = (self.open[run].first, self.units[run]);
        self.chunks.push(Chunk { first, text: start as u32, unit, packed });
    }

    /// Closes the first open runs, which were packed, and the first bytes of text.
    fn close(&mut self, runs: usize, bytes: usize) {
        self.open.drain(..runs);
        self.units.drain(..runs);
        self.text.drain(..bytes);
        self.text_start += bytes;
        // What came at once is no reason to keep so much room.
        if self.open.capacity() > 2 * (OPEN_RUNS_MIN + CHUNK_RUNS) {
            self.open.shrink_to(OPEN_RUNS_MIN + CHUNK_RUNS);
            self.units.shrink_to(OPEN_RUNS_MIN + CHUNK_RUNS);
        }
        if self.text.capacity() > 4 * self.text.len().max(OPEN_TEXT) {
            self.text.shrink_to(2 * self.text.len());
        }
    }

    /// Forgets all events from `end` on.
    pub(crate) fn truncate(&mut self, end: usize) {
        loop {
            self.reopen();
            let Some(last) = self.open.last_mut() else { return };
            let events = last.range();
            if events.end <= end {
                return;
            }
            let kept = (events.start < end).then(|| last.part(events.start..end));
            self.end -= u64::from(last.len - kept.map_or(0, |kept| kept.len));
            let text = kept.map_or(last.text as usize, |kept| kept.bytes().end);
            self.text.truncate(text - self.text_start);
            match kept {
                Some(kept) => *last = kept,
                None => {
                    self.open.pop();
                    self.units.pop();
                }
            }
        }
    }

    /// Unpacks the last chunk if less than two runs stand open.
    fn reopen(&mut self) {
        while self.open.len() < 2
            && let Some(chunk) = self.chunks.pop()
        {
            let (units, runs): (Vec<_>, Vec<_>) = Unpacking::of(&chunk).unzip();
            self.text_start = chunk.text as usize;
            self.pages.truncate(self.text_start.div_ceil(1 << PAGE));
            self.text.insert_str(0, &chunk.packed.text);
            self.units.splice(..0, units);
            self.open.splice(..0, runs);
        }
    }

    /// The runs from the first on that has `event` or a later one, each with its first unit.
    pub(crate) fn since(&self, event: usize) -> Since<'_> {
        let begun = |first: u32| (first as usize) < event;
        let open = match &self.open[..] {
            [.., before, last] if before.range().end <= event && event < last.range().end => {
                self.open.len() - 1
            }
            open => open.partition_point(|run| run.range().end <= event),
        };
        let mut since = Since { runs: self, unpacked: None, unpacking: None, chunk: 0, open };
        // An event of several ops may have runs on both sides of where a chunk begins.
        if open == 0 && !self.chunks.is_empty() {
            let begun = self.chunks.partition_point(|chunk| begun(chunk.first));
            since.enter(begun.saturating_sub(1));
            since.unpacked = since.find(|(_, run)| run.range().end > event);
        }
        since
    }

    /// The runs that have an event before `end`, the last first.
    pub(crate) fn back_from(&self, end: usize) -> impl Iterator<Item = Run> {
        let begun = move |first: u32| (first as usize) < end;
        let open = self.open.partition_point(|run| begun(run.first));
        let chunks = self.chunks.partition_point(|chunk| begun(chunk.first));
        let unpacked = self.chunks[..chunks].iter().rev().flat_map(move |chunk| {
            let mut runs: Vec<Run> = Unpacking::of(chunk).map(|(_, run)| run).collect();
            runs.truncate(runs.partition_point(|run| begun(run.first)));
            runs.into_iter().rev()
        });
        self.open[..open].iter().rev().copied().chain(unpacked)
    }

    /// The event that a unit belongs to.
    pub(crate) fn event_of_unit(&self, unit: u64) -> usize {
        let found = match self.units.partition_point(|&first| first <= unit).checked_sub(1) {
            Some(at) => Some((self.units[at], self.open[at])),
            None => {
                let chunk = self.chunks.partition_point(|chunk| chunk.unit <= unit) - 1;
                let runs = Unpacking::of(&self.chunks[chunk]);
                runs.take_while(|&(first, _)| first <= unit).last()
            }
        };
        let (first, run) = found.expect("every unit is of a run");
        run.first as usize + if run.events > 1 { (unit - first) as usize } else { 0 }
    }

    /// The text of a run that inserts.
    pub(crate) fn text(&self, run: &Run) -> &str {
        // A run is in one chunk as a whole.
        if run.bytes == 0 { "" } else { &self.text_from(run.text as usize)[..run.bytes as usize] }
    }

    /// A part of all text, in pieces: where it lies, in bytes.
    pub(crate) fn texts_between(&self, bytes: Range<usize>) -> impl Iterator<Item = &str> {
        let Range { mut start, end } = bytes;
        std::iter::from_fn(move || {
            if start >= end {
                return None;
            }
            let text = self.text_from(start);
            let text = if end - start < text.len() { &text[..end - start] } else { text };
            start += text.len();
            Some(text)
        })
    }

    /// The text from a byte on, to the end of the chunk that it is in.
    fn text_from(&self, byte: usize) -> &str {
        match byte.checked_sub(self.text_start) {
            Some(at) => &self.text[at..],
            None => {
                let chunk = &self.chunks[self.chunk_of_text(byte)];
                &chunk.packed.text[byte - chunk.text as usize..]
            }
        }
    }

    /// The chunk that has a byte of text.
    fn chunk_of_text(&self, byte: usize) -> usize {
        let mut at = self.pages[byte >> PAGE] as usize;
        while self.chunks.get(at + 1).is_some_and(|next| next.text as usize <= byte) {
            at += 1;
        }
        at
    }

    /// All text, in pieces.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let packed = self.chunks.iter().map(|chunk| &*chunk.packed.text);
        packed.chain(std::iter::once(self.text.as_str()))
    }
}

/// See [`Runs::since`].
#[derive(Clone)]
pub(crate) struct Since<'r> {
    runs: &'r Runs,
    /// The next run, if it was looked at already.
    unpacked: Option<(u64, Run)>,
    unpacking: Option<Unpacking<'r>>,
    /// The chunk that comes after the one being unpacked.
    chunk: usize,
    /// The next open run, once all chunks are passed.
    open: usize,
}

impl Since<'_> {
    fn enter(&mut self, chunk: usize) {
        self.unpacking = self.runs.chunks.get(chunk).map(Unpacking::of);
        self.chunk = chunk + 1;
    }
}

impl Iterator for Since<'_> {
    type Item = (u64, Run);

    fn next(&mut self) -> Option<(u64, Run)> {
        if let Some(next) = self.unpacked.take() {
            return Some(next);
        }
        while let Some(unpacking) = &mut self.unpacking {
            if let Some(next) = unpacking.next() {
                return Some(next);
            }
            self.enter(self.chunk);
        }
        let at = self.open;
        self.open += 1;
        Some((*self.runs.units.get(at)?, self.runs.open[at]))
    }
}

/// The lowest bits of a packed run; above them stands its length.
const WIDE: u64 = 1;
const GAP: u64 = 2;
const ONE_EVENT: u64 = 4;
const KIND: u32 = 3;
const LEN: u32 = 5;

impl Packed {
    /// Some runs, and their text, with which `text` begins.
    fn of(runs: &[Run], text: &str) -> Self {
        let mut bytes = Vec::with_capacity(5 * runs.len());
        let (start, mut next) = (runs[0].text, Next::behind_nothing(runs[0].first));
        let mut end = start;
        for run in runs {
            let wide = run.kind == Kind::Insert && run.bytes != run.len;
            let gap = run.first != next.event;
            let bits = (run.kind as u64) << KIND
                | if run.events == 1 { ONE_EVENT } else { 0 }
                | if gap { GAP } else { 0 }
                | if wide { WIDE } else { 0 };
            put(&mut bytes, u64::from(run.len) << LEN | bits);
            put_signed(&mut bytes, i64::from(run.pos) - next.pos);
            if gap {
                put_signed(&mut bytes, i64::from(run.first) - i64::from(next.event));
            }
            if wide {
                put(&mut bytes, u64::from(run.bytes - run.len));
            }
            next = Next::behind(run);
            end = run.text + run.bytes;
        }
        let text = text[..(end - start) as usize].into();
        Self { count: runs.len(), runs: bytes.into(), text }
    }
}

/// Where the next run probably begins.
#[derive(Clone)]
struct Next {
    event: u32,
    pos: i64,
}

impl Next {
    fn behind_nothing(event: u32) -> Self {
        Self { event, pos: 0 }
    }

    fn behind(run: &Run) -> Self {
        let (pos, len) = (i64::from(run.pos), i64::from(run.len));
        let pos = match run.kind {
            Kind::Insert | Kind::Erased => pos + len,
            Kind::Delete => pos,
            Kind::Backspace => pos - len,
        };
        Self { event: run.first + run.events, pos }
    }
}

/// The runs of a chunk, each with its first unit.
#[derive(Clone)]
struct Unpacking<'c> {
    rest: &'c [u8],
    next: Next,
    text: u32,
    unit: u64,
}

impl<'c> Unpacking<'c> {
    fn of(chunk: &'c Chunk) -> Self {
        let next = Next::behind_nothing(chunk.first);
        Self { rest: &chunk.packed.runs, next, text: chunk.text, unit: chunk.unit }
    }
}

impl Iterator for Unpacking<'_> {
    type Item = (u64, Run);

    fn next(&mut self) -> Option<(u64, Run)> {
        if self.rest.is_empty() {
            return None;
        }
        let head = take(&mut self.rest);
        let len = (head >> LEN) as u32;
        let kind = match head >> KIND & 3 {
            0 => Kind::Insert,
            1 => Kind::Erased,
            2 => Kind::Delete,
            _ => Kind::Backspace,
        };
        let pos = (self.next.pos + take_signed(&mut self.rest)) as u32;
        let gap = if head & GAP == 0 { 0 } else { take_signed(&mut self.rest) };
        let first = (i64::from(self.next.event) + gap) as u32;
        let wide = if head & WIDE == 0 { 0 } else { take(&mut self.rest) as u32 };
        let bytes = if kind == Kind::Insert { len + wide } else { 0 };
        let events = if head & ONE_EVENT == 0 { len } else { 1 };
        let run = Run { first, events, pos, len, text: self.text, bytes, kind };
        let unit = self.unit;
        self.next = Next::behind(&run);
        self.text += bytes;
        self.unit += u64::from(len);
        Some((unit, run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of single runs, with nothing packed.
    #[derive(Default)]
    struct Twin {
        runs: Vec<Run>,
        text: String,
    }

    fn any(random: &mut impl FnMut(u32) -> u32, event: u32, text: u32) -> (Run, &'static str) {
        let inserted = ["a", "ß", "𝄞", "some words", "ßß", "\n"][random(6) as usize];
        let first = event + if random(8) == 0 { random(3) } else { 0 };
        let run =
            Run { first, events: 1, pos: random(300), len: 1, text, bytes: 0, kind: Kind::Delete };
        match random(5) {
            0 => (run, ""),
            1 => (Run { len: 1 + random(9), ..run }, ""),
            2 => {
                let len = 2 + random(5);
                let kind = if random(2) == 0 { Kind::Delete } else { Kind::Backspace };
                (Run { events: len, len, pos: run.pos + len, kind, ..run }, "")
            }
            3 => (Run { len: 1 + random(9), kind: Kind::Erased, ..run }, ""),
            _ => {
                let (len, bytes) = (inserted.chars().count() as u32, inserted.len() as u32);
                let events = if random(2) == 0 { 1 } else { len };
                (Run { events, len, bytes, kind: Kind::Insert, ..run }, inserted)
            }
        }
    }

    #[test]
    fn what_was_pushed_comes_back_however_much_of_it_is_packed() {
        let mut state = 3_u64;
        let mut random = move |end: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((state >> 33) % u64::from(end)) as u32
        };
        for _ in 0..300 {
            let (mut runs, mut beside, mut twin) =
                (Runs::default(), Runs::default(), Twin::default());
            for _ in 0..random(60) {
                let end = twin.runs.last().map_or(0, |run| run.first + run.events);
                let (run, text) = any(&mut random, end, twin.text.len() as u32);
                twin.runs.push(run);
                twin.text.push_str(text);
                runs.push(run, text);
                runs.pack();
                beside.push(run, text);
                beside.pack_beside(&runs, |event| event);
                if random(12) == 0 {
                    let end = random(end + 3) as usize;
                    while let Some(last) = twin.runs.pop_if(|last| last.range().end > end) {
                        let start = last.range().start;
                        let kept = (start < end).then(|| last.part(start..end));
                        twin.runs.extend(kept);
                        twin.text.truncate(kept.map_or(last.text as usize, |run| run.bytes().end));
                    }
                    runs.truncate(end);
                    beside.truncate(end);
                }
                // A chunk that says the same is the same, and one that is cut is made anew.
                for list in [&runs, &beside] {
                    let all: Vec<Run> = list.since(0).map(|(_, run)| run).collect();
                    assert_eq!(all, twin.runs);
                    assert_eq!(list.texts().collect::<String>(), twin.text);
                    assert_eq!(list.text_end(), twin.text.len());
                }
            }
            let mut unit = 0;
            for run in &twin.runs {
                assert_eq!(runs.text(run), &twin.text[run.bytes()]);
                assert_eq!(runs.event_of_unit(unit), run.first as usize);
                let last = unit + u64::from(run.len) - 1;
                assert_eq!(runs.event_of_unit(last), run.range().end - 1);
                unit += u64::from(run.len);
            }
            assert_eq!(runs.end(), unit);
            for event in 0..=twin.runs.last().map_or(0, |run| run.range().end) {
                let since = twin.runs.iter().filter(|run| run.range().end > event);
                assert!(runs.since(event).map(|(_, run)| run).eq(since.copied()));
                let before = twin.runs.iter().rev().filter(|run| run.range().start < event);
                assert!(runs.back_from(event).eq(before.copied()));
            }
        }
    }
}
