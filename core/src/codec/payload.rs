//! Payloads as bytes: a kind's number, then its content. The numbers are given out once and
//! for ever; see the parent module.

use crate::codec::DecodeError;
use crate::codec::bytes::{Reader, Writer};
use crate::event::{EventId, Op, Payload, ReplicaId};

const DOCUMENT_CREATED: u64 = 1;
const TEXT_EDITED: u64 = 2;
const TITLE_CHANGED: u64 = 3;
const VERSION_NAMED: u64 = 4;
const DOCUMENT_ARCHIVED: u64 = 5;
const DOCUMENT_RESTORED: u64 = 6;

const INSERT: u8 = 0;
const DELETE: u8 = 1;
const ERASED_INSERT: u8 = 2;

/// The greatest position and length of an op.
pub(super) const PLACE_MAX: u64 = u32::MAX as u64 / 2;
/// The longest erased insert. It takes a few bytes and shows as many characters, so it is
/// bounded as the insert was that it stands for.
pub(super) const ERASED_MAX: u64 = 1 << 16;

/// Writes a payload without a frame.
pub(super) fn write(payload: &Payload) -> Vec<u8> {
    let mut writer = Writer::bare();
    match payload {
        Payload::DocumentCreated { title } => {
            writer.number(DOCUMENT_CREATED);
            writer.text(title);
        }
        Payload::TextEdited { ops } => {
            writer.number(TEXT_EDITED);
            writer.number(ops.len() as u64);
            ops.iter().for_each(|op| write_op(&mut writer, op));
        }
        Payload::TitleChanged { title } => {
            writer.number(TITLE_CHANGED);
            writer.text(title);
        }
        Payload::VersionNamed { name, moment } => {
            writer.number(VERSION_NAMED);
            writer.text(name);
            writer.fixed(&moment.replica.0.to_le_bytes());
            writer.number(moment.counter);
        }
        Payload::DocumentArchived => writer.number(DOCUMENT_ARCHIVED),
        Payload::DocumentRestored => writer.number(DOCUMENT_RESTORED),
        Payload::Unknown { kind, bytes } => {
            writer.number(u64::from(*kind));
            writer.fixed(bytes);
        }
    }
    writer.into_bare()
}

fn write_op(writer: &mut Writer, op: &Op) {
    match op {
        Op::Insert { pos, text } => {
            writer.u8(INSERT);
            writer.number(*pos as u64);
            writer.text(text);
        }
        Op::Delete { pos, len } => {
            writer.u8(DELETE);
            writer.number(*pos as u64);
            writer.number(*len as u64);
        }
        Op::ErasedInsert { pos, len } => {
            writer.u8(ERASED_INSERT);
            writer.number(*pos as u64);
            writer.number(*len as u64);
        }
    }
}

/// Reads a payload that fills `bytes`.
pub(super) fn read(bytes: &[u8]) -> Result<Payload, DecodeError> {
    let mut reader = Reader::bare(bytes);
    let payload = match reader.up_to(u64::from(u16::MAX), "kind of event")? {
        DOCUMENT_CREATED => Payload::DocumentCreated { title: reader.text()? },
        TEXT_EDITED => {
            let count = reader.count(3, "number of ops")?;
            let ops: Result<_, _> = (0..count).map(|_| read_op(&mut reader)).collect();
            Payload::TextEdited { ops: ops? }
        }
        TITLE_CHANGED => Payload::TitleChanged { title: reader.text()? },
        VERSION_NAMED => {
            let name = reader.text()?;
            let replica = ReplicaId(u64::from_le_bytes(reader.fixed()?));
            let moment = EventId { replica, counter: reader.number()? };
            Payload::VersionNamed { name, moment }
        }
        DOCUMENT_ARCHIVED => Payload::DocumentArchived,
        DOCUMENT_RESTORED => Payload::DocumentRestored,
        kind => Payload::Unknown { kind: kind as u16, bytes: reader.rest().to_vec() },
    };
    reader.finish()?;
    Ok(payload)
}

fn read_op(reader: &mut Reader<'_>) -> Result<Op, DecodeError> {
    let tag = reader.u8()?;
    let pos = reader.up_to(PLACE_MAX, "position of an op")? as usize;
    match tag {
        INSERT => Ok(Op::Insert { pos, text: reader.text()? }),
        DELETE => {
            Ok(Op::Delete { pos, len: reader.up_to(PLACE_MAX, "length of a delete")? as usize })
        }
        ERASED_INSERT => {
            let len = reader.up_to(ERASED_MAX, "length of an erased insert")? as usize;
            Ok(Op::ErasedInsert { pos, len })
        }
        _ => Err(DecodeError::OutOfRange("kind of an op")),
    }
}
