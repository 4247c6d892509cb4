//! Events as rows: one of a store, header and payload apart, or the few that a keystroke comes
//! to. The first version wrote all batches so; many events are a block now. Ids and authors
//! stand in tables at the front, and what follows from the event before is left out.

use std::collections::BTreeMap;

use crate::codec::bytes::{FormId, Reader, Writer};
use crate::codec::stretches::Ids;
use crate::codec::{DecodeError, payload};
use crate::event::{
    AuthorId, CorrelationId, Event, EventId, Header, Intent, Ordered, ReplicaId, Revision,
    Timestamp,
};
use crate::message::PARENTS_MAX;

const HEADER: FormId = FormId { magic: b"PLEH", version: 1, what: "an event's header" };
const PAYLOAD: FormId = FormId { magic: b"PLEP", version: 1, what: "an event's payload" };

/// Bits of the byte in front of each header: what is the same as, or follows from, the
/// event before.
const NEXT_ID: u8 = 1;
const ON_PREVIOUS: u8 = 2;
const SAME_AUTHOR: u8 = 4;
const SAME_CORRELATION: u8 = 8;
const HAS_CAUSATION: u8 = 16;
const TYPED: u8 = 32;

/// Writes one event as a row of a store: header and payload apart, so that a payload can be
/// erased and the header stays.
pub fn encode_record(event: &Event) -> (Vec<u8>, Vec<u8>) {
    let mut header = Writer::new(HEADER);
    write_headers(&mut header, std::iter::once(&event.header));
    let mut content = Writer::new(PAYLOAD);
    content.fixed(&payload::write(&event.payload));
    (header.finish(), content.finish())
}

/// Reads a row of a store.
///
/// # Errors
/// If the bytes are not a whole, undamaged header and payload.
pub fn decode_record(header: &[u8], payload: &[u8]) -> Result<Event, DecodeError> {
    let mut reader = Reader::open(header, HEADER)?;
    let mut headers = read_headers(&mut reader)?;
    reader.finish()?;
    let header = headers.pop().filter(|_| headers.is_empty());
    let header = header.ok_or(DecodeError::OutOfRange("number of headers"))?;
    let mut reader = Reader::open(payload, PAYLOAD)?;
    Ok(Event { header, payload: payload::read(reader.rest())? })
}

/// Events inside another form, as rows.
pub(super) fn write_events<'a>(
    writer: &mut Writer,
    events: impl Iterator<Item = &'a Event> + Clone,
) {
    write_headers(writer, events.clone().map(|event| &event.header));
    events.for_each(|event| writer.sized(&payload::write(&event.payload)));
}

pub(super) fn read_events(reader: &mut Reader<'_>) -> Result<Vec<Event>, DecodeError> {
    let headers = read_headers(reader)?;
    let mut events = Vec::with_capacity(headers.len());
    for header in headers {
        events.push(Event { header, payload: payload::read(reader.sized()?)? });
    }
    Ok(events)
}

pub(super) fn write_ordered(writer: &mut Writer, events: &[Ordered]) {
    write_events(writer, events.iter().map(|ordered| &ordered.event));
    let (mut revision, mut recorded) = (0, 0);
    for ordered in events {
        writer.signed(ordered.revision.0.wrapping_sub(revision) as i64);
        writer.signed(ordered.recorded.0.wrapping_sub(recorded));
        (revision, recorded) = (ordered.revision.0 + 1, ordered.recorded.0);
    }
}

pub(super) fn read_ordered(reader: &mut Reader<'_>) -> Result<Vec<Ordered>, DecodeError> {
    let events = read_events(reader)?;
    let (mut next, mut last) = (0u64, 0i64);
    let mut ordered = Vec::with_capacity(events.len());
    for event in events {
        let revision = next.wrapping_add(reader.signed()? as u64);
        last = last.wrapping_add(reader.signed()?);
        next = revision.checked_add(1).ok_or(DecodeError::OutOfRange("revision"))?;
        ordered.push(Ordered { revision: Revision(revision), recorded: Timestamp(last), event });
    }
    Ok(ordered)
}

/// What the next header may leave out.
#[derive(Default)]
struct Previous {
    id: Option<EventId>,
    author: Option<AuthorId>,
    correlation: CorrelationId,
    time: i64,
}

impl Previous {
    fn next_id(&self) -> Option<EventId> {
        let id = self.id?;
        Some(EventId { replica: id.replica, counter: id.counter.checked_add(1)? })
    }

    fn pass(&mut self, header: &Header) {
        self.id = Some(header.id);
        self.author = Some(header.author);
        self.correlation = header.correlation;
        self.time = header.time.0;
    }
}

fn write_headers<'a>(writer: &mut Writer, headers: impl Iterator<Item = &'a Header> + Clone) {
    let mut replicas: BTreeMap<ReplicaId, u64> = BTreeMap::new();
    let mut authors: BTreeMap<AuthorId, u64> = BTreeMap::new();
    let mut count = 0;
    for header in headers.clone() {
        count += 1;
        let named = header.parents.iter().chain(&header.causation).chain([&header.id]);
        for id in named {
            replicas.insert(id.replica, 0);
        }
        authors.insert(header.author, 0);
    }
    writer.number(count);
    writer.number(replicas.len() as u64);
    for (index, (replica, place)) in replicas.iter_mut().enumerate() {
        writer.replica(*replica);
        *place = index as u64;
    }
    writer.number(authors.len() as u64);
    for (index, (author, place)) in authors.iter_mut().enumerate() {
        writer.fixed(&author.0);
        *place = index as u64;
    }
    let mut previous = Previous::default();
    for header in headers {
        write_header(writer, header, &previous, &replicas, &authors);
        previous.pass(header);
    }
}

fn write_header(
    writer: &mut Writer,
    header: &Header,
    previous: &Previous,
    replicas: &BTreeMap<ReplicaId, u64>,
    authors: &BTreeMap<AuthorId, u64>,
) {
    let write_id = |writer: &mut Writer, id: &EventId| {
        writer.number(replicas[&id.replica]);
        writer.number(id.counter);
    };
    let bit = |bit, holds| if holds { bit } else { 0 };
    let flags = bit(NEXT_ID, previous.next_id() == Some(header.id))
        | bit(ON_PREVIOUS, previous.id.is_some_and(|id| header.parents == [id]))
        | bit(SAME_AUTHOR, previous.author == Some(header.author))
        | bit(SAME_CORRELATION, previous.correlation == header.correlation)
        | bit(HAS_CAUSATION, header.causation.is_some())
        | bit(TYPED, header.intent == Intent::Typed);
    writer.u8(flags);
    if flags & NEXT_ID == 0 {
        write_id(writer, &header.id);
    }
    if flags & ON_PREVIOUS == 0 {
        writer.number(header.parents.len() as u64);
        header.parents.iter().for_each(|id| write_id(writer, id));
    }
    if flags & SAME_AUTHOR == 0 {
        writer.number(authors[&header.author]);
    }
    writer.signed(header.time.0.wrapping_sub(previous.time));
    if flags & SAME_CORRELATION == 0 {
        writer.fixed(&header.correlation.0.to_le_bytes());
    }
    if let Some(cause) = &header.causation {
        write_id(writer, cause);
    }
    if flags & TYPED == 0 {
        write_intent(writer, header.intent);
    }
}

fn read_headers(reader: &mut Reader<'_>) -> Result<Vec<Header>, DecodeError> {
    let count = reader.count(2, "number of events")?;
    let Ids { replicas, authors } = Ids::read(reader)?;
    let mut previous = Previous::default();
    let mut headers = Vec::with_capacity(count);
    for _ in 0..count {
        let header = read_header(reader, &previous, &replicas, &authors)?;
        previous.pass(&header);
        headers.push(header);
    }
    Ok(headers)
}

fn read_header(
    reader: &mut Reader<'_>,
    previous: &Previous,
    replicas: &[ReplicaId],
    authors: &[AuthorId],
) -> Result<Header, DecodeError> {
    const NO_PREVIOUS: DecodeError = DecodeError::OutOfRange("first event's header");
    let read_id = |reader: &mut Reader<'_>| {
        let replica = replicas.get(reader.number()? as usize);
        let replica = *replica.ok_or(DecodeError::OutOfRange("replica's number"))?;
        Ok(EventId { replica, counter: reader.number()? })
    };
    let flags = reader.u8()?;
    let id = match flags & NEXT_ID {
        0 => read_id(reader)?,
        _ => previous.next_id().ok_or(NO_PREVIOUS)?,
    };
    let parents = match flags & ON_PREVIOUS {
        0 => {
            let count = reader.up_to(PARENTS_MAX as u64, "number of parents")?;
            reader.list(count as usize, read_id)?
        }
        _ => vec![previous.id.ok_or(NO_PREVIOUS)?],
    };
    let author = match flags & SAME_AUTHOR {
        0 => {
            let author = authors.get(reader.number()? as usize);
            *author.ok_or(DecodeError::OutOfRange("author's number"))?
        }
        _ => previous.author.ok_or(NO_PREVIOUS)?,
    };
    let time = Timestamp(previous.time.wrapping_add(reader.signed()?));
    let correlation = match flags & SAME_CORRELATION {
        0 => CorrelationId(u64::from_le_bytes(reader.fixed()?)),
        _ => previous.correlation,
    };
    let causation = match flags & HAS_CAUSATION {
        0 => None,
        _ => Some(read_id(reader)?),
    };
    let intent = match flags & TYPED {
        0 => read_intent(reader)?,
        _ => Intent::Typed,
    };
    Ok(Header { id, parents, author, time, intent, correlation, causation })
}

pub(super) fn write_intent(writer: &mut Writer, intent: Intent) {
    match intent {
        Intent::Typed => writer.u8(0),
        Intent::Pasted => writer.u8(1),
        Intent::Imported => writer.u8(2),
        Intent::Restored(revision) => {
            writer.u8(3);
            writer.number(revision.0);
        }
        Intent::Undone => writer.u8(4),
        Intent::Redone => writer.u8(5),
        Intent::Replaced => writer.u8(6),
        Intent::Accepted => writer.u8(7),
        Intent::Other(number) => writer.u8(number),
    }
}

pub(super) fn read_intent(reader: &mut Reader<'_>) -> Result<Intent, DecodeError> {
    Ok(match reader.u8()? {
        0 => Intent::Typed,
        1 => Intent::Pasted,
        2 => Intent::Imported,
        3 => Intent::Restored(Revision(reader.number()?)),
        4 => Intent::Undone,
        5 => Intent::Redone,
        6 => Intent::Replaced,
        7 => Intent::Accepted,
        number => Intent::Other(number),
    })
}
