//! What a log's chain proves: that nothing in it was altered, dropped or moved. How it is
//! computed is tested beside it, and that every store comes to the same is one of the promises.

use palimpsest_core::Timestamp;
use palimpsest_server::cli::verify;
use palimpsest_server::store::sqlite::SqliteStore;
use palimpsest_server::store::{Append, EventStore};
use rusqlite::Connection;

use crate::store::open;
use crate::write::{chain, document, id, insert};

/// A log of six events, each with a text of its own.
fn log() -> Append {
    let mut events = chain(1, 1);
    for counter in 2..=5 {
        events.push(insert(1, counter, &[id(1, counter - 1)], &format!("{counter}.")));
    }
    Append { document: document(1), events, now: Timestamp(10), expected: None }
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
