//! The connection to IndexedDB: opened, found dead, opened again, given up for a newer
//! version. What is stored in it is the business of the file beside this one.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};
use idb::event::Event as _;
use idb::{Database, Factory, ObjectStoreParams};
use js_sys::{Array, Object, Promise, Reflect};
use leptos::prelude::{ArcRwSignal, GetUntracked, Set};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbTransaction};

use super::{StorageError, StorageState};
use crate::clock;

/// How often an operation is tried when its connection turns out to be dead.
const ATTEMPTS_MAX: u32 = 3;

/// The pause before the second attempt; it grows with every further one.
const RETRY_MILLIS: u32 = 60;

#[wasm_bindgen]
extern "C" {
    /// An `IDBDatabase` that can be asked for strict durability: the browser then says
    /// "complete" only after the bytes were flushed to the disk, not when they are in the
    /// operating system's buffer. `idb` cannot ask, `web-sys` only behind an unstable flag.
    #[wasm_bindgen(extends = IdbDatabase)]
    type StrictDatabase;

    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn transaction_with_options(
        this: &StrictDatabase,
        stores: &Array,
        mode: &str,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;
}

/// One open connection.
pub(super) struct Connection {
    raw: StrictDatabase,
    dead: Rc<Cell<bool>>,
    /// Owns the callbacks of the connection.
    _database: Database,
}

/// The connection as a replaceable thing.
pub(super) struct Handle {
    name: String,
    version: u32,
    stores: &'static [&'static str],
    current: RefCell<Option<Opening>>,
    /// Set when another tab asked for a newer version: this page's code may not touch the
    /// database any more.
    retired: Rc<Cell<bool>>,
    state: ArcRwSignal<StorageState>,
}

type Opening = Shared<LocalBoxFuture<'static, Result<Rc<Connection>, StorageError>>>;

impl Handle {
    /// A handle without a connection. `stores` are made when the database is new.
    pub(super) fn new(
        name: &str,
        version: u32,
        stores: &'static [&'static str],
        state: ArcRwSignal<StorageState>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            version,
            stores,
            current: RefCell::new(None),
            retired: Rc::new(Cell::new(false)),
            state,
        }
    }

    /// The connection, opened if there is none.
    pub(super) async fn connect(&self) -> Result<Rc<Connection>, StorageError> {
        if self.retired.get() {
            return Err(StorageError::Blocked);
        }
        let opening = self.current.borrow().clone();
        let opening = match opening {
            Some(opening) => opening,
            None => {
                let opening = open(
                    self.name.clone(),
                    self.version,
                    self.stores,
                    self.retired.clone(),
                    self.state.clone(),
                )
                .boxed_local()
                .shared();
                *self.current.borrow_mut() = Some(opening.clone());
                opening
            }
        };
        match opening.await {
            Ok(connection) if connection.dead.get() => {
                self.forget();
                Err(StorageError::Lost("the browser closed the database".into()))
            }
            Ok(connection) => Ok(connection),
            Err(error) => {
                self.forget();
                Err(error)
            }
        }
    }

    /// Closes the connection, if there is one; the next operation opens another.
    pub(super) fn close(&self) {
        if let Some(connection) = self.live() {
            connection.raw.close();
        }
    }

    /// Reads, and reads again on a new connection when the old one was dead.
    pub(super) async fn read<T>(
        &self,
        read: impl AsyncFn(&Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let mut attempt = 1;
        loop {
            let outcome = match self.connect().await {
                Ok(connection) => read(&connection).await,
                Err(error) => Err(error),
            };
            match outcome {
                Err(StorageError::Lost(_)) if attempt < ATTEMPTS_MAX => {
                    self.forget();
                    clock::sleep(RETRY_MILLIS * attempt).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Writes in one strict transaction. With a live connection everything is queued before
    /// this returns, so that a page about to be hidden need not wait for its turn; the
    /// future tells when it is on the disk.
    pub(super) fn write(
        self: &Rc<Self>,
        stores: &'static [&'static str],
        queue: impl Fn(&idb::Transaction) -> Result<(), idb::Error> + 'static,
    ) -> impl Future<Output = Result<(), StorageError>> + 'static {
        let handle = self.clone();
        let mut begun = self.live().map(|connection| connection.commit(stores, &queue));
        async move {
            let mut attempt = 1;
            loop {
                let outcome = match begun.take() {
                    Some(Ok(committing)) => committing.done().await,
                    Some(Err(error)) => Err(error),
                    None => match handle.connect().await {
                        Ok(connection) => match connection.commit(stores, &queue) {
                            Ok(committing) => committing.done().await,
                            Err(error) => Err(error),
                        },
                        Err(error) => Err(error),
                    },
                };
                match outcome {
                    Err(StorageError::Lost(_)) if attempt < ATTEMPTS_MAX => {
                        handle.forget();
                        clock::sleep(RETRY_MILLIS * attempt).await;
                        attempt += 1;
                    }
                    outcome => {
                        handle.note(&outcome);
                        return outcome;
                    }
                }
            }
        }
    }

    /// Tells the views how the last write went.
    fn note(&self, outcome: &Result<(), StorageError>) {
        let state = match outcome {
            Ok(()) => StorageState::Ready,
            // Two tabs wrote the same batch: the store is well.
            Err(StorageError::Exists) => return,
            Err(error) => error.state(),
        };
        if self.state.get_untracked() != state {
            self.state.set(state);
        }
    }

    fn forget(&self) {
        self.current.borrow_mut().take();
    }

    fn live(&self) -> Option<Rc<Connection>> {
        let current = self.current.borrow();
        let connection = current.as_ref()?.peek()?.as_ref().ok()?;
        (!connection.dead.get()).then(|| connection.clone())
    }
}

impl Connection {
    /// A transaction that only reads.
    pub(super) fn reading(&self, store: &str) -> Result<idb::Transaction, StorageError> {
        self.begin(&[store], "readonly").map(idb::Transaction::from)
    }

    /// The durability the browser grants to this connection's writes.
    pub(super) fn durability(&self, store: &str) -> Result<String, StorageError> {
        let transaction = self.begin(&[store], "readwrite")?;
        let durability = Reflect::get(&transaction, &"durability".into()).ok();
        Ok(durability.and_then(|value| value.as_string()).unwrap_or_default())
    }

    /// Makes a strict transaction, queues everything and commits, all in one go: a
    /// transaction held over an await may have ended by itself.
    fn commit(
        &self,
        stores: &[&str],
        queue: &impl Fn(&idb::Transaction) -> Result<(), idb::Error>,
    ) -> Result<Committing, StorageError> {
        let raw = self.begin(stores, "readwrite")?;
        let transaction = idb::Transaction::from(raw.clone());
        if let Err(error) = queue(&transaction) {
            // Half a batch must not be committed.
            let _ = transaction.abort();
            return Err(StorageError::from(error));
        }
        transaction.commit().map_err(StorageError::from)?;
        // Neither event comes before this task is over.
        let done = Promise::new(&mut |resolve, reject| {
            raw.set_oncomplete(Some(&resolve));
            raw.set_onabort(Some(&reject));
        });
        Ok(Committing { raw, done })
    }

    fn begin(&self, stores: &[&str], mode: &str) -> Result<IdbTransaction, StorageError> {
        let stores: Array = stores.iter().map(|store| JsValue::from(*store)).collect();
        let options = Object::new();
        Reflect::set(&options, &"durability".into(), &"strict".into())
            .map_err(|error| StorageError::from_js(&error))?;
        self.raw
            .transaction_with_options(&stores, mode, &options)
            .map_err(|error| StorageError::from_js(&error))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The callbacks go with this value; the browser must not call them any more.
        self.raw.set_onclose(None);
        self.raw.set_onversionchange(None);
        self.raw.close();
    }
}

/// A transaction on its way to the disk.
struct Committing {
    raw: IdbTransaction,
    done: Promise,
}

impl Committing {
    async fn done(self) -> Result<(), StorageError> {
        match JsFuture::from(self.done).await {
            Ok(_) => Ok(()),
            // The event says nothing; the transaction knows why it was aborted.
            Err(_) => Err(match self.raw.error() {
                Some(error) => StorageError::from_js(&error),
                None => StorageError::Lost("the browser aborted a transaction".into()),
            }),
        }
    }
}

async fn open(
    name: String,
    version: u32,
    stores: &'static [&'static str],
    retired: Rc<Cell<bool>>,
    state: ArcRwSignal<StorageState>,
) -> Result<Rc<Connection>, StorageError> {
    let unavailable = |error: idb::Error| StorageError::Unavailable(error.to_string());
    let mut request =
        Factory::new().map_err(unavailable)?.open(&name, Some(version)).map_err(unavailable)?;
    request.on_upgrade_needed(move |event| {
        let Ok(database) = event.target().and_then(|request| request.database()) else { return };
        let existing = database.store_names();
        for store in stores {
            if !existing.iter().any(|name| name == store) {
                // A failure here fails the whole opening, which is reported below.
                let _ = database.create_object_store(store, ObjectStoreParams::new());
            }
        }
    });
    request.on_blocked({
        let state = state.clone();
        move |_| state.set(StorageState::Blocked)
    });
    let raw: IdbDatabase = request.await.map_err(StorageError::from)?.into();
    let dead = Rc::new(Cell::new(false));
    let mut database = Database::from(raw.clone());
    database.on_close({
        let dead = dead.clone();
        move |_| dead.set(true)
    });
    database.on_version_change({
        let (raw, dead) = (raw.clone(), dead.clone());
        move |_| {
            // What is queued is still written: closing waits for running transactions.
            raw.close();
            dead.set(true);
            retired.set(true);
            state.set(StorageState::Blocked);
        }
    });
    Ok(Rc::new(Connection { raw: raw.unchecked_into(), dead, _database: database }))
}
