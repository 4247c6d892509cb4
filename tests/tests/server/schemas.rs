//! The schemas of events: whatever goes out as JSON is valid by them, and what is only a little
//! different is not.

use std::collections::BTreeSet;

use jsonschema::Validator;
use palimpsest_core::codec::json::ordered_to_cloud_event;
use palimpsest_core::codec::schema;
use palimpsest_core::{Anchor, Event, Intent, Op, Ordered, Payload, Revision, Side, Timestamp};
use palimpsest_tests::graphs::{self, Shape};
use palimpsest_tests::seeds;
use serde_json::{Map, Value, json};

use crate::ask::ask;
use crate::binary::stdout;
use crate::http::get;
use crate::peer::{Peer, Running};
use crate::write::{chain, document, event, id};

fn validator(name: &str) -> Validator {
    let schema = schema::schema(name).unwrap_or_else(|| panic!("there is no schema {name}"));
    jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every schema of one kind of event, by the type that it is for.
fn kinds() -> Vec<(String, Validator)> {
    let of_kind = |name: &String| !name.starts_with("Event");
    schema::names().filter(of_kind).map(|n| (format!("palimpsest.{n}"), validator(&n))).collect()
}

/// The only schema of a kind that an event is valid by is that of its type; and it is an event.
#[track_caller]
fn check_valid(kinds: &[(String, Validator)], any: &Validator, event: &Value) {
    for (name, kind) in kinds {
        let own = event["type"] == **name;
        assert_eq!(kind.is_valid(event), own, "{name}: {:?} {event}", kind.validate(event));
    }
    assert!(any.is_valid(event), "{event}");
}

/// One payload of every kind. A new kind does not compile here until it has a place.
fn payloads() -> [Payload; 14] {
    let (text, thread) = ("Größe 👀".to_owned(), id(1, 2));
    let anchor = |side| Anchor { event: id(1, 1), offset: 3, side };
    let payloads = [
        Payload::DocumentCreated { title: text.clone() },
        Payload::TextEdited {
            ops: vec![
                Op::Insert { pos: 0, text: text.clone() },
                Op::Delete { pos: 1, len: 2 },
                Op::ErasedInsert { pos: 0, len: 9 },
            ],
        },
        Payload::TitleChanged { title: text.clone() },
        Payload::FolderChanged { folder: text.clone() },
        Payload::VersionNamed { name: text.clone(), moment: id(2, u64::MAX) },
        Payload::DocumentArchived,
        Payload::DocumentRestored,
        Payload::CommentAdded {
            start: anchor(Side::Front),
            end: anchor(Side::Back),
            text: text.clone(),
        },
        Payload::CommentEdited { comment: thread, text: text.clone() },
        Payload::CommentReplied { thread, text },
        Payload::CommentResolved { thread },
        Payload::CommentReopened { thread },
        Payload::CommentDeleted { comment: thread },
        Payload::Unknown { kind: 60_000, bytes: vec![0, 255] },
    ];
    for payload in &payloads {
        match payload {
            Payload::DocumentCreated { .. }
            | Payload::TextEdited { .. }
            | Payload::TitleChanged { .. }
            | Payload::FolderChanged { .. }
            | Payload::VersionNamed { .. }
            | Payload::DocumentArchived
            | Payload::DocumentRestored
            | Payload::CommentAdded { .. }
            | Payload::CommentEdited { .. }
            | Payload::CommentReplied { .. }
            | Payload::CommentResolved { .. }
            | Payload::CommentReopened { .. }
            | Payload::CommentDeleted { .. }
            | Payload::Unknown { .. } => {}
        }
    }
    payloads
}

/// The second of them.
fn edit() -> Payload {
    let [_, edit, ..] = payloads();
    edit
}

/// An event of every kind and intent, with as many parents as it can have, and with none.
fn events() -> Vec<Event> {
    let mut events: Vec<Event> =
        (0..).zip(payloads()).map(|(n, payload)| event(1, n, &[], payload)).collect();
    let intents = [
        Intent::Typed,
        Intent::Pasted,
        Intent::Imported,
        Intent::Restored(Revision(u64::MAX)),
        Intent::Undone,
        Intent::Redone,
        Intent::Replaced,
        Intent::Accepted,
        Intent::Other(200),
    ];
    for intent in intents {
        let mut edited = event(1, 1, &[id(1, 0), id(7, 9)], edit());
        edited.header.intent = intent;
        edited.header.causation = Some(id(3, 4));
        edited.header.time = Timestamp(if intent == Intent::Typed { i64::MIN } else { i64::MAX });
        events.push(edited);
    }
    events
}

fn exported(revision: u64, event: Event) -> Value {
    let (revision, recorded) = (Revision(revision), Timestamp(1_760_000_100_123));
    ordered_to_cloud_event(document(1), &Ordered { revision, recorded, event })
}

#[test]
fn every_kind_of_event_is_valid_by_its_own_schema_and_by_no_other() {
    let (kinds, any, batch) = (kinds(), validator("Event.v1"), validator("EventBatch.v1"));
    let all: Vec<Value> = (1..).zip(events()).map(|(nth, event)| exported(nth, event)).collect();
    all.iter().for_each(|event| check_valid(&kinds, &any, event));
    let types: BTreeSet<&str> = all.iter().filter_map(|event| event["type"].as_str()).collect();
    let named: BTreeSet<&str> = kinds.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(types, named, "each kind has a schema, and each schema is for a kind");
    assert!(batch.is_valid(&Value::Array(all.clone())));
    assert!(!batch.is_valid(&json!([all[0], {}])) && !batch.is_valid(&all[0]));
}

#[test]
fn whatever_happens_in_a_document_goes_out_as_its_schema_says() {
    let (kinds, any) = (kinds(), validator("Event.v1"));
    seeds::check(20, |random| {
        let shape = Shape::any(random, 20);
        for (revision, event) in (1..).zip(graphs::events(random, shape)) {
            check_valid(&kinds, &any, &exported(revision, event));
        }
    });
}

/// What is wrong by a little: each member left out, each of another form, one too many.
fn mutations(event: &Value) -> Vec<Value> {
    let mut mutations = Vec::new();
    let mut places = vec![String::new()];
    while let Some(place) = places.pop() {
        let Some(Value::Object(members)) = event.pointer(&place) else { continue };
        let mut put = |members: Map<String, Value>| {
            let mut mutation = event.clone();
            *mutation.pointer_mut(&place).expect("it is there") = members.into();
            mutations.push(mutation);
        };
        for name in members.keys() {
            if !["parents", "causationid"].contains(&name.as_str()) {
                let mut fewer = members.clone();
                fewer.remove(name);
                put(fewer);
            }
            for wrong in [Value::Null, json!([1]), json!(-1), json!(0.5)] {
                let mut other = members.clone();
                other.insert(name.clone(), wrong);
                put(other);
            }
            places.push(format!("{place}/{name}"));
        }
        let mut more = members.clone();
        more.insert("Extra".into(), json!([]));
        put(more);
    }
    mutations
}

#[test]
fn what_differs_by_a_little_is_not_valid() {
    let any = validator("Event.v1");
    let mut count = 0;
    for (revision, event) in (1..).zip(events()) {
        let event = exported(revision, event);
        for mutation in mutations(&event) {
            assert!(!any.is_valid(&mutation), "{mutation} of {event}");
            count += 1;
        }
    }
    assert!(count > 1_000, "{count}");
    let text = exported(1, event(1, 1, &[], edit()));
    let wrong = [
        ("/type", json!("palimpsest.TitleChanged.v1")),
        ("/type", json!("palimpsest.TextEdited.v2")),
        ("/specversion", json!("1.1")),
        ("/time", json!("yesterday")),
        ("/id", json!("1:2")),
        ("/revision", json!(0)),
        ("/data/intent", json!("restored")),
        ("/data/intent", json!("guessed")),
        (
            "/data/ops",
            json!([{ "insert": { "pos": 0, "text": "a" }, "delete": { "pos": 0, "len": 1 } }]),
        ),
    ];
    for (place, value) in wrong {
        let mut mutation = text.clone();
        *mutation.pointer_mut(place).expect("it is there") = value;
        assert!(!any.is_valid(&mutation), "{place}");
    }
    // Whoever carries an event may write a simple attribute on it.
    let mut carried = text.clone();
    carried["traceparent"] = "00-1-2-3".into();
    assert!(any.is_valid(&carried));
}

#[tokio::test]
async fn a_server_tells_the_schemas_that_its_events_are_valid_by() {
    let server = Running::start().await;
    let (mut ada, _) = Peer::join(server.address, document(1), 1, 0).await;
    ada.push(document(1), chain(1, 4)).await;
    ada.acks().await;
    let list = get(server.address, "/api/v1/schemas").await.json();
    for listed in list["schemas"].as_array().unwrap() {
        let told = get(server.address, listed["href"].as_str().unwrap()).await;
        assert_eq!(told.header("content-type"), Some("application/schema+json"));
        assert_eq!(Some(told.json()), schema::schema(listed["name"].as_str().unwrap()));
        assert!(jsonschema::meta::is_valid(&told.json()));
    }
    assert_eq!(get(server.address, "/api/v1/schemas/Nothing.v1").await.status, 404);
    let batch = validator("EventBatch.v1");
    let mut path = format!("/api/v1/documents/{}/events?limit=2", document(1));
    let page = get(server.address, &path).await.json();
    assert!(batch.is_valid(&page["events"]), "{page}");
    // The same as batches, one after the other.
    let mut all = Vec::new();
    loop {
        let accept = "accept: text/html, application/cloudevents-batch+json; q=1\r\n";
        let answer = ask(server.address, "GET", &path, accept, "").await;
        assert_eq!(answer.header("content-type"), Some("application/cloudevents-batch+json"));
        assert_eq!(answer.header("palimpsest-revision"), Some("5"));
        assert!(batch.is_valid(&answer.json()), "{}", answer.text());
        all.extend(answer.json().as_array().unwrap().clone());
        let Some(link) = answer.header("link") else { break };
        let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""));
        path = next.unwrap().to_owned();
    }
    let revisions: Vec<&Value> = all.iter().map(|event| &event["revision"]).collect();
    assert_eq!(revisions, [1, 2, 3, 4, 5]);
}

#[test]
fn what_the_command_line_exports_is_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let id = stdout(folder.path(), &["document", "create", "--title", "Notes"]);
    let batch = validator("EventBatch.v1");
    for arguments in [
        ["log", id.trim(), "--json"].as_slice(),
        &["document", "export", id.trim(), "--format", "json"],
    ] {
        let events: Value = serde_json::from_str(&stdout(folder.path(), arguments)).unwrap();
        assert!(batch.is_valid(&events), "{events}");
    }
}
