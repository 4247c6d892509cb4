//! What people wrote can be taken out of the history for good (P12): nothing of it is left in the
//! store, everything else is proven still, and those who send it again are not turned away.

use palimpsest_core::{
    ERASED, Event, FRAME_BYTES_MAX, Op, Ordered, Payload, Refusal, Revision, Timestamp,
};
use palimpsest_server::guard::Policy;
use palimpsest_server::reading::Reading;
use palimpsest_server::room::Room;
use palimpsest_server::store::memory::MemoryStore;
use palimpsest_server::store::sqlite::SqliteStore;
use palimpsest_server::store::{Append, AppendError, EventStore, Folder, Limit};

use crate::ask::ask;
use crate::binary::{failure, stdout};
use crate::peer::Running;
use crate::write::{Seeded, created, document, event, id, insert};

const ALL: Limit = Limit { events: 1_000, bytes: 1 << 20 };

/// A log in which revisions 2 and 3 say what must go.
fn log() -> Vec<Event> {
    vec![
        created(1, "Minutes"),
        insert(1, 1, &[id(1, 0)], "the password is hunter2"),
        event(1, 2, &[id(1, 1)], Payload::TitleChanged { title: "hunter2 again".into() }),
        insert(1, 3, &[id(1, 2)], "Agenda: "),
    ]
}

fn append(events: Vec<Event>) -> Append {
    Append { document: document(1), events, now: Timestamp(10), expected: None, own: None }
}

fn events(store: &dyn EventStore) -> Vec<Ordered> {
    store.read(document(1), Revision(0), ALL).unwrap().events
}

/// What holds of every store.
fn check(store: &dyn EventStore) {
    store.append(append(log())).unwrap();
    let before = store.head(document(1)).unwrap().unwrap();
    assert_eq!(store.erase(document(1), Revision(2)..=Revision(3)).unwrap(), 2);
    assert_eq!(store.erase(document(1), Revision(1)..=Revision(3)).unwrap(), 1, "once is enough");
    assert_eq!(store.erase(document(9), Revision(1)..=Revision(3)).unwrap(), 0);
    let after = events(store);
    assert_eq!(store.head(document(1)).unwrap().unwrap(), before, "the chain is what it was");
    let headers = after.iter().map(|one| one.event.header.clone());
    assert!(headers.eq(log().into_iter().map(|event| event.header)));
    let gone = vec![Op::ErasedInsert { pos: 0, len: 23 }];
    assert_eq!(after[1].event.payload, Payload::TextEdited { ops: gone });
    assert_eq!(after[2].event.payload, Payload::TitleChanged { title: String::new() });
    assert_eq!(after[3].event, log()[3]);

    // A device that has it sends it again: it is the same event. What is not, is another one.
    let again = store.append(append(log())).unwrap();
    assert!(again.placed.iter().all(|placed| !placed.fresh));
    let mut other = log();
    other[1] = insert(1, 1, &[id(1, 0)], "the password is hunter3");
    let refused = store.append(append(other)).unwrap_err();
    assert_eq!(refused, AppendError::IdConflict { id: id(1, 1) });
    // So does one who has it as it is now, and others go on.
    let known = after.into_iter().map(|one| one.event).collect();
    assert!(store.append(append(known)).unwrap().placed.iter().all(|placed| !placed.fresh));
    store.append(append(vec![insert(1, 4, &[id(1, 3)], "> ")])).unwrap();
}

#[test]
fn p12_what_is_erased_reads_as_erased_and_the_chain_is_what_it_was() {
    check(&MemoryStore::new());
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(Folder::open(folder.path()).unwrap()).unwrap();
    check(&store);
    let mut reading = Reading::new(document(1));
    reading.catch_up(&store).unwrap();
    let text = reading.document.text().to_string();
    assert_eq!(text, format!("> Agenda: {}", ERASED.to_string().repeat(23)));
    drop(store);
    stdout(folder.path(), &["verify"]);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"hunter2"), "nothing of it is in any file");
    }
}

#[test]
fn an_erased_insert_counts_as_much_as_it_comes_to() {
    let ops = vec![Op::ErasedInsert { pos: 0, len: 60_000 }; 5];
    let bomb = event(1, 1, &[id(1, 0)], Payload::TextEdited { ops });
    let folder = tempfile::tempdir().unwrap();
    let disk = SqliteStore::open(Folder::open(folder.path()).unwrap()).unwrap();
    for store in [&disk as &dyn EventStore, &MemoryStore::new()] {
        let refused = store.append(append(vec![created(1, "T"), bomb.clone()])).unwrap_err();
        assert!(matches!(refused, AppendError::TooLarge { .. }), "{refused}");
    }
}

/// A list reads a log and keeps what it says. What it read before something was erased must not be
/// kept after that, whichever of the two is faster.
#[test]
fn an_erased_title_does_not_come_back_to_lists() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(Folder::open(folder.path()).unwrap()).unwrap();
    store.append(append(log())).unwrap();
    let read = |store: &SqliteStore| {
        let vintage = store.vintage();
        let mut reading = Reading::new(document(1));
        reading.catch_up(store).unwrap();
        (reading.summary(), vintage)
    };
    let kept = |store: &SqliteStore| {
        // It is written some time soon; whatever is asked for next is written after it.
        store.probe().unwrap();
        store.summary(document(1)).unwrap().map(|summary| summary.title)
    };
    let (summary, vintage) = read(&store);
    assert_eq!(summary.title, "hunter2 again");
    store.keep_summary(summary.clone(), vintage);
    assert_eq!(kept(&store).as_deref(), Some("hunter2 again"));
    store.erase(document(1), Revision(3)..=Revision(3)).unwrap();
    assert_eq!(kept(&store), None);
    store.keep_summary(summary, vintage);
    assert_eq!(kept(&store), None, "the title is back");
    let (summary, vintage) = read(&store);
    store.keep_summary(summary, vintage);
    assert_eq!(kept(&store).as_deref(), Some(""));

    // Lists that are read while things are erased, in any order.
    std::thread::scope(|scope| {
        let erasing = scope.spawn(|| {
            for counter in 4..60 {
                let title = Payload::TitleChanged { title: format!("hunter{counter}") };
                let titled = event(1, counter, &[id(1, counter - 1)], title);
                let head = store.append(append(vec![titled])).unwrap().head;
                store.erase(document(1), head..=head).unwrap();
                let known = kept(&store);
                assert!(known.as_deref().is_none_or(str::is_empty), "{known:?} is back");
            }
        });
        while !erasing.is_finished() {
            let (summary, vintage) = read(&store);
            store.keep_summary(summary, vintage);
        }
    });
}

#[test]
fn a_push_shows_no_more_erased_characters_than_a_frame_could_hold() {
    let ops = |len| Payload::TextEdited { ops: vec![Op::ErasedInsert { pos: 0, len }; 4] };
    let push = |count: u64, len| {
        let events = (0..count).map(|n| event(1, n, &[], ops(len))).collect();
        Room::new(document(1)).push(events, Timestamp(1))
    };
    let most = FRAME_BYTES_MAX / 4 / (1 << 16);
    assert!(push(most as u64, 1 << 16).is_ok());
    let refused = push(most as u64 + 1, 1 << 16).unwrap_err();
    assert_eq!(refused.0, Refusal::TooLarge, "{}", refused.1);
    assert!(push(2, usize::MAX).is_err());
}

/// Whatever was written and erased, the log replays to a text of the same length, in which every
/// character that was not erased stands where it stood.
#[test]
fn what_was_not_erased_stands_where_it_stood() {
    for seed in 0..50 {
        let mut seeded = Seeded::new(seed);
        let store = MemoryStore::new();
        let mut log = vec![created(1, "T")];
        let mut length = 0;
        for counter in 1..40 {
            let ops = if length > 4 && seeded.below(3) == 0 {
                length -= 2;
                vec![Op::Delete { pos: seeded.below(length as u64) as usize, len: 2 }]
            } else {
                let text = ["ab", "ü€", "👀x"][seeded.below(3) as usize];
                length += 2;
                vec![Op::Insert {
                    pos: seeded.below(length as u64 - 1) as usize,
                    text: text.into(),
                }]
            };
            let parents = [id(1, counter - 1)];
            log.push(event(1, counter, &parents, Payload::TextEdited { ops }));
        }
        store.append(append(log)).unwrap();
        let text = |store: &MemoryStore| {
            let mut reading = Reading::new(document(1));
            reading.catch_up(store).unwrap();
            reading.document.text().to_string()
        };
        let before = text(&store);
        let first = 1 + seeded.below(39);
        store.erase(document(1), Revision(first)..=Revision(first + 10)).unwrap();
        let after = text(&store);
        assert_eq!(before.chars().count(), after.chars().count(), "seed {seed}");
        for (was, is) in before.chars().zip(after.chars()) {
            assert!(is == was || is == ERASED, "seed {seed}: {before} became {after}");
        }
    }
}

#[tokio::test]
async fn an_owner_erases_while_the_server_runs_and_the_audit_log_says_so() {
    let server = Running::guarded(tempfile::tempdir().unwrap(), Policy::Open).await;
    let json = "content-type: application/json\r\n";
    let body = r#"{"title": "Minutes", "text": "the password is hunter2"}"#;
    let made = ask(server.address, "POST", "/api/v1/documents", json, body).await.json();
    let path = format!("/api/v1/documents/{}", made["id"].as_str().unwrap());
    // Other documents grow in between, so that the file is not in the order of the log.
    for n in 0..40 {
        let text = "x".repeat(200 * n);
        let body = format!(r#"{{"title": "Other {n}", "text": "{text}"}}"#);
        assert_eq!(ask(server.address, "POST", "/api/v1/documents", json, &body).await.status, 201);
    }
    let text = format!("{path}/text");
    assert!(ask(server.address, "GET", &text, "", "").await.text().contains("hunter2"));
    for wrong in [
        r#"{"from": 0, "to": 2, "reason": "x"}"#,
        r#"{"from": 2, "to": 1, "reason": "x"}"#,
        r#"{"from": 1, "to": 2, "reason": " "}"#,
        r#"{"from": 1, "to": 2}"#,
    ] {
        let answer = ask(server.address, "POST", &format!("{path}/erasures"), json, wrong).await;
        assert!(matches!(answer.status, 400 | 422), "{wrong}: {}", answer.status);
    }
    let beyond = r#"{"from": 1, "to": 3, "reason": "more than there is"}"#;
    let answer = ask(server.address, "POST", &format!("{path}/erasures"), json, beyond).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.text().contains("ends at revision 2"), "{}", answer.text());
    let nowhere = format!("/api/v1/documents/{}/erasures", document(9));
    assert_eq!(ask(server.address, "POST", &nowhere, json, beyond).await.status, 404);
    let body = r#"{"from": 1, "to": 2, "reason": "a password"}"#;
    let erased = ask(server.address, "POST", &format!("{path}/erasures"), json, body).await;
    assert_eq!(erased.json()["erased"], 2);
    for path in [text, path.clone(), format!("{path}/events"), format!("{path}/playback")] {
        let answer = ask(server.address, "GET", &path, "", "").await;
        assert_eq!(answer.status, 200);
        assert!(!answer.text().contains("hunter2") && !answer.text().contains("Minutes"), "{path}");
    }
    let gone_from = |folder: &std::path::Path| {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(7).any(|part| part == b"hunter2"), "it is in {path:?}");
        }
    };
    gone_from(server.folder.path());
    let folder = server.stop().await;
    gone_from(folder.path());
    let audit = stdout(folder.path(), &["audit"]);
    assert!(audit.contains("anyone: erased revisions 1 to 2") && audit.contains("a password"));
    assert_eq!(audit.lines().count(), 1, "what cannot be done is not written down: {audit}");
    let id = made["id"].as_str().unwrap();
    let words = ["erase", id, "--from", "1", "--to", "99", "--reason", "again"];
    assert!(failure(folder.path(), &words).contains("from 1 to 2"));
    stdout(folder.path(), &["verify"]);
}
