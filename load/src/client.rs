//! One client: connects, says hello, writes, and checks that what it is told has no gaps. When
//! its line breaks it connects again and goes on where it was, as the app does.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use palimpsest_core::{
    DocumentId, Event, EventId, Header, Message, PARENTS_MAX, PROTOCOL, ReplicaId, Revision, codec,
};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval_at, sleep};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::reading::Reading;
use crate::samples::Samples;
use crate::writing;

/// How large a client's own buffer for reading is: it must not be what is measured.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// How far the places are apart at which clients write.
const PLACE_SCALARS: usize = 64;
/// The ceiling of the first pause before connecting again; it doubles with every failure.
const BACKOFF_MIN: Duration = Duration::from_millis(400);
/// The ceiling of every later pause.
const BACKOFF_MAX: Duration = Duration::from_secs(4);

/// Into how many parts a measurement falls at most: before, with and after slow readers, and around
/// a restart, whose latencies nobody asks for.
pub(crate) const PARTS: usize = 4;

/// What is going on, the same for all clients.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// They connect, and wait.
    Gathering,
    /// They write; the number says which part of the measurement it is.
    Writing(usize),
    /// They write no more, and wait for what is on its way.
    Settling,
    /// They leave.
    Over,
}

/// What all clients share.
pub(crate) struct World {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) run: u64,
    pub(crate) pause: Option<Duration>,
    pub(crate) start: Instant,
    /// What was read last in each document.
    pub(crate) reading: Vec<Reading>,
    /// So many connect at a time.
    pub(crate) doors: Semaphore,
    /// How many have been welcomed.
    pub(crate) welcomed: AtomicUsize,
    /// How many wait for nothing.
    pub(crate) settled: AtomicUsize,
    /// How many are as far as the server after their line broke.
    pub(crate) back: AtomicUsize,
}

/// What a client has to tell in the end.
#[derive(Default)]
pub(crate) struct Told {
    /// Which document it wrote in.
    pub(crate) document: usize,
    /// From sending an event until it was acked, for each part of the measurement.
    pub(crate) acks: [Samples; PARTS],
    /// From sending an event until somebody else had it, for each part.
    pub(crate) relays: [Samples; PARTS],
    /// Events acked while a part was measured.
    pub(crate) acked: [usize; PARTS],
    /// Events acked over all.
    pub(crate) acked_ever: u64,
    /// The last revision.
    pub(crate) revision: u64,
    /// Revisions that did not follow the one before.
    pub(crate) gaps: u64,
    /// Events never acked.
    pub(crate) lost: usize,
    /// What the server refused, or said when it closed the line for a reason of its own.
    pub(crate) refused: Vec<String>,
}

pub(crate) struct Client {
    world: Arc<World>,
    phase: watch::Receiver<Phase>,
    document: DocumentId,
    replica: ReplicaId,
    founder: bool,
    number: usize,
    documents: usize,
    /// The events that nobody it knows of has built on yet, its own included: what its next one is
    /// made on.
    heads: Vec<EventId>,
    counter: u64,
    waiting: VecDeque<(Event, Instant)>,
    /// After a break: the revision, and the number of its own events, that it has to reach.
    returning: Option<(u64, u64)>,
    lines: usize,
    is_settled: bool,
    told: Told,
}

type Line = WebSocketStream<TcpStream>;

/// The limits of a client's socket.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES).write_buffer_size(0)
}

/// The first message of every socket.
pub(crate) fn hello(document: DocumentId, replica: ReplicaId, after: u64) -> Frame {
    let hello = Message::Hello {
        protocol: PROTOCOL,
        document,
        replica,
        after: Revision(after),
        profile: None,
        key: None,
    };
    frame(&hello)
}

fn frame(message: &Message) -> Frame {
    Frame::Binary(codec::encode_message(message).into())
}

impl Client {
    /// The client of this number; the first of a document makes it.
    pub(crate) fn new(
        world: Arc<World>,
        phase: watch::Receiver<Phase>,
        number: usize,
        documents: usize,
    ) -> Self {
        let document = writing::document(world.run, number % documents);
        let replica = ReplicaId(world.run.rotate_left(20).wrapping_add(number as u64 + 1));
        Self {
            world,
            phase,
            document,
            replica,
            founder: number < documents,
            number,
            documents,
            heads: Vec::new(),
            counter: 0,
            waiting: VecDeque::new(),
            returning: None,
            lines: 0,
            is_settled: false,
            told: Told { document: number % documents, ..Told::default() },
        }
    }

    /// Lives until the phase is over.
    pub(crate) async fn live(mut self) -> Told {
        let mut ceiling = BACKOFF_MIN;
        while *self.phase.borrow() != Phase::Over {
            let before = self.lines;
            let ended = self.connected().await;
            if let Err(error) = ended
                && !matches!(error, Error::Io(_) | Error::ConnectionClosed | Error::Protocol(_))
            {
                self.told.refused.push(error.to_string());
            }
            if *self.phase.borrow() == Phase::Over {
                break;
            }
            ceiling = if self.lines > before { BACKOFF_MIN } else { BACKOFF_MAX.min(ceiling * 2) };
            // Spread by the client's number and the tries so far, so that not all come at once.
            let mix = (self.number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            sleep(ceiling.mul_f64((mix % 1_000) as f64 / 1_000.0)).await;
        }
        self.told.lost = self.waiting.len();
        self.told
    }

    async fn open(&self) -> Result<Line, Error> {
        let _turn = self.world.doors.acquire().await.expect("the doors are never closed");
        let stream = TcpStream::connect(self.world.address).await?;
        stream.set_nodelay(true)?;
        let url = format!("ws://{}/api/v1/sync", self.world.address);
        let (mut line, _) = client_async_with_config(url, stream, Some(config())).await?;
        line.send(hello(self.document, self.replica, self.told.revision)).await?;
        Ok(line)
    }

    async fn connected(&mut self) -> Result<(), Error> {
        let mut line = self.open().await?;
        // Ticks of different clients fall on different moments.
        let pause = self.world.pause.unwrap_or(Duration::from_millis(5));
        let shift = pause.mul_f64((self.number * 7_919 % 1_000) as f64 / 1_000.0);
        let mut ticks = interval_at(tokio::time::Instant::now() + shift, pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let phase = *self.phase.borrow_and_update();
            self.settle(phase);
            if phase == Phase::Over {
                return line.close(None).await;
            }
            let writes = matches!(phase, Phase::Writing(_)) && self.may_write();
            tokio::select! {
                changed = self.phase.changed() => {
                    if changed.is_err() { return Ok(()) }
                }
                _ = ticks.tick(), if writes => self.write(&mut line).await?,
                heard = line.next() => match heard {
                    Some(heard) => self.hear(heard?, &mut line, phase).await?,
                    None => return Err(Error::ConnectionClosed),
                }
            }
        }
    }

    /// Whether it is its turn: without a pause it waits for its last event's ack.
    fn may_write(&self) -> bool {
        (!self.heads.is_empty() || self.founder)
            && (self.world.pause.is_some() || self.waiting.is_empty())
    }

    async fn write(&mut self, line: &mut Line) -> Result<(), Error> {
        let sent = Instant::now();
        let since = sent.duration_since(self.world.start).as_micros() as u64;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let id = EventId { replica: self.replica, counter: self.counter };
        let mut parents = std::mem::replace(&mut self.heads, vec![id]);
        parents.truncate(PARENTS_MAX);
        let pos = self.number / self.documents * PLACE_SCALARS;
        let event = writing::event(id, parents, pos, since, now.as_millis() as i64);
        self.counter += 1;
        self.waiting.push_back((event.clone(), sent));
        let push = Message::Push { document: self.document, events: vec![event] };
        line.send(frame(&push)).await
    }

    async fn hear(&mut self, heard: Frame, line: &mut Line, phase: Phase) -> Result<(), Error> {
        let bytes = match heard {
            Frame::Binary(bytes) => bytes,
            Frame::Close(frame) => {
                // A server that goes away says 1001; that is no complaint about this client.
                if let Some(frame) = frame
                    && u16::from(frame.code) != 1001
                {
                    self.told.refused.push(format!("{} {}", frame.code, frame.reason));
                }
                return Err(Error::ConnectionClosed);
            }
            _ => return Ok(()),
        };
        // The same relay comes to everybody in a document; it is decoded once for all of them,
        // since their processors are meant to be on other machines.
        let message = self.world.reading[self.told.document].read(bytes);
        match &*message {
            Ok(Message::Welcome { head, .. }) => return self.welcomed(*head, line).await,
            Ok(Message::Ack { acks, .. }) => {
                for ack in acks {
                    self.acked(ack.id, ack.revision, phase);
                }
            }
            Ok(Message::Events { events, .. }) => {
                let now = Instant::now().duration_since(self.world.start);
                for ordered in events {
                    self.follows(ordered.revision.0);
                    self.build_on(&ordered.event);
                    let sent = Duration::from_micros(ordered.event.header.correlation.0);
                    if let Phase::Writing(part) = phase {
                        self.told.relays[part].add(now.saturating_sub(sent));
                    }
                }
            }
            Ok(Message::Refused { reason, refusal, .. }) => {
                if *refusal != palimpsest_core::Refusal::ShuttingDown {
                    self.told.refused.push(format!("{refusal:?}: {reason}"));
                }
            }
            Ok(_) => {}
            Err(error) => self.told.refused.push(format!("unreadable: {error}")),
        }
        self.look_back();
        Ok(())
    }

    async fn welcomed(&mut self, head: Revision, line: &mut Line) -> Result<(), Error> {
        self.lines += 1;
        if self.lines == 1 {
            self.world.welcomed.fetch_add(1, Ordering::Relaxed);
        } else {
            self.returning = Some((head.0, self.counter));
            let again: Vec<Event> = self.waiting.iter().map(|(event, _)| event.clone()).collect();
            if !again.is_empty() {
                let push = Message::Push { document: self.document, events: again };
                line.send(frame(&push)).await?;
            }
            self.look_back();
        }
        Ok(())
    }

    /// Notes when everything from before a break has arrived, in both directions.
    fn look_back(&mut self) {
        if let Some((head, counter)) = self.returning
            && self.told.revision >= head
            && self.waiting.front().is_none_or(|(event, _)| event.header.id.counter >= counter)
        {
            self.returning = None;
            self.world.back.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn acked(&mut self, id: EventId, revision: Revision, phase: Phase) {
        if revision.0 > self.told.revision {
            self.follows(revision.0);
        }
        while let Some((event, _)) = self.waiting.front()
            && event.header.id.counter <= id.counter
        {
            let Some((_, sent)) = self.waiting.pop_front() else { break };
            self.told.acked_ever += 1;
            if let Phase::Writing(part) = phase {
                self.told.acks[part].add(sent.elapsed());
                self.told.acked[part] += 1;
            }
        }
    }

    /// Takes note of an event of somebody else, which may have seen what nobody had built on.
    fn build_on(&mut self, event: &Event) {
        let Header { id, parents, .. } = &event.header;
        // Its own, among others', is what it has built on already.
        if id.replica != self.replica {
            // Who writes without a pause names what came last alone: two hundred such writers
            // would name two hundred events each, and it would be these names that are measured.
            match self.world.pause {
                Some(_) => self.heads.retain(|head| !parents.contains(head)),
                None => self.heads.clear(),
            }
            self.heads.push(*id);
        }
    }

    fn follows(&mut self, revision: u64) {
        self.told.gaps += u64::from(revision != self.told.revision + 1);
        self.told.revision = revision;
    }

    fn settle(&mut self, phase: Phase) {
        let settled = phase == Phase::Settling && self.waiting.is_empty();
        if settled && !self.is_settled {
            self.is_settled = true;
            self.world.settled.fetch_add(1, Ordering::Relaxed);
        }
    }
}
