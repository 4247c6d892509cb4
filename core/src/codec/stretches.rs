//! The shape of a block as bytes: whose events follow each other and what they were made on,
//! in a column each. Also by whom each event is, for columns that are written replica by
//! replica: what somebody does goes on from what the same one did, not from what others did.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::block::{Parent, Stretch};
use crate::codec::DecodeError;
use crate::codec::bytes::{Reader, Writer};
use crate::event::{AuthorId, EventId, ReplicaId};
use crate::message::PARENTS_MAX;

/// What a stretch was made on. Two people who hear each other all the time write mostly the
/// two in the middle.
const ON_PREVIOUS: u64 = 0;
const ON_OWN: u64 = 1;
const ON_OWN_AND_OTHER: u64 = 2;
const ON_OTHER_AND_OWN: u64 = 3;
/// So many parents, each told.
const ON_THESE: u64 = 4;

/// Numbers for things that are named often, in the order in which they first are.
pub(super) struct Table<T> {
    pub(super) places: BTreeMap<T, u64>,
    pub(super) all: Vec<T>,
}

impl<T: Copy + Ord> Table<T> {
    pub(super) fn of(named: impl Iterator<Item = T>) -> Self {
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

/// The ids that a block speaks of by number.
pub(super) struct Ids {
    pub(super) replicas: Vec<ReplicaId>,
    pub(super) authors: Vec<AuthorId>,
}

pub(super) const NOT_THERE: DecodeError = DecodeError::OutOfRange("number of an id");

impl Ids {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count_of_replicas = reader.count(8, "number of replicas")?;
        let replicas = reader.list(count_of_replicas, Reader::replica)?;
        let count_of_authors = reader.count(16, "number of authors")?;
        let authors = reader.list(count_of_authors, |reader| Ok(AuthorId(reader.fixed()?)))?;
        Ok(Self { replicas, authors })
    }

    fn replica(&self, reader: &mut Reader<'_>) -> Result<ReplicaId, DecodeError> {
        let place = usize::try_from(reader.number()?).ok();
        place.and_then(|place| self.replicas.get(place)).copied().ok_or(NOT_THERE)
    }

    pub(super) fn event(&self, reader: &mut Reader<'_>) -> Result<EventId, DecodeError> {
        Ok(EventId { replica: self.replica(reader)?, counter: reader.number()? })
    }
}

/// The last event of each replica in the stretches so far.
#[derive(Default)]
struct Lasts(BTreeMap<ReplicaId, Last>);

#[derive(Clone, Copy, Default)]
struct Last {
    /// The counter that comes next.
    due: u64,
    place: Option<usize>,
}

impl Lasts {
    fn of(&mut self, replica: ReplicaId) -> &mut Last {
        self.0.entry(replica).or_default()
    }

    /// The event of the same replica before an event.
    fn before(&self, event: EventId) -> Option<Parent> {
        let last = self.0.get(&event.replica).filter(|last| last.due == event.counter);
        let before = || event.counter.checked_sub(1);
        last.and_then(|last| last.place)
            .map(Parent::Here)
            .or_else(|| Some(Parent::Before(EventId { counter: before()?, ..event })))
    }
}

/// Writes stretches. Counters are written where they do not go on from the stretch before of
/// the same replica.
pub(super) fn write(writer: &mut Writer, stretches: &[Stretch], replicas: &Table<ReplicaId>) {
    writer.number(stretches.len() as u64);
    for stretch in stretches {
        writer.number(replicas.places[&stretch.first.replica]);
    }
    stretches.iter().for_each(|stretch| writer.number(stretch.len as u64));
    let (mut lasts, mut start) = (Lasts::default(), 0);
    for Stretch { len, first, parents } in stretches {
        let own = lasts.before(*first);
        let last = lasts.of(first.replica);
        let jumps = last.due != first.counter;
        let (kind, told) = match (&parents[..], own) {
            ([parent], _) if start > 0 && *parent == Parent::Here(start - 1) => (ON_PREVIOUS, None),
            ([parent], Some(own)) if *parent == own => (ON_OWN, None),
            ([first, other], Some(own)) if *first == own => (ON_OWN_AND_OTHER, Some(other)),
            ([other, last], Some(own)) if *last == own => (ON_OTHER_AND_OWN, Some(other)),
            _ => (ON_THESE + parents.len() as u64, None),
        };
        writer.number(kind << 1 | u64::from(jumps));
        if jumps {
            writer.number(first.counter);
        }
        let all = if kind >= ON_THESE { &parents[..] } else { &[] };
        for parent in told.into_iter().chain(all) {
            match parent {
                Parent::Here(place) => writer.number((start - place) as u64),
                Parent::Before(id) => {
                    writer.number(0);
                    writer.number(replicas.places[&id.replica]);
                    writer.number(id.counter);
                }
            }
        }
        start += len;
        *last = Last { due: first.counter.wrapping_add(*len as u64), place: Some(start - 1) };
    }
}

/// Reads stretches of so many events.
pub(super) fn read(
    reader: &mut Reader<'_>,
    ids: &Ids,
    events: usize,
) -> Result<Vec<Stretch>, DecodeError> {
    let count = reader.count(3, "number of stretches")?;
    let replicas = reader.list(count, |reader| ids.replica(reader))?;
    let lens = reader.list(count, |reader| read_len(reader, events))?;
    let mut stretches = Vec::with_capacity(count);
    let (mut lasts, mut start) = (Lasts::default(), 0_usize);
    for (replica, len) in replicas.into_iter().zip(lens) {
        let head = reader.up_to((PARENTS_MAX as u64 + ON_THESE) << 1 | 1, "number of parents")?;
        let last = lasts.of(replica);
        let counter = if head & 1 == 1 { reader.number()? } else { last.due };
        let first = EventId { replica, counter };
        let own = || lasts.before(first).ok_or(NO_EVENT);
        let parents = match head >> 1 {
            ON_PREVIOUS => vec![Parent::Here(start.checked_sub(1).ok_or(NO_EVENT)?)],
            ON_OWN => vec![own()?],
            ON_OWN_AND_OTHER => vec![own()?, read_parent(reader, ids, start)?],
            ON_OTHER_AND_OWN => vec![read_parent(reader, ids, start)?, own()?],
            more => {
                let count = more.saturating_sub(ON_THESE) as usize;
                reader.list(count, |reader| read_parent(reader, ids, start))?
            }
        };
        start = fits(start, len, events)?;
        let due = counter.checked_add(len as u64).ok_or(DecodeError::OutOfRange("counter"))?;
        *lasts.of(replica) = Last { due, place: Some(start - 1) };
        stretches.push(Stretch { len, first, parents });
    }
    whole(stretches, start, events)
}

const NO_EVENT: DecodeError = DecodeError::OutOfRange("parent");

fn read_len(reader: &mut Reader<'_>, events: usize) -> Result<usize, DecodeError> {
    Ok(reader.up_to(events as u64, "length of a stretch")? as usize)
}

/// Where a stretch ends.
fn fits(start: usize, len: usize, events: usize) -> Result<usize, DecodeError> {
    let end = start.checked_add(len).filter(|&end| len > 0 && end <= events);
    end.ok_or(DecodeError::OutOfRange("stretch of events"))
}

fn whole(stretches: Vec<Stretch>, end: usize, events: usize) -> Result<Vec<Stretch>, DecodeError> {
    match end == events {
        true => Ok(stretches),
        false => Err(DecodeError::OutOfRange("number of events")),
    }
}

fn read_parent(reader: &mut Reader<'_>, ids: &Ids, start: usize) -> Result<Parent, DecodeError> {
    match reader.number()? {
        0 => Ok(Parent::Before(ids.event(reader)?)),
        distance => read_here(distance, start),
    }
}

fn read_here(distance: u64, start: usize) -> Result<Parent, DecodeError> {
    let distance = usize::try_from(distance).unwrap_or(usize::MAX);
    let place = start.checked_sub(distance).filter(|&place| place < start);
    place.map(Parent::Here).ok_or(NO_EVENT)
}

/// Reads stretches as the versions before the third have them: row by row. The first knew
/// no events outside of the block.
pub(super) fn read_rows(
    reader: &mut Reader<'_>,
    ids: &Ids,
    events: usize,
    version: u8,
) -> Result<Vec<Stretch>, DecodeError> {
    let count = reader.count(3, "number of stretches")?;
    let mut stretches = Vec::with_capacity(count);
    let mut counters: BTreeMap<ReplicaId, u64> = BTreeMap::new();
    let mut start = 0_usize;
    for _ in 0..count {
        let replica = ids.replica(reader)?;
        let len = read_len(reader, events)?;
        let head = reader.up_to((PARENTS_MAX as u64 + 1) << 1 | 1, "number of parents")?;
        let (told, jumps) = if version == 1 { (head, false) } else { (head >> 1, head & 1 == 1) };
        let due = counters.entry(replica).or_default();
        if jumps {
            *due = reader.number()?;
        }
        let first = EventId { replica, counter: *due };
        *due = due.checked_add(len as u64).ok_or(DecodeError::OutOfRange("counter"))?;
        let parents = match told.checked_sub(1) {
            None => vec![Parent::Here(start.checked_sub(1).ok_or(NO_EVENT)?)],
            Some(told) if version == 1 => {
                reader.list(told as usize, |reader| read_here(reader.number()?, start))?
            }
            Some(told) => reader.list(told as usize, |reader| read_parent(reader, ids, start))?,
        };
        start = fits(start, len, events)?;
        stretches.push(Stretch { len, first, parents });
    }
    whole(stretches, start, events)
}

/// The events of a block in the order in which columns have them: replica by replica, each
/// where it first wrote, as ranges of their places. `None` if that is the order of the block.
pub(super) fn by_replica(stretches: &[Stretch]) -> Option<Vec<Range<usize>>> {
    let replicas = Table::of(stretches.iter().map(|stretch| stretch.first.replica));
    let mut own: Vec<Vec<Range<usize>>> = vec![Vec::new(); replicas.all.len()];
    let mut start = 0;
    for Stretch { len, first, .. } in stretches {
        own[replicas.places[&first.replica] as usize].push(start..start + len);
        start += len;
    }
    let mut all: Vec<Range<usize>> = Vec::new();
    for events in own.into_iter().flatten() {
        match all.last_mut() {
            Some(last) if last.end == events.start => last.end = events.end,
            _ => all.push(events),
        }
    }
    (all.len() > 1).then_some(all)
}

/// Where the ranges of [`by_replica`] lie among themselves, in the order of the block.
pub(super) fn in_order(by_replica: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut passed = 0;
    let places = by_replica.iter().map(|events| {
        passed += events.len();
        (events.start, passed - events.len()..passed)
    });
    let mut places: Vec<_> = places.collect();
    places.sort_unstable_by_key(|&(start, _)| start);
    places.into_iter().map(|(_, place)| place).collect()
}

/// Where ops go on: behind the last one of the same replica, or for its first behind the last
/// of all.
pub(super) struct Carets<'s> {
    stretches: std::slice::Iter<'s, Stretch>,
    /// Where the stretch ends in which one stands.
    until: usize,
    replica: Option<ReplicaId>,
    here: i64,
    elsewhere: BTreeMap<ReplicaId, i64>,
}

impl<'s> Carets<'s> {
    /// One for each replica of some stretches; of none: one for all.
    pub(super) fn of(stretches: &'s [Stretch]) -> Self {
        let elsewhere = BTreeMap::new();
        Self { stretches: stretches.iter(), until: 0, replica: None, here: 0, elsewhere }
    }

    /// Where an op of an event is expected, and where the one after it will be. Events come
    /// in their order.
    pub(super) fn at(&mut self, event: usize) -> &mut i64 {
        while event >= self.until {
            let Some(next) = self.stretches.next() else {
                self.until = usize::MAX;
                break;
            };
            self.until += next.len;
            let replica = next.first.replica;
            if self.replica != Some(replica) {
                if let Some(before) = self.replica.replace(replica) {
                    self.elsewhere.insert(before, self.here);
                }
                self.here = self.elsewhere.get(&replica).copied().unwrap_or(self.here);
            }
        }
        &mut self.here
    }
}
