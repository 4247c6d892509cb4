//! A snapshot as bytes. The text stands there as it is: what is read at every opening must not
//! be unpacked first.

use crate::codec::DecodeError;
use crate::codec::bytes::{FormId, Reader, Writer};
use crate::event::{EventId, Timestamp};
use crate::graph::Base;
use crate::snapshot::Snapshot;
use crate::text::Text;

const SNAPSHOT: FormId = FormId { magic: b"PLSN", version: 1, what: "a snapshot" };

/// Writes a snapshot.
pub fn encode_snapshot(snapshot: &Snapshot) -> Vec<u8> {
    let Snapshot { base, created, title, archived, text } = snapshot;
    let mut writer = Writer::new(SNAPSHOT);
    writer.number(base.len as u64);
    writer.number(base.heads.len() as u64);
    base.heads.iter().for_each(|&head| writer.id(head));
    writer.number(base.counters.len() as u64);
    for &(replica, counter) in &base.counters {
        writer.id(EventId { replica, counter });
    }
    writer.u8(u8::from(created.is_some()));
    if let &Some((id, time)) = created {
        writer.id(id);
        writer.signed(time.0);
    }
    writer.text(title);
    writer.u8(u8::from(*archived));
    text.chunks().for_each(|chunk| writer.fixed(chunk.as_bytes()));
    writer.finish()
}

/// Reads a snapshot.
///
/// # Errors
/// If the bytes are not a whole, undamaged snapshot, or what they say cannot be.
pub fn decode_snapshot(bytes: &[u8]) -> Result<Snapshot, DecodeError> {
    let mut reader = Reader::open(bytes, SNAPSHOT)?;
    let base = read_base(&mut reader)?;
    let created = match read_flag(&mut reader)? {
        true => Some((reader.id()?, Timestamp(reader.signed()?))),
        false => None,
    };
    let title = reader.text()?;
    let archived = read_flag(&mut reader)?;
    let text = str::from_utf8(reader.rest()).map_err(|_| DecodeError::NotUtf8)?;
    Ok(Snapshot { base, created, title, archived, text: Text::from(text) })
}

fn read_base(reader: &mut Reader<'_>) -> Result<Base, DecodeError> {
    const NO_VERSION: DecodeError = DecodeError::OutOfRange("version of a snapshot");
    let len = reader.up_to(u64::from(u32::MAX) / 2, "number of events")? as usize;
    let count = reader.count(9, "number of heads")?;
    let heads = reader.list(count, Reader::id)?;
    let count = reader.count(9, "number of replicas")?;
    let counters = reader
        .list(count, |reader| reader.id().map(|EventId { replica, counter }| (replica, counter)))?;
    let ascends = counters.is_sorted_by(|(before, _), (next, _)| before < next)
        && heads.is_sorted_by(|before, next| before < next);
    let total = counters.iter().try_fold(0_u64, |sum, &(_, counter)| sum.checked_add(counter));
    let is_there = |head: &EventId| {
        counters.iter().any(|&(replica, count)| replica == head.replica && head.counter < count)
    };
    let fits =
        total == Some(len as u64) && heads.is_empty() == (len == 0) && heads.iter().all(is_there);
    if ascends && fits { Ok(Base { len, heads, counters }) } else { Err(NO_VERSION) }
}

fn read_flag(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    Ok(reader.up_to(1, "answer yes or no")? == 1)
}
