//! One WebSocket: frames to messages and back, time limits, and the way it ends. What the
//! messages mean is the hub's matter.

use std::future::poll_fn;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{FutureExt, Sink};
use palimpsest_core::FRAME_BYTES_MAX;
use palimpsest_core::{DocumentId, Event, Message, Refusal, Revision, codec};
use tokio::time::{Instant, sleep_until, timeout};

use crate::bucket::Sender;
use crate::guard::{Permit, ReadHistory};
use crate::http::Problem;
use crate::hub::{ConnectionId, Delivery};
use crate::limits::{Held, Limits};
use crate::room::Room;
use crate::server::{State, now};

/// The largest frame that is taken off the line. More than a message may have, so that a frame
/// somewhat too large can be answered with a reason; a larger one ends the socket.
const READ_BYTES_MAX: usize = 4 * FRAME_BYTES_MAX;
/// After this long without a frame from the other side it is pinged.
const PING_AFTER: Duration = Duration::from_secs(20);
/// After this long without a frame from the other side it is taken for gone.
const SILENCE_TIME_MAX: Duration = Duration::from_secs(60);
/// How long the other side may take to make room for a frame, and so much more for each KiB.
const SEND_TIME_MAX: Duration = Duration::from_secs(30);
const SEND_TIME_PER_KIB: Duration = Duration::from_secs(1);
/// How often it is looked whether somebody who is slow falls further behind.
const SLOW_LOOK: Duration = Duration::from_secs(1);
/// How long whoever is cut for that may take to read what it was sent, and where to go on.
const SLOW_CLOSE_TIME_MAX: Duration = Duration::from_secs(60);
/// How long the other side may take to answer a close.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(2);
/// Every socket has a read buffer of this size from the start, busy or not.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Frames are written together up to this many bytes.
const WRITE_TOGETHER_BYTES: usize = 8 * 1024;
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
    let is_full = state.hub().connections() >= state.limits.sockets_max;
    if is_full {
        state.metrics.held(Held::Sockets);
    }
    if is_full || state.is_stopping() {
        let detail = "the server takes no more connections now: try again in a moment";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
    }
    let address = state.doors.origin(&headers, peer.ip());
    let Some(place) = state.addresses.enter(address, state.limits.sockets_per_address_max) else {
        state.metrics.held(Held::SocketsPerAddress);
        let detail = "this address has as many connections as one may have: close some first";
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).into_response();
    };
    let user = state.doors.user(&headers, peer.ip());
    upgrade
        .max_message_size(READ_BYTES_MAX)
        .max_frame_size(READ_BYTES_MAX)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_TOGETHER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .on_upgrade(move |socket| async move {
            let (connection, bell) = state.connect(user);
            state.metrics.socket_opened();
            let heard = Instant::now();
            let mut line = Line {
                state: &state,
                connection,
                address,
                socket,
                heard,
                frames: 0,
                pushed: 0,
                behind: None,
                unsent: 0,
                is_slow: false,
            };
            line.serve(&bell).await;
            state.disconnect(connection);
            drop(place);
        })
}

/// A socket and what is known of its other side.
struct Line<'a> {
    state: &'a Arc<State>,
    connection: ConnectionId,
    /// Where it comes from, seen past the proxies that are trusted.
    address: IpAddr,
    socket: WebSocket,
    heard: Instant,
    /// How many frames came. Log lines name one by its connection and this.
    frames: u64,
    /// Which of them was the last push.
    pushed: u64,
    /// Since when it has been read too slowly for all to be sent, and how many revisions it was
    /// behind then.
    behind: Option<(Instant, u64)>,
    /// How large the last frame was that may not have been taken yet, in bytes.
    unsent: usize,
    is_slow: bool,
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
        let Limits { hello_seconds_max, hello_bytes_max, .. } = self.state.limits;
        let Ok(frame) = timeout(self.state.limits.hello_time(), first).await else {
            let reason = format!("no hello within {hello_seconds_max} s");
            self.hold(Held::HelloSeconds, Refusal::Malformed, reason);
            return Ok(());
        };
        if let Some(Ok(Frame::Binary(bytes))) = &frame
            && bytes.len() > hello_bytes_max
        {
            let reason = format!("a hello has at most {hello_bytes_max} bytes");
            self.hold(Held::HelloBytes, Refusal::TooLarge, reason);
            return Ok(());
        }
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
            if let Err(end) = self.drain().await {
                return end;
            }
            self.behind = None;
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
        self.frames += 1;
        let frame_bytes_max = self.state.limits.frame_bytes_max;
        let bytes = match frame {
            None | Some(Ok(Frame::Close(_))) => return Err(None),
            Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => return Ok(()),
            Some(Ok(Frame::Binary(bytes))) if bytes.len() > frame_bytes_max => {
                let reason = too_large(frame_bytes_max, &format!("it has {}", bytes.len()));
                self.hold(Held::FrameBytes, Refusal::TooLarge, reason);
                return Ok(());
            }
            Some(Ok(Frame::Binary(bytes))) => bytes,
            Some(Ok(Frame::Text(_))) => {
                self.refuse(Refusal::Malformed, "messages are binary frames, not text".into());
                return Ok(());
            }
            Some(Err(error)) => {
                let Some((refusal, reason)) = broken_frame(error, frame_bytes_max) else {
                    return Err(None);
                };
                if refusal == Refusal::TooLarge {
                    self.state.metrics.held(Held::FrameBytes);
                }
                self.refuse(refusal, reason);
                return Ok(());
            }
        };
        self.state.metrics.frame_received(bytes.len());
        match codec::decode_message(&bytes) {
            Ok(message) if first && !matches!(message, Message::Hello { .. }) => {
                self.refuse(Refusal::Malformed, "the first message must be a hello".into());
            }
            Ok(Message::Push { document, events }) => self.take_push(document, events),
            Ok(message) => {
                let outputs = self.state.hub().receive(self.connection, message, now());
                self.state.perform_for(outputs, self.frames);
            }
            Err(error) => self.refuse(Refusal::Malformed, error.to_string()),
        }
        Ok(())
    }

    /// Hands a push on, unless it is too much at once or too soon after others.
    fn take_push(&mut self, document: DocumentId, events: Vec<Event>) {
        let Limits { push_events_max, events_per_second_max, .. } = self.state.limits;
        let (count, connection, frame) = (events.len(), self.connection, self.frames);
        self.pushed = frame;
        tracing::debug!(%connection, frame, %document, events = count, "pushed");
        if count > push_events_max {
            let reason = format!("{count} events at once; the limit is {push_events_max}");
            return self.hold(Held::PushEvents, Refusal::TooLarge, reason);
        }
        // Whoever follows no such document is told so by the hub.
        let sender = (self.state.hub().caller(connection, document))
            .map(|caller| Sender::of(caller, self.address, connection));
        if sender.is_some_and(|sender| !self.state.may_push(sender, count)) {
            self.state.metrics.held(Held::EventsPerSecond);
            let reason = format!(
                "more than {events_per_second_max} events a second for too long: they are tried \
                 again in a moment"
            );
            let refusal = Refusal::Unavailable;
            let outputs = self.state.hub().refuse(self.connection, Some(document), refusal, reason);
            return self.state.perform(outputs);
        }
        let message = Message::Push { document, events };
        let outputs = self.state.hub().receive(self.connection, message, now());
        self.state.perform_for(outputs, frame);
    }

    /// Refuses what is over a limit.
    fn hold(&self, limit: Held, refusal: Refusal, reason: String) {
        self.state.metrics.held(limit);
        self.refuse(refusal, reason);
    }

    fn refuse(&self, refusal: Refusal, reason: String) {
        let outputs = self.state.hub().refuse(self.connection, None, refusal, reason);
        self.state.perform(outputs);
    }

    async fn deliver(&mut self, delivery: Delivery) -> Result<(), End> {
        match delivery {
            Delivery::Send(message) => {
                if let Message::Refused { refusal, .. } = &message {
                    self.state.metrics.refused(*refusal);
                    if *refusal == Refusal::TooManyDocuments {
                        self.state.metrics.held(Held::DocumentsPerSocket);
                    }
                }
                if let Message::Ack { acks, .. } = &message {
                    let (connection, frame) = (self.connection, self.pushed);
                    tracing::debug!(%connection, frame, events = acks.len(), "acked");
                }
                self.tell(codec::encode_message(&message).into()).await
            }
            Delivery::Relay(parcel) => self.tell(Bytes::from_owner(parcel.frame())).await,
            Delivery::Read(permit, after) => {
                read(self.state, self.connection, permit, after).await;
                Ok(())
            }
            Delivery::Close(refusal, reason) => {
                self.state.metrics.socket_refused();
                let (connection, frame) = (self.connection, self.frames);
                tracing::info!(%connection, frame, ?refusal, reason, "closed a socket");
                Err(close_frame(close_code(refusal), &reason))
            }
        }
    }

    async fn tell(&mut self, bytes: Bytes) -> Result<(), End> {
        self.state.metrics.frame_sent(bytes.len());
        self.send(Frame::Binary(bytes)).await
    }

    /// Puts a frame among those that are written together, once there is room.
    async fn send(&mut self, frame: Frame) -> Result<(), End> {
        let size = match &frame {
            Frame::Binary(bytes) | Frame::Ping(bytes) | Frame::Pong(bytes) => bytes.len(),
            Frame::Text(_) | Frame::Close(_) => 0,
        };
        self.patiently(size, |socket, context| socket.poll_ready(context)).await?;
        self.unsent = size;
        Pin::new(&mut self.socket).start_send(frame).map_err(|_| None)
    }

    /// Waits until the system has taken everything.
    async fn drain(&mut self) -> Result<(), End> {
        let size = mem::take(&mut self.unsent);
        self.patiently(size, |socket, context| socket.poll_flush(context)).await
    }

    /// Waits for the other side to read `bytes`, as long as that does not take too long and it
    /// does not fall further and further behind.
    async fn patiently(
        &mut self,
        bytes: usize,
        step: impl Fn(Pin<&mut WebSocket>, &mut Context<'_>) -> Poll<Result<(), axum::Error>>,
    ) -> Result<(), End> {
        let start = Instant::now();
        let time_max = SEND_TIME_MAX + SEND_TIME_PER_KIB * (bytes / 1024) as u32;
        loop {
            let waiting = poll_fn(|context| step(Pin::new(&mut self.socket), context));
            match timeout(SLOW_LOOK, waiting).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(_)) => return Err(None),
                // So slow that a close frame would not get through either.
                Err(_) if start.elapsed() > time_max => {
                    self.state.metrics.held(Held::SlowSeconds);
                    return Err(None);
                }
                Err(_) => self.look_behind()?,
            }
        }
    }

    /// Ends a line that is read more slowly than others write: it would never be up to date.
    fn look_behind(&mut self) -> Result<(), End> {
        let Some((revision, behind)) = self.state.hub().behind(self.connection) else {
            return Ok(());
        };
        match self.behind {
            Some((since, _)) if since.elapsed() < self.state.limits.slow_time() => Ok(()),
            Some((_, before)) if behind > 0 && behind >= before => {
                self.state.metrics.held(Held::SlowSeconds);
                self.is_slow = true;
                let revision = revision.0;
                let words = "others write faster than you read: connect again and resume from";
                Err(close_frame(4413, &format!("{words} revision {revision}")))
            }
            Some(_) | None => {
                self.behind = Some((Instant::now(), behind));
                Ok(())
            }
        }
    }

    async fn close(&mut self, frame: CloseFrame) {
        let mut time_max = CLOSE_TIME_MAX;
        if self.is_slow {
            // It may read the rest, and nothing more is kept for it meanwhile.
            self.state.disconnect(self.connection);
            time_max = SLOW_CLOSE_TIME_MAX;
        }
        let ending = async {
            if self.socket.send(Frame::Close(Some(frame))).await.is_ok() {
                // Until the other side has answered, what was sent last may still be on its way.
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        drop(timeout(time_max, ending).await);
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
fn broken_frame(error: axum::Error, bytes_max: usize) -> Option<(Refusal, String)> {
    let error = error.into_inner().downcast::<tungstenite::Error>().ok()?;
    match *error {
        tungstenite::Error::Capacity(error) => {
            Some((Refusal::TooLarge, too_large(bytes_max, &error)))
        }
        tungstenite::Error::Protocol(error) => Some((Refusal::Malformed, error.to_string())),
        tungstenite::Error::Utf8(error) => Some((Refusal::Malformed, error)),
        _ => None,
    }
}

fn too_large(bytes_max: usize, found: &dyn std::fmt::Display) -> String {
    format!("a frame has at most {bytes_max} bytes: {found}")
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
