//! What a log's chain proves: that nothing in it was altered, dropped or moved. How it is
//! computed is tested beside it, and that every store comes to the same is one of the promises.

use palimpsest_core::{Message, Refusal, Timestamp};
use palimpsest_server::cli::verify;
use palimpsest_server::store::sqlite::SqliteStore;
use palimpsest_server::store::{Append, EventStore};
use rusqlite::Connection;

use crate::http::get;
use crate::peer::{Peer, Running};
use crate::store::open;
use crate::write::{chain, document, id, insert};

/// A log of six events, each with a text of its own.
fn log() -> Append {
    let mut events = chain(1, 1);
    for counter in 2..=5 {
        events.push(insert(1, counter, &[id(1, counter - 1)], &format!("{counter}.")));
    }
    Append { document: document(1), events, now: Timestamp(10), expected: None, own: None }
}

#[test]
fn what_was_altered_dropped_or_swapped_is_found_where_it_is() {
    let swapped = "UPDATE events SET revision = revision + 90 WHERE revision IN (3, 4);
         UPDATE events SET revision = 97 - revision WHERE revision > 90";
    let dropped = "DELETE FROM events WHERE revision = 4;
         UPDATE events SET revision = revision - 1 WHERE revision > 4;
         UPDATE documents SET head = head - 1";
    let cut = "DELETE FROM events WHERE revision = 6; UPDATE documents SET head = 5";
    let rows = [
        ("UPDATE events SET payload = CAST(replace(payload, '3.', '4.') AS BLOB)", &[4][..]),
        ("UPDATE events SET recorded_at = 9 WHERE revision = 1", &[1]),
        ("UPDATE events SET chain = zeroblob(32) WHERE revision = 2", &[2, 3]),
        ("UPDATE documents SET chain = zeroblob(32)", &[0]),
        (swapped, &[3, 4, 5]),
        (dropped, &[4, 5]),
        (cut, &[0]),
    ];
    for (tampering, expected) in rows {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.append(log()).unwrap();
        let head = |store: &SqliteStore| store.documents().unwrap()[0];
        assert_eq!(verify(&store, head(&store)).unwrap().findings, []);
        drop(store);
        let database = Connection::open(folder.path().join("palimpsest.db")).unwrap();
        database.execute_batch(tampering).unwrap();
        drop(database);
        let store = open(folder.path());
        let findings = verify(&store, head(&store)).unwrap().findings;
        let mut found: Vec<_> = findings
            .iter()
            .filter(|finding| {
                finding.problem.contains("chain") || finding.problem.contains("not what")
            })
            .map(|finding| finding.revision.0)
            .collect();
        found.dedup();
        assert_eq!(found, expected, "{tampering}: {findings:?}");
    }
}

#[tokio::test]
async fn what_is_not_as_its_chain_says_is_counted_when_it_is_read_and_when_it_is_written_to() {
    let server = Running::start().await;
    let failures =
        async || get(server.address, "/metrics").await.metric("palimpsest_chain_failures_total");
    let (mut peer, _) = Peer::join(server.address, document(1), 1, 0).await;
    peer.push(document(1), log().events).await;
    peer.acks().await;
    // As if it had turned on the disk.
    let alter = |sql: &str| {
        let database = Connection::open(server.folder.path().join("palimpsest.db")).unwrap();
        database.execute_batch(sql).unwrap();
    };
    let events = format!("/api/v1/documents/{}/events", document(1));
    assert_eq!(get(server.address, &events).await.status, 200);
    assert_eq!(failures().await, 0);
    alter("UPDATE events SET recorded_at = recorded_at + 1 WHERE revision = 2");
    assert_eq!(get(server.address, &events).await.status, 500);
    let met = failures().await;
    assert!(met > 0);
    alter("UPDATE documents SET chain = zeroblob(32)");
    peer.push(document(1), vec![insert(1, 6, &[id(1, 5)], "6.")]).await;
    let refused = loop {
        if let Message::Refused { refusal, .. } = peer.next().await {
            break refusal;
        }
    };
    assert_eq!(refused, Refusal::Unavailable);
    assert!(failures().await > met);
}
