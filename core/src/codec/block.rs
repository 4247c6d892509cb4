//! A block of events as bytes: columns of runs, deltas and small numbers, compressed (DEFLATE,
//! RFC 1951) where that helps, headers before and apart from content, each column replica by
//! replica. It is the one form of events on disk and wire; what was typed in one go is one entry
//! all the way to the walker.

use std::borrow::Cow;
use std::collections::BTreeMap;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use crate::block::{Block, Parent, Places};
use crate::codec::bytes::{FormId, Reader, Writer};
use crate::codec::stretches::{Carets, Ids, NOT_THERE, Table};
use crate::codec::{DecodeError, batch, content, stretches};
use crate::event::{CorrelationId, Event, Ordered};
use crate::graph::Graph;
use crate::headers::{Correlated, Headers, Lengths, TimeRun, Times};

const EVENTS: FormId = FormId { magic: b"PLEB", version: 3, what: "a batch of events" };
const ORDERED: FormId = FormId { magic: b"PLOB", version: 3, what: "a batch of ordered events" };
const LOG: FormId = FormId { magic: b"PLLG", version: 3, what: "a log" };

/// How large each half of a block may be when it is unpacked, in bytes.
pub const BLOCK_BYTES_MAX: usize = 64 << 20;
/// How many events are read one by one at most: each takes a few hundred bytes, though a
/// block may hold thousands in one.
pub const BATCH_EVENTS_MAX: usize = 100_000;
/// Level 6 of 10: twice the time of level 1 for an eighth less; level 9 gives one in a hundred.
const LEVEL: u8 = 6;
/// Few events are written as rows: a keystroke is to be read in a microsecond.
const ROWS_EVENTS_MAX: usize = 3;
/// Stands before rows, where a block has the length of its first half, which is never empty.
const ROWS: u8 = 0;
const NO_PLACES: DecodeError = DecodeError::OutOfRange("number of places");

/// What is shorter is not worth packing, in bytes.
const PACKED_MIN: usize = 128;

/// What a form may hold.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) events: usize,
    /// Of each half, unpacked.
    pub(super) bytes: usize,
}

const WHOLE: Limits = Limits { events: u32::MAX as usize / 2, bytes: BLOCK_BYTES_MAX };

/// Writes all events of a graph.
///
/// # Panics
/// If some are unread.
pub fn encode_log(graph: &Graph) -> Vec<u8> {
    assert_eq!(graph.unread(), 0, "events that were not read cannot be written");
    framed(LOG, &Block::of(graph, 0..graph.len()))
}

/// Reads a log into the graph that it was written from.
///
/// # Errors
/// If the bytes are not a whole, undamaged log, or what they say is no graph.
pub fn decode_log(bytes: &[u8]) -> Result<Graph, DecodeError> {
    let block = decode(LOG, bytes, WHOLE)?;
    let (mut graph, events) = (Graph::default(), block.len());
    match graph.add_block(block).len() == events {
        true => Ok(graph),
        false => Err(DecodeError::OutOfRange("parent")),
    }
}

/// Writes a block, with the places of its events if they have any.
pub fn encode_block(block: &Block) -> Vec<u8> {
    framed(if block.places.is_some() { ORDERED } else { EVENTS }, block)
}

/// Reads a block.
///
/// # Errors
/// If the bytes are not a whole, undamaged block.
pub fn decode_block(bytes: &[u8]) -> Result<Block, DecodeError> {
    decode(if bytes.starts_with(ORDERED.magic) { ORDERED } else { EVENTS }, bytes, WHOLE)
}

/// Writes events.
pub fn encode_events(events: &[Event]) -> Vec<u8> {
    let mut writer = Writer::new(EVENTS);
    write_events(&mut writer, events);
    writer.finish()
}

/// Reads events, at most [`BATCH_EVENTS_MAX`].
///
/// # Errors
/// If the bytes are not a whole, undamaged batch of events.
pub fn decode_events(bytes: &[u8]) -> Result<Vec<Event>, DecodeError> {
    let mut reader = Reader::open(bytes, EVENTS)?;
    let events = read_events(&mut reader, BATCH)?;
    reader.finish()?;
    Ok(events)
}

/// Writes events with their places.
pub fn encode_ordered(events: &[Ordered]) -> Vec<u8> {
    let mut writer = Writer::new(ORDERED);
    write_ordered(&mut writer, events);
    writer.finish()
}

/// Reads events with their places, at most [`BATCH_EVENTS_MAX`].
///
/// # Errors
/// If the bytes are not a whole, undamaged batch of ordered events.
pub fn decode_ordered(bytes: &[u8]) -> Result<Vec<Ordered>, DecodeError> {
    let mut reader = Reader::open(bytes, ORDERED)?;
    let ordered = read_ordered(&mut reader, BATCH)?;
    reader.finish()?;
    Ok(ordered)
}

const BATCH: Limits = Limits { events: BATCH_EVENTS_MAX, bytes: BLOCK_BYTES_MAX };

fn framed(form: FormId, block: &Block) -> Vec<u8> {
    let mut writer = Writer::new(form);
    write(&mut writer, block);
    writer.finish()
}

fn decode(form: FormId, bytes: &[u8], limits: Limits) -> Result<Block, DecodeError> {
    let mut reader = Reader::open(bytes, form)?;
    let reader = &mut reader;
    let first = reader.version() == 1;
    let block = match form.magic {
        b"PLLG" if first => {
            let headers = unpack_always(reader, limits)?;
            let content = unpack_always(reader, limits)?;
            read_halves(&headers, &content, limits, 1)?
        }
        b"PLEB" if first || reader.skips(ROWS) => Block::from_iter(&batch::read_events(reader)?),
        b"PLOB" if first || reader.skips(ROWS) => {
            Block::from_ordered(&batch::read_ordered(reader)?)
        }
        _ => read(reader, limits)?,
    };
    if form.magic == ORDERED.magic && block.places.is_none() {
        return Err(NO_PLACES);
    }
    match reader.rest().len() {
        0 => Ok(block),
        left => Err(DecodeError::TrailingBytes(left)),
    }
}

/// Writes events inside another form.
pub(super) fn write_events(writer: &mut Writer, events: &[Event]) {
    if events.len() <= ROWS_EVENTS_MAX {
        writer.u8(ROWS);
        batch::write_events(writer, events.iter());
    } else {
        write(writer, &Block::from_iter(events));
    }
}

/// Reads events inside another form.
pub(super) fn read_events(
    reader: &mut Reader<'_>,
    limits: Limits,
) -> Result<Vec<Event>, DecodeError> {
    if reader.version() == 1 || reader.skips(ROWS) {
        return batch::read_events(reader);
    }
    Ok(read(reader, limits)?.events().collect())
}

/// Writes events with their places inside another form.
pub(super) fn write_ordered(writer: &mut Writer, events: &[Ordered]) {
    if events.len() <= ROWS_EVENTS_MAX {
        writer.u8(ROWS);
        batch::write_ordered(writer, events);
    } else {
        write(writer, &Block::from_ordered(events));
    }
}

/// Reads events with their places inside another form.
pub(super) fn read_ordered(
    reader: &mut Reader<'_>,
    limits: Limits,
) -> Result<Vec<Ordered>, DecodeError> {
    if reader.version() == 1 || reader.skips(ROWS) {
        return batch::read_ordered(reader);
    }
    let block = read(reader, limits)?;
    if block.places.is_some() { Ok(block.ordered().collect()) } else { Err(NO_PLACES) }
}

/// Writes a block inside another form.
fn write(writer: &mut Writer, block: &Block) {
    for half in [
        write_headers(block),
        content::write(&block.content, block.len(), Carets::of(&block.stretches)),
    ] {
        let packed = (half.len() >= PACKED_MIN).then(|| compress_to_vec(&half, LEVEL));
        match packed.filter(|packed| packed.len() < half.len()) {
            Some(packed) => {
                writer.number((half.len() as u64) << 1 | 1);
                writer.sized(&packed);
            }
            None => {
                writer.number((half.len() as u64) << 1);
                writer.fixed(&half);
            }
        }
    }
}

/// Reads a block inside another form.
fn read(reader: &mut Reader<'_>, limits: Limits) -> Result<Block, DecodeError> {
    let headers = unpack(reader, limits)?;
    let content = unpack(reader, limits)?;
    read_halves(&headers, &content, limits, reader.version())
}

fn read_halves(
    headers: &[u8],
    content: &[u8],
    limits: Limits,
    version: u8,
) -> Result<Block, DecodeError> {
    let mut block = read_headers(headers, limits, version)?;
    let carets = if version < 3 { &[][..] } else { &block.stretches };
    block.content = content::read(content, block.len(), Carets::of(carets))?;
    Ok(block)
}

fn unpack<'b>(reader: &mut Reader<'b>, limits: Limits) -> Result<Cow<'b, [u8]>, DecodeError> {
    let head = reader.number()?;
    let len = usize::try_from(head >> 1).ok().filter(|&len| len <= limits.bytes);
    let len = len.ok_or(DecodeError::OutOfRange("length of a block"))?;
    match head & 1 {
        0 => Ok(reader.take(len)?.into()),
        _ => inflate(reader.sized()?, len).map(Cow::Owned),
    }
}

/// As the first version of a log has it.
fn unpack_always(reader: &mut Reader<'_>, limits: Limits) -> Result<Vec<u8>, DecodeError> {
    let len = reader.up_to(limits.bytes as u64, "length of a log")? as usize;
    inflate(reader.sized()?, len)
}

fn inflate(packed: &[u8], len: usize) -> Result<Vec<u8>, DecodeError> {
    let unpacked = decompress_to_vec_with_limit(packed, len);
    unpacked.ok().filter(|unpacked| unpacked.len() == len).ok_or(DecodeError::Damaged)
}

fn write_headers(block: &Block) -> Vec<u8> {
    let mut writer = Writer::bare();
    let headers = match stretches::by_replica(&block.stretches) {
        Some(order) => Cow::Owned(block.headers.ranges(order)),
        None => Cow::Borrowed(&block.headers),
    };
    let before = |parent: &Parent| match parent {
        Parent::Here(_) => None,
        Parent::Before(id) => Some(id.replica),
    };
    let written = block.stretches.iter().map(|stretch| stretch.first.replica);
    let parents = block.stretches.iter().flat_map(|stretch| &stretch.parents);
    let causes = headers.causations().map(|(_, cause)| cause.replica);
    let replicas = Table::of(written.chain(parents.filter_map(before)).chain(causes));
    writer.number(block.len() as u64);
    writer.number(replicas.all.len() as u64);
    replicas.all.iter().for_each(|&replica| writer.replica(replica));
    writer.number(headers.authors().len() as u64);
    headers.authors().iter().for_each(|author| writer.fixed(&author.0));
    stretches::write(&mut writer, &block.stretches, &replicas);

    write_times(&mut writer, headers.times());
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
    if let Some(Places { revisions, recorded }) = &block.places {
        column(&mut writer, revisions.iter().copied(), |writer, first, _| writer.number(first));
        write_times(&mut writer, recorded.lengths());
    }
    writer.into_bare()
}

pub(super) fn write_times(writer: &mut Writer, times: impl Iterator<Item = TimeRun>) {
    let mut last = 0;
    column(writer, times, |writer, (first, step), len| {
        writer.signed(i64::wrapping_sub(first, last));
        writer.signed(step);
        last = first.wrapping_add(step.wrapping_mul(len as i64 - 1));
    });
}

pub(super) fn read_times(reader: &mut Reader<'_>) -> Result<Vec<TimeRun>, DecodeError> {
    let mut last = 0_i64;
    read_column(reader, |reader, len| {
        let first = last.wrapping_add(reader.signed()?);
        let step = reader.signed()?;
        last = first.wrapping_add(step.wrapping_mul(len as i64 - 1));
        Ok((first, step))
    })
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

/// Reads the first half into a block without content.
fn read_headers(bytes: &[u8], limits: Limits, version: u8) -> Result<Block, DecodeError> {
    let mut reader = Reader::bare(bytes);
    let reader = &mut reader;
    let events = reader.up_to(limits.events as u64, "number of events")? as usize;
    let ids = Ids::read(reader)?;
    let stretches = match version {
        1 | 2 => stretches::read_rows(reader, &ids, events, version)?,
        _ => stretches::read(reader, &ids, events)?,
    };

    let times = read_times(reader)?;
    let author_runs = read_column(reader, |reader, _| {
        let place = reader.number()?;
        let known = usize::try_from(place).is_ok_and(|place| place < ids.authors.len());
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
        causations.insert(lv, ids.event(reader)?);
    }
    const LENGTH: DecodeError = DecodeError::OutOfRange("length of a column");
    let lengths = Lengths { times, authors: author_runs, intents, correlations };
    let headers = Headers::from_columns(events, ids.authors, lengths, causations).ok_or(LENGTH)?;
    let order = if version < 3 { None } else { stretches::by_replica(&stretches) };
    let headers = match order {
        Some(order) => headers.ranges(stretches::in_order(&order)),
        None => headers,
    };
    let places = if reader.is_at_end() { None } else { Some(read_places(reader, events)?) };
    match reader.rest().len() {
        0 => Ok(Block { stretches, headers, places, ..Block::default() }),
        left => Err(DecodeError::TrailingBytes(left)),
    }
}

fn read_places(reader: &mut Reader<'_>, events: usize) -> Result<Places, DecodeError> {
    const LENGTH: DecodeError = DecodeError::OutOfRange("number of places");
    let revisions = read_column(reader, |reader, len| {
        let first = reader.number()?;
        first.checked_add(len as u64).ok_or(DecodeError::OutOfRange("revision"))?;
        Ok(first)
    })?;
    let total = revisions.iter().try_fold(0_usize, |sum, &(len, _)| sum.checked_add(len));
    if total != Some(events) {
        return Err(LENGTH);
    }
    let recorded = Times::from_lengths(events, &read_times(reader)?).ok_or(LENGTH)?;
    Ok(Places { revisions, recorded })
}
