//! Replicas and a server on one line: the real sessions, codec, hub and memory store, driven
//! as sockets would drive them, with every byte counted and every step timed. Nothing is lost
//! or late here; that is the simulated world's business.

use std::collections::VecDeque;
use std::sync::Arc;

use palimpsest_core::codec::{decode_message, encode_message};
use palimpsest_core::{Document, Event, EventId, Output, Revision, Session, Timeline, Timestamp};
use palimpsest_server::guard::Guard;
use palimpsest_server::hub::{self, ConnectionId, Delivery, Hub};
use palimpsest_server::room::Room;
use palimpsest_server::store::memory::MemoryStore;
use palimpsest_server::store::{Append, EventStore};

use crate::clock::{milliseconds, shorter};

/// When all of it happens.
const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// What a talk came to.
#[derive(Clone, Debug, Default)]
pub struct Toll {
    /// Bytes of messages, in both directions.
    pub bytes: usize,
    /// Milliseconds that a replica took over each message that it heard.
    pub replica_steps: Vec<f64>,
    /// Milliseconds that the server took over each message that it heard or made.
    pub server_steps: Vec<f64>,
}

impl Toll {
    /// Milliseconds of work in all.
    pub fn work(&self) -> f64 {
        self.replica_steps.iter().chain(&self.server_steps).sum()
    }

    /// Keeps the shorter time of each step. The same talk has the same steps, and what else the
    /// machine did meanwhile only makes some of them longer.
    pub fn keep_shorter(&mut self, again: &Toll) {
        assert_eq!(self.bytes, again.bytes, "the same was said");
        shorter(&mut self.replica_steps, &again.replica_steps);
        shorter(&mut self.server_steps, &again.server_steps);
    }
}

/// The server with its connections.
pub struct Line {
    hub: Hub,
    store: MemoryStore,
    /// What was counted so far.
    pub toll: Toll,
}

/// One replica of a document, as the app has it.
pub struct Replica {
    /// The document.
    pub document: Document,
    /// The talk with the server.
    pub session: Session,
    /// The past.
    pub timeline: Timeline,
    connection: Option<ConnectionId>,
    /// Messages for the server, in bytes.
    outbox: VecDeque<Vec<u8>>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a line: {:?}", self.toll)
    }
}

impl std::fmt::Debug for Replica {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "replica {}", self.document.replica())
    }
}

impl Replica {
    /// A replica that holds the server's first revisions, which are all of `document` but the
    /// last events, which are pending.
    pub fn new(document: Document, pending: usize) -> Self {
        let graph = document.graph();
        let head = graph.len() - pending;
        let places: Vec<(EventId, Timestamp)> =
            (0..head).map(|lv| (graph.id_of(lv), graph.time(lv))).collect();
        let mut timeline = Timeline::new();
        timeline.extend(graph, &places);
        let own: Vec<Event> = (head..graph.len()).map(|lv| graph.event(lv)).collect();
        let head = Revision(head as u64);
        let session = Session::new(document.id(), document.replica(), head, own);
        Self { document, session, timeline, connection: None, outbox: VecDeque::new() }
    }

    /// Takes a message in and does all that follows from it.
    fn hear(&mut self, frame: &[u8]) {
        let message = decode_message(frame).expect("bytes of the codec");
        self.session.handle(message, NOW).expect("the server keeps to the protocol");
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll(NOW) {
            match output {
                Output::Send(message) => self.outbox.push_back(encode_message(&message)),
                Output::Ordered(batch) => {
                    let places: Vec<_> =
                        batch.iter().map(|one| (one.event.header.id, one.recorded)).collect();
                    self.document.merge(batch.into_iter().map(|one| one.event).collect());
                    self.timeline.extend(self.document.graph(), &places);
                }
                Output::Refused(refusal, reason) => panic!("{refusal:?}: {reason}"),
                Output::Reconnect => panic!("nothing is ever late"),
                Output::Present(_) | Output::Left(_) | Output::Profiles(_) => {}
            }
        }
    }
}

impl Line {
    /// A server that has these events.
    pub fn new(document: &Document) -> Self {
        let store = MemoryStore::new();
        let graph = document.graph();
        for first in (0..graph.len()).step_by(1_000) {
            let events = (first..graph.len().min(first + 1_000)).map(|lv| graph.event(lv));
            let append = Append {
                document: document.id(),
                events: events.collect(),
                now: NOW,
                expected: None,
                own: None,
            };
            store.append(append).expect("the events are in causal order");
        }
        Self { hub: Hub::new(Arc::new(Guard::open())), store, toll: Toll::default() }
    }

    /// A replica comes online.
    pub fn connect(&mut self, replica: &mut Replica) {
        replica.connection = Some(self.hub.connect(None));
        replica.session.connected(NOW);
        replica.drain();
    }

    /// Carries messages until nobody has anything to say. Everybody says one thing, hears one
    /// thing, and so on.
    pub fn settle(&mut self, replicas: &mut [&mut Replica]) {
        loop {
            let mut quiet = true;
            for replica in replicas.iter_mut() {
                let connection = replica.connection.expect("it is online");
                // As at a real server, the next message is read when the last one is stored.
                if let Some(frame) = replica.outbox.pop_front() {
                    quiet = false;
                    self.toll.bytes += frame.len();
                    let (time, ()) = milliseconds(|| self.take(connection, &frame));
                    self.toll.server_steps.push(time);
                }
                let (time, frame) = milliseconds(|| self.next(connection));
                self.toll.server_steps.push(time);
                if let Some(frame) = frame {
                    quiet = false;
                    self.toll.bytes += frame.len();
                    let (time, ()) = milliseconds(|| replica.hear(&frame));
                    self.toll.replica_steps.push(time);
                }
            }
            if quiet {
                return;
            }
        }
    }

    /// Takes a message from a connection, and does what the hub asks for.
    fn take(&mut self, connection: ConnectionId, frame: &[u8]) {
        let message = decode_message(frame).expect("bytes of the codec");
        let outputs = self.hub.receive(connection, message, NOW);
        self.carry_out(outputs);
    }

    fn carry_out(&mut self, outputs: Vec<hub::Output>) {
        for output in outputs {
            match output {
                hub::Output::Open(connection, permit) => {
                    let document = permit.document();
                    let head = self.store.head(document).map(|head| {
                        let head = head.map_or(Revision(0), |head| head.revision);
                        (head, self.store.profiles(document).unwrap_or_default())
                    });
                    let outputs = self.hub.opened(connection, document, head);
                    self.carry_out(outputs);
                }
                hub::Output::Append(connection, _, append) => {
                    let document = append.document;
                    let outcome = self.store.append(append);
                    let outputs = self.hub.appended(connection, document, outcome);
                    self.carry_out(outputs);
                }
                hub::Output::KeepProfile(connection, _, naming) => {
                    let (document, profile) = (naming.document, naming.profile);
                    let outputs = self.hub.named(connection, document, Some(profile));
                    self.carry_out(outputs);
                }
                // Everybody is asked again and again.
                hub::Output::Wake(_) => {}
            }
        }
    }

    /// What the server says next to a connection.
    fn next(&mut self, connection: ConnectionId) -> Option<Vec<u8>> {
        loop {
            match self.hub.poll(connection)? {
                Delivery::Send(message) => return Some(encode_message(&message)),
                Delivery::Relay(parcel) => return Some(parcel.frame().to_vec()),
                Delivery::Read(permit, after) => {
                    let document = permit.document();
                    let page = self.store.read(document, after, Room::page_limit());
                    let outputs = self.hub.page(connection, document, page);
                    self.carry_out(outputs);
                }
                Delivery::Close(refusal, reason) => panic!("{refusal:?}: {reason}"),
            }
        }
    }
}
