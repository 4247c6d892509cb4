//! A whole log as bytes: columns of runs, deltas and small numbers, compressed (DEFLATE, RFC
//! 1951), headers before and apart from content. It decodes into a graph without an event in
//! between: what was typed in one go is one entry from the disk to the walker.

use std::collections::BTreeMap;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use crate::codec::bytes::{Reader, Writer};
use crate::codec::{DecodeError, batch, payload};
use crate::content::Content;
use crate::event::{AuthorId, CorrelationId, EventId, Op, ReplicaId};
use crate::graph::{Graph, Lv};
use crate::headers::{Correlated, Headers, Lengths};
use crate::message::PARENTS_MAX;
use crate::patch::{scalars, split};
use crate::run::{Kind, Run};

const LOG: &[u8; 4] = b"PLLG";

/// How large each half of a log may be when it is unpacked, in bytes.
pub const LOG_BYTES_MAX: usize = 64 << 20;
/// Level 6 of 10: twice the time of level 1 for an eighth less; level 9 gives one in a hundred.
const LEVEL: u8 = 6;

/// What an entry of the content column is; its length stands above these bits.
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

/// Writes all events of a graph.
pub fn encode_log(graph: &Graph) -> Vec<u8> {
    let mut writer = Writer::new(LOG);
    for part in [write_headers(graph), write_content(graph)] {
        writer.number(part.len() as u64);
        writer.sized(&compress_to_vec(&part, LEVEL));
    }
    writer.finish()
}

/// Reads a log into the graph that it was written from.
///
/// # Errors
/// If the bytes are not a whole, undamaged log, or what they say is no graph.
pub fn decode_log(bytes: &[u8]) -> Result<Graph, DecodeError> {
    let mut reader = Reader::open(bytes, LOG, "a log")?;
    let headers = unpack(&mut reader)?;
    let content = unpack(&mut reader)?;
    reader.finish()?;
    let mut graph = Graph::default();
    let events = read_headers(&headers, &mut graph)?;
    graph.content = read_content(&content, events)?;
    Ok(graph)
}

fn unpack(reader: &mut Reader<'_>) -> Result<Vec<u8>, DecodeError> {
    let len = reader.up_to(LOG_BYTES_MAX as u64, "length of a log")? as usize;
    let unpacked = decompress_to_vec_with_limit(reader.sized()?, len);
    unpacked.ok().filter(|unpacked| unpacked.len() == len).ok_or(DecodeError::Damaged)
}

/// Numbers for things that are named often, in the order in which they first are.
struct Table<T> {
    places: BTreeMap<T, u64>,
    all: Vec<T>,
}

impl<T: Copy + Ord> Table<T> {
    fn of(named: impl Iterator<Item = T>) -> Self {
        let mut table = Self { places: BTreeMap::new(), all: Vec::new() };
        for thing in named {
            let next = table.all.len() as u64;
            if *table.places.entry(thing).or_insert(next) == next {
                table.all.push(thing);
            }
        }
        table
    }
}

fn write_headers(graph: &Graph) -> Vec<u8> {
    let mut writer = Writer::bare();
    let headers = graph.headers();
    let causes = || headers.causations().map(|(_, cause)| cause.replica);
    let replicas = Table::of(graph.replicas().chain(causes()));
    writer.number(graph.len() as u64);
    writer.number(replicas.all.len() as u64);
    replicas.all.iter().for_each(|replica| writer.fixed(&replica.0.to_le_bytes()));
    writer.number(headers.authors().len() as u64);
    headers.authors().iter().for_each(|author| writer.fixed(&author.0));

    let mut counters: BTreeMap<ReplicaId, u64> = BTreeMap::new();
    let stretches: Vec<_> = graph.stretches().collect();
    writer.number(stretches.len() as u64);
    for events in stretches {
        let id = graph.id_of(events.start);
        let expected = counters.entry(id.replica).or_default();
        debug_assert_eq!(*expected, id.counter, "a replica's events stand in their order");
        *expected += events.len() as u64;
        writer.number(replicas.places[&id.replica]);
        writer.number(events.len() as u64);
        let parents = graph.parents(events.start);
        if events.start.checked_sub(1).is_some_and(|before| *parents == [before]) {
            writer.number(0);
        } else {
            writer.number(parents.len() as u64 + 1);
            parents.iter().for_each(|parent| writer.number((events.start - parent) as u64));
        }
    }

    let mut last = 0;
    column(&mut writer, headers.times(), |writer, (first, step), len| {
        writer.signed(i64::wrapping_sub(first, last));
        writer.signed(step);
        last = first.wrapping_add(step.wrapping_mul(len as i64 - 1));
    });
    column(&mut writer, headers.author_runs(), |writer, author, _| {
        writer.number(u64::from(author));
    });
    column(&mut writer, headers.intents(), |writer, intent, _| {
        batch::write_intent(writer, intent);
    });
    column(&mut writer, headers.correlations(), |writer, correlated, _| match correlated {
        Correlated::ByName(with) => writer.number(with + 1),
        Correlated::To(correlation) => {
            writer.number(0);
            writer.fixed(&correlation.0.to_le_bytes());
        }
    });
    writer.number(headers.causations().count() as u64);
    let mut last = 0;
    for (lv, cause) in headers.causations() {
        writer.number((lv - last) as u64);
        writer.number(replicas.places[&cause.replica]);
        writer.number(cause.counter);
        last = lv;
    }
    writer.into_bare()
}

/// Writes a column: how many runs, and each one's length and value.
fn column<T>(
    writer: &mut Writer,
    runs: impl Iterator<Item = (usize, T)>,
    mut value: impl FnMut(&mut Writer, T, usize),
) {
    let runs: Vec<_> = runs.collect();
    writer.number(runs.len() as u64);
    for (len, run) in runs {
        writer.number(len as u64);
        value(writer, run, len);
    }
}

fn read_column<'b, T>(
    reader: &mut Reader<'b>,
    mut value: impl FnMut(&mut Reader<'b>, usize) -> Result<T, DecodeError>,
) -> Result<Vec<(usize, T)>, DecodeError> {
    let count = reader.count(2, "number of runs")?;
    let mut runs = Vec::with_capacity(count);
    for _ in 0..count {
        let len = reader.up_to(u64::from(u32::MAX), "length of a run")? as usize;
        runs.push((len, value(reader, len)?));
    }
    Ok(runs)
}

/// Reads the first half into a graph without content, and returns how many events it has.
fn read_headers(bytes: &[u8], graph: &mut Graph) -> Result<usize, DecodeError> {
    const NOT_THERE: DecodeError = DecodeError::OutOfRange("number of an id");
    let mut reader = Reader::bare(bytes);
    let reader = &mut reader;
    let events = reader.up_to(u64::from(u32::MAX) / 2, "number of events")? as usize;
    let replicas: Result<Vec<_>, DecodeError> = (0..reader.count(8, "number of replicas")?)
        .map(|_| Ok(ReplicaId(u64::from_le_bytes(reader.fixed()?))))
        .collect();
    let replicas = replicas?;
    let authors: Result<Vec<_>, DecodeError> = (0..reader.count(16, "number of authors")?)
        .map(|_| Ok(AuthorId(reader.fixed()?)))
        .collect();
    let authors = authors?;
    let replica = |place: u64| replicas.get(place as usize).copied().ok_or(NOT_THERE);

    let mut counters: BTreeMap<ReplicaId, u64> = BTreeMap::new();
    let mut start = 0;
    for _ in 0..reader.count(3, "number of stretches")? {
        let replica = replica(reader.number()?)?;
        let len = reader.up_to((events - start) as u64, "length of a stretch")? as usize;
        let parents = read_parents(reader, start)?;
        let counter = counters.entry(replica).or_default();
        if len == 0
            || !graph.push_stretch(start, len, EventId { replica, counter: *counter }, parents)
        {
            return Err(DecodeError::OutOfRange("stretch of events"));
        }
        *counter += len as u64;
        start += len;
    }
    if start != events {
        return Err(DecodeError::OutOfRange("number of events"));
    }

    let mut last = 0_i64;
    let times = read_column(reader, |reader, len| {
        let first = last.wrapping_add(reader.signed()?);
        let step = reader.signed()?;
        last = first.wrapping_add(step.wrapping_mul(len as i64 - 1));
        Ok((first, step))
    })?;
    let author_runs = read_column(reader, |reader, _| {
        let place = reader.number()?;
        let known = usize::try_from(place).is_ok_and(|place| place < authors.len());
        if known { Ok(place as u32) } else { Err(NOT_THERE) }
    })?;
    let intents = read_column(reader, |reader, _| batch::read_intent(reader))?;
    let correlations = read_column(reader, |reader, _| {
        Ok(match reader.number()?.checked_sub(1) {
            Some(with) => Correlated::ByName(with),
            None => Correlated::To(CorrelationId(u64::from_le_bytes(reader.fixed()?))),
        })
    })?;
    let mut causations = BTreeMap::new();
    let mut lv = 0_usize;
    for _ in 0..reader.count(3, "number of causes")? {
        lv = lv.saturating_add(reader.up_to(events as u64, "event of a cause")? as usize);
        if lv >= events {
            return Err(DecodeError::OutOfRange("event of a cause"));
        }
        let replica = replica(reader.number()?)?;
        causations.insert(lv, EventId { replica, counter: reader.number()? });
    }
    let lengths = Lengths { times, authors: author_runs, intents, correlations };
    let headers = Headers::from_columns(events, authors, lengths, causations);
    graph.set_headers(headers.ok_or(DecodeError::OutOfRange("length of a column"))?);
    match reader.rest().len() {
        0 => Ok(events),
        left => Err(DecodeError::TrailingBytes(left)),
    }
}

fn read_parents(reader: &mut Reader<'_>, start: Lv) -> Result<Vec<Lv>, DecodeError> {
    const NO_EVENT: DecodeError = DecodeError::OutOfRange("parent");
    let Some(count) = reader.up_to(PARENTS_MAX as u64 + 1, "number of parents")?.checked_sub(1)
    else {
        return Ok(vec![start.checked_sub(1).ok_or(NO_EVENT)?]);
    };
    let parent = |_| {
        let distance = usize::try_from(reader.number()?).unwrap_or(usize::MAX);
        start.checked_sub(distance).filter(|&parent| parent < start).ok_or(NO_EVENT)
    };
    (0..count).map(parent).collect()
}

/// Writes what events say: an entry for each run, all inserted text behind them.
fn write_content(graph: &Graph) -> Vec<u8> {
    let content = &graph.content;
    let mut entries = Entries { writer: Writer::bare(), expected: 0 };
    let mut facts = Writer::bare();
    let mut runs = content.runs().iter().peekable();
    // How many keystrokes may delete as runs: no more than were typed before. It bounds what
    // a few bytes can claim to delete.
    let (mut typed, mut lv) = (0, 0);
    while lv < graph.len() {
        if let Some(fact) = graph.fact(lv) {
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
            ops.iter().for_each(|op| entries.op(op));
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
        entries.run(run);
        lv += run.events as usize;
    }
    let mut writer = Writer::bare();
    writer.sized(&entries.writer.into_bare());
    writer.sized(&facts.into_bare());
    writer.fixed(content.inserted().as_bytes());
    writer.into_bare()
}

/// The column of entries while it is written.
struct Entries {
    writer: Writer,
    /// Where the next op is if it goes on where the last one ended.
    expected: i64,
}

impl Entries {
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
        self.entry(kind, run.len as usize, run.pos as usize);
        self.expected = end_of(kind, run.pos.into(), run.len.into());
    }

    fn op(&mut self, op: &Op) {
        let (kind, pos) = match op {
            Op::Insert { pos, .. } => (INSERT, *pos),
            Op::Delete { pos, .. } => (DELETE, *pos),
            Op::ErasedInsert { pos, .. } => (ERASED, *pos),
        };
        self.entry(kind, op.len(), pos);
        self.expected = end_of(kind, pos as i64, op.len() as i64);
    }

    fn entry(&mut self, kind: u64, len: usize, pos: usize) {
        self.writer.number((len as u64) << 3 | kind);
        self.writer.signed((pos as i64).wrapping_sub(self.expected));
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

/// Reads the second half.
fn read_content(bytes: &[u8], events: usize) -> Result<Content, DecodeError> {
    let mut reader = Reader::bare(bytes);
    let mut entries = Reader::bare(reader.sized()?);
    let mut facts = Reader::bare(reader.sized()?);
    let inserted = str::from_utf8(reader.rest()).map_err(|_| DecodeError::NotUtf8)?;
    let mut content = Content::default();
    let mut reading = Reading { text: inserted, passed: 0, expected: 0 };
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
                let mut ops = Vec::new();
                for _ in 0..len {
                    let (kind, len) = read_head(&mut entries)?;
                    if kind > ERASED {
                        return Err(DecodeError::OutOfRange("op of an event"));
                    }
                    let Entry { run, text } = reading.entry(&mut entries, kind, len, lv, 1)?;
                    typed += if kind == INSERT { len } else { 0 };
                    let (pos, len) = (run.pos as usize, run.len as usize);
                    ops.push(match kind {
                        INSERT => Op::Insert { pos, text: text.to_owned() },
                        DELETE => Op::Delete { pos, len },
                        _ => Op::ErasedInsert { pos, len },
                    });
                    content.push_read(run);
                }
                content.keep_if_odd(lv, ops);
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
                let width = text.len() / len;
                if kind == TYPE && text.chars().any(|letter| letter.len_utf8() != width) {
                    return Err(DecodeError::OutOfRange("text of a run"));
                }
                content.push_read(run);
                lv += count;
            }
        }
    }
    let left = entries.rest().len() + facts.rest().len() + reading.text.len() - reading.passed;
    if left > 0 {
        return Err(DecodeError::TrailingBytes(left));
    }
    content.set_inserted(inserted.to_owned());
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
    passed: usize,
    expected: i64,
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
        let pos = self.expected.wrapping_add(entries.signed()?);
        let fits = (0..=max).contains(&pos) && len as u64 <= payload::PLACE_MAX;
        let erases = kind == ERASED && len as u64 > payload::ERASED_MAX;
        if !fits || erases || (kind == BACKSPACE_KEYS && pos + 1 < len as i64) {
            return Err(DecodeError::OutOfRange("place of an op"));
        }
        self.expected = end_of(kind, pos, len as i64);
        let text = if matches!(kind, INSERT | TYPE) {
            let text = split(&self.text[self.passed..], len).0;
            if text.len() != len && scalars(text) != len {
                return Err(DecodeError::Truncated(self.passed));
            }
            text
        } else {
            ""
        };
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
}
