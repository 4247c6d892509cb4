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

use crate::doors::Doors;
use crate::guard::audit::AuditLog;
use crate::guard::{Guard, Policy};
use crate::hub::{ConnectionId, Hub, Output};
use crate::metrics::Metrics;
use crate::store::sqlite::{OpenError, SqliteStore};
use crate::store::{AppendError, Folder, FolderError};
use crate::vault::Vault;

/// How long sockets and requests may take to end when the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(5);

/// How often the audit log is looked at: whoever takes a link back on the command line has it
/// hold within a second.
const WATCH_EVERY: Duration = Duration::from_millis(400);

/// What a server needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// Who is let in.
    pub policy: Policy,
    /// The other addresses, as `https://notes.example`, whose pages may talk to this server.
    pub origins: Vec<String>,
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
    /// Everybody would be let in from everywhere.
    #[error(
        "{0} can be reached from elsewhere, and nobody would have to show a link: listen on \
         127.0.0.1, or leave out `--auth none`"
    )]
    OpenToAll(SocketAddr),
    /// The audit log cannot be read.
    #[error("the audit log cannot be read: {0}")]
    Audit(#[from] AppendError),
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
    pub(crate) vault: Vault,
    pub(crate) guard: Arc<Guard>,
    pub(crate) doors: Doors,
    pub(crate) metrics: Metrics,
    hub: Mutex<Hub>,
    wakers: Mutex<HashMap<ConnectionId, Arc<Notify>>>,
    stopping: AtomicBool,
    runtime: Handle,
}

impl Server {
    /// Opens the data folder and the address.
    pub async fn bind(config: Config) -> Result<Self, ServeError> {
        let open = matches!(config.policy, Policy::Open);
        if open && !config.listen.ip().is_loopback() {
            return Err(ServeError::OpenToAll(config.listen));
        }
        let store = Arc::new(SqliteStore::open(Folder::open(&config.data)?)?);
        let log = AuditLog::open(&Folder::database_of(&config.data))?;
        let doors = Doors::new(&config.policy, config.origins);
        let guard = Arc::new(Guard::over(config.policy, log)?);
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| ServeError::Listen { address: config.listen, error })?;
        let state = State {
            vault: Vault::new(store, &config.data),
            guard: guard.clone(),
            doors,
            metrics: Metrics::default(),
            hub: Mutex::new(Hub::new(guard)),
            wakers: Mutex::default(),
            stopping: AtomicBool::new(false),
            runtime: Handle::current(),
        };
        Ok(Self { listener, state: Arc::new(state) })
    }

    /// Who may do what on this server.
    pub fn guard(&self) -> &Guard {
        &self.state.guard
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
        let watching = tokio::spawn(watch(state.clone()));
        let _worker = state.vault.keep_up();
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
        let serving =
            axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
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
        watching.abort();
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
    pub(crate) fn connect(&self, user: Option<String>) -> (ConnectionId, Arc<Notify>) {
        let bell = Arc::new(Notify::new());
        let connection = self.hub().connect(user);
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
                Output::Open(connection, permit) => {
                    let state = self.clone();
                    self.runtime.spawn_blocking(move || {
                        let found = state.vault.welcome(&permit);
                        let outputs = state.hub().opened(connection, permit.document(), found);
                        state.perform(outputs);
                    });
                }
                Output::Append(connection, permit, append) => {
                    let state = self.clone();
                    let document = append.document;
                    self.vault.submit(
                        &permit,
                        append,
                        Box::new(move |outcome| {
                            state.metrics.appended(&outcome);
                            let outputs = state.hub().appended(connection, document, outcome);
                            state.perform(outputs);
                        }),
                    );
                }
                Output::KeepProfile(permit, profile) => {
                    let state = self.clone();
                    self.runtime.spawn_blocking(move || {
                        if let Err(error) = state.vault.keep_profile(&permit, profile) {
                            let document = permit.document();
                            tracing::warn!(%document, %error, "a profile was not kept");
                        }
                    });
                }
            }
        }
    }

    /// Has what was given or taken hold for those who are connected. Cheap; done often.
    pub(crate) fn recheck(self: &Arc<Self>) {
        let outputs = self.hub().recheck(now());
        self.perform(outputs);
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

/// Looks again and again for what the command line wrote into the audit log, and for access that
/// came to its end.
async fn watch(state: Arc<State>) {
    let (mut number, mut looked) = (state.guard.number(), now());
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        let reading = state.clone();
        let read = tokio::task::spawn_blocking(move || reading.guard.refresh()).await;
        if let Ok(Err(error)) = read {
            tracing::error!(%error, "the audit log could not be read");
        }
        let (known, time) = (state.guard.number(), now());
        // Whoever is connected is asked about only if something can have changed.
        if known != number || state.guard.ended(looked, time) {
            state.recheck();
        }
        (number, looked) = (known, time);
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
