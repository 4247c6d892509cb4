//! One WebSocket: frames to messages and back, time limits, and the way it ends. What the
//! messages mean is the hub's matter.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use palimpsest_core::FRAME_BYTES_MAX;
use palimpsest_core::{Message, Refusal, Revision, codec};
use tokio::time::{Instant, sleep_until, timeout};

use crate::guard::{Permit, ReadHistory};
use crate::http::Problem;
use crate::hub::{ConnectionId, Delivery};
use crate::room::Room;
use crate::server::{State, now};

/// The largest frame that is taken off the line. More than a message may have, so that a frame
/// somewhat too large can be answered with a reason; a larger one ends the socket.
const READ_BYTES_MAX: usize = 4 * FRAME_BYTES_MAX;
/// How many sockets a server holds at once.
const SOCKETS_MAX: usize = 10_000;
/// How long the first frame may be: a hello, from somebody of whom nothing is known yet.
const HELLO_BYTES_MAX: usize = 4 * 1024;
/// How long a new socket may take to say hello.
const HELLO_TIME_MAX: Duration = Duration::from_secs(5);
/// After this long without a frame from the other side it is pinged.
const PING_AFTER: Duration = Duration::from_secs(20);
/// After this long without a frame from the other side it is taken for gone.
const SILENCE_TIME_MAX: Duration = Duration::from_secs(60);
/// How long the other side may take to make room for one frame.
const SEND_TIME_MAX: Duration = Duration::from_secs(30);
/// How long the other side may take to answer a close.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(2);
/// Every socket has a read buffer of this size from the start, busy or not.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// What may wait to be written: one frame, and a little for pings.
const WRITE_BUFFER_BYTES_MAX: usize = FRAME_BYTES_MAX + 64 * 1024;
/// What fits into a close frame beside its code.
const CLOSE_REASON_BYTES_MAX: usize = 123;

/// `GET /api/v1/sync`: upgrades to a WebSocket.
pub(crate) async fn sync(
    axum::extract::State(state): axum::extract::State<Arc<State>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if state.is_stopping() || state.hub().connections() >= SOCKETS_MAX {
        let detail = "the server takes no more connections now: try again in a moment";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
    }
    let user = state.doors.user(&headers, peer.ip());
    upgrade
        .max_message_size(READ_BYTES_MAX)
        .max_frame_size(READ_BYTES_MAX)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .on_upgrade(move |socket| async move {
            let (connection, bell) = state.connect(user);
            state.metrics.socket_opened();
            let mut line = Line { state: &state, connection, socket, heard: Instant::now() };
            line.serve(&bell).await;
            state.disconnect(connection);
        })
}

/// A socket and what is known of its other side.
struct Line<'a> {
    state: &'a Arc<State>,
    connection: ConnectionId,
    socket: WebSocket,
    heard: Instant,
}

/// Why a line ends: what the close frame says, or `None` if there is nobody to say it to.
type End = Option<CloseFrame>;

impl Line<'_> {
    async fn serve(&mut self, bell: &tokio::sync::Notify) {
        let end = match self.hello().await {
            Ok(()) => self.talk(bell).await,
            Err(end) => end,
        };
        if let Some(frame) = end {
            self.close(frame).await;
        }
    }

    /// The first frame has a short time limit, and must be a hello.
    async fn hello(&mut self) -> Result<(), End> {
        let first = async {
            loop {
                match self.socket.recv().await {
                    Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                    other => return other,
                }
            }
        };
        let Ok(frame) = timeout(HELLO_TIME_MAX, first).await else {
            let reason = format!("no hello within {} s", HELLO_TIME_MAX.as_secs());
            self.refuse(Refusal::Malformed, reason);
            return Ok(());
        };
        self.take(frame, true)
    }

    async fn talk(&mut self, bell: &tokio::sync::Notify) -> End {
        let mut pinged = false;
        loop {
            let delivery = self.state.hub().poll(self.connection);
            let delivered = delivery.is_some();
            if let Some(delivery) = delivery
                && let Err(end) = self.deliver(delivery).await
            {
                return end;
            }
            let busy = self.state.hub().is_busy(self.connection);
            if delivered {
                // One frame in for one message out: neither side of a busy line starves.
                if !busy
                    && let Some(frame) = self.socket.recv().now_or_never()
                    && let Err(end) = self.take(frame, false)
                {
                    return end;
                }
                continue;
            }
            let patience = if pinged { SILENCE_TIME_MAX } else { PING_AFTER };
            tokio::select! {
                () = bell.notified() => {}
                frame = self.socket.recv(), if !busy => {
                    pinged = false;
                    if let Err(end) = self.take(frame, false) {
                        return end;
                    }
                }
                () = sleep_until(self.heard + patience), if !busy => {
                    if pinged {
                        return close_frame(4408, "silent for too long");
                    }
                    pinged = true;
                    if let Err(end) = self.send(Frame::Ping(Bytes::new())).await {
                        return end;
                    }
                }
            }
        }
    }

    /// What a frame from the other side leads to.
    fn take(&mut self, frame: Option<Result<Frame, axum::Error>>, first: bool) -> Result<(), End> {
        self.heard = Instant::now();
        let bytes = match frame {
            None | Some(Ok(Frame::Close(_))) => return Err(None),
            Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => return Ok(()),
            Some(Ok(Frame::Binary(bytes))) if bytes.len() > FRAME_BYTES_MAX => {
                self.refuse(Refusal::TooLarge, too_large(&format!("it has {}", bytes.len())));
                return Ok(());
            }
            Some(Ok(Frame::Binary(bytes))) if first && bytes.len() > HELLO_BYTES_MAX => {
                let reason = format!("a hello has at most {HELLO_BYTES_MAX} bytes");
                self.refuse(Refusal::TooLarge, reason);
                return Ok(());
            }
            Some(Ok(Frame::Binary(bytes))) => bytes,
            Some(Ok(Frame::Text(_))) => {
                self.refuse(Refusal::Malformed, "messages are binary frames, not text".into());
                return Ok(());
            }
            Some(Err(error)) => {
                let Some((refusal, reason)) = broken_frame(error) else { return Err(None) };
                self.refuse(refusal, reason);
                return Ok(());
            }
        };
        self.state.metrics.frame_received(bytes.len());
        match codec::decode_message(&bytes) {
            Ok(message) if first && !matches!(message, Message::Hello { .. }) => {
                self.refuse(Refusal::Malformed, "the first message must be a hello".into());
            }
            Ok(message) => {
                let outputs = self.state.hub().receive(self.connection, message, now());
                self.state.perform(outputs);
            }
            Err(error) => self.refuse(Refusal::Malformed, error.to_string()),
        }
        Ok(())
    }

    fn refuse(&self, refusal: Refusal, reason: String) {
        let outputs = self.state.hub().refuse(self.connection, None, refusal, reason);
        self.state.perform(outputs);
    }

    async fn deliver(&mut self, delivery: Delivery) -> Result<(), End> {
        match delivery {
            Delivery::Send(message) => {
                let bytes = codec::encode_message(&message);
                self.state.metrics.frame_sent(bytes.len());
                self.send(Frame::Binary(bytes.into())).await
            }
            Delivery::Read(permit, after) => {
                read(self.state, self.connection, permit, after).await;
                Ok(())
            }
            Delivery::Close(refusal, reason) => {
                self.state.metrics.socket_refused();
                tracing::info!(?refusal, reason, "closed a socket");
                Err(close_frame(close_code(refusal), &reason))
            }
        }
    }

    async fn send(&mut self, frame: Frame) -> Result<(), End> {
        match timeout(SEND_TIME_MAX, self.socket.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            // Gone, or so slow that a close frame would not get through either.
            Ok(Err(_)) | Err(_) => Err(None),
        }
    }

    async fn close(&mut self, frame: CloseFrame) {
        let ending = async {
            if self.socket.send(Frame::Close(Some(frame))).await.is_ok() {
                // Until the other side has answered, what was sent last may still be on its way.
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        drop(timeout(CLOSE_TIME_MAX, ending).await);
    }
}

async fn read(
    state: &Arc<State>,
    connection: ConnectionId,
    permit: Permit<ReadHistory>,
    after: Revision,
) {
    let (document, reader) = (permit.document(), state.clone());
    let reading =
        tokio::task::spawn_blocking(move || reader.vault.page(&permit, after, Room::page_limit()));
    let page = reading.await.expect("reading does not panic");
    if let Err(error) = &page {
        tracing::error!(%document, %error, "a log could not be read");
    }
    let outputs = state.hub().page(connection, document, page);
    state.perform(outputs);
}

/// What to say about a frame that could not be read; nothing if the line itself broke.
fn broken_frame(error: axum::Error) -> Option<(Refusal, String)> {
    let error = error.into_inner().downcast::<tungstenite::Error>().ok()?;
    match *error {
        tungstenite::Error::Capacity(error) => Some((Refusal::TooLarge, too_large(&error))),
        tungstenite::Error::Protocol(error) => Some((Refusal::Malformed, error.to_string())),
        tungstenite::Error::Utf8(error) => Some((Refusal::Malformed, error)),
        _ => None,
    }
}

fn too_large(found: &dyn std::fmt::Display) -> String {
    format!("a frame has at most {FRAME_BYTES_MAX} bytes: {found}")
}

/// The close codes of the protocol. Below 4000 they mean what RFC 6455 says.
fn close_code(refusal: Refusal) -> u16 {
    match refusal {
        Refusal::ShuttingDown => 1001,
        Refusal::TooLarge => 1009,
        Refusal::Unavailable => 1013,
        Refusal::Malformed => 4400,
        Refusal::NoAccess | Refusal::NotAllowed => 4403,
        Refusal::UnknownDocument => 4404,
        Refusal::WrongProtocol => 4406,
        Refusal::MissingParents | Refusal::IdConflict => 4409,
        Refusal::TooManyDocuments => 4429,
        Refusal::Other(_) => 4500,
    }
}

fn close_frame(code: u16, reason: &str) -> End {
    let mut end = reason.len().min(CLOSE_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    Some(CloseFrame { code, reason: reason[..end].into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_fits_a_close_frame() {
        let frame = close_frame(4400, &"ü".repeat(100)).unwrap();
        assert!(frame.reason.len() <= CLOSE_REASON_BYTES_MAX);
    }
}
