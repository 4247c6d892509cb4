//! A client that reads no more than 1 KiB a second: it takes bytes off the line itself, since
//! whoever reads frames reads as fast as it can.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::SinkExt;
use palimpsest_core::{DocumentId, ReplicaId};
use tokio::io::AsyncReadExt;
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::client_async_with_config;

use crate::client::{Phase, config, hello};

/// How much is read in a second.
const BYTES_PER_SECOND: usize = 1024;
/// The system would otherwise read ahead on the slow client's behalf, for minutes.
const RECEIVE_BUFFER_BYTES: u32 = 4 * 1024;
/// What a server says to whoever it cuts.
const ADVICE: &[u8] = b"resume from";

/// How it went.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Fate {
    /// The server ended the line.
    pub(crate) cut: bool,
    /// Before that it said where to go on.
    pub(crate) advised: bool,
}

/// Reads slowly until the line ends or this part of the measurement does.
pub(crate) async fn live(
    address: SocketAddr,
    document: DocumentId,
    replica: ReplicaId,
    mut phase: watch::Receiver<Phase>,
) -> Fate {
    let mut fate = Fate::default();
    let connecting = async {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        let stream = socket.connect(address).await?;
        let url = format!("ws://{address}/api/v1/sync");
        let line = client_async_with_config(url, stream, Some(config())).await;
        let (mut line, _) = line.map_err(std::io::Error::other)?;
        line.send(hello(document, replica, 0)).await.map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(line.into_inner())
    };
    let Ok(mut stream) = connecting.await else { return fate };
    // Frames from a server are not masked, so words in them can be found among the bytes.
    let mut seen: Vec<u8> = Vec::new();
    let mut next = Instant::now();
    loop {
        next += Duration::from_secs(1);
        tokio::select! {
            over = phase.wait_for(|phase| !matches!(phase, Phase::Writing(0 | 1))) => {
                drop(over);
                return fate;
            }
            () = sleep_until(next) => {}
        }
        let mut bytes = [0; BYTES_PER_SECOND];
        match stream.read(&mut bytes).await {
            Ok(0) | Err(_) => {
                fate.cut = true;
                return fate;
            }
            Ok(count) => seen.extend_from_slice(&bytes[..count]),
        }
        fate.advised |= seen.windows(ADVICE.len()).any(|bytes| bytes == ADVICE);
        // The words may lie across two reads.
        let kept = seen.len().saturating_sub(ADVICE.len());
        seen.drain(..kept);
    }
}
