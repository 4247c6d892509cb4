//! The running server: configuration, the state that sockets and requests share, start and
//! stop. What is said on a socket is `socket`'s matter, what is answered over HTTP `http`'s.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use palimpsest_core::Timestamp;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::hub::{ConnectionId, Hub, Output};
use crate::metrics::Metrics;
use crate::shelf::Shelf;
use crate::store::sqlite::{OpenError, SqliteStore};
use crate::store::{EventStore, Folder, FolderError};

/// How long sockets and requests may take to end when the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(5);

/// What a server needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
}

/// Why a server cannot run.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The data folder cannot be opened.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {error}; choose another with --listen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// Accepting connections failed.
    #[error("the server stopped: {0}")]
    Serve(#[from] io::Error),
}

/// A server that has its data folder and its address.
pub struct Server {
    listener: TcpListener,
    state: Arc<State>,
}

/// What sockets and requests share.
pub(crate) struct State {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) shelf: Shelf,
    pub(crate) metrics: Metrics,
    hub: Mutex<Hub>,
    wakers: Mutex<HashMap<ConnectionId, Arc<Notify>>>,
    stopping: AtomicBool,
    runtime: Handle,
}

impl Server {
    /// Opens the data folder and the address.
    pub async fn bind(config: Config) -> Result<Self, ServeError> {
        let store = Arc::new(SqliteStore::open(Folder::open(&config.data)?)?);
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| ServeError::Listen { address: config.listen, error })?;
        let state = State {
            shelf: Shelf::new(store.clone()),
            store,
            metrics: Metrics::default(),
            hub: Mutex::new(Hub::new()),
            wakers: Mutex::default(),
            stopping: AtomicBool::new(false),
            runtime: Handle::current(),
        };
        Ok(Self { listener, state: Arc::new(state) })
    }

    /// Where the server listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is done; then tells every socket, and waits a little for them.
    pub async fn run(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let Self { listener, state } = self;
        let router = crate::http::router(state.clone());
        let stopping = {
            let state = state.clone();
            async move {
                stop.await;
                state.stopping.store(true, Ordering::Release);
                let outputs = state.hub().shut_down();
                state.perform(outputs);
            }
        };
        let (told, was_told) = tokio::sync::oneshot::channel();
        let serving = axum::serve(listener, router)
            .with_graceful_shutdown(async move {
                stopping.await;
                let _ = told.send(());
            })
            .into_future();
        tokio::pin!(serving);
        tokio::select! {
            outcome = &mut serving => outcome?,
            () = async { drop(was_told.await); tokio::time::sleep(STOP_TIME_MAX).await } => {
                tracing::warn!("some requests did not end in time and were cut off");
            }
        }
        state.sockets_gone().await;
        Ok(())
    }
}

impl State {
    /// The hub. Held for a moment only: never across a wait.
    pub(crate) fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a new connection in; the `Notify` rings when there is something to poll.
    pub(crate) fn connect(&self) -> (ConnectionId, Arc<Notify>) {
        let bell = Arc::new(Notify::new());
        let connection = self.hub().connect();
        self.wakers().insert(connection, bell.clone());
        (connection, bell)
    }

    /// Lets a connection go.
    pub(crate) fn disconnect(self: &Arc<Self>, connection: ConnectionId) {
        self.wakers().remove(&connection);
        let outputs = self.hub().disconnect(connection);
        self.perform(outputs);
    }

    /// Whether the server is going away.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Does what the hub asked for, without waiting for it.
    pub(crate) fn perform(self: &Arc<Self>, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Wake(connection) => {
                    if let Some(bell) = self.wakers().get(&connection) {
                        bell.notify_one();
                    }
                }
                Output::Open(connection, document) => {
                    let state = self.clone();
                    self.runtime.spawn_blocking(move || {
                        let found = state.store.head(document).and_then(|head| {
                            let revision = head.map_or_else(Default::default, |head| head.revision);
                            Ok((revision, state.store.profiles(document)?))
                        });
                        let outputs = state.hub().opened(connection, document, found);
                        state.perform(outputs);
                    });
                }
                Output::Append(connection, append) => {
                    let state = self.clone();
                    let document = append.document;
                    self.store.submit(
                        append,
                        Box::new(move |outcome| {
                            state.metrics.appended(&outcome);
                            let outputs = state.hub().appended(connection, document, outcome);
                            state.perform(outputs);
                        }),
                    );
                }
                Output::KeepProfile(document, profile) => {
                    let state = self.clone();
                    self.runtime.spawn_blocking(move || {
                        if let Err(error) = state.store.keep_profile(document, profile) {
                            tracing::warn!(%document, %error, "a profile was not kept");
                        }
                    });
                }
            }
        }
    }

    fn wakers(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Notify>>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sockets_gone(&self) {
        let gone = async {
            while self.hub().connections() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(STOP_TIME_MAX, gone).await.is_err() {
            tracing::warn!("some sockets did not close in time and were cut off");
        }
    }
}

/// The time, by this machine's clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Bytes nobody can foresee.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has a source of randomness");
    bytes
}
