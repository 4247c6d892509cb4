//! The event store of this device: ordered and pending events, the library's cards, profiles
//! and who writes here. It keeps and returns records; what they mean is `desk`'s business.

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::rc::Rc;

use futures::FutureExt;
use futures::future::{Either, LocalBoxFuture, Shared};
use idb::{CursorDirection, KeyRange, TransactionMode};
use js_sys::{Array, Object, Reflect, Uint8Array};
use leptos::prelude::{ArcRwSignal, Set};
use palimpsest_core::codec;
use palimpsest_core::{Block, DocumentId, Event, EventId, Ordered, Profile, ReplicaId, Revision};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

mod error;
mod handle;
mod memory;

pub use error::{StorageError, StorageState};
use handle::{Connection, Handle};
use memory::Memory;

use crate::catalogue::Card;
use crate::profile;

/// The database's name.
pub const DATABASE: &str = "palimpsest";

/// The version of its layout. Code of one version never opens a newer layout.
pub const VERSION: u32 = 2;

/// Key `[document, first revision]`; value: the bytes of one ordered batch. Append-only.
const ORDERED: &str = "ordered";
/// Key `[document, replica, counter]`; value: `{ sealed, bytes }`, one event without a revision.
const PENDING: &str = "pending";
/// Key: the document; value: its card in the library, as JSON. A cache.
const DOCUMENTS: &str = "documents";
/// Key `[document, author]`; value: name and colour there, as JSON. The key was once the author alone,
/// of whom that was said anywhere. A cache.
const PROFILES: &str = "profiles";
/// Key `"author"`; value: the profile of who writes on this device, as JSON.
const DEVICE: &str = "device";
/// Key as in `ordered`; value: the bytes of a batch that could not be read, set aside when
/// a good one took its place.
const DAMAGED: &str = "damaged";

/// Key: the document; value: the bytes of a snapshot of its ordered events. A cache.
const SNAPSHOTS: &str = "snapshots";

const STORES: &[&str] = &[ORDERED, PENDING, DOCUMENTS, PROFILES, DEVICE, DAMAGED, SNAPSHOTS];

/// The event store. Cloning it copies a reference. Operations wait until it is open.
#[derive(Clone)]
pub struct Storage {
    backing: Shared<LocalBoxFuture<'static, Backing>>,
}

#[derive(Clone)]
enum Backing {
    Database(Rc<Handle>),
    Memory(Rc<Memory>),
}

/// The bytes of one ordered batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The revision of its first event.
    pub first: Revision,
    /// The encoded batch.
    pub bytes: Vec<u8>,
}

/// One event on this device that has no revision yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PendingRecord {
    /// Its name, from the key: known even when the bytes are damaged.
    pub id: EventId,
    /// Whether its author's tab was done with it. An unsealed one may still grow.
    pub sealed: bool,
    /// The encoded event.
    pub bytes: Vec<u8>,
}

/// What is written in one transaction about one document: all of it or nothing.
#[derive(Clone, Default)]
pub struct Write {
    /// Events without a revision, and whether they are sealed.
    pub pending: Vec<(Event, bool)>,
    /// Ordered batches, each one record; none is empty.
    pub ordered: Vec<Vec<Ordered>>,
    /// Events whose pending records go, because their ordered form is kept.
    pub settled: Vec<EventId>,
    /// The document's card in the library.
    pub card: Option<Card>,
    /// The damaged record that the first ordered batch replaces.
    pub damaged: Option<Record>,
}

impl Storage {
    /// Opens the database, or keeps everything in memory where the browser offers none.
    /// `state` says which, now and later.
    pub fn open(name: &str, version: u32, state: ArcRwSignal<StorageState>) -> Self {
        let handle = Rc::new(Handle::new(name, version, STORES, state.clone()));
        let opening = async move {
            match handle.read(async |_| Ok(())).await {
                Ok(()) => state.set(StorageState::Ready),
                Err(StorageError::Unavailable(why)) => {
                    state.set(StorageState::InMemory(why));
                    return Backing::Memory(Rc::default());
                }
                // Later operations try again.
                Err(error) => state.set(error.state()),
            }
            Backing::Database(handle)
        };
        Self { backing: opening.boxed_local().shared() }
    }

    /// A store that forgets everything with the page.
    pub fn in_memory() -> Self {
        Self { backing: std::future::ready(Backing::Memory(Rc::default())).boxed_local().shared() }
    }

    /// Waits until it is known where records are kept.
    pub async fn opened(&self) {
        self.backing.clone().await;
    }

    /// Closes the connection; the next operation opens another.
    pub fn close(&self) {
        if let Some(Backing::Database(handle)) = self.backing.peek() {
            handle.close();
        }
    }

    /// The durability the browser grants to writes: `"strict"`, or what it says otherwise.
    pub async fn durability(&self) -> Result<String, StorageError> {
        match self.backing.clone().await {
            Backing::Database(handle) => {
                handle.read(async |connection| connection.durability(PENDING)).await
            }
            Backing::Memory(_) => Ok("none".into()),
        }
    }

    /// Ordered batches whose first revision is `from` or later, at most `limit` of them.
    pub async fn ordered(
        &self,
        document: DocumentId,
        from: Revision,
        limit: u32,
    ) -> Result<Vec<Record>, StorageError> {
        let handle = match self.backing.clone().await {
            Backing::Database(handle) => handle,
            Backing::Memory(memory) => return Ok(memory.ordered(document, from, limit)),
        };
        let records = handle
            .read(async |connection| {
                let range = range(
                    &[document.to_string().into(), (from.0 as f64).into()],
                    &[document.to_string().into(), f64::INFINITY.into()],
                )?;
                read_all(connection, ORDERED, Some(range), Some(limit)).await
            })
            .await?;
        Ok(records.into_iter().map(|(key, value)| record(&key, &value)).collect())
    }

    /// What was kept of a document to open it fast, if anything was.
    pub async fn snapshot(&self, document: DocumentId) -> Result<Option<Vec<u8>>, StorageError> {
        let handle = match self.backing.clone().await {
            Backing::Database(handle) => handle,
            // What is gone with the page is never opened from it.
            Backing::Memory(_) => return Ok(None),
        };
        handle
            .read(async |connection| {
                let store = connection.reading(SNAPSHOTS)?.object_store(SNAPSHOTS)?;
                let value = store.get(JsValue::from(document.to_string()))?.await?;
                Ok(value.map(|value| Uint8Array::new(&value).to_vec()))
            })
            .await
    }

    /// Keeps a snapshot of a document in place of the one before; `None` forgets that.
    pub async fn keep_snapshot(
        &self,
        document: DocumentId,
        snapshot: Option<Vec<u8>>,
    ) -> Result<(), StorageError> {
        let Backing::Database(handle) = self.backing.clone().await else { return Ok(()) };
        handle
            .write(&[SNAPSHOTS], move |transaction| {
                let store = transaction.object_store(SNAPSHOTS)?;
                let key = JsValue::from(document.to_string());
                match &snapshot {
                    Some(bytes) => drop(store.put(&Uint8Array::from(&bytes[..]), Some(&key))?),
                    None => drop(store.delete(key)?),
                }
                Ok(())
            })
            .await
    }

    /// The last ordered batch of a document.
    pub async fn last_ordered(&self, document: DocumentId) -> Result<Option<Record>, StorageError> {
        let handle = match self.backing.clone().await {
            Backing::Database(handle) => handle,
            Backing::Memory(memory) => return Ok(memory.last_ordered(document)),
        };
        handle
            .read(async |connection| {
                let store = connection.reading(ORDERED)?.object_store(ORDERED)?;
                let cursor =
                    store.open_cursor(Some(of(document)?.into()), Some(CursorDirection::Prev))?;
                let Some(cursor) = cursor.await? else { return Ok(None) };
                Ok(Some(record(&cursor.key()?, &cursor.value()?)))
            })
            .await
    }

    /// The events of a document that have no revision yet, in no particular order.
    pub async fn pending(&self, document: DocumentId) -> Result<Vec<PendingRecord>, StorageError> {
        let handle = match self.backing.clone().await {
            Backing::Database(handle) => handle,
            Backing::Memory(memory) => return Ok(memory.pending(document)),
        };
        let records = handle
            .read(async |connection| read_all(connection, PENDING, Some(of(document)?), None).await)
            .await?;
        Ok(records.iter().filter_map(|(key, value)| pending_record(key, value)).collect())
    }

    /// How many pending events each document has, if any.
    pub async fn pending_counts(&self) -> Result<BTreeMap<DocumentId, usize>, StorageError> {
        let handle = match self.backing.clone().await {
            Backing::Database(handle) => handle,
            Backing::Memory(memory) => return Ok(memory.pending_counts()),
        };
        let keys = handle
            .read(async |connection| {
                let store = connection.reading(PENDING)?.object_store(PENDING)?;
                Ok(store.get_all_keys(None, None)?.await?)
            })
            .await?;
        let mut counts = BTreeMap::new();
        for key in keys {
            let document = Array::from(&key).get(0).as_string().and_then(|id| id.parse().ok());
            if let Some(document) = document {
                *counts.entry(document).or_default() += 1;
            }
        }
        Ok(counts)
    }

    /// Writes, with strict durability. What can be queued at once is queued before this
    /// returns; the future says when it is on the disk.
    pub fn write(
        &self,
        document: DocumentId,
        write: Write,
    ) -> impl Future<Output = Result<(), StorageError>> + 'static {
        match self.backing.peek() {
            Some(backing) => Either::Left(backing.write(document, write)),
            None => {
                let backing = self.backing.clone();
                Either::Right(async move { backing.await.write(document, write).await })
            }
        }
    }

    /// The library's cards. One that cannot be read is left out; opening the document
    /// makes it anew.
    pub async fn cards(&self) -> Result<Vec<Card>, StorageError> {
        let handle = match self.backing.clone().await {
            Backing::Database(handle) => handle,
            Backing::Memory(memory) => return Ok(memory.cards()),
        };
        let records = handle
            .read(async |connection| read_all(connection, DOCUMENTS, None, None).await)
            .await?;
        Ok(records.iter().filter_map(|(_, value)| Card::from_json(&value.as_string()?)).collect())
    }

    /// All names and colours that were ever heard of on this device, with the document in which that
    /// was; none for what was kept before that counted.
    pub async fn profiles(&self) -> Result<Vec<(Option<DocumentId>, Profile)>, StorageError> {
        let handle = match self.backing.clone().await {
            Backing::Database(handle) => handle,
            Backing::Memory(memory) => return Ok(memory.profiles()),
        };
        let records = handle
            .read(async |connection| read_all(connection, PROFILES, None, None).await)
            .await?;
        let decode = |(key, value): &(JsValue, JsValue)| {
            let profile = profile::from_json(&value.as_string()?)?;
            let document = match key.as_string() {
                Some(_) => None,
                None => Some(Array::from(key).get(0).as_string()?.parse().ok()?),
            };
            Some((document, profile))
        };
        Ok(records.iter().filter_map(decode).collect())
    }

    /// Keeps names and colours of a document for later.
    pub async fn keep_profiles(
        &self,
        document: DocumentId,
        profiles: Vec<Profile>,
    ) -> Result<(), StorageError> {
        match self.backing.clone().await {
            Backing::Database(handle) => {
                handle
                    .write(&[PROFILES], move |transaction| {
                        let store = transaction.object_store(PROFILES)?;
                        for profile in &profiles {
                            let author = profile.author.to_string();
                            let key = Array::of2(&document.to_string().into(), &author.into());
                            store.put(&profile::to_json(profile).into(), Some(&key.into()))?;
                        }
                        Ok(())
                    })
                    .await
            }
            Backing::Memory(memory) => {
                memory.keep_profiles(document, profiles);
                Ok(())
            }
        }
    }

    /// Who writes on this device: what an earlier page stored, or else `fresh`, which is
    /// stored now. Two first pages at once agree on one of their two.
    pub async fn device(&self, fresh: Profile) -> Result<Profile, StorageError> {
        let handle = match self.backing.clone().await {
            Backing::Database(handle) => handle,
            Backing::Memory(_) => return Ok(fresh),
        };
        for _ in 0..2 {
            let stored = handle
                .read(async |connection| {
                    let store = connection.reading(DEVICE)?.object_store(DEVICE)?;
                    Ok(store.get(JsValue::from("author"))?.await?)
                })
                .await?;
            let stored = stored.and_then(|value| value.as_string());
            if let Some(profile) = stored.and_then(|json| profile::from_json(&json)) {
                return Ok(profile);
            }
            let json = profile::to_json(&fresh);
            let added = handle
                .write(&[DEVICE], move |transaction| {
                    let store = transaction.object_store(DEVICE)?;
                    store.add(&json.as_str().into(), Some(&"author".into()))?;
                    Ok(())
                })
                .await;
            match added {
                Ok(()) => return Ok(fresh),
                Err(StorageError::Exists) => {}
                Err(error) => return Err(error),
            }
        }
        // There is a record, and it cannot be read: it says nothing worth keeping.
        self.keep_device(fresh.clone()).await?;
        Ok(fresh)
    }

    /// Stores another name or colour for who writes on this device.
    pub async fn keep_device(&self, profile: Profile) -> Result<(), StorageError> {
        let handle = match self.backing.clone().await {
            Backing::Database(handle) => handle,
            Backing::Memory(_) => return Ok(()),
        };
        handle
            .write(&[DEVICE], move |transaction| {
                let store = transaction.object_store(DEVICE)?;
                store.put(&profile::to_json(&profile).into(), Some(&"author".into()))?;
                Ok(())
            })
            .await
    }
}

impl Write {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
            && self.ordered.is_empty()
            && self.settled.is_empty()
            && self.card.is_none()
    }
}

impl Backing {
    fn write(
        &self,
        document: DocumentId,
        write: Write,
    ) -> impl Future<Output = Result<(), StorageError>> + 'static {
        match self {
            Self::Database(handle) => {
                let stores: &[&str] = match (write.ordered.is_empty(), &write.card) {
                    (true, None) => &[PENDING],
                    (true, Some(_)) => &[PENDING, DOCUMENTS],
                    (false, _) => &[PENDING, DOCUMENTS, ORDERED, DAMAGED],
                };
                let queue = move |transaction: &_| queue(transaction, document, &write);
                Either::Left(handle.write(stores, queue))
            }
            Self::Memory(memory) => {
                memory.write(document, write);
                Either::Right(std::future::ready(Ok(())))
            }
        }
    }
}

/// Asks the browser not to clear this page's storage when the device runs short. It may say
/// no, or do so anyway after a long absence; the server's copy is for that.
pub fn ask_to_stay() {
    let Some(window) = web_sys::window() else { return };
    let manager = Reflect::get(&window.navigator(), &"storage".into()).unwrap_or_default();
    if let Some(manager) = manager.dyn_ref::<web_sys::StorageManager>()
        && let Ok(answer) = manager.persist()
    {
        spawn_local(async move {
            let _ = JsFuture::from(answer).await;
        });
    }
}

impl Record {
    /// The batch's events; an error also when they begin elsewhere than the key says.
    pub fn decode(&self) -> Result<Block, String> {
        let block = codec::decode_block(&self.bytes).map_err(|error| error.to_string())?;
        match block.revisions() {
            Some((first, _)) if first == self.first => Ok(block),
            _ => Err(format!("the record of revision {} holds other events", self.first.0)),
        }
    }
}

impl PendingRecord {
    /// The record's event; an error also when the bytes hold another event than the key says.
    pub fn decode(&self) -> Result<Event, String> {
        let events = codec::decode_events(&self.bytes).map_err(|error| error.to_string())?;
        match <[Event; 1]>::try_from(events) {
            Ok([event]) if event.header.id == self.id => Ok(event),
            _ => Err(format!("the record of event {} holds another event", self.id)),
        }
    }
}

fn queue(
    transaction: &idb::Transaction,
    document: DocumentId,
    write: &Write,
) -> Result<(), idb::Error> {
    debug_assert_eq!(transaction.mode(), Ok(TransactionMode::ReadWrite));
    let pending = transaction.object_store(PENDING)?;
    for (event, sealed) in &write.pending {
        let value = pending_value(*sealed, &codec::encode_events(std::slice::from_ref(event)));
        pending.put(&value, Some(&pending_key(document, event.header.id)))?;
    }
    for id in &write.settled {
        pending.delete(pending_key(document, *id))?;
    }
    let mut damaged = write.damaged.as_ref();
    for batch in &write.ordered {
        let Some(first) = batch.first() else { continue };
        let ordered = transaction.object_store(ORDERED)?;
        let key = ordered_key(document, first.revision);
        let bytes = Uint8Array::from(codec::encode_ordered(batch).as_slice());
        match damaged.take() {
            Some(damaged) if damaged.first == first.revision => {
                let aside = transaction.object_store(DAMAGED)?;
                aside.put(&Uint8Array::from(damaged.bytes.as_slice()), Some(&key))?;
                ordered.put(&bytes, Some(&key))?;
            }
            _ => {
                ordered.add(&bytes, Some(&key))?;
            }
        }
    }
    if let Some(card) = &write.card {
        let documents = transaction.object_store(DOCUMENTS)?;
        documents.put(&card.to_json().into(), Some(&document.to_string().into()))?;
    }
    Ok(())
}

/// Keys and values of a range, in the order of the keys.
async fn read_all(
    connection: &Connection,
    store: &str,
    range: Option<KeyRange>,
    limit: Option<u32>,
) -> Result<Vec<(JsValue, JsValue)>, StorageError> {
    let store = connection.reading(store)?.object_store(store)?;
    // Both are asked for before either is awaited: the transaction is over afterwards.
    let keys = store.get_all_keys(range.clone().map(Into::into), limit)?.into_future();
    let values = store.get_all(range.map(Into::into), limit)?.into_future();
    let keys = keys.await?;
    Ok(keys.into_iter().zip(values.await?).collect())
}

fn ordered_key(document: DocumentId, first: Revision) -> JsValue {
    Array::of2(&document.to_string().into(), &(first.0 as f64).into()).into()
}

fn pending_key(document: DocumentId, id: EventId) -> JsValue {
    let (replica, counter) = (id.replica.to_string(), id.counter as f64);
    Array::of3(&document.to_string().into(), &replica.into(), &counter.into()).into()
}

fn pending_value(sealed: bool, bytes: &[u8]) -> JsValue {
    let value = Object::new();
    let fields = [("sealed", JsValue::from(sealed)), ("bytes", Uint8Array::from(bytes).into())];
    for (name, field) in fields {
        Reflect::set(&value, &name.into(), &field).expect("a fresh object takes any field");
    }
    value.into()
}

fn record(key: &JsValue, value: &JsValue) -> Record {
    // A key that is no number cannot be there; 0 makes it unreadable rather than a panic.
    let first = Array::from(key).get(1).as_f64().unwrap_or(0.0);
    Record { first: Revision(first as u64), bytes: Uint8Array::new(value).to_vec() }
}

fn pending_record(key: &JsValue, value: &JsValue) -> Option<PendingRecord> {
    let key = Array::from(key);
    let replica = u64::from_str_radix(&key.get(1).as_string()?, 16).ok()?;
    let counter = key.get(2).as_f64()? as u64;
    let field = |name: &str| Reflect::get(value, &name.into()).ok();
    let sealed = field("sealed").and_then(|sealed| sealed.as_bool()).unwrap_or(false);
    // What is not even a record has no bytes, which no event has either.
    let bytes = field("bytes").map(|bytes| Uint8Array::new(&bytes).to_vec()).unwrap_or_default();
    Some(PendingRecord { id: EventId { replica: ReplicaId(replica), counter }, sealed, bytes })
}

/// Every key that begins with the document. An array sorts after all strings and numbers.
fn of(document: DocumentId) -> Result<KeyRange, idb::Error> {
    let document = JsValue::from(document.to_string());
    range(std::slice::from_ref(&document), &[document.clone(), Array::new().into()])
}

fn range(from: &[JsValue], to: &[JsValue]) -> Result<KeyRange, idb::Error> {
    let array = |parts: &[JsValue]| JsValue::from(parts.iter().cloned().collect::<Array>());
    KeyRange::bound(&array(from), &array(to), None, None)
}
