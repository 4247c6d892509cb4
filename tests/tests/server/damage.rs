//! The store's files after they were damaged: the write-ahead log cut at every write, the
//! database cut at every page, a bit turned in every page of both. What is read is the truth or
//! an error, `verify` notices, and nothing dies. Disks that refuse are in `disk`.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use palimpsest_core::{Ordered, Revision, Timestamp};
use palimpsest_server::cli::verify;
use palimpsest_server::store::sqlite::{OpenError, SqliteStore};
use palimpsest_server::store::{Append, EventStore, Folder, Head, Limit};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::promises::copy;
use crate::write::{Seeded, chain, document, id, insert};

const PAGE_BYTES: usize = 4_096;
/// What stands before the frames of a write-ahead log, and before the page of each.
const WAL_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const DOCUMENTS: Range<u8> = 1..4;

/// Files as a sudden end left them, and what was acknowledged before.
struct Scene {
    files: TempDir,
    logs: Vec<Vec<Ordered>>,
    heads: Vec<Option<Head>>,
    /// How long the logs were after each commit.
    commits: Vec<Vec<usize>>,
}

/// Some documents, partly in the database and partly in the write-ahead log, if `open_ended`.
fn scene(open_ended: bool) -> Scene {
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut commits = vec![vec![0; 3]];
    for round in 0..if open_ended { 2 } else { 1 } {
        let store = crate::store::open(folder.path());
        for nth in 0..12 {
            let document = document(1 + nth % 3);
            let n = u64::from(nth / 3);
            let events = match (round, n) {
                (0, 0) => chain(1, 3),
                (0, n) => (n * 4..n * 4 + 4).map(|n| event(1, n)).collect(),
                (_, n) => (n * 2..n * 2 + 2).map(|n| event(2, n)).collect(),
            };
            let append = Append {
                document,
                events,
                now: Timestamp(i64::from(nth)),
                expected: None,
                own: None,
            };
            let (from, to) = (folder.path().to_owned(), files.path().to_owned());
            let (tell, told) = std::sync::mpsc::channel();
            store.submit(
                append,
                Box::new(move |outcome| {
                    copy(&from, &to);
                    tell.send(outcome.unwrap()).unwrap();
                }),
            );
            told.recv().unwrap();
            let logs = DOCUMENTS.map(|n| all(&store, n).len());
            commits.push(logs.collect());
        }
        if round == 0 && !open_ended {
            drop(store);
            drop(fs::remove_file(files.path().join("palimpsest.db-wal")));
            copy(folder.path(), files.path());
        }
    }
    let store = crate::store::open(folder.path());
    let logs = DOCUMENTS.map(|n| all(&store, n)).collect();
    let heads = DOCUMENTS.map(|n| store.head(document(n)).unwrap()).collect();
    Scene { files, logs, heads, commits }
}

/// An insert whose text is its own, some of them over several pages.
fn event(replica: u64, counter: u64) -> palimpsest_core::Event {
    let len = if counter % 5 == 4 { 6_000 } else { 40 + counter as usize };
    let letter = char::from(b'a' + (counter % 26) as u8);
    insert(replica, counter, &[id(1, 3)], &letter.to_string().repeat(len))
}

fn all(store: &SqliteStore, n: u8) -> Vec<Ordered> {
    let limit = Limit { events: usize::MAX >> 1, bytes: usize::MAX };
    store.read(document(n), Revision(0), limit).unwrap().events
}

/// What became of a damaged store.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Verdict {
    /// It was not opened, with a reason.
    Refused,
    /// Something could not be read, with a reason.
    Detected,
    /// All of it is true.
    Whole,
    /// All of it is true, as it was some commits ago.
    Earlier,
}

/// Judges a copy of the files of which one is changed.
fn judge(scene: &Scene, name: &str, change: impl FnOnce(&mut Vec<u8>), what: &str) -> Verdict {
    let change = |folder: &Path| {
        let mut bytes = fs::read(folder.join(name)).unwrap();
        change(&mut bytes);
        fs::write(folder.join(name), bytes).unwrap();
    };
    judge_files(scene, change, what)
}

/// Opens a copy of the files, changed, and holds all that it says against the truth.
fn judge_files(scene: &Scene, change: impl FnOnce(&Path), what: &str) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    copy(scene.files.path(), folder.path());
    change(folder.path());
    let store = match open(folder.path()) {
        Ok(store) => store,
        Err(error) => {
            assert!(error.to_string().len() > 10, "{what}: {error}");
            return Verdict::Refused;
        }
    };
    let mut detected = false;
    let mut lengths = Vec::new();
    for (n, (log, truth)) in DOCUMENTS.zip(scene.logs.iter().zip(&scene.heads)) {
        let head = store.head(document(n));
        // A document that says nothing of its length may still have all of it.
        let len = head.as_ref().map(|head| head.map_or(0, |head| head.revision.0 as usize));
        lengths.push(len.unwrap_or(log.len()));
        detected |= head.is_err();
        for after in 0..log.len() {
            let limit = Limit { events: 5, bytes: usize::MAX };
            match store.read(document(n), Revision(after as u64), limit) {
                Ok(page) => {
                    let len = page.head.0 as usize;
                    let earlier = scene.commits.iter().any(|commit| commit[n as usize - 1] == len);
                    assert!(earlier, "{what}: document {n} ends at {len}");
                    let end = (after + page.events.len()).max(after);
                    let same = page.events == log[after.min(end)..end];
                    assert!(same, "{what}: document {n} after {after} is not what was written");
                    assert!(end == after + 5 || end >= len, "{what}: a page is short");
                }
                Err(error) => {
                    assert!(error.to_string().len() > 10, "{what}: {error}");
                    detected = true;
                }
            }
        }
        if let Ok(head) = head
            && head != *truth
            && scene.commits.last().unwrap()[n as usize - 1] == lengths[n as usize - 1]
        {
            // It says another time, or another number of authors.
            let found = verify(&store, head.unwrap());
            assert!(found.is_err() || !found.unwrap().findings.is_empty(), "{what}: {head:?}");
            detected = true;
        }
    }
    if detected {
        let listed = store.documents();
        let noticed = listed.is_err()
            || listed.is_ok_and(|heads| {
                heads.into_iter().any(|head| {
                    verify(&store, head).map_or(true, |report| !report.findings.is_empty())
                })
            })
            || store.integrity().map_or(true, |problems| !problems.is_empty());
        assert!(noticed, "{what}: verify finds nothing");
    }
    // It goes on, or says why not; what it says is placed is there.
    for (n, log) in DOCUMENTS.zip(&scene.logs) {
        let events = vec![insert(77, 0, &[id(1, 0)], "goes on")];
        let outcome = store.append(Append {
            document: document(n),
            events,
            now: Timestamp(99),
            expected: None,
            own: None,
        });
        let Ok(told) = outcome else { continue };
        let len = lengths[n as usize - 1];
        assert_eq!(told.head.0 as usize, len + 1, "{what}: document {n}");
        let limit = Limit { events: 1, bytes: 1 };
        if let Ok(page) = store.read(document(n), Revision(len as u64), limit) {
            assert_eq!(page.events, told.fresh, "{what}");
        }
        assert!(log.len() >= len);
    }
    if detected {
        return Verdict::Detected;
    }
    // What is there is what was there after some commit, across all documents.
    assert!(scene.commits.contains(&lengths), "{what}: {lengths:?}");
    if scene.commits.last() == Some(&lengths) { Verdict::Whole } else { Verdict::Earlier }
}

fn open(folder: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(Folder::open(folder).unwrap())
}

fn file(scene: &Scene, name: &str) -> PathBuf {
    scene.files.path().join(name)
}

fn count(verdicts: &[Verdict], of: Verdict) -> usize {
    verdicts.iter().filter(|verdict| **verdict == of).count()
}

#[test]
fn a_log_that_was_cut_at_any_write_is_as_it_was_after_some_commit() {
    let (scene, wal) = (scene(true), "palimpsest.db-wal");
    let len = fs::metadata(file(&scene, wal)).unwrap().len() as usize;
    let frames = (len - WAL_HEADER_BYTES) / (FRAME_HEADER_BYTES + PAGE_BYTES);
    let ends = (0..frames).flat_map(|frame| {
        let start = WAL_HEADER_BYTES + frame * (FRAME_HEADER_BYTES + PAGE_BYTES);
        // Before the frame, after its header, in the middle of its page.
        [start, start + FRAME_HEADER_BYTES, start + FRAME_HEADER_BYTES + PAGE_BYTES / 2]
    });
    let verdicts: Vec<_> = [0, 7]
        .into_iter()
        .chain(ends)
        .chain([len])
        .map(|end| judge(&scene, wal, |bytes| bytes.truncate(end), &format!("cut at {end}")))
        .collect();
    eprintln!(
        "a log of {frames} frames, cut {} times: {} earlier, {} whole",
        verdicts.len(),
        count(&verdicts, Verdict::Earlier),
        count(&verdicts, Verdict::Whole)
    );
    // The cut that cuts nothing, and all others.
    assert_eq!(count(&verdicts, Verdict::Whole), 1);
    assert_eq!(count(&verdicts, Verdict::Earlier), verdicts.len() - 1);
}

#[test]
fn a_bit_that_turned_in_the_log_ends_it_before() {
    let (scene, wal) = (scene(true), "palimpsest.db-wal");
    let len = fs::metadata(file(&scene, wal)).unwrap().len() as usize;
    let mut random = Seeded::new(1);
    let mut verdicts = Vec::new();
    for start in (WAL_HEADER_BYTES..len).step_by(FRAME_HEADER_BYTES + PAGE_BYTES) {
        for within in [0..FRAME_HEADER_BYTES, FRAME_HEADER_BYTES..PAGE_BYTES] {
            let at = start + within.start + random.below(within.len() as u64) as usize;
            let flip = |bytes: &mut Vec<u8>| bytes[at] ^= 1 << random.below(8);
            verdicts.push(judge(&scene, wal, flip, &format!("a bit at {at}")));
        }
    }
    assert_eq!(count(&verdicts, Verdict::Earlier), verdicts.len());
}

#[test]
fn a_database_that_was_cut_at_any_page_says_so() {
    let (scene, name) = (scene(false), "palimpsest.db");
    let pages = fs::metadata(file(&scene, name)).unwrap().len() as usize / PAGE_BYTES;
    for page in 0..pages {
        for end in [page * PAGE_BYTES, page * PAGE_BYTES + PAGE_BYTES / 3] {
            let verdict =
                judge(&scene, name, |bytes| bytes.truncate(end), &format!("cut at {end}"));
            assert!(matches!(verdict, Verdict::Refused | Verdict::Detected), "{end}: {verdict:?}");
        }
    }
}

#[test]
fn whatever_is_altered_in_the_database_is_noticed() {
    let scene = scene(false);
    // What SQLite finds nothing wrong with, since it is as good a database as before.
    let rows = [
        "UPDATE events SET recorded_at = recorded_at + 1 WHERE revision = 5",
        "UPDATE events SET recorded_at = recorded_at - 1 WHERE revision = 9",
        "UPDATE events SET recorded_at = recorded_at + 1 WHERE revision = 16",
        "UPDATE events SET header = (SELECT header FROM events AS other WHERE other.revision = 6
             AND other.document = events.document) WHERE revision = 5",
        "UPDATE events SET payload = (SELECT payload FROM events AS other WHERE other.revision = 6
             AND other.document = events.document) WHERE revision = 5",
        "UPDATE events SET chain = zeroblob(32) WHERE revision = 5",
        "UPDATE events SET chain = x'00' WHERE revision = 16",
        "UPDATE events SET revision = revision + 90 WHERE revision IN (7, 8);
         UPDATE events SET revision = 105 - revision WHERE revision > 90",
        "DELETE FROM events WHERE revision = 1",
        "DELETE FROM events WHERE revision = 5",
        "DELETE FROM events WHERE revision = 16",
        "DELETE FROM events WHERE revision = 16; UPDATE documents SET head = 15",
        "DELETE FROM events",
        "UPDATE documents SET head = head - 1",
        "UPDATE documents SET head = head + 1",
        "UPDATE documents SET created_at = created_at + 1",
        "UPDATE documents SET updated_at = updated_at + 1",
        "UPDATE documents SET chain = zeroblob(32)",
        "UPDATE documents SET document = zeroblob(16) WHERE document = x'02020202020202020202020202020202'",
        "DELETE FROM documents",
        "DELETE FROM authors",
        "INSERT INTO authors SELECT document, zeroblob(16) FROM documents",
    ];
    for sql in rows {
        let alter = |folder: &Path| {
            let database = Connection::open(folder.join("palimpsest.db")).unwrap();
            database.execute_batch(sql).unwrap();
        };
        assert_eq!(judge_files(&scene, alter, sql), Verdict::Detected, "{sql}");
    }
}

#[test]
fn a_bit_that_turned_in_the_database_changes_no_answer() {
    let (scene, name) = (scene(false), "palimpsest.db");
    let pages = fs::metadata(file(&scene, name)).unwrap().len() as usize / PAGE_BYTES;
    let many = std::env::var("PALIMPSEST_FLIPS").map_or(8, |flips| flips.parse().unwrap());
    let mut random = Seeded::new(std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap()));
    let mut verdicts = Vec::new();
    for page in 0..pages {
        for nth in 0..many {
            // Every other one where the page says what it is.
            let end = if nth % 2 == 0 { 24 } else { PAGE_BYTES as u64 };
            let (at, bit) = (page * PAGE_BYTES + random.below(end) as usize, random.below(8));
            let flip = |bytes: &mut Vec<u8>| bytes[at] ^= 1 << bit;
            verdicts.push(judge(&scene, name, flip, &format!("bit {bit} at {at}")));
        }
    }
    eprintln!(
        "{} turned bits in {pages} pages: {} refused, {} detected, {} without effect",
        verdicts.len(),
        count(&verdicts, Verdict::Refused),
        count(&verdicts, Verdict::Detected),
        count(&verdicts, Verdict::Whole)
    );
    assert_eq!(count(&verdicts, Verdict::Earlier), 0);
    assert!(count(&verdicts, Verdict::Detected) > verdicts.len() / 4);
}
