//! What stores do beside their promises, which are in `promises`: pages, and what makes the one on
//! disk a folder that one server has.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use palimpsest_core::{Event, Revision, Timestamp};
use palimpsest_server::store::memory::MemoryStore;
use palimpsest_server::store::sqlite::{Adoption, SqliteStore};
use palimpsest_server::store::{
    Append, AppendError, EventStore, Folder, FolderError, Limit, ReadError,
};
use rusqlite::Connection;

use crate::write::{chain, document, id};

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
    Append { document: document(1), events, now: Timestamp(now), expected: None, own: None }
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
    // The same events under another name are another log.
    let [one, two] = [1, 2].map(|n| store.head(document(n)).unwrap().unwrap().chain);
    assert_ne!(one, two);
    let mut orphans = log;
    orphans[1].event.header.parents = vec![id(7, 7)];
    assert!(matches!(store.adopt(adoption(3, orphans)), Err(AppendError::MissingParent { .. })));
    assert_eq!(store.head(document(3)).unwrap(), None);
}
