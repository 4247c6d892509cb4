//! The read side: what is looked up across all documents follows from their logs alone, however
//! it came about, and goes on when one of them is broken or its own file is lost.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use palimpsest_core::codec::json::timestamp_to_rfc3339;
use palimpsest_core::{
    AuthorId, Command, Document, DocumentId, Event, Intent, Op, Payload, Profile, ReplicaId,
    Revision, TextChange, Timestamp,
};
use palimpsest_server::projections::{Day, Entry, Found, Projection, Projections};
use palimpsest_server::store::sqlite::SqliteStore;
use palimpsest_server::store::{Append, EventStore, Limit};
use palimpsest_tests::seeds::{self, Random};
use rusqlite::Connection;
use serde_json::Value;

use crate::ask::ask;
use crate::binary::{Serving, failure, stdout};
use crate::guard::{bearer, everybody, guarded, key};
use crate::http::{get, post};
use crate::peer::{Peer, Running};
use crate::store::open;
use crate::write::{author, chain, created, document, event, id, insert};

const LONG: Duration = Duration::from_secs(60);

/// People who write in several documents of one store, now and then without having heard of one
/// another.
struct People {
    store: Arc<SqliteStore>,
    documents: BTreeMap<(DocumentId, u64), Document>,
    now: i64,
}

impl People {
    fn new(store: Arc<SqliteStore>) -> Self {
        Self { store, documents: BTreeMap::new(), now: 1_760_000_000_000 }
    }

    /// Somebody does something, and it is stored.
    fn act(&mut self, random: &mut Random) {
        let (document, replica) = (document(1 + random.below(3) as u8), 1 + random.below(3) as u64);
        self.now += random.within(0..=9_000_000);
        let now = Timestamp(self.now);
        let new = || Document::new(document, ReplicaId(replica), AuthorId([replica as u8; 16]));
        let own = self.documents.entry((document, replica)).or_insert_with(new);
        if own.created().is_none() || random.chance(60) {
            let limit = Limit { events: usize::MAX >> 1, bytes: usize::MAX };
            let log = self.store.read(document, Revision(0), limit).unwrap().events;
            own.merge(log.into_iter().map(|ordered| ordered.event).collect());
        }
        let command = if own.created().is_none() {
            Command::CreateDocument { title: "A title".into() }
        } else {
            any(random, own)
        };
        let mut change = own.execute(command, now).map_or(Vec::new(), |change| change.events);
        change.extend(own.seal().events);
        if !change.is_empty() {
            self.store
                .append(Append { document, events: change, now, expected: None, own: None })
                .unwrap();
        }
    }
}

fn any(random: &mut Random, own: &Document) -> Command {
    let len = own.text().len();
    let pos = random.below(len + 1);
    let words = ["one ", "two. ", "Three\n", "four", "ä", "5 "];
    let edit = |delete, insert: String| Command::EditText {
        changes: [TextChange::new(pos, delete, insert)].into(),
        intent: Intent::Pasted,
    };
    match random.below(10) {
        0 => Command::ChangeTitle { title: format!("Title {}", random.below(9)) },
        1 => Command::Undo,
        2..=4 => edit(random.below((len - pos).min(9) + 1), String::new()),
        5 => edit(random.below((len - pos).min(4) + 1), (*random.pick(&words)).into()),
        _ => edit(0, (0..1 + random.below(6)).map(|_| *random.pick(&words)).collect()),
    }
}

/// All that the read side says.
fn said(projections: &Projections) -> (Vec<Entry>, Vec<Vec<Found>>, Vec<Day>) {
    let sayings = (1..=3).map(|n| projections.sayings(document(n)).unwrap());
    (projections.catalogue().unwrap(), sayings.collect(), projections.activity(0).unwrap())
}

fn search(projections: &Projections, words: &str) -> Vec<Found> {
    projections.look_up(words, 1_000, LONG, None).unwrap().found
}

/// What a read side says that was made from zero just now.
fn from_zero(store: &Arc<SqliteStore>) -> (Vec<Entry>, Vec<Vec<Found>>, Vec<Day>) {
    let elsewhere = tempfile::tempdir().unwrap();
    let fresh = Projections::new(store.clone(), elsewhere.path());
    fresh.settle(LONG).unwrap();
    said(&fresh)
}

#[test]
fn step_by_step_it_says_what_it_says_from_zero() {
    seeds::check(12, |random| {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(open(folder.path()));
        let mut people = People::new(store.clone());
        let mut projections = Projections::new(store.clone(), folder.path());
        for _ in 0..60 {
            people.act(random);
            (1..=3).for_each(|n| projections.changed(document(n)));
            if random.chance(30) {
                projections.settle(LONG).unwrap();
            }
            match random.below(20) {
                // What it had in memory is gone, or its file, or one part of that.
                0 => projections = Projections::new(store.clone(), folder.path()),
                1 => {
                    drop(projections);
                    fs::remove_file(folder.path().join("projections.db")).ok();
                    projections = Projections::new(store.clone(), folder.path());
                }
                2 => projections.rebuild(*random.pick(&Projection::ALL)).unwrap(),
                _ => {}
            }
        }
        projections.settle(LONG).unwrap();
        assert!(projections.status().unwrap().iter().all(|status| status.behind == 0));
        let expected = from_zero(&store);
        assert_eq!(said(&projections), expected);
        // Once more changes nothing.
        Projection::ALL.into_iter().for_each(|one| projections.rebuild(one).unwrap());
        projections.settle(LONG).unwrap();
        assert_eq!(said(&projections), expected);
        assert!(expected.1.iter().flatten().any(|found| found.removed.is_some()));
    });
}

#[test]
fn what_is_found_stood_until_it_was_removed() {
    seeds::check(8, |random| {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(open(folder.path()));
        let mut people = People::new(store.clone());
        (0..80).for_each(|_| people.act(random));
        let projections = Projections::new(store.clone(), folder.path());
        projections.settle(LONG).unwrap();
        for n in 1..=3 {
            let mut reading = palimpsest_server::reading::Reading::new(document(n));
            reading.catch_up(&*store).unwrap();
            for found in projections.sayings(document(n)).unwrap() {
                let last = found.last().unwrap_or(reading.head());
                for moment in [found.first.0, last] {
                    assert!(reading.text_at(moment).to_string().contains(&found.text), "{found:?}");
                }
                let words = format!("\"{}\"", found.text);
                let again = search(&projections, &words);
                assert!(again.iter().any(|other| other.document == found.document), "{found:?}");
            }
        }
    });
}

#[test]
fn one_broken_document_is_put_aside_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for n in 1..=3 {
        store
            .append(Append {
                document: document(n),
                events: chain(1, 5),
                now: Timestamp(9),
                expected: None,
                own: None,
            })
            .unwrap();
    }
    drop(store);
    let database = Connection::open(folder.path().join("palimpsest.db")).unwrap();
    let damage = |with: &str| {
        let sql =
            format!("UPDATE events SET recorded_at = {with} WHERE document = ?1 AND revision = 4");
        assert_eq!(database.execute(&sql, [document(2).0]).unwrap(), 1);
    };
    damage("8");
    let store = Arc::new(open(folder.path()));
    let projections = Projections::new(store.clone(), folder.path());
    projections.settle(LONG).unwrap();
    for status in projections.status().unwrap() {
        assert_eq!((status.documents, status.events), (2, 12), "{status:?}");
        assert_eq!((status.behind, status.dead), (0, 1), "{status:?}");
    }
    let dead = projections.dead_letters().unwrap();
    assert_eq!(dead.len(), 3);
    assert!(dead.iter().all(|letter| letter.document == document(2)));
    assert!(dead.iter().all(|letter| letter.error.contains("revision 4")), "{dead:?}");
    // It is not tried again and again, but when somebody asks.
    projections.changed(document(2));
    projections.settle(LONG).unwrap();
    assert_eq!(projections.dead_letters().unwrap(), dead);
    damage("9");
    Projection::ALL.into_iter().for_each(|one| projections.rebuild(one).unwrap());
    projections.settle(LONG).unwrap();
    assert_eq!(projections.dead_letters().unwrap(), []);
    assert_eq!(said(&projections), from_zero(&store));
}

#[test]
fn a_checkpoint_of_another_log_counts_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str, n| {
        let store = Arc::new(open(folder.path()));
        let mut events = vec![created(1, text)];
        events.extend((1..n).map(|counter| insert(1, counter, &[id(1, counter - 1)], text)));
        store
            .append(Append {
                document: document(1),
                events,
                now: Timestamp(5),
                expected: None,
                own: None,
            })
            .unwrap();
        store
    };
    let projections = Projections::new(write("Before. ", 5), folder.path());
    projections.settle(LONG).unwrap();
    assert_eq!(search(&projections, "before").len(), 4);
    drop(projections);
    // An older backup was taken back, and another past begun: shorter, as long, and longer.
    for n in [3, 5, 9] {
        for name in ["palimpsest.db", "palimpsest.db-wal", "palimpsest.db-shm"] {
            drop(fs::remove_file(folder.path().join(name)));
        }
        let text = format!("After{n}. ");
        let store = write(&text, n);
        let projections = Projections::new(store.clone(), folder.path());
        projections.settle(LONG).unwrap();
        assert_eq!(search(&projections, "before"), [], "{n}");
        assert_eq!(search(&projections, &format!("after{n}")).len(), n as usize - 1);
        assert_eq!(said(&projections), from_zero(&store), "{n}");
    }
}

#[test]
fn a_file_that_is_lost_or_broken_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    store
        .append(Append {
            document: document(1),
            events: chain(1, 9),
            now: Timestamp(9),
            expected: None,
            own: None,
        })
        .unwrap();
    let path = folder.path().join("projections.db");
    let expected = from_zero(&store);
    let breaks: [&dyn Fn(&Path); 4] = [
        &|path| fs::remove_file(path).unwrap(),
        &|path| fs::write(path, "no database").unwrap(),
        &|path| fs::write(path, []).unwrap(),
        &|path| {
            let mut bytes = fs::read(path).unwrap();
            bytes.iter_mut().skip(100).for_each(|byte| *byte = 0x55);
            fs::write(path, bytes).unwrap();
        },
    ];
    for broken in breaks {
        let projections = Projections::new(store.clone(), folder.path());
        projections.settle(LONG).unwrap();
        assert_eq!(said(&projections), expected);
        drop(projections);
        broken(&path);
        let projections = Projections::new(store.clone(), folder.path());
        // Whoever is the first to meet the damage may be told of it.
        drop(projections.settle(LONG));
        projections.settle(LONG).unwrap();
        assert_eq!(said(&projections), expected);
    }
}

#[test]
fn typing_on_costs_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    let log = Append {
        document: document(1),
        events: chain(1, 20_000),
        now: Timestamp(9),
        expected: None,
        own: None,
    };
    store.append(log).unwrap();
    let projections = Projections::new(store.clone(), folder.path());
    let start = Instant::now();
    projections.settle(LONG).unwrap();
    let first = start.elapsed();
    let start = Instant::now();
    for counter in 20_001..=20_020 {
        let events = vec![insert(1, counter, &[id(1, counter - 1)], "y")];
        store
            .append(Append {
                document: document(1),
                events,
                now: Timestamp(9),
                expected: None,
                own: None,
            })
            .unwrap();
        projections.changed(document(1));
        projections.settle(LONG).unwrap();
    }
    let each = start.elapsed() / 20;
    eprintln!("20,000 events are taken in within {first:?}, one more within {each:?}");
    assert!(each * 5 < first, "one more event took {each:?}, all before it {first:?}");
    assert!(projections.status().unwrap().iter().all(|status| status.behind == 0));
    assert_eq!(said(&projections), from_zero(&store));
}

/// Waits until the server has looked at all that was written.
async fn found(server: &Running, words: &str) -> Value {
    let answer = get(server.address, &format!("/api/v1/search?q={words}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["behind"], 0, "{answer}");
    answer["found"].clone()
}

#[tokio::test]
async fn a_sentence_that_was_deleted_a_hundred_revisions_ago_is_found() {
    let server = Running::start().await;
    let (mut ada, _) = Peer::join(server.address, document(1), 1, 0).await;
    let ben = Profile { author: author(2), name: "Ben".into(), colour: 3 };
    let mut second = Peer::connect(server.address, 2).await;
    second.hello(document(1), 0, Some(ben)).await;
    let sentence = "The budget for Kraków is ten thousand.";
    let mut events = vec![created(1, "Minutes")];
    // Ada types it key by key, between two others.
    events.push(insert(1, 1, &[id(1, 0)], "We meet on Monday. Agreed."));
    for (nth, letter) in sentence.chars().chain([' ']).enumerate() {
        let ops = vec![Op::Insert { pos: 19 + nth, text: letter.to_string() }];
        let counter = nth as u64 + 2;
        events.push(event(1, counter, &[id(1, counter - 1)], Payload::TextEdited { ops }));
    }
    let last = events.last().unwrap().header.id;
    let stood = events.len() as u64;
    ada.push(document(1), events).await;
    while ada.acks().await.last().is_some_and(|ack| ack.revision.0 < stood) {}
    // Ben takes it out, and a hundred revisions come after that.
    let ops = vec![Op::Delete { pos: 19, len: sentence.chars().count() + 1 }];
    let removal = event(2, 0, &[last], Payload::TextEdited { ops });
    let removed_at = removal.header.time;
    second.push(document(1), vec![removal]).await;
    let removed = second.acks().await[0].revision;
    assert_eq!(removed, Revision(stood + 1));
    let after: Vec<Event> = (1..=100)
        .map(|counter| insert(2, counter, &[id(2, counter - 1)], "More and more. "))
        .collect();
    second.push(document(1), after).await;
    while second.acks().await.last().is_some_and(|ack| ack.revision.0 < stood + 101) {}

    let found = found(&server, "krakow+thousand").await;
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    let found = &found[0];
    assert_eq!(found["text"], sentence);
    assert_eq!(found["title"], "Minutes");
    assert_eq!(found["authors"][0]["author"], author(1).to_string());
    assert_eq!(found["removed"]["revision"], removed.0);
    assert_eq!(found["removed"]["by"]["name"], "Ben");
    assert_eq!(found["removed"]["time"], timestamp_to_rfc3339(removed_at));
    assert_eq!(found["link"], format!("/d/{}?at={stood}", document(1)));
    // The link leads to the last moment it stood, by what the server says of that moment.
    let text = async |revision: u64| {
        let path = format!("/api/v1/documents/{}/text?at_revision={revision}", document(1));
        get(server.address, &path).await.text().to_owned()
    };
    assert!(text(stood).await.contains(sentence));
    assert!(!text(stood + 1).await.contains("budget"));
}

#[tokio::test]
async fn how_far_it_is_can_be_asked_and_it_is_rebuilt_while_serving() {
    let server = Running::start().await;
    let (mut ada, _) = Peer::join(server.address, document(1), 1, 0).await;
    ada.push(document(1), chain(1, 4)).await;
    ada.acks().await;
    let list = async || get(server.address, "/api/v1/projections").await.json();
    found(&server, "x*").await;
    let all = list().await["projections"].as_array().unwrap().clone();
    let names: Vec<_> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["catalogue", "search", "activity"]);
    for one in &all {
        assert_eq!((&one["behind"], &one["events"]), (&0.into(), &5.into()), "{one}");
    }
    let address = "/api/v1/projections/search/rebuild";
    let begun = post(server.address, address, "{}").await;
    assert_eq!((begun.status, &begun.json()["projections"][1]["behind"]), (202, &5.into()));
    // What it said before is said until it is replaced.
    assert_eq!(found(&server, "xxxx").await.as_array().map(Vec::len), Some(1));
    assert_eq!(list().await["projections"][1]["behind"], 0);
    let metrics = get(server.address, "/metrics").await;
    let line = "\npalimpsest_projection_lag_events{projection=\"search\"} 0\n";
    assert!(metrics.text().contains(line), "{}", metrics.text());
    let unknown = post(server.address, "/api/v1/projections/nothing/rebuild", "{}").await;
    assert_eq!((unknown.status, unknown.problem().contains("nothing")), (404, true));
    assert_eq!(get(server.address, "/api/v1/search").await.status, 400);
    assert_eq!(found(&server, "%22%22+*").await, Value::Array(Vec::new()));
    let days = get(server.address, "/api/v1/activity?days=1").await.json()["days"].clone();
    assert_eq!((&days[0]["events"], &days[0]["inserted"]), (&5.into(), &4.into()), "{days}");
    // A server that stops leaves the folder to the next one.
    let folder = server.stop().await;
    let again = Running::start_in(folder).await;
    assert_eq!(found(&again, "xxxx").await.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_see() {
    let server = guarded(everybody().1).await;
    // Who sees the history of which documents; both have the same words.
    let rows = [
        ("a reader of the present", 1, vec![]),
        ("a reader of versions", 2, vec![]),
        ("a reader", 3, vec![1]),
        ("an owner", 6, vec![1]),
        ("a library reader", 11, vec![1, 2]),
        ("an owner of another document", 21, vec![2]),
    ];
    for (who, n, expected) in rows {
        let headers = bearer(Some(&key(n)));
        for (path, what) in [("search?q=secret&limit=1000", "found"), ("activity", "days")] {
            let path = format!("/api/v1/{path}");
            let answer = ask(server.address, "GET", &path, &headers, "").await;
            assert_eq!(answer.status, 200, "{who}: {}", answer.text());
            let answer = answer.json();
            let told = answer[what].as_array().unwrap().iter();
            let mut documents: Vec<_> = told.map(|one| one["document"].clone()).collect();
            documents.sort_by_key(Value::to_string);
            let expected = expected.iter().map(|n| document(*n).to_string());
            assert_eq!(documents, expected.collect::<Vec<_>>(), "{who}: {answer}");
        }
    }
}

/// Whether a word is in any file of a folder, however it is written there.
fn is_in_a_file(folder: &Path, word: &str) -> bool {
    let holds = |bytes: Vec<u8>| bytes.windows(word.len()).any(|part| part == word.as_bytes());
    fs::read_dir(folder).unwrap().any(|entry| holds(fs::read(entry.unwrap().path()).unwrap()))
}

#[tokio::test]
async fn what_is_erased_is_found_no_more_and_in_no_file() {
    let server = Running::start().await;
    let (mut ada, _) = Peer::join(server.address, document(1), 1, 0).await;
    let delete = Payload::TextEdited { ops: vec![Op::Delete { pos: 0, len: 9 }] };
    let events = vec![
        created(1, "Minutes"),
        insert(1, 1, &[id(1, 0)], "The password is hunterx. Agenda."),
        insert(1, 2, &[id(1, 1)], "The code is swordfishx. "),
        event(1, 3, &[id(1, 2)], delete),
    ];
    ada.push(document(1), events).await;
    while ada.acks().await.last().is_some_and(|ack| ack.revision.0 < 4) {}
    for word in ["hunterx", "swordfishx"] {
        assert_eq!(found(&server, word).await.as_array().map(Vec::len), Some(1), "{word}");
        assert!(is_in_a_file(server.folder.path(), word));
    }
    let path = format!("/api/v1/documents/{}/erasures", document(1));
    let erase = r#"{"from": 2, "to": 2, "reason": "a password"}"#;
    assert_eq!(post(server.address, &path, erase).await.json()["erased"], 1);
    assert_eq!(found(&server, "hunterx").await, Value::Array(Vec::new()));
    assert_eq!(found(&server, "swordfishx").await.as_array().map(Vec::len), Some(1));
    let folder = server.stop().await;
    assert!(!is_in_a_file(folder.path(), "hunterx"));
    // The same without a server, which has to look for it in a file that it does not have open.
    let id = document(1).to_string();
    let words = ["erase", &id, "--from", "3", "--to", "3", "--reason", "a code"];
    stdout(folder.path(), &words);
    assert!(!is_in_a_file(folder.path(), "swordfishx"));
    assert!(!stdout(folder.path(), &["search", "code"]).contains("code"));
}

#[test]
fn without_a_server_the_command_line_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.md");
    fs::write(&file, "One sentence. Another with Zürich in it.\n").unwrap();
    let data = folder.path().join("data");
    let made = stdout(&data, &["document", "import", file.to_str().unwrap(), "--title", "Trips"]);
    let found = stdout(&data, &["search", "zurich", "another"]);
    assert!(found.starts_with("Another with Zürich in it.\n"), "{found}");
    assert!(found.contains("Trips") && found.contains("stands"), "{found}");
    assert!(found.contains(&format!("/d/{}", made.trim())), "{found}");
    let json = stdout(&data, &["search", "\"one sentence\"", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["found"][0]["removed"], Value::Null);
    let list = stdout(&data, &["projection", "list"]);
    assert_eq!(list.lines().count(), 3, "{list}");
    let rebuilt = stdout(&data, &["projection", "rebuild", "search", "--json"]);
    let rebuilt: Value = serde_json::from_str(&rebuilt).unwrap();
    assert_eq!(rebuilt["projections"][1]["events"], 2);
    assert!(failure(&data, &["projection", "rebuild", "nothing"]).contains("catalogue"));
    let backup = folder.path().join("backup.db");
    stdout(&data, &["backup", backup.to_str().unwrap()]);
    let server = Serving::start(&data);
    assert!(failure(&data, &["search", "one"]).contains("ask it over HTTP"));
    drop(server);
    // A backup has the documents alone; the rest follows from them.
    let elsewhere = folder.path().join("elsewhere");
    stdout(&elsewhere, &["restore", backup.to_str().unwrap()]);
    assert!(!elsewhere.join("projections.db").exists());
    assert_eq!(stdout(&elsewhere, &["search", "zurich", "another"]), found);
}
