//! The sync protocol's test vectors: every message as bytes, and bytes that are none. They are in
//! `tests/vectors/protocol.json` for whoever writes another client or server; docs/protocol.md says
//! what they mean. `PALIMPSEST_WRITE_VECTORS=1` writes the file anew: only when the protocol changes.

use std::path::{Path, PathBuf};

use palimpsest_core::{
    Access, Acked, AuthorId, CorrelationId, DocumentId, Event, EventId, Header, HistoryRight,
    Intent, LinkKey, Message, Op, Ordered, PROTOCOL, Payload, Presence, Profile, Refusal,
    ReplicaId, Revision, Role, Selection, Timestamp, codec,
};
use serde_json::{Value, json};

const DOCUMENT: DocumentId = DocumentId([0x11; 16]);
const REPLICA: ReplicaId = ReplicaId(0x0807_0605_0403_0201);

fn id(counter: u64) -> EventId {
    EventId { replica: REPLICA, counter }
}

fn event(counter: u64, payload: Payload) -> Event {
    let header = Header {
        id: id(counter),
        parents: counter.checked_sub(1).map(id).into_iter().collect(),
        author: AuthorId([0x22; 16]),
        time: Timestamp(1_700_000_000_000 + counter as i64),
        intent: Intent::Typed,
        correlation: CorrelationId(7),
        causation: None,
    };
    Event { header, payload }
}

fn events() -> Vec<Event> {
    let insert = |pos, text: &str| Op::Insert { pos, text: text.into() };
    vec![
        event(0, Payload::DocumentCreated { title: "Notes".into() }),
        event(1, Payload::TextEdited { ops: vec![insert(0, "Wörld")] }),
        event(2, Payload::TextEdited { ops: vec![Op::Delete { pos: 4, len: 1 }] }),
    ]
}

fn ordered(revision: u64, event: Event) -> Ordered {
    let recorded = Timestamp(1_700_000_001_000 + revision as i64);
    Ordered { revision: Revision(revision), recorded, event }
}

/// Every kind of message, by a name.
fn messages() -> Vec<(&'static str, Message)> {
    let document = DOCUMENT;
    let profile = Profile { author: AuthorId([0x22; 16]), name: "Ada".into(), colour: 3 };
    let hello = |profile, key| Message::Hello {
        protocol: PROTOCOL,
        document,
        replica: REPLICA,
        after: Revision(300),
        profile,
        key,
    };
    let ack = |counter, revision| Acked {
        id: id(counter),
        revision: Revision(revision),
        recorded: Timestamp(1_700_000_001_000),
    };
    let log: Vec<Ordered> = events().into_iter().zip(1..).map(|(e, n)| ordered(n, e)).collect();
    let long = |count: u64| {
        let insert = |n| Payload::TextEdited {
            ops: vec![Op::Insert { pos: n as usize, text: "ab".into() }],
        };
        (0..count).map(|n| event(n, insert(n))).collect::<Vec<_>>()
    };
    let access = Access { role: Role::Editor, history: HistoryRight::Everything };
    let presence = Presence {
        replica: REPLICA,
        author: AuthorId([0x22; 16]),
        name: "Ada".into(),
        colour: 3,
        version: vec![id(2)],
        selection: Some(Selection { anchor: 2, head: 5 }),
    };
    let reason = "the server is shutting down: connect again in a moment".to_owned();
    vec![
        ("hello", hello(None, None)),
        ("hello with a profile and a key", hello(Some(profile.clone()), Some(LinkKey([0x33; 20])))),
        (
            "welcome",
            Message::Welcome {
                document,
                head: Revision(300),
                profiles: vec![profile.clone()],
                access,
            },
        ),
        ("push of a few events, as rows", Message::Push { document, events: events() }),
        ("push of many events, as a block", Message::Push { document, events: long(40) }),
        ("ack of a run", Message::Ack { document, acks: vec![ack(0, 1), ack(1, 2), ack(2, 3)] }),
        ("ack with a gap", Message::Ack { document, acks: vec![ack(0, 1), ack(1, 5)] }),
        ("events, as rows", Message::Events { document, events: log, head: Revision(9) }),
        (
            "events, as a block",
            Message::Events {
                document,
                events: long(40).into_iter().zip(1..).map(|(e, n)| ordered(n, e)).collect(),
                head: Revision(40),
            },
        ),
        ("held", Message::Held { document, replica: REPLICA, revision: Revision(300) }),
        ("present", Message::Present { document, presence }),
        ("left", Message::Left { document, replica: REPLICA }),
        ("profile changed", Message::ProfileChanged { document, profile }),
        ("leave", Message::Leave { document }),
        ("ping", Message::Ping { nonce: 128 }),
        ("pong", Message::Pong { nonce: 128 }),
        ("refused", Message::Refused { document: None, refusal: Refusal::ShuttingDown, reason }),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Bytes that are no message, each made of a ping.
fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let whole = codec::encode_message(&Message::Ping { nonce: 128 });
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        bytes
    };
    vec![
        ("nothing", Vec::new()),
        ("cut short", whole[..whole.len() - 1].to_vec()),
        ("another magic", changed(0, b'X')),
        ("a newer version", changed(4, 200)),
        ("a flipped bit", changed(6, whole[6] ^ 1)),
        ("a byte too many", [whole.clone(), vec![0]].concat()),
    ]
}

fn made() -> Value {
    let messages: Vec<Value> = messages()
        .iter()
        .map(|(name, message)| {
            let bytes = hex(&codec::encode_message(message));
            json!({ "name": name, "bytes": bytes, "means": format!("{message:?}") })
        })
        .collect();
    let broken: Vec<Value> = broken()
        .iter()
        .map(|(name, bytes)| {
            let error = codec::decode_message(bytes).expect_err(name).to_string();
            json!({ "name": name, "bytes": hex(bytes), "error": error })
        })
        .collect();
    json!({ "protocol": PROTOCOL, "messages": messages, "broken": broken })
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/protocol.json")
}

#[test]
fn the_vectors_are_what_the_codec_writes_and_reads() {
    let made = made();
    if std::env::var_os("PALIMPSEST_WRITE_VECTORS").is_some() {
        std::fs::write(file(), format!("{made:#}\n")).unwrap();
    }
    let written: Value = serde_json::from_str(&std::fs::read_to_string(file()).unwrap()).unwrap();
    for kind in ["messages", "broken"] {
        let all = |value: &Value| value[kind].as_array().unwrap().clone();
        for (written, made) in all(&written).iter().zip(&all(&made)) {
            assert_eq!(written, made);
        }
        assert_eq!(all(&written).len(), all(&made).len());
    }
    assert_eq!(written["protocol"], made["protocol"]);
    for ((name, message), vector) in messages().iter().zip(written["messages"].as_array().unwrap())
    {
        let bytes = unhex(vector["bytes"].as_str().unwrap());
        assert_eq!(codec::decode_message(&bytes).as_ref(), Ok(message), "{name}");
    }
}

#[test]
fn the_document_names_every_message_and_every_code() {
    let text = include_str!("../../docs/protocol.md");
    for (name, message) in messages() {
        let kind = format!("{message:?}");
        let kind = kind.split([' ', '{', '(']).next().unwrap();
        assert!(text.contains(&format!("`{kind}`")), "{name}: {kind} is not described");
    }
    for code in [1001, 1009, 1013, 4400, 4403, 4404, 4406, 4408, 4409, 4413, 4429, 4500] {
        assert!(text.contains(&format!("| {code} |")), "close code {code} is not described");
    }
}
