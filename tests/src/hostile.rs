//! Bytes that nobody wrote: whatever they are, reading them ends in a value or an error. The
//! fuzzer and the everyday tests put their inputs through the same [`read`].

use miniz_oxide::deflate::compress_to_vec;
use palimpsest_core::codec::{
    decode_events, decode_log, decode_message, decode_ordered, decode_record, decode_snapshot,
    encode_events, encode_log, encode_message, encode_ordered, encode_record, encode_snapshot,
};
use palimpsest_core::{
    Command, Document, DocumentId, Event, Graph, Intent, Message, ReplicaId, TextChange, Timestamp,
    readable,
};

use crate::graphs;

/// Texts of more scalars are not replayed character by character: that takes quadratic time.
const REPLAYED_MAX: usize = 2_000;

/// The forms that come from outside, by the first byte of an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Events.
    Events,
    /// Events with their revisions.
    Ordered,
    /// What client and server say to each other.
    Message,
    /// A row of a store: how long its header is, the header, the payload.
    Record,
    /// A log of the first version: how long its first half is, and both halves, unpacked.
    FirstLog,
    /// A log of the second version: as above.
    SecondLog,
    /// A document without its past.
    Snapshot,
    /// A log: as above.
    Log,
}

const FORMS: [Form; 8] = [
    Form::Events,
    Form::Ordered,
    Form::Message,
    Form::Record,
    Form::FirstLog,
    Form::SecondLog,
    Form::Snapshot,
    Form::Log,
];

/// Reads an input: its form, and what would be in it if its checksums were right. `true` if it
/// was a value; then the value, written and read again, is the same.
///
/// # Panics
/// If a law does not hold.
pub fn read(input: &[u8]) -> bool {
    let Some((&form, body)) = input.split_first() else { return false };
    let Some(&form) = FORMS.get(usize::from(form)) else { return false };
    match form {
        Form::Events => decode_events(&sealed(body)).is_ok_and(|events| {
            assert_eq!(decode_events(&encode_events(&events)).as_ref(), Ok(&events));
            merge(events);
            true
        }),
        Form::Ordered => decode_ordered(&sealed(body)).is_ok_and(|ordered| {
            assert_eq!(decode_ordered(&encode_ordered(&ordered)), Ok(ordered));
            true
        }),
        Form::Message => decode_message(&sealed(body)).is_ok_and(|message| {
            assert_eq!(decode_message(&encode_message(&message)), Ok(message));
            true
        }),
        Form::Record => {
            let (header, payload) = halves(body);
            decode_record(&sealed(header), &sealed(payload)).is_ok_and(|event| {
                let (header, payload) = encode_record(&event);
                assert_eq!(decode_record(&header, &payload), Ok(event));
                true
            })
        }
        Form::FirstLog => read_log(&first_log(halves(body))),
        Form::SecondLog => read_log(&log(2, halves(body))),
        Form::Log => read_log(&log(NEWEST_LOG, halves(body))),
        Form::Snapshot => decode_snapshot(&sealed(body)).is_ok_and(|snapshot| {
            assert_eq!(decode_snapshot(&encode_snapshot(&snapshot)).as_ref(), Ok(&snapshot));
            let mut document = Document::resume(ID, REPLICA, graphs::author(REPLICA), snapshot);
            let before = document.text().clone();
            let append = TextChange::new(before.len(), 0, "x");
            let command = Command::EditText { changes: [append].into(), intent: Intent::Typed };
            // Whoever says that it was never made, or put away, takes no edits.
            let takes = document.created().is_some() && !document.archived();
            assert_eq!(document.execute(command, Timestamp(1)).is_ok(), takes);
            assert_eq!(document.text().len(), before.len() + usize::from(takes));
            true
        }),
    }
}

/// The events that an input means, if it is accepted and means some.
pub fn events(input: &[u8]) -> Option<Vec<Event>> {
    let (&form, body) = input.split_first()?;
    match FORMS.get(usize::from(form))? {
        Form::Events => decode_events(&sealed(body)).ok(),
        Form::Ordered => {
            let ordered = decode_ordered(&sealed(body)).ok()?;
            Some(ordered.into_iter().map(|ordered| ordered.event).collect())
        }
        Form::Message => match decode_message(&sealed(body)).ok()? {
            Message::Push { events, .. } => Some(events),
            _ => None,
        },
        Form::Log => Some(all_events(&decode_log(&log(NEWEST_LOG, halves(body))).ok()?)),
        Form::Record | Form::FirstLog | Form::SecondLog | Form::Snapshot => None,
    }
}

fn read_log(bytes: &[u8]) -> bool {
    decode_log(bytes).is_ok_and(|graph| {
        let events = all_events(&graph);
        let document = Document::open(ID, REPLICA, graphs::author(REPLICA), graph);
        judge(&document);
        let again = decode_log(&encode_log(document.graph())).expect("it was just written");
        assert_eq!(all_events(&again), events);
        true
    })
}

/// The input that means these bytes of a form, which end in a checksum.
pub fn input(form: Form, bytes: &[u8]) -> Vec<u8> {
    let number = FORMS.iter().position(|&known| known == form);
    let mut input = vec![number.unwrap_or(FORMS.len()) as u8];
    input.extend_from_slice(&bytes[..bytes.len().saturating_sub(4)]);
    input
}

/// The input that means a row of a store, or the halves of a log.
pub fn input_of_halves(form: Form, first: &[u8], second: &[u8]) -> Vec<u8> {
    let number = FORMS.iter().position(|&known| known == form);
    let mut input = vec![number.unwrap_or(FORMS.len()) as u8];
    input.extend((first.len() as u16).to_le_bytes());
    input.extend_from_slice(first);
    input.extend_from_slice(second);
    input
}

/// The version in which logs are written.
pub const NEWEST_LOG: u8 = 3;

/// A log of the second version or a later one around the halves, with everything in order but
/// what is in them.
pub fn log(version: u8, (first, second): (&[u8], &[u8])) -> Vec<u8> {
    let mut bytes = [&b"PLLG"[..], &[version]].concat();
    for half in [first, second] {
        number(&mut bytes, half.len() << 1);
        bytes.extend(half);
    }
    sealed(&bytes)
}

/// The same in the first version, which packed both halves whatever they were.
fn first_log((first, second): (&[u8], &[u8])) -> Vec<u8> {
    let mut bytes = b"PLLG\x01".to_vec();
    for half in [first, second] {
        let packed = compress_to_vec(half, 1);
        number(&mut bytes, half.len());
        number(&mut bytes, packed.len());
        bytes.extend(packed);
    }
    sealed(&bytes)
}

const ID: DocumentId = DocumentId([1; 16]);
const REPLICA: ReplicaId = ReplicaId(99);

fn merge(events: Vec<Event>) {
    let mut document = Document::new(ID, REPLICA, graphs::author(REPLICA));
    document.merge(events);
    judge(&document);
}

fn judge(document: &Document) {
    if document.text().len() <= REPLAYED_MAX {
        assert_eq!(document.text().to_string(), readable::replay(document.graph()));
    }
}

fn all_events(graph: &Graph) -> Vec<Event> {
    (0..graph.len()).map(|lv| graph.event(lv)).collect()
}

/// A length, and so much; then the rest.
pub(crate) fn halves(body: &[u8]) -> (&[u8], &[u8]) {
    let (len, rest) = body.split_at(body.len().min(2));
    let len = len.iter().rev().fold(0, |len, &byte| len << 8 | usize::from(byte));
    rest.split_at(len.min(rest.len()))
}

fn number(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Some bytes with the checksum that they should have.
pub(crate) fn sealed(body: &[u8]) -> Vec<u8> {
    let mut bytes = body.to_vec();
    bytes.extend(crc32fast::hash(body).to_le_bytes());
    bytes
}
