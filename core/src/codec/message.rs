//! Messages as bytes: a tag, the document, then the content. When a message is sent is
//! `sync`'s business.

use crate::codec::DecodeError;
use crate::codec::block::{self, Limits};
use crate::codec::bytes::{FormId, Reader, Writer};

use crate::access::{Access, HistoryRight, LinkKey, Role};
use crate::event::{AuthorId, DocumentId, EventId, Revision, Timestamp};
use crate::headers::Times;
use crate::message::{
    Acked, FRAME_BYTES_MAX, Message, PAGE_EVENTS_MAX, PARENTS_MAX, Profile, Refusal,
};
use crate::presence::{Presence, Selection};

const MESSAGE: FormId = FormId { magic: b"PLMS", version: 4, what: "a message" };

/// What a message may unpack to: more events than any is allowed to have, so that whoever
/// sends too many can be told, and few enough to be read one by one.
const LIMITS: Limits = Limits { events: 4 * PAGE_EVENTS_MAX, bytes: FRAME_BYTES_MAX };

/// The version in which links came; before it, whoever reached a server could do everything.
const LINKS_SINCE: u8 = 4;

const HELLO: u8 = 1;
const WELCOME: u8 = 2;
const PUSH: u8 = 3;
const ACK: u8 = 4;
const EVENTS: u8 = 5;
const HELD: u8 = 6;
const PRESENT: u8 = 7;
const LEFT: u8 = 8;
const PROFILE_CHANGED: u8 = 9;
const LEAVE: u8 = 10;
const PING: u8 = 11;
const PONG: u8 = 12;
const REFUSED: u8 = 13;

/// Writes a message.
pub fn encode_message(message: &Message) -> Vec<u8> {
    let mut writer = Writer::new(MESSAGE);
    writer.u8(tag(message));
    if let Some(document) = message.document()
        && !matches!(message, Message::Refused { .. })
    {
        writer.fixed(&document.0);
    }
    match message {
        Message::Hello { protocol, replica, after, profile, key, .. } => {
            writer.number(u64::from(*protocol));
            writer.replica(*replica);
            writer.number(after.0);
            write_optional(&mut writer, profile.as_ref(), write_profile);
            write_optional(&mut writer, key.as_ref(), |writer, key| writer.fixed(&key.0));
        }
        Message::Welcome { head, profiles, access, .. } => {
            writer.number(head.0);
            writer.number(profiles.len() as u64);
            profiles.iter().for_each(|profile| write_profile(&mut writer, profile));
            writer.u8(access.role as u8);
            writer.u8(access.history as u8);
        }
        Message::Push { events, .. } => block::write_events(&mut writer, events),
        Message::Ack { acks, .. } => write_acks(&mut writer, acks),
        Message::Events { events, head, .. } => {
            writer.number(head.0);
            block::write_ordered(&mut writer, events);
        }
        Message::Held { replica, revision, .. } => {
            writer.replica(*replica);
            writer.number(revision.0);
        }
        Message::Present { presence, .. } => write_presence(&mut writer, presence),
        Message::Left { replica, .. } => writer.replica(*replica),
        Message::ProfileChanged { profile, .. } => write_profile(&mut writer, profile),
        Message::Leave { .. } => {}
        Message::Ping { nonce } | Message::Pong { nonce } => writer.number(*nonce),
        Message::Refused { document, refusal, reason } => {
            write_optional(&mut writer, document.as_ref(), |writer, id| writer.fixed(&id.0));
            writer.u8(refusal_number(*refusal));
            writer.text(reason);
        }
    }
    writer.finish()
}

/// Reads a message.
///
/// # Errors
/// If the bytes are too many, damaged, or not a message.
pub fn decode_message(bytes: &[u8]) -> Result<Message, DecodeError> {
    if bytes.len() > FRAME_BYTES_MAX {
        return Err(DecodeError::OutOfRange("length of the message"));
    }
    let mut reader = Reader::open(bytes, MESSAGE)?;
    let message = read_message(&mut reader)?;
    reader.finish()?;
    Ok(message)
}

fn read_message(reader: &mut Reader<'_>) -> Result<Message, DecodeError> {
    let tag = reader.u8()?;
    match tag {
        PING => return Ok(Message::Ping { nonce: reader.number()? }),
        PONG => return Ok(Message::Pong { nonce: reader.number()? }),
        REFUSED => {
            let document = read_optional(reader, |reader| Ok(DocumentId(reader.fixed()?)))?;
            let refusal = refusal_of(reader.u8()?);
            return Ok(Message::Refused { document, refusal, reason: reader.text()? });
        }
        _ => {}
    }
    let document = DocumentId(reader.fixed()?);
    Ok(match tag {
        HELLO => Message::Hello {
            protocol: reader.up_to(u64::from(u16::MAX), "protocol version")? as u16,
            document,
            replica: reader.replica()?,
            after: Revision(reader.number()?),
            profile: read_optional(reader, read_profile)?,
            key: match reader.version() {
                ..LINKS_SINCE => None,
                _ => read_optional(reader, |reader| Ok(LinkKey(reader.fixed()?)))?,
            },
        },
        WELCOME => {
            let head = Revision(reader.number()?);
            let count = reader.count(18, "number of profiles")?;
            let profiles = reader.list(count, read_profile)?;
            let access = read_access(reader)?;
            Message::Welcome { document, head, profiles, access }
        }
        PUSH => Message::Push { document, events: block::read_events(reader, LIMITS)? },
        ACK if reader.version() == 1 => {
            let count = reader.count(11, "number of acknowledgements")?;
            Message::Ack { document, acks: reader.list(count, read_ack)? }
        }
        ACK => Message::Ack { document, acks: read_acks(reader)? },
        EVENTS => {
            let head = Revision(reader.number()?);
            Message::Events { document, events: block::read_ordered(reader, LIMITS)?, head }
        }
        HELD => Message::Held {
            document,
            replica: reader.replica()?,
            revision: Revision(reader.number()?),
        },
        PRESENT => Message::Present { document, presence: read_presence(reader)? },
        LEFT => Message::Left { document, replica: reader.replica()? },
        PROFILE_CHANGED => Message::ProfileChanged { document, profile: read_profile(reader)? },
        LEAVE => Message::Leave { document },
        _ => return Err(DecodeError::OutOfRange("kind of message")),
    })
}

fn tag(message: &Message) -> u8 {
    match message {
        Message::Hello { .. } => HELLO,
        Message::Welcome { .. } => WELCOME,
        Message::Push { .. } => PUSH,
        Message::Ack { .. } => ACK,
        Message::Events { .. } => EVENTS,
        Message::Held { .. } => HELD,
        Message::Present { .. } => PRESENT,
        Message::Left { .. } => LEFT,
        Message::ProfileChanged { .. } => PROFILE_CHANGED,
        Message::Leave { .. } => LEAVE,
        Message::Ping { .. } => PING,
        Message::Pong { .. } => PONG,
        Message::Refused { .. } => REFUSED,
    }
}

fn write_optional<T>(writer: &mut Writer, value: Option<&T>, write: impl Fn(&mut Writer, &T)) {
    writer.u8(u8::from(value.is_some()));
    if let Some(value) = value {
        write(writer, value);
    }
}

fn read_optional<T>(
    reader: &mut Reader<'_>,
    read: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    match reader.u8()? {
        0 => Ok(None),
        1 => read(reader).map(Some),
        _ => Err(DecodeError::OutOfRange("optional field")),
    }
}

/// Writes acknowledgements as runs: whoever pushed many events in a row gets one for all.
fn write_acks(writer: &mut Writer, acks: &[Acked]) {
    let follows = |before: &Acked, next: &Acked| {
        next.id.replica == before.id.replica
            && before.id.counter.checked_add(1) == Some(next.id.counter)
            && before.revision.0.checked_add(1) == Some(next.revision.0)
    };
    let runs: Vec<&[Acked]> = acks.chunk_by(follows).collect();
    writer.number(runs.len() as u64);
    for run in runs {
        writer.id(run[0].id);
        writer.number(run[0].revision.0);
        writer.number(run.len() as u64);
    }
    let mut recorded = Times::default();
    acks.iter().for_each(|ack| recorded.push(ack.recorded));
    block::write_times(writer, recorded.lengths());
}

fn read_acks(reader: &mut Reader<'_>) -> Result<Vec<Acked>, DecodeError> {
    const TOO_MANY: DecodeError = DecodeError::OutOfRange("number of acknowledgements");
    let mut acks: Vec<Acked> = Vec::new();
    for _ in 0..reader.count(11, "number of acknowledgements")? {
        let (first, revision) = (reader.id()?, reader.number()?);
        let len =
            reader.up_to((LIMITS.events - acks.len()) as u64, "number of acknowledgements")?;
        let fits = |number: u64| number.checked_add(len).is_some();
        if len == 0 || !fits(first.counter) || !fits(revision) {
            return Err(TOO_MANY);
        }
        let recorded = Timestamp(0);
        acks.extend((0..len).map(|nth| Acked {
            id: EventId { counter: first.counter + nth, ..first },
            revision: Revision(revision + nth),
            recorded,
        }));
    }
    let recorded = Times::from_lengths(acks.len(), &block::read_times(reader)?).ok_or(TOO_MANY)?;
    for (nth, ack) in acks.iter_mut().enumerate() {
        ack.recorded = recorded.get(nth);
    }
    Ok(acks)
}

fn read_ack(reader: &mut Reader<'_>) -> Result<Acked, DecodeError> {
    let id = reader.id()?;
    let revision = Revision(reader.number()?);
    Ok(Acked { id, revision, recorded: Timestamp(reader.signed()?) })
}

fn write_profile(writer: &mut Writer, profile: &Profile) {
    writer.fixed(&profile.author.0);
    writer.text(&profile.name);
    writer.u8(profile.colour);
}

fn read_profile(reader: &mut Reader<'_>) -> Result<Profile, DecodeError> {
    let author = AuthorId(reader.fixed()?);
    Ok(Profile { author, name: reader.text()?, colour: reader.u8()? })
}

fn read_access(reader: &mut Reader<'_>) -> Result<Access, DecodeError> {
    if reader.version() < LINKS_SINCE {
        return Ok(Access::FULL);
    }
    let role = Role::ALL.get(usize::from(reader.u8()?));
    let history = HistoryRight::ALL.get(usize::from(reader.u8()?));
    match (role, history) {
        (Some(&role), Some(&history)) => Ok(Access { role, history }),
        _ => Err(DecodeError::OutOfRange("access")),
    }
}

fn write_presence(writer: &mut Writer, presence: &Presence) {
    writer.replica(presence.replica);
    writer.fixed(&presence.author.0);
    writer.text(&presence.name);
    writer.u8(presence.colour);
    writer.number(presence.version.len() as u64);
    presence.version.iter().for_each(|&id| writer.id(id));
    write_optional(writer, presence.selection.as_ref(), |writer, selection| {
        writer.number(selection.anchor as u64);
        writer.number(selection.head as u64);
    });
}

fn read_presence(reader: &mut Reader<'_>) -> Result<Presence, DecodeError> {
    let replica = reader.replica()?;
    let author = AuthorId(reader.fixed()?);
    let name = reader.text()?;
    let colour = reader.u8()?;
    let count = reader.up_to(PARENTS_MAX as u64, "number of heads")?;
    let version = reader.list(count as usize, Reader::id)?;
    let selection = read_optional(reader, |reader| {
        let mut pos = || Ok(reader.up_to(u64::from(u32::MAX / 2), "position")? as usize);
        Ok(Selection { anchor: pos()?, head: pos()? })
    })?;
    Ok(Presence { replica, author, name, colour, version, selection })
}

fn refusal_number(refusal: Refusal) -> u8 {
    match refusal {
        Refusal::Malformed => 1,
        Refusal::TooLarge => 2,
        Refusal::WrongProtocol => 3,
        Refusal::UnknownDocument => 4,
        Refusal::MissingParents => 5,
        Refusal::IdConflict => 6,
        Refusal::TooManyDocuments => 7,
        Refusal::Unavailable => 8,
        Refusal::ShuttingDown => 9,
        Refusal::NoAccess => 10,
        Refusal::NotAllowed => 11,
        Refusal::Other(number) => number,
    }
}

fn refusal_of(number: u8) -> Refusal {
    match number {
        1 => Refusal::Malformed,
        2 => Refusal::TooLarge,
        3 => Refusal::WrongProtocol,
        4 => Refusal::UnknownDocument,
        5 => Refusal::MissingParents,
        6 => Refusal::IdConflict,
        7 => Refusal::TooManyDocuments,
        8 => Refusal::Unavailable,
        9 => Refusal::ShuttingDown,
        10 => Refusal::NoAccess,
        11 => Refusal::NotAllowed,
        number => Refusal::Other(number),
    }
}
