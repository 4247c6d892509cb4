//! The HTTP contract, asked over plain sockets so that nothing is decoded behind our back.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use palimpsest_core::codec::json::timestamp_to_rfc3339;
use palimpsest_core::{EventId, Op, Payload};
use palimpsest_server::ROUTES;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::ask::{Answer, ask};
use crate::peer::{Peer, Running};
use crate::write::{chain, created, document, event, id, insert};

pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, "GET", path, "", "").await
}

pub(crate) async fn post(address: SocketAddr, path: &str, body: &str) -> Answer {
    ask(address, "POST", path, "content-type: application/json\r\n", body).await
}

/// A server with one document: created, "one", "two one", "one" again, a new title.
async fn scene() -> (Running, String, Peer) {
    let server = Running::start().await;
    let (mut ada, _) = Peer::join(server.address, document(1), 1, 0).await;
    let parent = |counter| [EventId { counter, ..id(1, 0) }];
    let delete = Payload::TextEdited { ops: vec![Op::Delete { pos: 0, len: 4 }] };
    let title = Payload::TitleChanged { title: "Second title".into() };
    let events = vec![
        created(1, "First title"),
        insert(1, 1, &parent(0), "one"),
        insert(1, 2, &parent(1), "two "),
        event(1, 3, &parent(2), delete),
        event(1, 4, &parent(3), title),
    ];
    ada.push(document(1), events).await;
    assert_eq!(ada.acks().await.len(), 5);
    (server, format!("/api/v1/documents/{}", document(1)), ada)
}

#[tokio::test]
async fn a_document_without_a_title_is_called_what_its_text_begins_with() {
    let server = Running::start().await;
    let body = r##"{"text":"Dear all,\n\n# The *new* plan\n"}"##;
    let made = post(server.address, "/api/v1/documents", body).await;
    let path = format!("/api/v1/documents/{}", made.json()["id"].as_str().unwrap());
    let listed =
        async || get(server.address, "/api/v1/documents").await.json()["documents"][0].clone();
    // The read side takes it in when nobody has written in it for a second.
    let deadline = Instant::now() + Duration::from_secs(30);
    while listed().await["name"] != "The new plan" {
        assert!(Instant::now() < deadline, "{}", listed().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let shown = get(server.address, &path).await.json();
    assert_eq!((&shown["title"], &shown["name"]), (&json!(""), &json!("The new plan")));
    let tag = "content-type: application/json\r\n";
    let named = ask(server.address, "PATCH", &path, tag, r#"{"title": "Given"}"#).await.json();
    assert_eq!((&named["title"], &named["name"]), (&json!("Given"), &json!("Given")));
    let bare = ask(server.address, "PATCH", &path, tag, r#"{"title": ""}"#).await.json();
    assert_eq!((&bare["title"], &bare["name"]), (&json!(""), &json!("The new plan")));
}

#[tokio::test]
async fn a_document_is_made_listed_and_shown() {
    let server = Running::start().await;
    let body = r#"{"title":"Notes","text":"Hello, Wörld 👋"}"#;
    let made = post(server.address, "/api/v1/documents", body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), Some(&*format!("/api/v1/documents/{id}")));
    let list = get(server.address, "/api/v1/documents").await.json();
    assert_eq!(list["documents"][0]["title"], "Notes");
    assert_eq!(list["documents"][0]["id"], id);
    assert_eq!(list["documents"][0]["archived"], false);
    assert_eq!(list["next"], Value::Null);
    let shown = get(server.address, &format!("/api/v1/documents/{id}")).await.json();
    assert_eq!(shown, list["documents"][0]);
    let text = get(server.address, &format!("/api/v1/documents/{id}/text")).await;
    assert_eq!(text.text(), "Hello, Wörld 👋");
    assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
    for title in ["A", "B"] {
        let body = json!({ "title": title }).to_string();
        assert_eq!(post(server.address, "/api/v1/documents", &body).await.status, 201);
    }
    let first = get(server.address, "/api/v1/documents?limit=2").await.json();
    let next = first["next"].as_str().unwrap();
    let rest = get(server.address, &format!("/api/v1/documents?limit=2&after={next}")).await;
    assert_eq!(rest.json()["documents"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_list_follows_new_titles() {
    let (server, path, mut ada) = scene().await;
    assert_eq!(get(server.address, &path).await.json()["title"], "Second title");
    ada.push(document(1), vec![insert(1, 5, &[id(1, 4)], "more")]).await;
    ada.acks().await;
    let shown = get(server.address, &path).await.json();
    assert_eq!((&shown["title"], &shown["revision"]), (&json!("Second title"), &json!(6)));
    let archived = event(1, 6, &[id(1, 5)], Payload::DocumentArchived);
    ada.push(document(1), vec![archived]).await;
    ada.acks().await;
    assert_eq!(get(server.address, &path).await.json()["archived"], true);
}

#[tokio::test]
async fn a_list_says_in_which_folder_and_how_much_was_written_when() {
    let (server, _, mut ada) = scene().await;
    let listed =
        async || get(server.address, "/api/v1/documents").await.json()["documents"][0].clone();
    // Created, "one", "two ", four deleted, a new title.
    let first = listed().await;
    assert_eq!((&first["folder"], &first["activity"]), (&json!(""), &json!([0, 3, 4, 4, 0])));
    let folder = Payload::FolderChanged { folder: "Team/Rotas".into() };
    ada.push(document(1), vec![event(1, 5, &[id(1, 4)], folder)]).await;
    ada.acks().await;
    assert_eq!(listed().await["folder"], "Team/Rotas");
    // What changes neither title nor folder is counted on top of what is known.
    let more = (6..40).map(|nth| insert(1, nth, &[id(1, nth - 1)], "ab")).collect();
    ada.push(document(1), more).await;
    while ada.acks().await.last().is_some_and(|ack| ack.revision.0 < 40) {}
    let grown = listed().await;
    assert_eq!(grown["folder"], "Team/Rotas");
    let counts: Vec<u64> = serde_json::from_value(grown["activity"].clone()).unwrap();
    assert_eq!(counts.len(), 20, "two revisions each");
    assert_eq!((counts.iter().sum::<u64>(), counts[19]), (3 + 4 + 4 + 34 * 2, 4));
    // The same as whoever reads the whole log says.
    let path = server.folder.path().join("palimpsest.db");
    Connection::open(path).unwrap().execute("DELETE FROM summaries", []).unwrap();
    assert_eq!(listed().await, grown);
}

#[tokio::test]
async fn the_text_of_any_moment() {
    let (server, path, mut ada) = scene().await;
    let texts = ["", "", "one", "two one", "one", "one"];
    for (revision, expected) in texts.iter().enumerate() {
        let text = get(server.address, &format!("{path}/text?at_revision={revision}")).await;
        assert_eq!((text.status, text.text()), (200, *expected));
        assert_eq!(text.header("palimpsest-revision"), Some(&*revision.to_string()));
    }
    assert_eq!(get(server.address, &format!("{path}/text")).await.text(), "one");
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    ada.push(document(1), vec![insert(1, 5, &[id(1, 4)], "and ")]).await;
    let recorded = ada.acks().await[0].recorded;
    let at = timestamp_to_rfc3339(recorded);
    assert_eq!(get(server.address, &format!("{path}/text?at_time={at}")).await.text(), "and one");
    let before = timestamp_to_rfc3339(palimpsest_core::Timestamp(recorded.0 - 1));
    assert_eq!(get(server.address, &format!("{path}/text?at_time={before}")).await.text(), "one");
    let long_ago = "2001-01-01T01:00:00+01:00";
    assert_eq!(get(server.address, &format!("{path}/text?at_time={long_ago}")).await.text(), "");
}

#[tokio::test]
async fn events_are_cloud_events_in_pages() {
    let (server, path, _ada) = scene().await;
    let page = get(server.address, &format!("{path}/events?after_revision=1&limit=2")).await.json();
    let events = page["events"].as_array().unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!((&page["head"], &page["next_after_revision"]), (&json!(5), &json!(3)));
    for event in events {
        assert_eq!(event["specversion"], "1.0");
        for attribute in ["id", "source", "type", "time"] {
            assert!(event[attribute].is_string(), "{attribute}: {event}");
        }
    }
    let last = get(server.address, &format!("{path}/events?after_revision=3")).await.json();
    assert_eq!(last["events"].as_array().unwrap().len(), 2);
    assert_eq!(last["next_after_revision"], Value::Null);
}

#[tokio::test]
async fn differences_and_playback() {
    let (server, path, _ada) = scene().await;
    let diff = get(server.address, &format!("{path}/diff?from=2&to=3")).await.json();
    assert_eq!((&diff["from"], &diff["to"]), (&json!(2), &json!(3)));
    assert_eq!(diff["patch"].as_array().map(Vec::len), Some(1), "{diff}");
    let played = get(server.address, &format!("{path}/playback?from=1&to=4")).await;
    assert_eq!(played.header("content-type"), Some("text/event-stream"));
    let ids: Vec<&str> =
        played.text().lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(ids, ["2", "3", "4"]);
    assert!(played.text().ends_with("event: end\ndata: {}\n\n"));
    let data = played.text().lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!((&data["revision"], &data["kind"]), (&json!(2), &json!("TextEdited")));
    assert!(data["time"].is_string() && data["patch"].is_array(), "{data}");
    let more = "last-event-id: 3\r\n";
    let resumed = ask(server.address, "GET", &format!("{path}/playback"), more, "").await;
    assert!(resumed.text().starts_with("id: 4\n"));
}

#[tokio::test]
async fn errors_are_sentences_with_the_right_status() {
    let (server, path, _ada) = scene().await;
    let nobody = document(7);
    let wrong = [
        (404, format!("/api/v1/documents/{nobody}")),
        (404, format!("/api/v1/documents/{nobody}/text")),
        (404, format!("/api/v1/documents/{nobody}/events")),
        (404, format!("/api/v1/documents/{nobody}/playback")),
        (400, "/api/v1/documents/not-an-id/text".to_owned()),
        (400, format!("{path}/text?at_revision=soon")),
        (400, format!("{path}/text?at_revision=-1")),
        (400, format!("{path}/text?at_time=yesterday")),
        (400, format!("{path}/text?at_revision=1&at_time=2026-01-01T00:00:00Z")),
        (404, format!("{path}/text?at_revision=6")),
        (404, format!("{path}/diff?from=1&to=99")),
        (400, format!("{path}/playback?from=3&to=1")),
        (400, format!("{path}/events?limit=many")),
        (404, "/api/v1/nothing".to_owned()),
        (404, "/assets/gone.js".to_owned()),
    ];
    for (status, path) in wrong {
        let answer = get(server.address, &path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.problem().len() > 10, "{path}");
    }
    let address = server.address;
    assert_eq!(ask(address, "DELETE", &path, "", "").await.status, 405);
    for (status, body) in [(400, "{"), (422, r#"{"title":3}"#), (422, r#"{"titel":"x"}"#)] {
        assert_eq!(post(address, "/api/v1/documents", body).await.status, status, "{body}");
    }
    let untyped = ask(address, "POST", "/api/v1/documents", "", "{}").await;
    assert_eq!(untyped.status, 415, "a form of another site cannot make documents");
    let long = json!({ "title": "t".repeat(100_000) }).to_string();
    assert_eq!(post(address, "/api/v1/documents", &long).await.status, 422);
}

#[tokio::test]
async fn a_damaged_document_is_named_and_others_are_served() {
    let (server, path, _ada) = scene().await;
    let (mut ben, _) = Peer::join(server.address, document(2), 2, 0).await;
    ben.push(document(2), chain(2, 1)).await;
    ben.acks().await;
    let database = Connection::open(server.folder.path().join("palimpsest.db")).unwrap();
    let damage = "UPDATE events SET header = x'0102' WHERE document = ?1 AND revision = 3";
    database.execute(damage, [document(1).0]).unwrap();
    let answer = get(server.address, &format!("{path}/text")).await;
    assert_eq!(answer.status, 500);
    assert!(answer.problem().contains("revision 3"), "{}", answer.text());
    let list = get(server.address, "/api/v1/documents").await.json();
    assert!(list["documents"][0]["problem"].as_str().unwrap().contains("revision 3"));
    assert_eq!(list["documents"][1]["title"], "A chain");
}

#[tokio::test]
async fn health_metrics_and_the_description() {
    let (server, _, _ada) = scene().await;
    assert_eq!(get(server.address, "/healthz").await.status, 200);
    assert_eq!(get(server.address, "/readyz").await.status, 200);
    let metrics = get(server.address, "/metrics").await;
    assert!(metrics.text().contains("\npalimpsest_events_ordered_total 5\n"));
    assert!(metrics.text().contains("\npalimpsest_sockets_open 1\n"));
    let described = get(server.address, "/api/openapi.json").await.json();
    let paths = described["paths"].as_object().unwrap();
    let described: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| (path.clone(), method.clone()))
        })
        .collect();
    let routes: BTreeSet<(String, String)> = ROUTES
        .iter()
        .flat_map(|(path, methods)| methods.iter().map(|m| ((*path).into(), (*m).into())))
        .collect();
    assert_eq!(described, routes, "openapi.json describes exactly the addresses there are");
}

#[tokio::test]
async fn the_app_is_served_fenced_in() {
    let server = Running::start().await;
    let page = get(server.address, "/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
    let etag = page.header("etag").unwrap();
    let again = ask(server.address, "GET", "/", &format!("if-none-match: {etag}\r\n"), "").await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let deep = get(server.address, &format!("/d/{}?at=3", document(1))).await;
    assert_eq!(deep.body, page.body);
}

#[tokio::test]
async fn a_document_is_changed_by_who_expects_it_as_it_is_and_those_who_follow_it_hear() {
    let server = Running::start().await;
    let json = "content-type: application/json\r\n";
    let made = ask(server.address, "POST", "/api/v1/documents", json, r#"{"title": "A"}"#).await;
    let path = format!("/api/v1/documents/{}", made.json()["id"].as_str().unwrap());
    let tag = get(server.address, &path).await.header("etag").unwrap().to_owned();
    let id = made.json()["id"].as_str().unwrap().parse().unwrap();
    let (mut follower, head) = Peer::join(server.address, id, 7, 1).await;
    assert_eq!(head.0, 1);
    let change = async |tag: &str, body: &str| {
        let headers = format!("{json}if-match: {tag}\r\n");
        ask(server.address, "PATCH", &path, &headers, body).await
    };
    let changed = change(&tag, r#"{"title": "B", "folder": "Plans", "archived": true}"#).await;
    let answer = changed.json();
    assert_eq!(changed.status, 200, "{answer}");
    assert_eq!((&answer["title"], &answer["folder"]), (&json!("B"), &json!("Plans")));
    assert_eq!((&answer["archived"], &answer["revision"]), (&json!(true), &json!(4)));
    assert_eq!(follower.events_until(4).await.len(), 3);
    // Whoever saw it before is told, and nothing is overwritten.
    let late = change(&tag, r#"{"title": "C"}"#).await;
    assert_eq!(late.status, 412);
    assert!(late.problem().contains("at revision 4, not 1"));
    assert_eq!(get(server.address, &path).await.json()["title"], "B");
    // What is so already makes no event; what cannot be is said.
    let tag = changed.header("etag").unwrap();
    assert_eq!(change(tag, r#"{"archived": true}"#).await.json()["revision"], 4);
    assert_eq!(change(tag, r#"{"title": "C"}"#).await.status, 422, "it is archived");
    let back = change(tag, r#"{"title": "C", "archived": false}"#).await;
    assert_eq!(back.json()["title"], "C");
    for wrong in [r#"{"titel": "D"}"#, r#"{"title": 1}"#, "{"] {
        assert!(matches!(change(tag, wrong).await.status, 400 | 422), "{wrong}");
    }
    assert_eq!(change("W/x", "{}").await.status, 400);
}
