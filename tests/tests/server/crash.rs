//! The real binary is killed in the middle of sixteen clients' pushes, again and again: nothing
//! that was acked is missing, the order has no gaps, and no event is there twice. And how long it
//! takes until the next one answers.
//!
//! `PALIMPSEST_KILLS=5000` kills it as often as that.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use palimpsest_core::{DocumentId, EventId, Message, Ordered, Revision, Timestamp};
use palimpsest_server::store::EventStore;
use palimpsest_server::store::sqlite::Adoption;
use tokio::task::JoinSet;

use crate::binary::{Serving, stdout};
use crate::peer::{PATIENCE, Peer};
use crate::store::open;
use crate::write::{Seeded, author, chain, created, document, id, insert};

const CLIENTS: u64 = 16;
const DOCUMENTS: u64 = 4;
const KILLS: u64 = 200;
/// How many events are there before the first kill.
const EVENTS: u64 = 100_000;
/// How many events one push has.
const BATCH: u64 = 3;

/// What a client was told, over all rounds.
#[derive(Clone, Default)]
struct Told {
    acked: BTreeMap<EventId, Revision>,
    /// The last revision that it was told of.
    held: u64,
    next: u64,
}

/// The document a client writes in.
fn own(replica: u64) -> DocumentId {
    document((replica % DOCUMENTS) as u8 + 1)
}

/// Pushes until the server is gone: first, as a client does, what was not acked before.
async fn write(address: SocketAddr, replica: u64, mut told: Told) -> (u64, Told) {
    // The server may be gone before anybody was heard.
    let Ok(mut peer) = Peer::try_connect(address, replica).await else { return (replica, told) };
    if peer.try_hello(own(replica), told.held, None).await.is_err() {
        return (replica, told);
    }
    let mut pushed = (0..told.next).find(|n| !told.acked.contains_key(&id(replica, *n)));
    loop {
        let first = pushed.unwrap_or(told.next);
        let events: Vec<_> =
            (first..first + BATCH).map(|n| insert(replica, n, &[id(100, 0)], "word ")).collect();
        told.next = told.next.max(first + BATCH);
        let push = Message::Push { document: own(replica), events };
        let sending = tokio::time::timeout(PATIENCE, peer.try_send(&push));
        if sending.await.unwrap().is_err() {
            return (replica, told);
        }
        while !(first..first + BATCH).all(|n| told.acked.contains_key(&id(replica, n))) {
            match peer.next_or_close().await {
                Ok(Message::Ack { acks, .. }) => {
                    for ack in acks {
                        told.held = told.held.max(ack.revision.0);
                        let before = told.acked.insert(ack.id, ack.revision);
                        assert!(before.is_none_or(|before| before == ack.revision));
                    }
                }
                Ok(Message::Events { events, .. }) => {
                    let last = events.last().map_or(0, |last| last.revision.0);
                    told.held = told.held.max(last);
                }
                Ok(Message::Refused { reason, .. }) => panic!("refused: {reason}"),
                Ok(_) => {}
                Err(_) => return (replica, told),
            }
        }
        pushed = None;
    }
}

/// Starts the server on what the last one left, and says how long that took until a client was
/// welcome in a document.
async fn start(data: &std::path::Path, document: DocumentId) -> (Serving, Duration) {
    let started = Instant::now();
    let server = Serving::start(data);
    drop(Peer::join(server.address, document, 300, 0).await);
    (server, started.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acked_is_lost_when_the_server_is_killed() {
    let kills = std::env::var("PALIMPSEST_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut random = Seeded::new(std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap()));
    let large = document(9);
    let events = chain(1, EVENTS - 1).into_iter().zip(1..).map(|(event, revision)| Ordered {
        revision: Revision(revision),
        recorded: Timestamp(1),
        event,
    });
    let adoption = Adoption { document: large, events: events.collect(), profiles: Vec::new() };
    let store = open(folder.path());
    store.adopt(adoption).unwrap();
    drop(store);
    let mut told: BTreeMap<u64, Told> = (1..=CLIENTS).map(|n| (n, Told::default())).collect();
    let server = Serving::start(folder.path());
    for n in 1..=DOCUMENTS {
        let (mut first, _) = Peer::join(server.address, own(n), 100, 0).await;
        first.push(own(n), vec![created(100, "Killed")]).await;
        assert_eq!(first.acks().await.len(), 1);
    }
    drop(server);
    let mut starts = Vec::new();
    for killed in 0..kills {
        if killed > 0 && killed.is_multiple_of(KILLS) {
            eprintln!("{killed} kills so far, the last start took {:?}", starts[starts.len() - 1]);
        }
        let (server, took) = start(folder.path(), large).await;
        starts.push(took);
        let mut clients = JoinSet::new();
        for (replica, told) in &mut told {
            clients.spawn(write(server.address, *replica, std::mem::take(told)));
        }
        tokio::time::sleep(Duration::from_millis(20 + random.below(130))).await;
        server.kill();
        while let Some(done) = clients.join_next().await {
            let (replica, what) = done.unwrap();
            told.insert(replica, what);
        }
    }

    let (acked, events) = check(folder.path(), &told);
    starts.sort_unstable();
    let (middle, longest) = (starts[starts.len() / 2], starts[starts.len() - 1]);
    eprintln!(
        "{kills} kills while {CLIENTS} clients wrote: {acked} events acked, none lost, none twice; \
         with {events} events a start took {middle:?}, at most {longest:?}"
    );
    assert!(acked > kills, "the clients got something done: {acked}");
    // The longest is not judged: whoever else uses this machine can make it any length.
    let allowed = Duration::from_secs(1).mul_f64((events as f64 / 100_000.0).max(1.0));
    assert!(middle < allowed, "a start takes {middle:?} with {events} events");
    assert!(stdout(folder.path(), &["verify"]).starts_with("whole: 5 documents"));
}

/// Holds what clients were told against what is in the store. Returns how many events were acked
/// and how many there are.
fn check(data: &std::path::Path, told: &BTreeMap<u64, Told>) -> (u64, u64) {
    let store = open(data);
    let all = palimpsest_server::store::Limit { events: usize::MAX >> 1, bytes: usize::MAX };
    let (mut acked, mut events) = (0, EVENTS);
    for document in (1..=DOCUMENTS).map(own) {
        let page = store.read(document, Revision(0), all).unwrap();
        assert!(page.events.iter().map(|o| o.revision.0).eq(1..=page.head.0), "a gap");
        let places: BTreeMap<EventId, Revision> =
            page.events.iter().map(|o| (o.event.header.id, o.revision)).collect();
        assert_eq!(places.len(), page.events.len(), "an event is there twice");
        events += page.head.0;
        for (replica, told) in told.iter().filter(|(replica, _)| own(**replica) == document) {
            for (event, revision) in &told.acked {
                assert_eq!(places.get(event), Some(revision), "{event} was acked");
                acked += 1;
            }
            assert!(page.events.iter().all(|o| o.event.header.id.replica.0 != *replica
                || o.event.header.author == author(*replica as u8)));
        }
    }
    (acked, events)
}
