//! The promises of `palimpsest_server::store`, checked on every store there is, and what the
//! one on disk promises beyond that.

use std::path::Path;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use palimpsest_core::{Event, Profile, Revision, Timestamp};
use palimpsest_server::store::memory::MemoryStore;
use palimpsest_server::store::sqlite::{Adoption, SqliteStore};
use palimpsest_server::store::{
    Append, AppendError, EventStore, Folder, FolderError, Limit, ReadError,
};
use rusqlite::Connection;

use crate::write::{author, chain, created, document, id, insert};

const ALL: Limit = Limit { events: usize::MAX >> 1, bytes: usize::MAX };

fn on_every_store(check: impl Fn(&dyn EventStore)) {
    check(&MemoryStore::new());
    let folder = tempfile::tempdir().unwrap();
    check(&open(folder.path()));
}

/// Opens a store that may have been open a moment ago. A process that another test starts
/// meanwhile has its lock, too, until it becomes another program.
pub(crate) fn open(folder: &Path) -> SqliteStore {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        match Folder::open(folder) {
            Err(FolderError::InUse(_)) if Instant::now() < until => {
                thread::sleep(Duration::from_millis(10));
            }
            opened => return SqliteStore::open(opened.unwrap()).unwrap(),
        }
    }
}

fn append(events: Vec<Event>, now: i64) -> Append {
    Append { document: document(1), events, now: Timestamp(now) }
}

#[test]
fn revisions_start_at_one_and_have_no_gaps() {
    on_every_store(|store| {
        let first = store.append(append(chain(1, 3), 10)).unwrap();
        assert_eq!(first.head, Revision(4));
        let second = store.append(append(vec![insert(2, 0, &[id(1, 0)], "b")], 11)).unwrap();
        assert_eq!(second.placed[0].revision, Revision(5));
        let page = store.read(document(1), Revision(0), ALL).unwrap();
        assert_eq!(page.head, Revision(5));
        assert!(page.events.iter().map(|o| o.revision.0).eq(1..=5));
        assert_eq!(page.events[4].event, insert(2, 0, &[id(1, 0)], "b"));
        assert_eq!(store.head(document(2)).unwrap(), None);
        assert_eq!(store.documents().unwrap().len(), 1);
    });
}

#[test]
fn a_repeated_event_keeps_its_first_revision() {
    on_every_store(|store| {
        store.append(append(chain(1, 2), 10)).unwrap();
        let mut again = chain(1, 2);
        again.push(insert(1, 3, &[id(1, 2)], "new"));
        let outcome = store.append(append(again, 20)).unwrap();
        let places: Vec<_> = outcome.placed.iter().map(|p| (p.revision.0, p.fresh)).collect();
        assert_eq!(places, [(1, false), (2, false), (3, false), (4, true)]);
        assert_eq!(outcome.placed[0].recorded, Timestamp(10));
        assert_eq!(outcome.fresh.len(), 1);
    });
}

#[test]
fn one_bad_event_takes_its_whole_batch_with_it() {
    on_every_store(|store| {
        store.append(append(vec![created(1, "T")], 10)).unwrap();
        let conflict = vec![insert(2, 0, &[id(1, 0)], "b"), created(1, "Other")];
        let error = store.append(append(conflict, 11)).unwrap_err();
        assert_eq!(error, AppendError::IdConflict { id: id(1, 0) });
        let orphan = vec![insert(2, 0, &[id(1, 0)], "b"), insert(2, 1, &[id(9, 9)], "c")];
        let error = store.append(append(orphan, 11)).unwrap_err();
        assert_eq!(error, AppendError::MissingParent { id: id(2, 1), missing: id(9, 9) });
        let skipped = vec![insert(2, 1, &[id(1, 0)], "c")];
        let error = store.append(append(skipped, 11)).unwrap_err();
        assert_eq!(error, AppendError::MissingParent { id: id(2, 1), missing: id(2, 0) });
        let itself = vec![insert(2, 0, &[id(2, 0)], "c")];
        assert!(matches!(store.append(append(itself, 11)), Err(AppendError::MissingParent { .. })));
        let large = vec![insert(2, 0, &[id(1, 0)], &"ä".repeat(200 * 1024))];
        assert!(matches!(store.append(append(large, 11)), Err(AppendError::TooLarge { .. })));
        assert_eq!(store.head(document(1)).unwrap().unwrap().revision, Revision(1));
    });
}

#[test]
fn a_first_batch_that_fails_leaves_no_document_behind() {
    on_every_store(|store| {
        let orphan = vec![created(1, "T"), insert(1, 1, &[id(9, 9)], "c")];
        store.append(append(orphan, 11)).unwrap_err();
        assert!(store.documents().unwrap().is_empty());
        assert_eq!(store.read(document(1), Revision(0), ALL).unwrap().events, []);
    });
}

#[test]
fn recorded_times_do_not_run_back() {
    on_every_store(|store| {
        store.append(append(vec![created(1, "T")], 100)).unwrap();
        store.append(append(vec![insert(1, 1, &[id(1, 0)], "a")], 50)).unwrap();
        let page = store.read(document(1), Revision(0), ALL).unwrap();
        assert_eq!(page.events[1].recorded, Timestamp(100));
    });
}

#[test]
fn pages_are_bounded_by_events_and_by_bytes() {
    on_every_store(|store| {
        store.append(append(chain(1, 9), 10)).unwrap();
        let few = store.read(document(1), Revision(2), Limit { events: 3, ..ALL }).unwrap();
        assert!(few.events.iter().map(|o| o.revision.0).eq(3..=5));
        let tiny = store.read(document(1), Revision(2), Limit { bytes: 1, ..ALL }).unwrap();
        assert_eq!(tiny.events.len(), 1, "one event always fits");
        let beyond = store.read(document(1), Revision(u64::MAX), ALL).unwrap();
        assert_eq!((beyond.events.len(), beyond.head), (0, Revision(10)));
    });
}

#[test]
fn profiles_belong_to_those_who_take_part() {
    on_every_store(|store| {
        let profile = |name: &str| Profile { author: author(3), name: name.into(), colour: 4 };
        store.keep_profile(document(1), profile("Ada")).unwrap();
        store.keep_profile(document(2), profile("Ada L.")).unwrap();
        assert_eq!(store.profiles(document(1)).unwrap(), [profile("Ada L.")]);
        assert_eq!(store.profiles(document(3)).unwrap(), []);
    });
}

#[test]
fn appends_from_many_threads_share_commits_and_keep_one_order() {
    on_every_store(|store| {
        const THREADS: u64 = 8;
        const EVENTS: u64 = 40;
        store.append(append(vec![created(99, "T")], 1)).unwrap();
        let start = Barrier::new(THREADS as usize);
        thread::scope(|scope| {
            for replica in 0..THREADS {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    for counter in 0..EVENTS {
                        let events = vec![insert(replica, counter, &[id(99, 0)], "x")];
                        let outcome = store.append(append(events, 2)).unwrap();
                        assert!(outcome.placed[0].fresh);
                    }
                });
            }
        });
        let page = store.read(document(1), Revision(0), ALL).unwrap();
        assert!(page.events.iter().map(|o| o.revision.0).eq(1..=THREADS * EVENTS + 1));
    });
}

#[test]
fn what_was_told_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.append(append(chain(1, 5), 10)).unwrap();
    let before = store.read(document(1), Revision(0), ALL).unwrap();
    drop(store);
    assert_eq!(open(folder.path()).read(document(1), Revision(0), ALL).unwrap(), before);
}

#[test]
fn a_folder_is_open_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert!(matches!(Folder::open(folder.path()), Err(FolderError::InUse(_))));
    drop(store);
    Folder::open_existing(folder.path()).unwrap();
    assert!(matches!(Folder::open_vacant(folder.path()), Err(FolderError::Occupied(_))));
}

#[test]
fn a_damaged_record_is_named_and_harms_no_other_document() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.append(append(chain(1, 5), 10)).unwrap();
    store.append(Append { document: document(2), ..append(chain(1, 5), 10) }).unwrap();
    drop(store);
    let database = Connection::open(folder.path().join("palimpsest.db")).unwrap();
    let changed = database
        .execute(
            "UPDATE events SET payload = CAST(substr(payload, 1, length(payload) - 1) || x'ff' AS BLOB)
             WHERE document = ?1 AND revision = 3",
            [document(1).0],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(database);
    let store = open(folder.path());
    let error = store.read(document(1), Revision(0), ALL).unwrap_err();
    assert!(
        matches!(&error, ReadError::Corrupt { document: d, revision: Revision(3), .. } if *d == document(1)),
        "{error}"
    );
    // What stands before and after the damage can be read, and so can everything else.
    assert_eq!(store.read(document(1), Revision(3), ALL).unwrap().events.len(), 3);
    assert_eq!(store.read(document(2), Revision(0), ALL).unwrap().events.len(), 6);
    store.append(append(vec![insert(1, 6, &[id(1, 5)], "goes on")], 11)).unwrap();
}

#[test]
fn a_missing_record_is_named() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).append(append(chain(1, 5), 10)));
    let database = Connection::open(folder.path().join("palimpsest.db")).unwrap();
    database.execute("DELETE FROM events WHERE revision = 4", []).unwrap();
    drop(database);
    let error = open(folder.path()).read(document(1), Revision(0), ALL).unwrap_err();
    assert!(matches!(error, ReadError::Corrupt { revision: Revision(4), .. }), "{error}");
}

#[test]
fn a_log_is_adopted_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    store.append(append(chain(1, 3), 10)).unwrap();
    let log = store.read(document(1), Revision(0), ALL).unwrap().events;
    let adoption = |n, events| Adoption { document: document(n), events, profiles: Vec::new() };
    assert_eq!(
        store.adopt(adoption(1, log.clone())),
        Err(AppendError::Exists(document(1))),
        "an existing document is not replaced"
    );
    assert_eq!(store.adopt(adoption(2, log.clone())), Ok(Revision(4)));
    assert_eq!(store.read(document(2), Revision(0), ALL).unwrap().events, log);
    let mut orphans = log;
    orphans[1].event.header.parents = vec![id(7, 7)];
    assert!(matches!(store.adopt(adoption(3, orphans)), Err(AppendError::MissingParent { .. })));
    assert_eq!(store.head(document(3)).unwrap(), None);
}
