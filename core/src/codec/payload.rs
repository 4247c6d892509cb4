//! Payloads as bytes: a kind's number, then its content. The numbers are given out once and
//! for ever; see the parent module.

use crate::codec::DecodeError;
use crate::codec::bytes::{Reader, Writer};
use crate::event::{Anchor, Op, Payload, Side};

const DOCUMENT_CREATED: u64 = 1;
const TEXT_EDITED: u64 = 2;
const TITLE_CHANGED: u64 = 3;
const VERSION_NAMED: u64 = 4;
const DOCUMENT_ARCHIVED: u64 = 5;
const DOCUMENT_RESTORED: u64 = 6;
const COMMENT_ADDED: u64 = 7;
const COMMENT_EDITED: u64 = 8;
const COMMENT_REPLIED: u64 = 9;
const COMMENT_RESOLVED: u64 = 10;
const COMMENT_REOPENED: u64 = 11;
const COMMENT_DELETED: u64 = 12;
const FOLDER_CHANGED: u64 = 13;

const INSERT: u8 = 0;
const DELETE: u8 = 1;
const ERASED_INSERT: u8 = 2;

const FRONT: u8 = 0;
const BACK: u8 = 1;

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
        Payload::FolderChanged { folder } => {
            writer.number(FOLDER_CHANGED);
            writer.text(folder);
        }
        Payload::VersionNamed { name, moment } => {
            writer.number(VERSION_NAMED);
            writer.text(name);
            writer.id(*moment);
        }
        Payload::DocumentArchived => writer.number(DOCUMENT_ARCHIVED),
        Payload::DocumentRestored => writer.number(DOCUMENT_RESTORED),
        Payload::CommentAdded { start, end, text } => {
            writer.number(COMMENT_ADDED);
            write_anchor(&mut writer, start);
            write_anchor(&mut writer, end);
            writer.text(text);
        }
        Payload::CommentEdited { comment, text } => {
            writer.number(COMMENT_EDITED);
            writer.id(*comment);
            writer.text(text);
        }
        Payload::CommentReplied { thread, text } => {
            writer.number(COMMENT_REPLIED);
            writer.id(*thread);
            writer.text(text);
        }
        Payload::CommentResolved { thread } => {
            writer.number(COMMENT_RESOLVED);
            writer.id(*thread);
        }
        Payload::CommentReopened { thread } => {
            writer.number(COMMENT_REOPENED);
            writer.id(*thread);
        }
        Payload::CommentDeleted { comment } => {
            writer.number(COMMENT_DELETED);
            writer.id(*comment);
        }
        Payload::Unknown { kind, bytes } => {
            writer.number(u64::from(*kind));
            writer.fixed(bytes);
        }
    }
    writer.into_bare()
}

fn write_anchor(writer: &mut Writer, anchor: &Anchor) {
    writer.id(anchor.event);
    writer.number(anchor.offset as u64);
    writer.u8(match anchor.side {
        Side::Front => FRONT,
        Side::Back => BACK,
    });
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
            Payload::TextEdited { ops: reader.list(count, read_op)? }
        }
        TITLE_CHANGED => Payload::TitleChanged { title: reader.text()? },
        VERSION_NAMED => {
            let name = reader.text()?;
            Payload::VersionNamed { name, moment: reader.id()? }
        }
        DOCUMENT_ARCHIVED => Payload::DocumentArchived,
        DOCUMENT_RESTORED => Payload::DocumentRestored,
        COMMENT_ADDED => {
            let (start, end) = (read_anchor(&mut reader)?, read_anchor(&mut reader)?);
            Payload::CommentAdded { start, end, text: reader.text()? }
        }
        COMMENT_EDITED => Payload::CommentEdited { comment: reader.id()?, text: reader.text()? },
        COMMENT_REPLIED => Payload::CommentReplied { thread: reader.id()?, text: reader.text()? },
        COMMENT_RESOLVED => Payload::CommentResolved { thread: reader.id()? },
        COMMENT_REOPENED => Payload::CommentReopened { thread: reader.id()? },
        COMMENT_DELETED => Payload::CommentDeleted { comment: reader.id()? },
        FOLDER_CHANGED => Payload::FolderChanged { folder: reader.text()? },
        kind => Payload::Unknown { kind: kind as u16, bytes: reader.rest().to_vec() },
    };
    reader.finish()?;
    Ok(payload)
}

fn read_anchor(reader: &mut Reader<'_>) -> Result<Anchor, DecodeError> {
    let event = reader.id()?;
    let offset = reader.up_to(PLACE_MAX, "offset of an anchor")? as usize;
    let side = match reader.u8()? {
        FRONT => Side::Front,
        BACK => Side::Back,
        _ => return Err(DecodeError::OutOfRange("side of an anchor")),
    };
    Ok(Anchor { event, offset, side })
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
