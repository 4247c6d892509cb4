//! A server in this process on a free port, and a plain peer that talks to it over a real
//! WebSocket. The peer keeps no document: it sends what a test says and shows what comes.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use palimpsest_core::PROTOCOL;
use palimpsest_core::{
    Acked, DocumentId, Event, LinkKey, Message, Ordered, Profile, ReplicaId, Revision, codec,
};
use palimpsest_server::guard::Policy;
use palimpsest_server::{Config, Server};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything here takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; its data folder goes when it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap()).await
    }

    pub(crate) async fn start_in(folder: TempDir) -> Self {
        Self::guarded(folder, Policy::Open).await
    }

    /// A server that lets in whom the policy says.
    pub(crate) async fn guarded(folder: TempDir, policy: Policy) -> Self {
        Self::told(folder, |config| config.policy = policy).await
    }

    /// A server that lets everybody in, and is told more than that.
    pub(crate) async fn start_with(tell: impl FnOnce(&mut Config)) -> Self {
        Self::told(tempfile::tempdir().unwrap(), tell).await
    }

    async fn told(folder: TempDir, tell: impl FnOnce(&mut Config)) -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut config = Config::new(listen, folder.path().to_owned());
        config.policy = Policy::Open;
        tell(&mut config);
        let server = Server::bind(config).await.unwrap();
        let address = server.address().unwrap();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            server.run(stop).await.unwrap();
        });
        Self { address, folder, stop, running }
    }

    /// Stops it the way SIGTERM does, and waits for it.
    pub(crate) async fn stop(self) -> TempDir {
        self.stop.send(()).unwrap();
        self.running.await.unwrap();
        self.folder
    }
}

/// One WebSocket.
pub(crate) struct Peer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    replica: ReplicaId,
    key: Option<LinkKey>,
}

impl Peer {
    pub(crate) async fn connect(address: SocketAddr, replica: u64) -> Self {
        Self::try_connect(address, replica).await.unwrap()
    }

    /// Connects to a server that may not live any more.
    pub(crate) async fn try_connect(address: SocketAddr, replica: u64) -> Result<Self, Error> {
        let url = format!("ws://{address}/api/v1/sync");
        let (socket, _) = timeout(PATIENCE, connect_async(url)).await.unwrap()?;
        Ok(Self { socket, replica: ReplicaId(replica), key: None })
    }

    /// Shows this key whenever it says hello.
    pub(crate) fn with_key(self, key: Option<LinkKey>) -> Self {
        Self { key, ..self }
    }

    /// Connects, says hello, and waits for the welcome.
    pub(crate) async fn join(
        address: SocketAddr,
        document: DocumentId,
        replica: u64,
        after: u64,
    ) -> (Self, Revision) {
        let mut peer = Self::connect(address, replica).await;
        peer.hello(document, after, None).await;
        match peer.next().await {
            Message::Welcome { head, .. } => (peer, head),
            other => panic!("{other:?} instead of a welcome"),
        }
    }

    pub(crate) async fn hello(
        &mut self,
        document: DocumentId,
        after: u64,
        profile: Option<Profile>,
    ) {
        self.try_hello(document, after, profile).await.unwrap();
    }

    /// What this peer says first about a document.
    pub(crate) fn hello_message(
        &self,
        document: DocumentId,
        after: u64,
        profile: Option<Profile>,
    ) -> Message {
        Message::Hello {
            protocol: PROTOCOL,
            document,
            replica: self.replica,
            after: Revision(after),
            profile,
            key: self.key,
        }
    }

    /// Says hello to a server that may not live any more.
    pub(crate) async fn try_hello(
        &mut self,
        document: DocumentId,
        after: u64,
        profile: Option<Profile>,
    ) -> Result<(), ()> {
        let hello = self.hello_message(document, after, profile);
        timeout(PATIENCE, self.try_send(&hello)).await.unwrap()
    }

    pub(crate) async fn send(&mut self, message: &Message) {
        self.send_frame(Frame::Binary(codec::encode_message(message).into())).await;
    }

    /// Sends, or says that the socket is gone.
    pub(crate) async fn try_send(&mut self, message: &Message) -> Result<(), ()> {
        self.try_send_frame(Frame::Binary(codec::encode_message(message).into())).await
    }

    pub(crate) async fn try_send_frame(&mut self, frame: Frame) -> Result<(), ()> {
        self.socket.send(frame).await.map_err(|_| ())
    }

    pub(crate) async fn send_frame(&mut self, frame: Frame) {
        timeout(PATIENCE, self.socket.send(frame)).await.unwrap().unwrap();
    }

    pub(crate) async fn push(&mut self, document: DocumentId, events: Vec<Event>) {
        self.send(&Message::Push { document, events }).await;
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Message {
        match self.next_or_close().await {
            Ok(message) => message,
            Err(close) => panic!("the socket was closed: {close:?}"),
        }
    }

    /// The next message, or how the socket was closed.
    pub(crate) async fn next_or_close(&mut self) -> Result<Message, Option<CloseFrame>> {
        loop {
            let frame = timeout(PATIENCE, self.socket.next()).await.expect("the server is silent");
            match frame {
                Some(Ok(Frame::Binary(bytes))) => {
                    return Ok(codec::decode_message(&bytes).unwrap());
                }
                Some(Ok(Frame::Close(frame))) => return Err(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The next acks, whatever else comes before them.
    pub(crate) async fn acks(&mut self) -> Vec<Acked> {
        loop {
            if let Message::Ack { acks, .. } = self.next().await {
                return acks;
            }
        }
    }

    /// Others' events up to `revision`.
    pub(crate) async fn events_until(&mut self, revision: u64) -> Vec<Ordered> {
        let mut all: Vec<Ordered> = Vec::new();
        while all.last().is_none_or(|last| last.revision.0 < revision) {
            if let Message::Events { events, .. } = self.next().await {
                all.extend(events);
            }
        }
        all
    }
}
