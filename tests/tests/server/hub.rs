//! The hub and its rooms without sockets: a driver carries messages, appends and reads in an
//! order that a seed decides, and every connection must be told one gap-free log.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use palimpsest_core::PROTOCOL;
use palimpsest_core::{
    DocumentId, EventId, Message, Presence, Profile, Refusal, ReplicaId, Revision, Timestamp,
};
use palimpsest_server::guard::Guard;
use palimpsest_server::hub::{ConnectionId, Delivery, Hub, Output};
use palimpsest_server::room::{NAME_SCALARS_MAX, Room};
use palimpsest_server::store::memory::MemoryStore;
use palimpsest_server::store::{Append, EventStore, Limit};

use crate::write::{Seeded, author, chain, created, document, id, insert};

/// A hub, its store, and what is under way between them.
struct Driver {
    hub: Hub,
    store: MemoryStore,
    appends: VecDeque<(ConnectionId, Append)>,
}

impl Driver {
    fn new() -> Self {
        Self {
            hub: Hub::new(Arc::new(Guard::open())),
            store: MemoryStore::new(),
            appends: VecDeque::new(),
        }
    }

    fn perform(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Wake(_) => {}
                Output::Append(connection, _, append) => {
                    self.appends.push_back((connection, append))
                }
                Output::KeepProfile(connection, _, naming) => {
                    let (document, profile) = (naming.document, naming.profile.clone());
                    let kept = self.store.keep_profile(naming).unwrap().then_some(profile);
                    let outputs = self.hub.named(connection, document, kept);
                    self.perform(outputs);
                }
                Output::Open(connection, permit) => {
                    let document = permit.document();
                    let head = self.store.head(document).unwrap();
                    let head = head.map_or(Revision(0), |head| head.revision);
                    let found = Ok((head, self.store.profiles(document).unwrap()));
                    let outputs = self.hub.opened(connection, document, found);
                    self.perform(outputs);
                }
            }
        }
    }

    fn send(&mut self, connection: ConnectionId, message: Message) {
        let outputs = self.hub.receive(connection, message, Timestamp(5));
        self.perform(outputs);
    }

    /// Makes the oldest append durable, and says so.
    fn commit(&mut self) {
        if let Some((connection, append)) = self.appends.pop_front() {
            let document = append.document;
            let outcome = self.store.append(append);
            let outputs = self.hub.appended(connection, document, outcome);
            self.perform(outputs);
        }
    }

    /// The next message for a connection, if there is one.
    fn next(&mut self, connection: ConnectionId) -> Option<Message> {
        loop {
            match self.hub.poll(connection)? {
                Delivery::Send(message) => return Some(message),
                Delivery::Relay(parcel) => return Some(parcel.message().clone()),
                Delivery::Close(..) => return None,
                Delivery::Read(permit, after) => {
                    let document = permit.document();
                    let limit = Limit { events: 3, ..Room::page_limit() };
                    let page = self.store.read(document, after, limit);
                    let outputs = self.hub.page(connection, document, page);
                    self.perform(outputs);
                }
            }
        }
    }

    fn rest(&mut self, connection: ConnectionId) -> Vec<Message> {
        std::iter::from_fn(|| self.next(connection)).collect()
    }

    fn join(&mut self, replica: u64, after: u64) -> ConnectionId {
        let connection = self.hub.connect(None);
        self.send(connection, hello(document(1), replica, after));
        connection
    }
}

fn hello(document: DocumentId, replica: u64, after: u64) -> Message {
    Message::Hello {
        protocol: PROTOCOL,
        document,
        replica: ReplicaId(replica),
        after: Revision(after),
        profile: None,
        key: None,
    }
}

fn push(events: Vec<palimpsest_core::Event>) -> Message {
    Message::Push { document: document(1), events }
}

fn presence(replica: u64) -> Presence {
    Presence {
        replica: ReplicaId(replica),
        author: author(replica as u8),
        name: "Somebody".into(),
        colour: 1,
        version: vec![id(1, 0)],
        selection: None,
    }
}

/// The revisions told, in order; own ones by `Ack`, others by `Events`.
fn revisions(messages: &[Message]) -> Vec<u64> {
    let told = messages.iter().flat_map(|message| match message {
        Message::Ack { acks, .. } => acks.iter().map(|a| a.revision.0).collect::<Vec<_>>(),
        Message::Events { events, .. } => events.iter().map(|o| o.revision.0).collect(),
        _ => Vec::new(),
    });
    told.collect()
}

#[test]
fn own_events_come_back_as_acks_and_others_as_events() {
    let mut driver = Driver::new();
    let (a, b) = (driver.join(1, 0), driver.join(2, 0));
    driver.send(a, push(chain(1, 1)));
    assert!(driver.hub.is_busy(a), "one append at a time");
    assert_eq!(driver.rest(a).len(), 1, "the welcome, and nothing before it is durable");
    driver.commit();
    assert!(!driver.hub.is_busy(a));
    assert!(matches!(&driver.rest(a)[..], [Message::Ack { acks, .. }] if acks.len() == 2));
    assert!(matches!(
        &driver.rest(b)[..],
        [Message::Welcome { head: Revision(0), .. }, Message::Events { events, head: Revision(2), .. }]
            if events.len() == 2
    ));
}

#[test]
fn a_repeated_push_is_answered_with_the_first_revision() {
    let mut driver = Driver::new();
    let a = driver.join(1, 0);
    driver.send(a, push(chain(1, 2)));
    driver.commit();
    driver.rest(a);
    driver.send(a, push(chain(1, 3)));
    driver.commit();
    let told = driver.rest(a);
    assert_eq!(revisions(&told), [1, 2, 3, 4]);
    // After a reconnect that lost the acks: the repeats are before the cursor or in the stream.
    driver.hub.disconnect(a);
    let a = driver.join(1, 2);
    driver.send(a, push(chain(1, 3)));
    driver.commit();
    let mut told = revisions(&driver.rest(a));
    told.sort();
    told.dedup();
    assert_eq!(told, [1, 2, 3, 4]);
}

#[test]
fn an_append_whose_connection_is_gone_still_reaches_the_others() {
    let mut driver = Driver::new();
    let (a, b) = (driver.join(1, 0), driver.join(2, 0));
    driver.send(a, push(chain(1, 1)));
    let outputs = driver.hub.disconnect(a);
    driver.perform(outputs);
    driver.commit();
    assert_eq!(revisions(&driver.rest(b)), [1, 2]);
}

#[test]
fn a_refused_push_does_not_close_the_connection() {
    let mut driver = Driver::new();
    let a = driver.join(1, 0);
    driver.send(a, push(vec![insert(1, 0, &[id(9, 9)], "x")]));
    driver.commit();
    let told = driver.rest(a);
    let refused = |told: &[Message], why| {
        told.iter().any(|m| matches!(m, Message::Refused { refusal, .. } if *refusal == why))
    };
    assert!(refused(&told, Refusal::MissingParents), "{told:?}");
    driver.send(a, push(vec![created(1, "T")]));
    driver.commit();
    driver.send(a, push(vec![created(1, "Another")]));
    driver.commit();
    let told = driver.rest(a);
    assert!(refused(&told, Refusal::IdConflict), "{told:?}");
    assert_eq!(revisions(&told), [1]);
}

#[test]
fn what_is_not_history_is_told_to_the_others_and_to_newcomers() {
    let mut driver = Driver::new();
    let (a, b) = (driver.join(1, 0), driver.join(2, 0));
    driver.send(a, push(chain(1, 1)));
    driver.commit();
    let profile = Profile { author: author(1), name: "Ada".into(), colour: 2 };
    let document = document(1);
    driver.send(a, Message::Present { document, presence: presence(1) });
    driver.send(a, Message::ProfileChanged { document, profile: profile.clone() });
    driver.send(a, Message::Held { document, replica: ReplicaId(1), revision: Revision(2) });
    let own = driver.rest(a);
    assert!(own.iter().all(|m| !matches!(m, Message::Present { .. } | Message::Held { .. })));
    let told = driver.rest(b);
    assert!(told.contains(&Message::Present { document, presence: presence(1) }));
    assert!(told.contains(&Message::ProfileChanged { document, profile: profile.clone() }));
    let held = Message::Held { document, replica: ReplicaId(1), revision: Revision(2) };
    assert!(told.contains(&held));
    let c = driver.join(3, 0);
    let told = driver.rest(c);
    assert!(matches!(&told[0], Message::Welcome { profiles, .. } if *profiles == [profile]));
    assert!(told.contains(&Message::Present { document, presence: presence(1) }));
    assert!(told.contains(&held));
    let outputs = driver.hub.disconnect(a);
    driver.perform(outputs);
    assert_eq!(driver.rest(c), [Message::Left { document, replica: ReplicaId(1) }]);
}

/// However many messages a connection sends, it has one answer under way of each kind.
#[test]
fn the_next_message_waits_for_what_the_one_before_asked_for() {
    let mut hub = Hub::new(Arc::new(Guard::open()));
    let a = hub.connect(None);
    let profile = Profile { author: author(1), name: "Ada".into(), colour: 2 };
    let named = |mut message| {
        if let Message::Hello { profile: said, .. } = &mut message {
            *said = Some(profile.clone());
        }
        message
    };
    let outputs = hub.receive(a, named(hello(document(1), 1, 0)), Timestamp(5));
    assert!(matches!(outputs[..], [Output::KeepProfile(..), Output::Open(..)]), "{outputs:?}");
    assert!(hub.is_busy(a));
    hub.opened(a, document(1), Ok((Revision(0), Vec::new())));
    assert!(hub.is_busy(a), "the name is not kept yet");
    let woken = hub.named(a, document(1), Some(profile.clone()));
    assert!(matches!(woken[..], [Output::Wake(_)]), "the line is read from again: {woken:?}");
    assert!(!hub.is_busy(a));
    let changed = Message::ProfileChanged { document: document(1), profile };
    assert_eq!(hub.receive(a, changed, Timestamp(5)).len(), 1);
    assert!(hub.is_busy(a));
    // What was asked for is answered also if it is not wanted any more.
    hub.receive(a, Message::Leave { document: document(1) }, Timestamp(5));
    let woken = hub.named(a, document(1), None);
    assert!(matches!(woken[..], [Output::Wake(_)]) && !hub.is_busy(a));
}

#[test]
fn a_name_that_is_not_kept_is_not_told() {
    let mut driver = Driver::new();
    let (a, b) = (driver.join(1, 0), driver.join(2, 0));
    driver.rest(b);
    let profile = Profile { author: author(1), name: "Ada".into(), colour: 2 };
    let changed = Message::ProfileChanged { document: document(1), profile };
    driver.hub.receive(a, changed, Timestamp(5));
    assert_eq!(driver.rest(b), [], "it is not kept yet");
    driver.hub.named(a, document(1), None);
    assert_eq!(driver.rest(b), [], "it was not kept");
}

#[test]
fn a_name_without_end_is_passed_on_without_its_end() {
    let mut driver = Driver::new();
    let (a, b) = (driver.join(1, 0), driver.join(2, 0));
    let long = Presence { name: "ö".repeat(NAME_SCALARS_MAX + 1), ..presence(1) };
    driver.send(a, Message::Present { document: document(1), presence: long });
    let told = driver.rest(b);
    let cut = Presence { name: "ö".repeat(NAME_SCALARS_MAX), ..presence(1) };
    assert!(told.contains(&Message::Present { document: document(1), presence: cut }));
}

#[test]
fn a_replica_that_came_back_has_not_left() {
    let mut driver = Driver::new();
    let (old, b) = (driver.join(1, 0), driver.join(2, 0));
    driver.join(1, 0);
    driver.rest(b);
    let outputs = driver.hub.disconnect(old);
    driver.perform(outputs);
    assert_eq!(driver.rest(b), []);
}

#[test]
fn nobody_speaks_for_another_replica() {
    let mut driver = Driver::new();
    let a = driver.join(1, 0);
    driver.rest(a);
    driver.send(a, Message::Present { document: document(1), presence: presence(2) });
    assert!(matches!(driver.rest(a)[..], [Message::Refused { refusal: Refusal::Malformed, .. }]));
    assert!(matches!(driver.hub.poll(a), Some(Delivery::Close(Refusal::Malformed, _))));
}

#[test]
fn a_client_that_is_ahead_of_the_server_is_told_so() {
    let mut driver = Driver::new();
    let a = driver.join(1, 7);
    assert!(matches!(
        &driver.rest(a)[..],
        [Message::Refused { refusal: Refusal::Unavailable, reason, .. }] if reason.contains("backup")
    ));
}

/// Writers, readers, reconnects and slow commits in any order: every connection is told
/// every revision after its hello once, in order, with the same event at the same place.
#[test]
fn every_connection_is_told_one_gap_free_log() {
    let seeds = match std::env::var("SEED") {
        Ok(seed) => vec![seed.parse().expect("SEED is a number")],
        Err(_) => (0..300).collect::<Vec<u64>>(),
    };
    for seed in seeds {
        one_log(seed);
    }
}

fn one_log(seed: u64) {
    const REPLICAS: u64 = 4;
    let mut random = Seeded::new(seed);
    let mut driver = Driver::new();
    driver
        .store
        .append(Append {
            document: document(1),
            events: vec![created(100, "T")],
            now: Timestamp(1),
            expected: None,
            own: None,
        })
        .unwrap();
    let mut connections: BTreeMap<u64, (ConnectionId, u64)> = BTreeMap::new();
    let mut counters = [0_u64; REPLICAS as usize];
    let mut places: BTreeMap<u64, EventId> = BTreeMap::new();
    let check =
        |replica: u64, head: &mut u64, places: &mut BTreeMap<u64, EventId>, message: &Message| {
            let told: Vec<(u64, EventId)> = match message {
                Message::Ack { acks, .. } => acks
                    .iter()
                    .map(|a| {
                        assert_eq!(a.id.replica, ReplicaId(replica), "seed {seed}");
                        (a.revision.0, a.id)
                    })
                    .filter(|(revision, _)| revision > head)
                    .collect(),
                Message::Events { events, .. } => {
                    events.iter().map(|o| (o.revision.0, o.event.header.id)).collect()
                }
                Message::Refused { reason, .. } => panic!("seed {seed}: refused: {reason}"),
                _ => Vec::new(),
            };
            for (revision, id) in told {
                assert_eq!(revision, *head + 1, "seed {seed}: replica {replica} has a gap");
                *head = revision;
                assert_eq!(*places.entry(revision).or_insert(id), id, "seed {seed}");
            }
        };
    for _ in 0..200 {
        let replica = random.below(REPLICAS);
        match (random.below(10), connections.get_mut(&replica)) {
            (0, Some((connection, _))) => {
                let outputs = driver.hub.disconnect(*connection);
                driver.perform(outputs);
                connections.remove(&replica);
            }
            (_, None) => {
                // It comes back with some of what it had: a crash may have lost the rest.
                let after = random.below(places.len() as u64 + 1);
                connections.insert(replica, (driver.join(replica, after), after));
            }
            (1..4, Some((connection, _))) => {
                let counter = &mut counters[replica as usize];
                // Sometimes with what was pushed before, as after a lost ack.
                let first = *counter - random.below(2).min(*counter);
                let count = 1 + random.below(3);
                let last = first + count;
                let events = (first..last)
                    .map(|counter| insert(replica, counter, &[id(100, 0)], "x"))
                    .collect();
                // A push is only made on a connection that has none under way.
                if !driver.hub.is_busy(*connection) {
                    *counter = last.max(*counter);
                    let connection = *connection;
                    driver.send(connection, push(events));
                }
            }
            (4..6, Some(_)) => driver.commit(),
            (_, Some((connection, head))) => {
                for _ in 0..random.below(4) {
                    if let Some(message) = driver.next(*connection) {
                        check(replica, head, &mut places, &message);
                    }
                }
            }
        }
    }
    while !driver.appends.is_empty() {
        driver.commit();
    }
    let end = driver.store.head(document(1)).unwrap().unwrap().revision.0;
    for (replica, (connection, mut head)) in connections {
        for message in driver.rest(connection) {
            check(replica, &mut head, &mut places, &message);
        }
        assert_eq!(head, end, "seed {seed}: replica {replica} was not told everything");
    }
}
