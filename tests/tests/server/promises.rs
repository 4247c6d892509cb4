//! The promises P1 to P16 of `palimpsest_server::store`, one after the other, on every store
//! there is. What else the store on disk does is tested in `store`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use palimpsest_core::{EVENT_BYTES_MAX, Event, Ordered, Revision, Timestamp, codec};
use palimpsest_server::cli::verify;
use palimpsest_server::store::memory::MemoryStore;
use palimpsest_server::store::sqlite::{OpenError, SqliteStore, backup, restore};
use palimpsest_server::store::{
    Append, AppendError, Appended, Chain, Commitment, EventStore, Folder, Limit, ReadError,
};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::store::open;
use crate::write::{Seeded, chain, created, document, id, insert};

const ALL: Limit = Limit { events: usize::MAX >> 1, bytes: usize::MAX };

/// The kinds of store there are. A new one is added here and in [`fresh`].
const KINDS: [Kind; 2] = [Kind::Memory, Kind::Sqlite];
/// What nobody can promise who forgets everything at the end: P2, P13 and P14.
const KEPT: [Kind; 1] = [Kind::Sqlite];

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Memory,
    Sqlite,
}

/// A store of some kind, and the folder that it is in.
struct Subject {
    store: Option<Arc<dyn EventStore>>,
    folder: TempDir,
}

impl Subject {
    fn store(&self) -> &dyn EventStore {
        self.store.as_deref().unwrap()
    }

    /// Closes it and opens it again.
    fn reopen(&mut self) {
        self.store = None;
        self.store = Some(Arc::new(open(self.folder.path())));
    }
}

fn fresh(kind: Kind) -> Subject {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn EventStore> = match kind {
        Kind::Memory => Arc::new(MemoryStore::new()),
        Kind::Sqlite => Arc::new(open(folder.path())),
    };
    Subject { store: Some(store), folder }
}

fn check(kinds: &[Kind], promise: impl Fn(Subject)) {
    kinds.iter().for_each(|&kind| promise(fresh(kind)));
}

fn append(events: Vec<Event>, now: i64) -> Append {
    Append { document: document(1), events, now: Timestamp(now), expected: None, own: None }
}

fn log(store: &dyn EventStore) -> Vec<Ordered> {
    store.read(document(1), Revision(0), ALL).unwrap().events
}

fn head(store: &dyn EventStore) -> u64 {
    store.head(document(1)).unwrap().map_or(0, |head| head.revision.0)
}

/// Eight threads, each with a replica of its own, append at the same time.
fn crowd(store: &dyn EventStore, each: u64, told: impl Fn(Appended) + Sync) {
    const THREADS: u64 = 8;
    let start = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for replica in 10..10 + THREADS {
            let (start, told) = (&start, &told);
            scope.spawn(move || {
                start.wait();
                for counter in 0..each {
                    let events = vec![insert(replica, counter, &[id(1, 0)], "x")];
                    told(store.append(append(events, 2)).unwrap());
                }
            });
        }
    });
}

#[test]
fn every_promise_that_is_written_down_is_checked_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let promised = fs::read_to_string(root.join("../sync-server/src/store/mod.rs")).unwrap();
    let checked = [include_str!("promises.rs"), include_str!("names.rs")].concat();
    let numbers: Vec<u32> = promised
        .lines()
        .filter_map(|line| line.strip_prefix("//! - **P")?.split(',').next()?.parse().ok())
        .collect();
    assert!(numbers.len() >= 12, "{numbers:?}");
    for number in numbers {
        assert!(checked.contains(&format!("\nfn p{number}_")), "P{number} has no test");
    }
}

#[test]
fn p1_revisions_start_at_one_and_have_no_gaps() {
    check(&KINDS, |subject| {
        let store = subject.store();
        assert_eq!(store.append(append(chain(1, 3), 10)).unwrap().head, Revision(4));
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
fn p1_writers_at_the_same_time_share_one_order() {
    check(&KINDS, |subject| {
        let store = subject.store();
        store.append(append(vec![created(1, "T")], 1)).unwrap();
        let given = Mutex::new(BTreeSet::new());
        crowd(store, 40, |told| {
            assert!(told.placed[0].fresh);
            assert!(given.lock().unwrap().insert(told.placed[0].revision.0), "given twice");
        });
        assert!(given.into_inner().unwrap().into_iter().eq(2..=321));
        assert!(log(store).iter().map(|o| o.revision.0).eq(1..=321));
    });
}

#[test]
fn p1_a_batch_is_placed_whole_or_not_at_all() {
    check(&KINDS, |subject| {
        let store = subject.store();
        let orphan = vec![created(1, "T"), insert(1, 1, &[id(9, 9)], "c")];
        store.append(append(orphan, 11)).unwrap_err();
        assert!(store.documents().unwrap().is_empty());
        assert_eq!(log(store), []);
        store.append(append(vec![created(1, "T")], 10)).unwrap();
        let good = || insert(2, 0, &[id(1, 0)], "b");
        let bad = [
            created(1, "Other"),
            insert(2, 1, &[id(9, 9)], "c"),
            insert(2, 2, &[id(1, 0)], "c"),
            insert(2, 1, &[id(1, 0)], &"ä".repeat(200 * 1024)),
        ];
        for bad in bad {
            store.append(append(vec![good(), bad], 11)).unwrap_err();
            assert_eq!((head(store), log(store).len()), (1, 1));
        }
    });
}

#[test]
fn p2_what_is_told_is_on_the_disk() {
    check(&KEPT, |subject| {
        // The files as they are at the very moment of the answer, which is what a killed
        // process leaves; that a power cut leaves them too is for the disk to keep.
        let copies = tempfile::tempdir().unwrap();
        for nth in 0..6 {
            let (from, to) =
                (subject.folder.path().to_owned(), copies.path().join(nth.to_string()));
            let (tell, told) = channel();
            let events = if nth == 0 { chain(1, 0) } else { vec![insert(1, nth, &[], "x")] };
            let done = move |outcome: Result<Appended, AppendError>| {
                copy(&from, &to);
                tell.send(outcome.unwrap().head).unwrap();
            };
            subject.store().submit(append(events, 10), Box::new(done));
            let head = told.recv().unwrap();
            let copy = open(&copies.path().join(nth.to_string()));
            assert_eq!(log(&copy), log(subject.store()));
            assert_eq!(head, Revision(nth + 1));
        }
    });
}

/// Copies the files of a database that nobody writes to at this moment.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in ["palimpsest.db", "palimpsest.db-wal"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

#[test]
fn p3_an_event_keeps_its_first_revision_however_late_it_comes_again() {
    for kind in KINDS {
        let mut subject = fresh(kind);
        let first = subject.store().append(append(chain(1, 2), 10)).unwrap();
        // Alone, in a batch with others, twice in one batch, out of the order it came in.
        let twice = |counter| insert(2, counter, &[id(1, 0)], "twice");
        let batches = [
            vec![insert(1, 1, &[id(1, 0)], "x")],
            chain(1, 3),
            vec![twice(0), twice(0), twice(1), twice(0)],
            chain(1, 2).into_iter().rev().collect(),
        ];
        let mut random = Seeded::new(7);
        for round in 0..40 {
            let again = batches[random.below(4) as usize].clone();
            let asked: Vec<_> = again.iter().map(|event| event.header.id).collect();
            let outcome = subject.store().append(append(again, 20 + round)).unwrap();
            let log = log(subject.store());
            for (place, id) in outcome.placed.iter().zip(asked) {
                let stands: Vec<_> = log.iter().filter(|o| o.event.header.id == id).collect();
                assert_eq!(stands.len(), 1, "{id} is there once");
                assert_eq!((place.id, place.revision), (id, stands[0].revision));
                assert_eq!(place.recorded, stands[0].recorded);
            }
            // Much comes in between, and the store ends and starts again.
            for counter in 0..20 {
                let event = insert(100 + round as u64, counter, &[id(1, 0)], "between");
                subject.store().append(append(vec![event], 30)).unwrap();
            }
            if kind != Kind::Memory && round % 8 == 0 {
                subject.reopen();
            }
        }
        let again = subject.store().append(append(chain(1, 2), 99)).unwrap();
        let places = |told: &Appended| -> Vec<_> {
            told.placed.iter().map(|place| (place.id, place.revision, place.recorded)).collect()
        };
        assert_eq!(places(&again), places(&first));
        assert!(again.fresh.is_empty() && again.placed.iter().all(|place| !place.fresh));
        let other = vec![insert(1, 1, &[id(1, 0)], "not x")];
        let error = subject.store().append(append(other, 99)).unwrap_err();
        assert_eq!(error, AppendError::IdConflict { id: id(1, 1) });
    }
}

#[test]
fn p4_an_event_comes_after_its_causes() {
    check(&KINDS, |subject| {
        let store = subject.store();
        store.append(append(vec![created(1, "T")], 10)).unwrap();
        let b = |counter, parents: &[_]| insert(2, counter, parents, "b");
        let missing = [
            (vec![b(0, &[id(1, 0)]), b(1, &[id(9, 9)])], id(2, 1), id(9, 9)),
            (vec![b(1, &[id(1, 0)])], id(2, 1), id(2, 0)),
            (vec![b(0, &[id(2, 0)])], id(2, 0), id(2, 0)),
            (vec![b(0, &[id(3, 0)]), insert(3, 0, &[id(1, 0)], "c")], id(2, 0), id(3, 0)),
        ];
        for (events, id, missing) in missing {
            let error = store.append(append(events, 11)).unwrap_err();
            assert_eq!(error, AppendError::MissingParent { id, missing });
        }
        let sound = vec![insert(3, 0, &[id(1, 0)], "c"), b(0, &[id(3, 0)]), b(1, &[id(2, 0)])];
        assert_eq!(store.append(append(sound, 11)).unwrap().head, Revision(4));
    });
}

#[test]
fn p4_who_expects_the_log_to_end_elsewhere_has_nothing_placed() {
    check(&KINDS, |subject| {
        let store = subject.store();
        let expecting =
            |events, expected| Append { expected: Some(Revision(expected)), ..append(events, 10) };
        let wrong = |expected, actual| AppendError::WrongExpected {
            expected: Revision(expected),
            actual: Revision(actual),
        };
        let first = expecting(vec![created(1, "T")], 0);
        let refused = store.append(Append { expected: Some(Revision(1)), ..first.clone() });
        assert_eq!(refused.unwrap_err(), wrong(1, 0));
        assert_eq!(store.append(first.clone()).unwrap().head, Revision(1));
        let next = vec![insert(1, 1, &[id(1, 0)], "x"), insert(1, 2, &[id(1, 1)], "y")];
        assert_eq!(store.append(expecting(next.clone(), 0)).unwrap_err(), wrong(0, 1));
        assert_eq!(head(store), 1, "nothing was placed");
        assert_eq!(store.append(expecting(next.clone(), 1)).unwrap().head, Revision(3));
        // What is in the log already is told where it is, whatever is expected (P3).
        assert!(store.append(first).unwrap().fresh.is_empty());
        assert!(store.append(expecting(next, 0)).unwrap().fresh.is_empty());
    });
}

#[test]
fn p5_doubt_has_a_name_and_sending_again_ends_it() {
    // A store in memory is never in doubt. One on disk is when its writer ends between writing
    // and answering: here because an answer unwinds, which is the caller's fault.
    for round in 0..20 {
        let mut subject = fresh(Kind::Sqlite);
        subject.store().append(append(vec![created(1, "T")], 1)).unwrap();
        let before = head(subject.store());
        let gone = |_| std::panic::resume_unwind(Box::new("the caller's fault"));
        let batch = |replica: u64| vec![insert(replica, 0, &[id(1, 0)], "x")];
        let outcomes = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for replica in 2..6 {
                if replica == 2 + round % 4 {
                    subject.store().submit(append(batch(replica), 2), Box::new(gone));
                    continue;
                }
                let (store, outcomes) = (subject.store(), &outcomes);
                scope.spawn(move || {
                    let outcome = store.append(append(batch(replica), 2));
                    outcomes.lock().unwrap().push((replica, outcome));
                });
            }
        });
        // What was written is still there to be read, and what was not is refused by name.
        assert!(head(subject.store()) >= before);
        subject.reopen();
        let there = log(subject.store());
        for (replica, outcome) in outcomes.into_inner().unwrap() {
            let stands = there.iter().find(|o| o.event.header.id == id(replica, 0));
            match outcome {
                Ok(told) => assert_eq!(stands.map(|o| o.revision), Some(told.head)),
                Err(AppendError::Unavailable(_)) => assert_eq!(stands, None),
                Err(AppendError::Unknown(_)) => {}
                Err(other) => panic!("{other}"),
            }
            let again = subject.store().append(append(batch(replica), 3)).unwrap();
            assert_eq!(again.placed[0].fresh, stands.is_none());
            assert!(stands.is_none_or(|stands| stands.revision == again.placed[0].revision));
        }
        subject.store().append(append(batch(2 + round % 4), 3)).unwrap();
        assert!(log(subject.store()).iter().map(|o| o.revision.0).eq(1..=5));
    }
}

#[test]
fn p6_a_read_sees_a_prefix_that_has_all_that_was_told() {
    check(&KINDS, |subject| {
        let store = subject.store();
        store.append(append(vec![created(1, "T")], 1)).unwrap();
        let (told, over) = (AtomicU64::new(1), AtomicBool::new(false));
        thread::scope(|scope| {
            let readers: Vec<_> = (0..3)
                .map(|nth| {
                    let (told, over) = (&told, &over);
                    scope.spawn(move || {
                        let (mut random, mut reads) = (Seeded::new(nth), 0_u64);
                        while !over.load(Ordering::Acquire) {
                            let known = told.load(Ordering::Acquire);
                            let after = Revision(random.below(known + 1));
                            let page = store.read(document(1), after, ALL).unwrap();
                            assert!(page.head.0 >= known, "{} was told", known);
                            let places = page.events.iter().map(|o| o.revision.0);
                            assert!(places.eq(after.0 + 1..=page.head.0), "a gap");
                            assert!(head(store) >= page.head.0);
                            reads += 1;
                        }
                        reads
                    })
                })
                .collect();
            crowd(store, 30, |outcome| {
                told.fetch_max(outcome.head.0, Ordering::AcqRel);
            });
            over.store(true, Ordering::Release);
            assert!(readers.into_iter().map(|reader| reader.join().unwrap()).sum::<u64>() > 3);
        });
        assert_eq!(head(store), told.load(Ordering::Acquire));
    });
}

#[test]
fn p7_recorded_times_do_not_run_back() {
    for kind in KINDS {
        let mut subject = fresh(kind);
        subject.store().append(append(vec![created(1, "T")], 100)).unwrap();
        let mut random = Seeded::new(3);
        for counter in 1..60 {
            let now = 50 + random.below(100) as i64;
            let event = insert(1, counter, &[id(1, counter - 1)], "a");
            subject.store().append(append(vec![event], now)).unwrap();
            if kind != Kind::Memory && counter % 20 == 0 {
                subject.reopen();
            }
        }
        let log = log(subject.store());
        assert_eq!(log[0].recorded, Timestamp(100));
        assert!(log.is_sorted_by_key(|ordered| ordered.recorded));
    }
}

#[test]
fn p10_an_event_that_is_too_large_is_refused_and_harms_nothing() {
    check(&KINDS, |subject| {
        let store = subject.store();
        store.append(append(vec![created(1, "T")], 10)).unwrap();
        // A header takes some bytes of its own.
        let fits = insert(2, 0, &[id(1, 0)], &"x".repeat(EVENT_BYTES_MAX - 200));
        store.append(append(vec![fits], 11)).unwrap();
        let large = vec![insert(3, 0, &[id(1, 0)], &"x".repeat(EVENT_BYTES_MAX))];
        let error = store.append(append(large, 11)).unwrap_err();
        assert!(matches!(error, AppendError::TooLarge { .. }), "{error}");
        assert_eq!(log(store).len(), 2);
        store.append(append(vec![insert(1, 1, &[id(1, 0)], "goes on")], 12)).unwrap();
    });
}

#[test]
fn p10_a_broken_record_is_named_and_the_rest_is_read() {
    // A full disk and a disk that fails are in `disk`.
    check(&KEPT, |mut subject| {
        subject.store().append(append(chain(1, 5), 10)).unwrap();
        let other = Append { document: document(2), ..append(chain(1, 5), 10) };
        subject.store().append(other).unwrap();
        subject.store = None;
        let database = Connection::open(subject.folder.path().join("palimpsest.db")).unwrap();
        let damage = "UPDATE events SET
             payload = CAST(substr(payload, 1, length(payload) - 1) || x'ff' AS BLOB)
             WHERE document = ?1 AND revision = 3";
        assert_eq!(database.execute(damage, [document(1).0]).unwrap(), 1);
        drop(database);
        subject.reopen();
        let store = subject.store();
        let error = store.read(document(1), Revision(0), ALL).unwrap_err();
        let ReadError::Corrupt { document: named, revision, .. } = error else { panic!("{error}") };
        assert_eq!((named, revision), (document(1), Revision(3)));
        let two = Limit { events: 2, ..ALL };
        assert_eq!(store.read(document(1), Revision(0), two).unwrap().events.len(), 2);
        assert_eq!(store.read(document(1), Revision(3), ALL).unwrap().events.len(), 3);
        assert_eq!(store.read(document(2), Revision(0), ALL).unwrap().events.len(), 6);
        // An event that cannot be compared with what is there is not given a second place.
        let again = store.append(append(vec![insert(1, 2, &[id(1, 1)], "x")], 11)).unwrap_err();
        assert!(matches!(again, AppendError::Corrupt(ReadError::Corrupt { .. })), "{again}");
        store.append(append(vec![insert(1, 6, &[id(1, 5)], "goes on")], 11)).unwrap();
    });
}

#[test]
fn p11_who_stops_waiting_leaves_all_or_nothing_and_is_answered() {
    check(&KINDS, |mut subject| {
        let (tell, told) = channel();
        for batch in 0..50 {
            let events =
                (batch * 4..batch * 4 + 4).map(|counter| insert(5, counter, &[], "x")).collect();
            let tell = tell.clone();
            let answer = move |outcome| tell.send((batch, outcome)).unwrap();
            subject.store().submit(append(events, 5), Box::new(answer));
            // Somebody who asked and went away before the answer.
            let (lost, waiting) = channel();
            drop(waiting);
            let away = vec![insert(1_000 + batch, 0, &[], "y"), insert(1_000 + batch, 1, &[], "y")];
            let answer = move |outcome| drop(lost.send(outcome));
            subject.store().submit(append(away, 5), Box::new(answer));
        }
        // The store ends while answers are due: each is given, and given once.
        let folder = subject.folder.path().to_owned();
        let memory = !folder.join("palimpsest.db").exists();
        let kept = memory.then(|| log(subject.store()));
        subject.store = None;
        drop(tell);
        let mut answers: Vec<_> = told.iter().collect();
        answers.sort_by_key(|(batch, _)| *batch);
        assert!(answers.iter().map(|(batch, _)| *batch).eq(0..50));
        let log = kept.unwrap_or_else(|| log(&open(&folder)));
        for (batch, outcome) in answers {
            let placed = outcome.unwrap().placed;
            assert_eq!(placed.len(), 4, "{batch}");
            for place in placed {
                assert_eq!(log[place.revision.0 as usize - 1].event.header.id, place.id);
            }
        }
        for batch in 0..50 {
            let away = log.iter().filter(|o| o.event.header.id.replica.0 == 1_000 + batch);
            assert_eq!(away.count(), 2, "nobody waited for it, and it is whole");
        }
    });
}

#[test]
fn p12_every_store_comes_to_the_same_chain_and_every_change_shows_in_it() {
    let subjects = KINDS.map(fresh);
    let mut expected = Chain::start(document(1));
    let mut seen = vec![expected];
    for (nth, event) in chain(1, 9).into_iter().enumerate() {
        let (header, payload) = codec::encode_record(&event);
        let (revision, now) = (Revision(nth as u64 + 1), nth as i64 * 10);
        // Of a payload no more than its commitment is needed.
        let commitment = Commitment::to(&payload);
        expected = expected.link(revision, Timestamp(now), &header, commitment);
        for subject in &subjects {
            subject.store().append(append(vec![event.clone()], now)).unwrap();
            // What comes again changes nothing.
            subject.store().append(append(vec![event.clone()], now + 5)).unwrap();
            assert_eq!(subject.store().head(document(1)).unwrap().unwrap().chain, expected);
        }
        assert!(!seen.contains(&expected));
        seen.push(expected);
    }
}

#[test]
fn p13_a_backup_under_load_is_a_prefix_that_was_acknowledged() {
    check(&KEPT, |subject| {
        let (store, folder) = (subject.store(), subject.folder.path());
        let first = Append { document: document(1), ..append(chain(1, 5), 10) };
        store.append(first).unwrap();
        let copies = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                // What the log came to at each revision, as it was acknowledged.
                let mut known = Vec::new();
                for counter in 0..300 {
                    let events = vec![insert(2, counter, &[id(1, 5)], "more")];
                    store.append(append(events, 20)).unwrap();
                    known.push(store.head(document(1)).unwrap().unwrap());
                }
                known
            });
            let copied: Vec<_> = (0..4)
                .map(|nth| {
                    let copy = copies.path().join(format!("{nth}.db"));
                    let acknowledged = store.head(document(1)).unwrap().unwrap();
                    backup(&Folder::database_of(folder), &copy).unwrap();
                    (copy, acknowledged)
                })
                .collect();
            let known = writer.join().unwrap();
            for (nth, (copy, acknowledged)) in copied.into_iter().enumerate() {
                let elsewhere = copies.path().join(format!("restored {nth}"));
                restore(&copy, &Folder::open_vacant(&elsewhere).unwrap()).unwrap();
                let restored = open(&elsewhere);
                let head = restored.head(document(1)).unwrap().unwrap();
                assert!(head.revision >= acknowledged.revision, "{nth}");
                assert_eq!(verify(&restored, head).unwrap().findings, []);
                let told = known.iter().find(|told| told.revision == head.revision);
                let told = told.unwrap_or(&acknowledged);
                assert_eq!((head.revision, head.chain), (told.revision, told.chain), "{nth}");
            }
        });
    });
}

#[test]
fn p14_a_newer_format_is_refused_and_left_alone() {
    check(&KEPT, |mut subject| {
        subject.store().append(append(chain(1, 3), 10)).unwrap();
        subject.store = None;
        let path = subject.folder.path().join("palimpsest.db");
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let before = fs::read(&path).unwrap();
        let opened = SqliteStore::open(Folder::open(subject.folder.path()).unwrap());
        let error = opened.err().expect("it is newer");
        assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
        assert!(fs::read(&path).unwrap() == before, "not a byte is changed");
    });
}

#[test]
fn p14_the_first_format_is_brought_up_and_comes_to_the_same() {
    let reference = fresh(Kind::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let old = Connection::open(folder.path().join("palimpsest.db")).unwrap();
    old.execute_batch(include_str!("../../data/store-1.sql")).unwrap();
    for (event, revision) in chain(1, 7).into_iter().zip(1..) {
        reference.store().append(append(vec![event.clone()], revision)).unwrap();
        let (header, payload) = codec::encode_record(&event);
        let row = params![document(1).0, revision, 1, revision - 1, revision, header, payload];
        old.execute("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", row).unwrap();
    }
    old.execute("INSERT INTO documents VALUES (?1, 8, 1, 8)", [document(1).0]).unwrap();
    let author = log(reference.store())[0].event.header.author;
    old.execute("INSERT INTO authors VALUES (?1, ?2)", [document(1).0, author.0]).unwrap();
    drop(old);
    let store = open(folder.path());
    assert_eq!(log(&store), log(reference.store()));
    assert_eq!(store.head(document(1)), reference.store().head(document(1)));
    let head = store.head(document(1)).unwrap().unwrap();
    assert_eq!(verify(&store, head).unwrap().findings, []);
    assert_eq!(store.append(append(chain(1, 8), 9)).unwrap().head, Revision(9));
}
