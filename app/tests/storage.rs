//! The event store in a real browser: what was written is there, what is damaged is said,
//! what died is opened again.

use leptos::prelude::{ArcRwSignal, GetUntracked};
use palimpsest_app::clock;
use palimpsest_app::storage::{Record, Storage, StorageError, StorageState, Write};
use palimpsest_core::{
    AuthorId, Change, Command, Document, DocumentId, Event, Intent, Ordered, ReplicaId, Revision,
    TextChange, Timestamp,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A database of its own for every test.
struct Fixture {
    name: String,
    state: ArcRwSignal<StorageState>,
    storage: Storage,
    document: DocumentId,
}

impl Fixture {
    async fn new() -> Self {
        let document = clock::document_id();
        let name = format!("test-{document}");
        let state = ArcRwSignal::new(StorageState::Opening);
        let storage = Storage::open(&name, 1, state.clone());
        storage.opened().await;
        Self { name, state, storage, document }
    }

    async fn append(&self, events: &[Event], from: u64) -> Result<(), StorageError> {
        let write = Write { ordered: vec![ordered(events, from)], ..Write::default() };
        self.storage.write(self.document, write).await
    }

    /// Overwrites a value behind the store's back.
    async fn damage(&self, store: &str, key: JsValue, value: JsValue) {
        let factory = idb::Factory::new().expect("this browser has IndexedDB");
        let database = factory.open(&self.name, Some(1)).expect("opens").await.expect("opens");
        let mode = idb::TransactionMode::ReadWrite;
        let transaction = database.transaction(&[store], mode).expect("begins");
        transaction.object_store(store).expect("exists").put(&value, Some(&key)).expect("puts");
        assert!(transaction.commit().expect("commits").await.expect("ends").is_committed());
        database.close();
    }
}

/// A document with one event per word, made by a replica of its own.
fn write_words(id: DocumentId, words: &[&str]) -> Vec<Event> {
    let mut document = Document::new(id, clock::replica_id(), AuthorId([7; 16]));
    let mut run =
        |command| document.execute(command, Timestamp(1)).expect("a valid command").events;
    let mut events = run(Command::CreateDocument { title: "Minutes".into() });
    for word in words {
        let changes = [TextChange::new(0, 0, *word)].into();
        events.extend(run(Command::EditText { changes, intent: Intent::Pasted }));
    }
    events
}

fn ordered(events: &[Event], from: u64) -> Vec<Ordered> {
    let numbered = (from..).zip(events);
    numbered
        .map(|(revision, event)| Ordered {
            revision: Revision(revision),
            recorded: Timestamp(100 + revision as i64),
            event: event.clone(),
        })
        .collect()
}

fn text_of(id: DocumentId, records: &[Record]) -> String {
    let mut document = Document::new(id, ReplicaId(1), AuthorId([1; 16]));
    for record in records {
        let batch: Vec<Ordered> = record.decode().expect("a good record").ordered().collect();
        document.merge(batch.into_iter().map(|one| one.event).collect());
    }
    document.text().to_string()
}

#[wasm_bindgen_test]
async fn what_was_appended_is_read_back_in_order() {
    let fixture = Fixture::new().await;
    let events = write_words(fixture.document, &["one ", "two ", "three "]);
    fixture.append(&events[..2], 1).await.expect("the first batch");
    fixture.append(&events[2..], 3).await.expect("the second batch");

    let records = fixture.storage.ordered(fixture.document, Revision(1), 10).await.expect("reads");
    assert_eq!(records.iter().map(|record| record.first.0).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(text_of(fixture.document, &records), "three two one ");
    let last = fixture.storage.last_ordered(fixture.document).await.expect("reads");
    assert_eq!(last.as_ref(), records.last());
    let other = fixture.storage.ordered(clock::document_id(), Revision(1), 10).await;
    assert_eq!(other.expect("reads"), []);
    assert_eq!(fixture.state.get_untracked(), StorageState::Ready);
}

#[wasm_bindgen_test]
async fn reading_goes_on_where_a_slice_ended() {
    let fixture = Fixture::new().await;
    let events = write_words(fixture.document, &["a", "b", "c", "d"]);
    for (index, event) in events.iter().enumerate() {
        fixture.append(std::slice::from_ref(event), index as u64 + 1).await.expect("appends");
    }
    let slice = fixture.storage.ordered(fixture.document, Revision(1), 2).await.expect("reads");
    assert_eq!(slice.iter().map(|record| record.first.0).collect::<Vec<_>>(), [1, 2]);
    let rest = fixture.storage.ordered(fixture.document, Revision(3), 9).await.expect("reads");
    assert_eq!(rest.iter().map(|record| record.first.0).collect::<Vec<_>>(), [3, 4, 5]);
}

#[wasm_bindgen_test]
async fn writes_are_strictly_durable() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.storage.durability().await.as_deref(), Ok("strict"));
}

#[wasm_bindgen_test]
async fn a_record_is_never_overwritten() {
    let fixture = Fixture::new().await;
    let events = write_words(fixture.document, &["kept"]);
    fixture.append(&events, 1).await.expect("appends");
    let others = write_words(fixture.document, &["lost"]);
    assert_eq!(fixture.append(&others, 1).await, Err(StorageError::Exists));
    let records = fixture.storage.ordered(fixture.document, Revision(1), 9).await.expect("reads");
    assert_eq!(text_of(fixture.document, &records), "kept");
    // Two tabs that append the same are no sign of a broken store.
    assert_eq!(fixture.state.get_untracked(), StorageState::Ready);
}

#[wasm_bindgen_test]
async fn typing_is_rewritten_then_sealed_then_ordered() {
    let fixture = Fixture::new().await;
    let (storage, id) = (&fixture.storage, fixture.document);
    let mut document = Document::new(id, clock::replica_id(), AuthorId([7; 16]));
    let now = Timestamp(1);
    let created = document.execute(Command::CreateDocument { title: String::new() }, now);
    let Change { events: created, .. } = created.expect("a new document");
    for (pos, letter) in ["a", "b", "c"].into_iter().enumerate() {
        let changes = [TextChange::new(pos, 0, letter)].into();
        let typed = document.execute(Command::EditText { changes, intent: Intent::Typed }, now);
        assert_eq!(typed.expect("types").events, [], "the burst is still growing");
        let open = document.open_event().expect("a burst");
        let write = Write { pending: vec![(open, false)], ..Write::default() };
        storage.write(id, write).await.expect("rewrites");
    }
    let records = storage.pending(id).await.expect("reads");
    assert_eq!(records.len(), 1, "one record that was rewritten");
    assert!(!records[0].sealed);
    assert_eq!(records[0].decode().as_ref(), Ok(&document.open_event().expect("a burst")));

    let sealed = document.seal().events;
    let pending = created.iter().chain(&sealed).map(|event| (event.clone(), true)).collect();
    storage.write(id, Write { pending, ..Write::default() }).await.expect("seals");
    let records = storage.pending(id).await.expect("reads");
    assert_eq!(records.iter().map(|record| record.sealed).collect::<Vec<_>>(), [true, true]);
    let counts = storage.pending_counts().await.expect("counts");
    assert_eq!(counts.get(&id), Some(&2));

    let events: Vec<Event> = created.into_iter().chain(sealed).collect();
    let settled = events.iter().map(|event| event.header.id).collect();
    let write = Write { ordered: vec![ordered(&events, 1)], settled, ..Write::default() };
    storage.write(id, write).await.expect("orders");
    assert_eq!(storage.pending(id).await.expect("reads"), []);
    let records = storage.ordered(id, Revision(1), 9).await.expect("reads");
    assert_eq!(text_of(id, &records), "abc");
}

#[wasm_bindgen_test]
async fn a_dead_connection_is_replaced() {
    let fixture = Fixture::new().await;
    let events = write_words(fixture.document, &["before", "after"]);
    fixture.append(&events[..2], 1).await.expect("appends");
    fixture.storage.close();
    fixture.append(&events[2..], 3).await.expect("appends on a new connection");
    fixture.storage.close();
    let records = fixture.storage.ordered(fixture.document, Revision(1), 9).await.expect("reads");
    assert_eq!(text_of(fixture.document, &records), "afterbefore");
    assert_eq!(fixture.state.get_untracked(), StorageState::Ready);
}

#[wasm_bindgen_test]
async fn a_newer_version_in_another_tab_gets_the_database() {
    let old = Fixture::new().await;
    let events = write_words(old.document, &["safe"]);
    old.append(&events, 1).await.expect("appends");

    let state = ArcRwSignal::new(StorageState::Opening);
    let new = Storage::open(&old.name, 2, state.clone());
    let records = new.ordered(old.document, Revision(1), 9).await.expect("nothing blocks it");
    assert_eq!(text_of(old.document, &records), "safe");
    assert_eq!(state.get_untracked(), StorageState::Ready);

    assert_eq!(old.state.get_untracked(), StorageState::Blocked);
    let refused = old.append(&write_words(old.document, &["late"]), 9).await;
    assert_eq!(refused, Err(StorageError::Blocked));
}

#[wasm_bindgen_test]
async fn an_older_page_is_told_to_reload() {
    let fixture = Fixture::new().await;
    Storage::open(&fixture.name, 2, fixture.state.clone()).opened().await;
    let state = ArcRwSignal::new(StorageState::Opening);
    let stale = Storage::open(&fixture.name, 1, state.clone());
    stale.opened().await;
    assert_eq!(state.get_untracked(), StorageState::Blocked);
}

#[wasm_bindgen_test]
async fn a_damaged_batch_is_named_and_set_aside_when_a_good_one_comes() {
    let fixture = Fixture::new().await;
    let (storage, id) = (&fixture.storage, fixture.document);
    let events = write_words(id, &["one ", "two ", "three "]);
    fixture.append(&events[..2], 1).await.expect("appends");
    fixture.append(&events[2..], 3).await.expect("appends");
    let mut bytes = storage.last_ordered(id).await.expect("reads").expect("is there").bytes;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    let key = js_sys::Array::of2(&id.to_string().into(), &3.into());
    let value = js_sys::Uint8Array::from(bytes.as_slice());
    fixture.damage("ordered", key.into(), value.into()).await;

    let records = storage.ordered(id, Revision(1), 9).await.expect("reads");
    assert!(records[0].decode().is_ok(), "what is before it is good");
    let damaged = records[1].clone();
    damaged.decode().expect_err("a flipped bit is found");

    let write = Write {
        ordered: vec![ordered(&events[2..], 3)],
        damaged: Some(damaged),
        ..Write::default()
    };
    storage.write(id, write).await.expect("replaces it");
    let records = storage.ordered(id, Revision(1), 9).await.expect("reads");
    assert_eq!(text_of(id, &records), "three two one ");
}

#[wasm_bindgen_test]
async fn a_damaged_pending_event_does_not_hide_the_others() {
    let fixture = Fixture::new().await;
    let (storage, id) = (&fixture.storage, fixture.document);
    let events = write_words(id, &["one ", "two "]);
    let pending = events.iter().map(|event| (event.clone(), true)).collect();
    storage.write(id, Write { pending, ..Write::default() }).await.expect("writes");
    let replica = events[1].header.id.replica.to_string();
    let key = js_sys::Array::of3(&id.to_string().into(), &replica.into(), &1.into());
    fixture.damage("pending", key.into(), JsValue::from_str("nonsense")).await;

    let records = storage.pending(id).await.expect("reads");
    assert_eq!(records.iter().filter(|record| record.decode().is_err()).count(), 1);
    let good: Vec<Event> = records.iter().filter_map(|record| record.decode().ok()).collect();
    assert_eq!(good, [events[0].clone(), events[2].clone()]);
}

#[wasm_bindgen_test]
async fn the_first_page_of_a_device_decides_who_writes_on_it() {
    let fixture = Fixture::new().await;
    let (one, two) = (palimpsest_app::profile::fresh(), palimpsest_app::profile::fresh());
    assert_ne!(one.author, two.author);
    let (found, also) =
        futures::join!(fixture.storage.device(one.clone()), fixture.storage.device(two.clone()),);
    assert_eq!(found, also, "two first pages at once agree");
    let mut renamed = found.expect("stored");
    renamed.name = "Writer".into();
    fixture.storage.keep_device(renamed.clone()).await.expect("stores");
    assert_eq!(fixture.storage.device(two).await, Ok(renamed));
}

#[wasm_bindgen_test]
fn a_full_device_is_called_full() {
    let exception = |name: &str| {
        web_sys::DomException::new_with_message_and_name("why", name).expect("makes an exception")
    };
    let full = StorageError::from_js(&exception("QuotaExceededError"));
    assert_eq!(full, StorageError::NoRoom);
    assert_eq!(full.state(), StorageState::Full);
    let lost = StorageError::from_js(&exception("InvalidStateError"));
    assert_eq!(lost, StorageError::Lost("InvalidStateError: why".into()));
    assert_eq!(StorageError::from_js(&exception("VersionError")), StorageError::Blocked);
}
