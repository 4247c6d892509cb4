//! The running server: the state that sockets and requests share, start and
//! stop. What is said on a socket is `socket`'s matter, what is answered over HTTP `http`'s.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::serve::ListenerExt;
use palimpsest_core::{DocumentId, Revision, Timestamp};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_rustls::rustls::ServerConfig;

use crate::address::Tally;
use crate::bucket::{Buckets, Sender};
use crate::certificate::{Certificate, CertificateError};
use crate::config::Config;
use crate::doors::Doors;
use crate::front::Front;
use crate::guard::Guard;
use crate::guard::audit::AuditLog;
use crate::http::Readiness;
use crate::hub::{ConnectionId, Hub, Output};
use crate::limits::{Held, Limits};
use crate::metrics::Metrics;
use crate::store::sqlite::{OpenError, SqliteStore};
use crate::store::{AppendError, Appended, Folder, FolderError};
use crate::vault::Vault;

/// How long sockets and requests may take to end when the server stops. The store takes a moment
/// more, and all of it is to be over within five seconds.
const STOP_TIME_MAX: Duration = Duration::from_secs(4);

/// The hub hears of what was stored no more often than this. Whoever types alone is answered at
/// once; where many write, one relay to everybody carries what all of them wrote meanwhile.
const RELAY_PAUSE: Duration = Duration::from_millis(4);

/// How often the audit log is looked at: whoever takes a link back on the command line has it
/// hold within a second.
const WATCH_EVERY: Duration = Duration::from_millis(400);

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
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Accepting connections failed.
    #[error("the server stopped: {0}")]
    Serve(#[from] io::Error),
}

/// A server that has its data folder and its address.
pub struct Server {
    listener: TcpListener,
    /// If it speaks TLS: where the certificate is, and what was read there.
    certificate: Option<(Certificate, Arc<ServerConfig>)>,
    state: Arc<State>,
}

/// What sockets and requests share.
pub(crate) struct State {
    pub(crate) vault: Vault,
    pub(crate) guard: Arc<Guard>,
    pub(crate) doors: Doors,
    pub(crate) metrics: Metrics,
    pub(crate) readiness: Readiness,
    pub(crate) limits: Limits,
    /// How many sockets each address has.
    pub(crate) addresses: Arc<Tally>,
    buckets: Mutex<Buckets>,
    hub: Mutex<Hub>,
    /// What the store has answered and the hub has not heard yet. One commit answers many
    /// appends; the hub hears of them together, so that they are relayed together.
    answers: Mutex<Answers>,
    wakers: Mutex<HashMap<ConnectionId, Arc<Notify>>>,
    stopping: AtomicBool,
    runtime: Handle,
}

/// Answers of the store on their way to the hub.
struct Answers {
    waiting: Vec<Answer>,
    /// When the hub heard the last ones.
    heard: Instant,
}

/// What became of a connection's append, and which of its frames asked for it.
struct Answer {
    connection: ConnectionId,
    frame: u64,
    document: DocumentId,
    outcome: Result<Appended, AppendError>,
}

impl Server {
    /// Opens the data folder and the address.
    pub async fn bind(config: Config) -> Result<Self, ServeError> {
        if config.policy.is_open() && !config.listen.ip().is_loopback() {
            return Err(ServeError::OpenToAll(config.listen));
        }
        let certificate = match config.certificate {
            Some(certificate) => Some((certificate.clone(), certificate.read()?)),
            None => None,
        };
        let store = Arc::new(SqliteStore::open_with(Folder::open(&config.data)?, &config.limits)?);
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
            readiness: Readiness::default(),
            limits: config.limits,
            addresses: Arc::default(),
            buckets: Mutex::new(Buckets::new(
                config.limits.events_per_second_max,
                config.limits.events_at_once_max,
            )),
            hub: Mutex::new(Hub::new(guard).with_limits(config.limits)),
            answers: Mutex::new(Answers { waiting: Vec::new(), heard: Instant::now() }),
            wakers: Mutex::default(),
            stopping: AtomicBool::new(false),
            runtime: Handle::current(),
        };
        Ok(Self { listener, certificate, state: Arc::new(state) })
    }

    /// Who may do what on this server.
    pub fn guard(&self) -> &Guard {
        &self.state.guard
    }

    /// Where the server listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The same as browsers are told it.
    pub fn url(&self) -> io::Result<String> {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}", self.address()?))
    }

    /// What answers over HTTP, for who asks without a socket. A request says where it comes from in
    /// an extension, `ConnectInfo<SocketAddr>`.
    pub fn router(&self) -> axum::Router {
        crate::http::router(self.state.clone())
    }

    /// Serves until `stop` is done; then tells every socket, and waits a little for them.
    pub async fn run(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let router = self.router();
        let Self { listener, certificate, state } = self;
        let front = Front::open(listener, certificate, &state)?;
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
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        // Tapped, since only so it tells requests where they come from.
        let serving = axum::serve(front.tap_io(|_| {}), service)
            .with_graceful_shutdown(async move {
                stopping.await;
                let _ = told.send(Instant::now() + STOP_TIME_MAX);
            })
            .into_future();
        tokio::pin!(serving);
        let end = async {
            let end = was_told.await.unwrap_or_else(|_| Instant::now());
            sleep_until(end).await;
        };
        tokio::pin!(end);
        let all_gone = async {
            serving.await?;
            state.sockets_gone().await;
            Ok(())
        };
        let outcome = tokio::select! {
            outcome = all_gone => outcome,
            () = end => {
                tracing::warn!("some sockets or requests did not end in time and were cut off");
                Ok(())
            }
        };
        watching.abort();
        // It has the store open until it is gone.
        drop(watching.await);
        outcome
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

    /// Whether a sender may push so many events now.
    pub(crate) fn may_push(&self, sender: Sender, events: usize) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.take(sender, events, now())
    }

    /// Whether the server is going away.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Does what the hub asked for, without waiting for it.
    pub(crate) fn perform(self: &Arc<Self>, outputs: Vec<Output>) {
        self.perform_for(outputs, 0);
    }

    /// The same, for a connection's `frame`-th frame, which log lines name.
    pub(crate) fn perform_for(self: &Arc<Self>, outputs: Vec<Output>, frame: u64) {
        let mut woken = BTreeSet::new();
        for output in outputs {
            match output {
                Output::Wake(connection) => {
                    woken.insert(connection);
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
                    let (document, start) = (append.document, Instant::now());
                    let done = move |outcome| {
                        state.metrics.appended(&outcome, start.elapsed());
                        state.answered(Answer { connection, frame, document, outcome });
                    };
                    if self.vault.pace().waiting() >= self.limits.appends_waiting_max {
                        self.metrics.held(Held::AppendsWaiting);
                        let words = "too many wait for it now: try again in a moment";
                        done(Err(AppendError::Unavailable(words.into())));
                    } else {
                        self.vault.submit(&permit, append, Box::new(done));
                    }
                }
                Output::KeepProfile(connection, permit, naming) => {
                    let state = self.clone();
                    self.runtime.spawn_blocking(move || {
                        let (document, profile) = (naming.document, naming.profile.clone());
                        let outcome = state.vault.keep_profile(&permit, naming);
                        match &outcome {
                            Ok(true) => {}
                            Ok(false) => state.metrics.name_refused(),
                            Err(error) => {
                                tracing::warn!(%document, %error, "a profile was not kept");
                            }
                        }
                        let kept = matches!(outcome, Ok(true)).then_some(profile);
                        let outputs = state.hub().named(connection, document, kept);
                        state.perform(outputs);
                    });
                }
            }
        }
        let wakers = self.wakers();
        for bell in woken.iter().filter_map(|connection| wakers.get(connection)) {
            bell.notify_one();
        }
    }

    /// Takes an answer of the store's, on its thread, and has the hub hear of it soon.
    fn answered(self: &Arc<Self>, answer: Answer) {
        let Answer { connection, frame, .. } = answer;
        match &answer.outcome {
            Ok(appended) => {
                let (events, head) = (appended.fresh.len(), appended.head.0);
                tracing::debug!(%connection, frame, events, head, "stored");
            }
            Err(error) => tracing::debug!(%connection, frame, %error, "not stored"),
        }
        let mut answers = self.answers();
        answers.waiting.push(answer);
        if answers.waiting.len() == 1 {
            let (state, due) = (self.clone(), answers.heard + RELAY_PAUSE);
            self.runtime.spawn(async move {
                sleep_until(due).await;
                state.hear_answers();
            });
        }
    }

    /// Has the hub hear of everything that was answered.
    pub(crate) fn hear_answers(self: &Arc<Self>) {
        let mut outputs = Vec::new();
        // The hub is held while the answers are taken: they are heard in the order of revisions.
        let mut hub = self.hub();
        let mut answers = self.answers();
        answers.heard = Instant::now();
        let waiting = mem::take(&mut answers.waiting);
        drop(answers);
        for Answer { connection, frame, document, outcome } in waiting {
            outputs.extend(hub.appended(connection, document, outcome));
            tracing::debug!(%connection, frame, "answered");
        }
        drop(hub);
        self.perform(outputs);
    }

    /// Has everybody who follows a document hear that its log grew.
    pub(crate) fn grew(self: &Arc<Self>, document: DocumentId, head: Revision) {
        let outputs = self.hub().grew(document, head);
        self.perform(outputs);
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
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
        while self.hub().connections() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
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
