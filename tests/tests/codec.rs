//! The bytes: golden files of every form ever released, and what happens to bytes that were
//! damaged, cut short or made up.
//!
//! Golden files are never edited. A new version of a form adds a file beside the old one; the
//! old one must be read for ever. `UPDATE_GOLDEN=1 cargo test -p palimpsest-tests --test codec`
//! writes files that do not exist yet, and no others.

use std::path::PathBuf;

use palimpsest_core::codec::{
    DecodeError, decode_events, decode_log, decode_message, decode_ordered, decode_record,
    decode_snapshot, encode_events, encode_log, encode_message, encode_ordered, encode_record,
    encode_snapshot,
};
use palimpsest_core::{
    Access, Acked, Anchor, AuthorId, CorrelationId, Document, DocumentId, Event, EventId, Graph,
    Header, HistoryRight, Intent, LinkKey, Message, Op, Ordered, PROTOCOL, Payload, Presence,
    Profile, Refusal, ReplicaId, Revision, Role, Selection, Side, Snapshot, Timestamp,
};

const ANA: ReplicaId = ReplicaId(0xa11a);
const JONAS: ReplicaId = ReplicaId(0x101a5);
const DOCUMENT: DocumentId = DocumentId([7; 16]);

fn id(replica: ReplicaId, counter: u64) -> EventId {
    EventId { replica, counter }
}

fn event(name: EventId, parents: &[EventId], intent: Intent, payload: Payload) -> Event {
    let author = AuthorId([if name.replica == ANA { 1 } else { 2 }; 16]);
    let header = Header {
        id: name,
        parents: parents.to_vec(),
        author,
        time: Timestamp(1_760_000_000_000 + 1_000 * name.counter as i64),
        intent,
        correlation: CorrelationId(0xc0ffee + name.counter),
        causation: (intent == Intent::Undone).then_some(id(ANA, 1)),
    };
    Event { header, payload }
}

/// One event of every kind and intent.
fn history() -> Vec<Event> {
    let text = |ops| Payload::TextEdited { ops };
    vec![
        event(
            id(ANA, 0),
            &[],
            Intent::Typed,
            Payload::DocumentCreated { title: "Größe 👩‍👩‍👧".into() },
        ),
        event(
            id(ANA, 1),
            &[id(ANA, 0)],
            Intent::Typed,
            text(vec![
                Op::Insert { pos: 0, text: "naïve 𝕏\n".into() },
                Op::Delete { pos: 2, len: 1 },
            ]),
        ),
        event(
            id(JONAS, 0),
            &[id(ANA, 0)],
            Intent::Pasted,
            text(vec![Op::ErasedInsert { pos: 0, len: 9 }]),
        ),
        event(
            id(JONAS, 1),
            &[id(ANA, 1), id(JONAS, 0)],
            Intent::Restored(Revision(300)),
            text(vec![]),
        ),
        event(
            id(ANA, 2),
            &[id(JONAS, 1)],
            Intent::Undone,
            Payload::TitleChanged { title: String::new() },
        ),
        event(
            id(ANA, 3),
            &[id(ANA, 2)],
            Intent::Imported,
            Payload::VersionNamed { name: "v1 agreed".into(), moment: id(JONAS, 1) },
        ),
        event(id(ANA, 4), &[id(ANA, 3)], Intent::Redone, Payload::DocumentArchived),
        event(id(ANA, 5), &[id(ANA, 4)], Intent::Replaced, Payload::DocumentRestored),
        event(
            id(JONAS, 2),
            &[id(ANA, 5)],
            Intent::Other(200),
            Payload::Unknown { kind: 60_000, bytes: vec![0, 255, 7] },
        ),
    ]
}

fn ordered() -> Vec<Ordered> {
    let place = |(index, event)| {
        let revision = Revision(index as u64 + 41);
        Ordered { revision, recorded: Timestamp(1_760_000_100_000 + index as i64), event }
    };
    history().into_iter().enumerate().map(place).collect()
}

/// One message of every kind. The version of messages is that of the protocol.
fn messages(protocol: u16) -> Vec<(&'static str, Message)> {
    let document = DOCUMENT;
    let profile = Profile { author: AuthorId([1; 16]), name: "Ana".into(), colour: 3 };
    let presence = Presence {
        replica: JONAS,
        author: AuthorId([2; 16]),
        name: "Jonas".into(),
        colour: 1,
        version: vec![id(ANA, 5), id(JONAS, 2)],
        selection: Some(Selection { anchor: 3, head: 300 }),
    };
    let acks = vec![Acked { id: id(ANA, 1), revision: Revision(42), recorded: Timestamp(5) }];
    let reason = "it was not a message".to_owned();
    // Before links came, whoever reached a server could do everything.
    let reader = Access { role: Role::Reader, history: HistoryRight::Versions };
    vec![
        (
            "hello",
            Message::Hello {
                protocol,
                document,
                replica: ANA,
                after: Revision(1_000_000),
                profile: Some(profile.clone()),
                key: (protocol >= 4).then_some(LinkKey([0xA5; LinkKey::BYTES])),
            },
        ),
        (
            "welcome",
            Message::Welcome {
                document,
                head: Revision(7),
                profiles: vec![profile.clone()],
                access: if protocol < 4 { Access::FULL } else { reader },
            },
        ),
        ("push", Message::Push { document, events: history() }),
        ("ack", Message::Ack { document, acks }),
        ("events", Message::Events { document, events: ordered(), head: Revision(99) }),
        ("held", Message::Held { document, replica: ANA, revision: Revision(50) }),
        ("present", Message::Present { document, presence }),
        ("left", Message::Left { document, replica: JONAS }),
        ("profile-changed", Message::ProfileChanged { document, profile }),
        ("leave", Message::Leave { document }),
        ("ping", Message::Ping { nonce: u64::MAX }),
        ("pong", Message::Pong { nonce: 0 }),
        (
            "refused",
            Message::Refused { document: Some(document), refusal: Refusal::Malformed, reason },
        ),
    ]
}

/// One event of every kind that is about comments.
fn comments() -> Vec<Event> {
    let thread = id(ANA, 2);
    let anchor = |event, offset, side| Anchor { event, offset, side };
    let start = anchor(id(ANA, 1), 0, Side::Front);
    let end = anchor(id(JONAS, 300), 70_000, Side::Back);
    let payloads = [
        Payload::CommentAdded { start, end, text: "Größer? 👀".into() },
        Payload::CommentEdited { comment: thread, text: "Is it bigger?".into() },
        Payload::CommentReplied { thread, text: "Yes.".into() },
        Payload::CommentResolved { thread },
        Payload::CommentReopened { thread },
        Payload::CommentDeleted { comment: id(JONAS, u64::MAX) },
    ];
    let named = (2..).zip(payloads);
    let made = named.map(|(counter, payload)| {
        event(id(ANA, counter), &[id(ANA, counter - 1)], Intent::Typed, payload)
    });
    made.collect()
}

/// A document that is put into a folder.
fn folder() -> Vec<Event> {
    let payload = Payload::FolderChanged { folder: "Größe/Ärger 👀".into() };
    vec![event(id(ANA, 1), &[id(ANA, 0)], Intent::Imported, payload)]
}

fn graph() -> Graph {
    let mut graph = Graph::default();
    for event in history() {
        graph.add(event);
    }
    graph
}

fn snapshot() -> Snapshot {
    let mut document = Document::new(DOCUMENT, ReplicaId(9), AuthorId([9; 16]));
    document.merge(history());
    document.snapshot()
}

/// Every form: its name, its bytes now, and whether bytes are read as what they should be.
fn forms() -> Vec<(String, Vec<u8>)> {
    let (header, payload) = encode_record(&history()[1]);
    let mut forms = vec![
        ("events".to_owned(), encode_events(&history())),
        ("ordered".to_owned(), encode_ordered(&ordered())),
        ("few-events".to_owned(), encode_events(&history()[..2])),
        ("few-ordered".to_owned(), encode_ordered(&ordered()[..2])),
        ("header".to_owned(), header),
        ("payload".to_owned(), payload),
        ("comments".to_owned(), encode_events(&comments())),
        ("folder".to_owned(), encode_events(&folder())),
        ("log".to_owned(), encode_log(&graph())),
        ("snapshot".to_owned(), encode_snapshot(&snapshot())),
    ];
    for (name, message) in messages(PROTOCOL) {
        forms.push((format!("message-{name}"), encode_message(&message)));
    }
    forms
}

/// Tries every decoder on some bytes; the first that takes them, or the last refusal.
fn decode_any(bytes: &[u8]) -> Result<(), DecodeError> {
    let (header, payload) = encode_record(&history()[1]);
    decode_events(bytes)
        .map(drop)
        .or_else(|_| decode_ordered(bytes).map(drop))
        .or_else(|_| decode_message(bytes).map(drop))
        .or_else(|_| decode_record(bytes, &payload).map(drop))
        .or_else(|_| decode_record(&header, bytes).map(drop))
        .or_else(|_| decode_log(bytes).map(drop))
        .or_else(|_| decode_snapshot(bytes).map(drop))
}

/// The file of a form as a version wrote it.
fn golden(version: u8, name: &str) -> PathBuf {
    let file = format!("data/v{version}-{name}.bin");
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// The version of events in which folders came.
const FOLDERS_SINCE: u8 = 2;

/// The versions that a form had before the present one, for ever read. Few events were no
/// form of their own in the first, and nothing was said in comments; folders came in the present
/// version of events.
fn old_versions(name: &str, bytes: &[u8]) -> std::ops::Range<u8> {
    if name == "folder" {
        return FOLDERS_SINCE..bytes[4];
    }
    let later = name.starts_with("few-") || name == "comments";
    if later { 2..bytes[4] } else { 1..bytes[4] }
}

#[test]
fn golden_files_are_written_and_read_as_on_the_day_they_were_made() {
    for (name, bytes) in forms() {
        let path = golden(bytes[4], &name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
            std::fs::write(&path, &bytes).expect("the folder can be written");
        }
        let old =
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(old == bytes, "{name} is written in other bytes: give the form a new version");
    }
    for (name, bytes) in forms() {
        for version in old_versions(&name, &bytes).chain([bytes[4]]) {
            let path = golden(version, &name);
            let old = std::fs::read(&path);
            check_read(&name, &old.unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        }
    }
}

/// Whether a golden file is read as what it was written from.
fn check_read(name: &str, bytes: &[u8]) {
    let (header, payload) = encode_record(&history()[1]);
    match name {
        "events" => assert_eq!(decode_events(bytes), Ok(history())),
        "comments" => assert_eq!(decode_events(bytes), Ok(comments())),
        "folder" => assert_eq!(decode_events(bytes), Ok(folder())),
        "ordered" => assert_eq!(decode_ordered(bytes), Ok(ordered())),
        "few-events" => assert_eq!(decode_events(bytes).as_deref(), Ok(&history()[..2])),
        "few-ordered" => assert_eq!(decode_ordered(bytes).as_deref(), Ok(&ordered()[..2])),
        "snapshot" => assert_eq!(decode_snapshot(bytes), Ok(snapshot())),
        "header" => assert_eq!(decode_record(bytes, &payload), Ok(history().remove(1))),
        "payload" => assert_eq!(decode_record(&header, bytes), Ok(history().remove(1))),
        "log" => {
            let log = decode_log(bytes).expect("it was read on that day");
            assert_eq!(log.len(), graph().len());
            assert!((0..log.len()).all(|lv| log.event(lv) == graph().event(lv)));
        }
        name => {
            let of_name = |(own, _): &(&str, Message)| name == format!("message-{own}");
            let (_, message) =
                messages(bytes[4].into()).into_iter().find(of_name).expect("it is a message's");
            assert_eq!(decode_message(bytes), Ok(message), "{name}");
        }
    }
}

#[test]
fn an_unknown_kind_is_carried_as_it_came() {
    let newer = history().pop().expect("there are events");
    let (header, payload) = encode_record(&newer);
    let read = decode_record(&header, &payload).expect("unknown kinds are read");
    assert_eq!(encode_record(&read), (header, payload));
}

#[test]
fn every_cut_and_every_flipped_bit_is_noticed() {
    for (name, bytes) in forms() {
        for end in 0..bytes.len() {
            assert!(decode_any(&bytes[..end]).is_err(), "{name} cut at {end}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut hurt = bytes.clone();
            hurt[bit / 8] ^= 1 << (bit % 8);
            assert!(decode_any(&hurt).is_err(), "{name} with bit {bit} flipped");
        }
    }
}

#[test]
fn a_newer_version_is_refused_by_name() {
    let mut bytes = encode_events(&history());
    bytes[4] = 9;
    assert_eq!(decode_events(&bytes), Err(DecodeError::NewerVersion(9)));
    assert_eq!(decode_events(b"hello, world"), Err(DecodeError::WrongMagic("a batch of events")));
}

/// A valid frame around a hostile body: only the checks inside can refuse it.
fn framed(magic: &[u8; 4], version: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.push(version);
    bytes.extend_from_slice(body);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn hostile_bodies_in_valid_frames_are_refused_or_read_but_never_panic() {
    const HUGE: [u8; 10] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    for magic in [b"PLEB", b"PLOB", b"PLEH", b"PLEP", b"PLMS", b"PLSN"] {
        // A count or length of 2^64 - 1 after every prefix of a valid body.
        for (_, bytes) in forms().iter().filter(|(_, bytes)| bytes.starts_with(magic)) {
            let body = &bytes[5..bytes.len() - 4];
            for cut in 0..body.len() {
                let hostile = [&body[..cut], &HUGE, &body[cut..]].concat();
                // Text and unknown payloads may well hold such bytes; most places may not.
                let _ = decode_any(&framed(magic, bytes[4], &hostile));
            }
        }
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let len = (random % 48) as usize;
            let body: Vec<u8> =
                (0..len).map(|at| (random.rotate_left(at as u32 * 5) & 0xff) as u8).collect();
            for version in [1, 2, 3] {
                let _ = decode_any(&framed(magic, version, &body));
            }
        }
    }
    let huge_count = [&HUGE[..], &[0; 40]].concat();
    let refused = decode_events(&framed(b"PLEB", 1, &huge_count));
    assert_eq!(refused, Err(DecodeError::OutOfRange("number of events")));
}
