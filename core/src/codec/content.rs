//! What the events of a block say, as bytes: an entry for each run, then facts, then all
//! inserted text in one piece. Who says it, and when, is the block's other half.

use crate::codec::bytes::{Reader, Writer};
use crate::codec::stretches::Carets;
use crate::codec::{DecodeError, payload};
use crate::content::Content;
use crate::event::Op;
use crate::graph::Lv;
use crate::patch::{scalars, split};
use crate::run::{Kind, Run};

/// What an entry is; its length stands above these bits.
const INSERT: u64 = 0;
const DELETE: u64 = 1;
const ERASED: u64 = 2;
/// Events that type, delete and delete backwards one scalar each.
const TYPE: u64 = 3;
const DELETE_KEYS: u64 = 4;
const BACKSPACE_KEYS: u64 = 5;
/// One event of so many ops, which follow.
const OPS: u64 = 6;
/// An event that is not about text.
const FACT: u64 = 7;

/// Writes what events say: an entry for each run, all inserted text behind them.
pub(super) fn write(content: &Content, events: usize, carets: Carets<'_>) -> Vec<u8> {
    let mut entries = Entries { writer: Writer::bare(), carets };
    let mut facts = Writer::bare();
    let mut runs = content.runs().peekable();
    // How many keystrokes may delete as runs: no more than were typed before. It bounds what
    // a few bytes can claim to delete.
    let (mut typed, mut lv) = (0, 0);
    while lv < events {
        if let Some(fact) = content.fact(lv) {
            entries.writer.number(FACT);
            facts.sized(&payload::write(fact));
            lv += 1;
            continue;
        }
        let next = runs.peek().filter(|run| run.first as usize == lv).copied();
        let several = next.is_some_and(|run| {
            let mut behind = runs.clone();
            behind.next();
            run.events == 1 && behind.next().is_some_and(|next| next.first == run.first)
        });
        let Some(run) = next.filter(|_| !several && !content.is_odd(lv)) else {
            // No op, several, or one that no run can say.
            let ops = content.ops_as_made(lv);
            entries.writer.number((ops.len() as u64) << 3 | OPS);
            ops.iter().for_each(|op| entries.op(lv, op));
            typed += ops
                .iter()
                .map(|op| if let Op::Insert { .. } = op { op.len() } else { 0 })
                .sum::<usize>();
            while runs.next_if(|run| run.first as usize == lv).is_some() {}
            lv += 1;
            continue;
        };
        runs.next();
        let len = run.len as usize;
        match run.kind {
            Kind::Insert => typed += len,
            Kind::Erased => {}
            Kind::Delete | Kind::Backspace if run.events == 1 => {}
            Kind::Delete | Kind::Backspace if len <= typed => typed -= len,
            Kind::Delete | Kind::Backspace => {
                run.range().for_each(|lv| entries.run(&run.part(lv..lv + 1)));
                lv += len;
                continue;
            }
        }
        entries.run(&run);
        lv += run.events as usize;
    }
    let mut writer = Writer::bare();
    writer.sized(&entries.writer.into_bare());
    writer.sized(&facts.into_bare());
    content.inserted().for_each(|text| writer.fixed(text.as_bytes()));
    writer.into_bare()
}

/// The column of entries while it is written.
struct Entries<'s> {
    writer: Writer,
    carets: Carets<'s>,
}

impl Entries<'_> {
    fn run(&mut self, run: &Run) {
        let keys = run.events > 1;
        let kind = match run.kind {
            Kind::Insert if keys => TYPE,
            Kind::Insert => INSERT,
            Kind::Erased => ERASED,
            Kind::Delete if keys => DELETE_KEYS,
            Kind::Backspace if keys => BACKSPACE_KEYS,
            Kind::Delete | Kind::Backspace => DELETE,
        };
        self.entry(run.first as usize, kind, run.len as usize, run.pos as usize);
    }

    fn op(&mut self, lv: Lv, op: &Op) {
        let (kind, pos) = match op {
            Op::Insert { pos, .. } => (INSERT, *pos),
            Op::Delete { pos, .. } => (DELETE, *pos),
            Op::ErasedInsert { pos, .. } => (ERASED, *pos),
        };
        self.entry(lv, kind, op.len(), pos);
    }

    fn entry(&mut self, lv: Lv, kind: u64, len: usize, pos: usize) {
        let expected = self.carets.at(lv);
        self.writer.number((len as u64) << 3 | kind);
        self.writer.signed((pos as i64).wrapping_sub(*expected));
        *expected = end_of(kind, pos as i64, len as i64);
    }
}

/// Where an op ends, and the next one probably begins.
fn end_of(kind: u64, pos: i64, len: i64) -> i64 {
    match kind {
        INSERT | ERASED | TYPE => pos.wrapping_add(len),
        BACKSPACE_KEYS => pos.wrapping_sub(len),
        _ => pos,
    }
}

/// An op as it is read: its entry, and its text in the buffer.
struct Entry<'t> {
    run: Run,
    text: &'t str,
}

impl Entry<'_> {
    fn op(&self) -> Op {
        let (pos, len) = (self.run.pos as usize, self.run.len as usize);
        match self.run.kind {
            Kind::Insert => Op::Insert { pos, text: self.text.to_owned() },
            Kind::Erased => Op::ErasedInsert { pos, len },
            Kind::Delete | Kind::Backspace => Op::Delete { pos, len },
        }
    }
}

/// Reads what so many events say.
pub(super) fn read(
    bytes: &[u8],
    events: usize,
    carets: Carets<'_>,
) -> Result<Content, DecodeError> {
    let mut reader = Reader::bare(bytes);
    let entries = reader.sized()?;
    // An entry has two numbers, and every number one byte that ends it.
    let runs = entries.iter().filter(|&&byte| byte < 0x80).count() / 2;
    let mut entries = Reader::bare(entries);
    let mut facts = Reader::bare(reader.sized()?);
    let inserted = str::from_utf8(reader.rest()).map_err(|_| DecodeError::NotUtf8)?;
    let mut content = Content::with_room(runs, inserted.len());
    let mut reading = Reading { text: inserted, ascii: 0, passed: 0, carets };
    let mut made: Vec<Entry<'_>> = Vec::new();
    let (mut lv, mut typed) = (0, 0);
    while lv < events {
        let (kind, len) = read_head(&mut entries)?;
        match kind {
            FACT => {
                let fact = payload::read(facts.sized()?)?;
                content.push(lv, fact);
                lv += 1;
            }
            OPS => {
                made.clear();
                for _ in 0..len {
                    let (kind, len) = read_head(&mut entries)?;
                    if kind > ERASED {
                        return Err(DecodeError::OutOfRange("op of an event"));
                    }
                    let entry = reading.entry(&mut entries, kind, len, lv, 1)?;
                    typed += if kind == INSERT { len } else { 0 };
                    content.push_read(entry.run, entry.text);
                    made.push(entry);
                }
                // Of all that can be read only an empty op is more than runs can say.
                if made.iter().any(|entry| entry.run.len == 0) {
                    content.keep_if_odd(lv, &made.iter().map(Entry::op).collect::<Vec<_>>());
                }
                lv += 1;
            }
            kind => {
                let keys = matches!(kind, TYPE | DELETE_KEYS | BACKSPACE_KEYS);
                let count = if keys { len } else { 1 };
                let deletes = matches!(kind, DELETE_KEYS | BACKSPACE_KEYS);
                if len == 0 || count > events - lv || (deletes && len > typed) {
                    return Err(DecodeError::OutOfRange("length of a run"));
                }
                let Entry { run, text } = reading.entry(&mut entries, kind, len, lv, count)?;
                match kind {
                    TYPE | INSERT => typed += len,
                    DELETE_KEYS | BACKSPACE_KEYS => typed -= len,
                    _ => {}
                }
                let uneven = || {
                    let width = text.len() / len;
                    text.chars().any(|letter| letter.len_utf8() != width)
                };
                // As many bytes as scalars: all of them are ASCII.
                if kind == TYPE && text.len() != len && uneven() {
                    return Err(DecodeError::OutOfRange("text of a run"));
                }
                content.push_read(run, text);
                lv += count;
            }
        }
    }
    let left = entries.rest().len() + facts.rest().len() + reading.text.len() - reading.passed;
    if left > 0 {
        return Err(DecodeError::TrailingBytes(left));
    }
    Ok(content)
}

/// What an entry is, and its length.
fn read_head(entries: &mut Reader<'_>) -> Result<(u64, usize), DecodeError> {
    let head = entries.number()?;
    let len = u32::try_from(head >> 3).map_err(|_| DecodeError::OutOfRange("length of an op"))?;
    Ok((head & 7, len as usize))
}

/// Where the reader of the entries stands.
struct Reading<'t> {
    text: &'t str,
    /// From where it stands up to here all text is ASCII, which need not be looked at again.
    ascii: usize,
    passed: usize,
    carets: Carets<'t>,
}

impl<'t> Reading<'t> {
    fn entry(
        &mut self,
        entries: &mut Reader<'_>,
        kind: u64,
        len: usize,
        lv: Lv,
        events: usize,
    ) -> Result<Entry<'t>, DecodeError> {
        let max = payload::PLACE_MAX as i64;
        let expected = self.carets.at(lv);
        let pos = expected.wrapping_add(entries.signed()?);
        let fits = (0..=max).contains(&pos) && len as u64 <= payload::PLACE_MAX;
        let erases = kind == ERASED && len as u64 > payload::ERASED_MAX;
        if !fits || erases || (kind == BACKSPACE_KEYS && pos + 1 < len as i64) {
            return Err(DecodeError::OutOfRange("place of an op"));
        }
        *expected = end_of(kind, pos, len as i64);
        let text = if matches!(kind, INSERT | TYPE) { self.next_text(len)? } else { "" };
        let run = Run {
            first: lv as u32,
            events: events as u32,
            pos: pos as u32,
            len: len as u32,
            text: self.passed as u32,
            bytes: text.len() as u32,
            kind: match kind {
                INSERT | TYPE => Kind::Insert,
                ERASED => Kind::Erased,
                BACKSPACE_KEYS => Kind::Backspace,
                _ => Kind::Delete,
            },
        };
        self.passed += text.len();
        Ok(Entry { run, text })
    }

    /// The next so many scalars.
    fn next_text(&mut self, len: usize) -> Result<&'t str, DecodeError> {
        let rest = &self.text[self.passed..];
        if self.ascii <= self.passed {
            self.ascii = self.passed + ascii_prefix(rest.as_bytes());
        }
        if len <= self.ascii.saturating_sub(self.passed) {
            return Ok(&rest[..len]);
        }
        let text = split(rest, len).0;
        let is_ascii = text.len() == len && text.is_ascii();
        if !is_ascii && scalars(text) != len {
            return Err(DecodeError::Truncated(self.passed));
        }
        Ok(text)
    }
}

/// How many bytes in front are ASCII for certain.
fn ascii_prefix(bytes: &[u8]) -> usize {
    bytes.chunks(64).take_while(|chunk| chunk.is_ascii()).map(<[u8]>::len).sum()
}
