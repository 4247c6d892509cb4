//! Where connections come in: as they are, or behind TLS for a server that has no proxy in front. A
//! handshake takes a bounded time, and a stranger has no more of them going on than sockets. What is
//! said on a connection is not known here.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

use crate::address::Tally;
use crate::certificate::Certificate;
use crate::limits::Held;
use crate::server::State;

/// How much the system may hold of what was written to a socket and has not left yet, and how much
/// waits to be encrypted.
const UNSENT_BYTES_MAX: usize = 16 * 1024;

/// How many handshakes go on at once.
const HANDSHAKES_MAX: usize = 1_024;

/// How often it is looked whether the certificate was renewed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where connections come in.
pub(crate) enum Front {
    /// As they are.
    Plain(TcpListener),
    /// When their handshake is done.
    Tls(Handshakes),
}

/// Handshakes that go on, and those that are done.
pub(crate) struct Handshakes {
    address: SocketAddr,
    done: mpsc::Receiver<(Line, SocketAddr)>,
    tasks: [JoinHandle<()>; 2],
}

/// What the next handshake is made with.
type Current = Arc<RwLock<Arc<ServerConfig>>>;

impl Front {
    /// Lets connections in, behind TLS if there is a certificate: the one that was read.
    pub(crate) fn open(
        listener: TcpListener,
        certificate: Option<(Certificate, Arc<ServerConfig>)>,
        state: &Arc<State>,
    ) -> io::Result<Self> {
        let Some((certificate, config)) = certificate else { return Ok(Self::Plain(listener)) };
        let address = listener.local_addr()?;
        let current = Arc::new(RwLock::new(config));
        let (send, done) = mpsc::channel(1);
        let shaking = shake_hands(listener, current.clone(), state.clone(), send);
        let tasks = [tokio::spawn(shaking), tokio::spawn(renew(certificate, current))];
        Ok(Self::Tls(Handshakes { address, done, tasks }))
    }
}

impl Listener for Front {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        match self {
            Self::Plain(listener) => {
                let (stream, peer) = Listener::accept(listener).await;
                set_up(&stream);
                (Line::Plain(stream), peer)
            }
            Self::Tls(handshakes) => match handshakes.done.recv().await {
                Some(done) => done,
                // Nothing comes in any more; who waits is told to stop otherwise.
                None => std::future::pending().await,
            },
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain(listener) => listener.local_addr(),
            Self::Tls(handshakes) => Ok(handshakes.address),
        }
    }
}

impl Drop for Handshakes {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Takes connections in and shakes hands with each on its own, so that none waits for another.
async fn shake_hands(
    mut listener: TcpListener,
    current: Current,
    state: Arc<State>,
    done: mpsc::Sender<(Line, SocketAddr)>,
) {
    let (going_on, strangers) = (Arc::new(Semaphore::new(HANDSHAKES_MAX)), Arc::<Tally>::default());
    loop {
        let Ok(permit) = going_on.clone().acquire_owned().await else { return };
        let (stream, peer) = Listener::accept(&mut listener).await;
        let most = state.limits.sockets_per_address_max;
        let Some(place) = strangers.enter(peer.ip().to_canonical(), most) else {
            state.metrics.held(Held::SocketsPerAddress);
            continue;
        };
        set_up(&stream);
        let config = current.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (state, done) = (state.clone(), done.clone());
        tokio::spawn(async move {
            let hold_back = |session: &mut tokio_rustls::rustls::ServerConnection| {
                session.set_buffer_limit(Some(UNSENT_BYTES_MAX));
            };
            let shaking = TlsAcceptor::from(config).accept_with(stream, hold_back);
            let shaken = timeout(state.limits.hello_time(), shaking).await;
            drop((place, permit));
            match shaken {
                Ok(Ok(stream)) => drop(done.send((Line::Tls(Box::new(stream)), peer)).await),
                Ok(Err(error)) => {
                    state.metrics.handshake_failed();
                    tracing::debug!(%error, "a handshake failed");
                }
                Err(_) => state.metrics.held(Held::HelloSeconds),
            }
        });
    }
}

/// Looks again and again whether the certificate's files were written, and shows what is in them
/// from the next handshake on; if that cannot be used, what was before.
async fn renew(certificate: Certificate, current: Current) {
    let mut known = certificate.written();
    loop {
        sleep(LOOK_EVERY).await;
        let looked = certificate.clone();
        let read = tokio::task::spawn_blocking(move || {
            let written = looked.written();
            (written, (written != known).then(|| looked.read()))
        });
        let Ok((written, read)) = read.await else { return };
        known = written;
        match read {
            None => {}
            Some(Ok(config)) => {
                *current.write().unwrap_or_else(PoisonError::into_inner) = config;
                tracing::info!("the certificate was read anew");
            }
            Some(Err(error)) => {
                tracing::error!(%error, "the new certificate is not used; the old one is");
            }
        }
    }
}

/// What a connection needs that the system does not do by itself.
fn set_up(stream: &TcpStream) {
    // A small frame must not wait until the other side has acknowledged the one before.
    let prompt = stream.set_nodelay(true);
    // What the system holds for a slow reader is held back from the server's sight: it would
    // take minutes until it is noticed that somebody falls behind.
    let visible = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_BYTES_MAX as u32);
    if let Err(error) = prompt.and(visible) {
        tracing::debug!(%error, "a connection could not be set up");
    }
}

/// A connection.
pub(crate) enum Line {
    /// As it is.
    Plain(TcpStream),
    /// Behind TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
