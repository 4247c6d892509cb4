//! What a log's chain proves: that nothing in it was altered, dropped or moved, on the disk, in
//! a backup, and while others write. How it is computed is tested beside it.

use std::sync::Arc;
use std::thread;

use palimpsest_core::{Revision, Timestamp};
use palimpsest_server::cli::verify;
use palimpsest_server::store::memory::MemoryStore;
use palimpsest_server::store::sqlite::{Adoption, SqliteStore, backup, restore};
use palimpsest_server::store::{Append, EventStore, Folder, Limit};
use rusqlite::Connection;

use crate::store::open;
use crate::write::{chain, document, id, insert};

/// A log of six events, each with a text of its own.
fn log() -> Append {
    let mut events = chain(1, 1);
    for counter in 2..=5 {
        events.push(insert(1, counter, &[id(1, counter - 1)], &format!("{counter}.")));
    }
    Append { document: document(1), events, now: Timestamp(10) }
}

#[test]
fn a_log_comes_to_the_same_in_every_store() {
    let folder = tempfile::tempdir().unwrap();
    let (memory, disk) = (MemoryStore::new(), open(folder.path()));
    let mut seen = Vec::new();
    for events in log().events.chunks(2) {
        let append = Append { events: events.to_vec(), ..log() };
        memory.append(append.clone()).unwrap();
        disk.append(append).unwrap();
        let heads = [&memory as &dyn EventStore, &disk].map(|store| store.head(document(1)));
        assert_eq!(heads[0], heads[1]);
        seen.push(heads[0].clone().unwrap().unwrap().chain);
    }
    assert!(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
    // An event that comes again changes nothing.
    disk.append(log()).unwrap();
    assert_eq!(disk.head(document(1)).unwrap().unwrap().chain, seen[2]);
    // The same events under another name are another log.
    let limit = Limit { events: 99, bytes: usize::MAX };
    let events = disk.read(document(1), Revision(0), limit).unwrap().events;
    disk.adopt(Adoption { document: document(2), events, profiles: Vec::new() }).unwrap();
    assert_ne!(disk.head(document(2)).unwrap().unwrap().chain, seen[2]);
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
        let head = |store: &SqliteStore| store.head(document(1)).unwrap().unwrap();
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

#[test]
fn a_backup_under_load_comes_to_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = Arc::new(open(&data));
    store.append(log()).unwrap();
    let writer = thread::spawn({
        let store = store.clone();
        move || {
            // What the log came to at each revision, as it was acknowledged.
            let mut known = Vec::new();
            for counter in 0..300 {
                let events = vec![insert(2, counter, &[id(1, 5)], "more")];
                let append = Append { document: document(1), events, now: Timestamp(20) };
                store.append(append).unwrap();
                known.push(store.head(document(1)).unwrap().unwrap());
            }
            known
        }
    });
    let copies: Vec<_> = (0..4)
        .map(|nth| {
            let copy = folder.path().join(format!("{nth}.db"));
            let acknowledged = store.head(document(1)).unwrap().unwrap();
            backup(&Folder::database_of(&data), &copy).unwrap();
            (copy, acknowledged)
        })
        .collect();
    let known = writer.join().unwrap();
    for (nth, (copy, acknowledged)) in copies.into_iter().enumerate() {
        let elsewhere = folder.path().join(format!("restored {nth}"));
        restore(&copy, &Folder::open_vacant(&elsewhere).unwrap()).unwrap();
        let restored = open(&elsewhere);
        let head = restored.head(document(1)).unwrap().unwrap();
        assert!(head.revision >= acknowledged.revision, "{nth}");
        assert_eq!(verify(&restored, head).unwrap().findings, []);
        let told = known.iter().find(|told| told.revision == head.revision);
        let told = told.unwrap_or(&acknowledged);
        assert_eq!((head.revision, head.chain), (told.revision, told.chain), "{nth}");
    }
}
