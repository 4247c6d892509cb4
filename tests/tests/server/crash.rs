//! The real binary is killed in the middle of several clients' pushes, again and again:
//! nothing that was acked is missing, the order has no gaps, and no event is there twice.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use palimpsest_core::{EventId, Message, Revision};
use tokio::task::JoinSet;

use crate::binary::{Serving, stdout};
use crate::peer::Peer;
use crate::write::{Seeded, author, created, document, id, insert};

const CLIENTS: u64 = 4;
const ROUNDS: u64 = 5;

/// What a client was told, over all rounds.
#[derive(Clone, Default)]
struct Told {
    acked: BTreeMap<EventId, Revision>,
    next: u64,
}

/// Pushes until the server is gone: first, as a client does, what was not acked before.
async fn write(address: SocketAddr, replica: u64, mut told: Told) -> (u64, Told) {
    // The server may be gone before anybody was heard.
    let Ok(mut peer) = Peer::try_connect(address, replica).await else { return (replica, told) };
    // It holds nothing from others: acks of own events come with the whole log.
    if peer.try_hello(document(1), 0, None).await.is_err() {
        return (replica, told);
    }
    let mut pushed = (0..told.next).find(|n| !told.acked.contains_key(&id(replica, *n)));
    loop {
        let first = pushed.unwrap_or(told.next);
        let events: Vec<_> =
            (first..first + 3).map(|n| insert(replica, n, &[id(100, 0)], "word ")).collect();
        told.next = told.next.max(first + 3);
        let push = Message::Push { document: document(1), events };
        let sending = tokio::time::timeout(Duration::from_secs(20), peer.try_send(&push));
        if sending.await.unwrap().is_err() {
            return (replica, told);
        }
        while !(first..first + 3).all(|n| told.acked.contains_key(&id(replica, n))) {
            match peer.next_or_close().await {
                Ok(Message::Ack { acks, .. }) => {
                    for ack in acks {
                        let before = told.acked.insert(ack.id, ack.revision);
                        assert!(before.is_none_or(|before| before == ack.revision));
                    }
                }
                Ok(Message::Refused { reason, .. }) => panic!("refused: {reason}"),
                Ok(_) => {}
                Err(_) => return (replica, told),
            }
        }
        pushed = None;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acked_is_lost_when_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Seeded::new(std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap()));
    let mut told: BTreeMap<u64, Told> = (1..=CLIENTS).map(|n| (n, Told::default())).collect();
    let server = Serving::start(folder.path());
    let (mut first, _) = Peer::join(server.address, document(1), 100, 0).await;
    first.push(document(1), vec![created(100, "Killed")]).await;
    assert_eq!(first.acks().await.len(), 1);
    drop((first, server));
    for _ in 0..ROUNDS {
        let server = Serving::start(folder.path());
        let mut clients = JoinSet::new();
        for (replica, told) in &told {
            clients.spawn(write(server.address, *replica, told.clone()));
        }
        tokio::time::sleep(Duration::from_millis(50 + random.below(400))).await;
        server.kill();
        while let Some(done) = clients.join_next().await {
            let (replica, what) = done.unwrap();
            told.insert(replica, what);
        }
    }

    let server = Serving::start(folder.path());
    let (mut reader, head) = Peer::join(server.address, document(1), 200, 0).await;
    let log = reader.events_until(head.0).await;
    assert!(log.iter().map(|o| o.revision.0).eq(1..=head.0), "the order has gaps");
    let places: BTreeMap<EventId, Revision> =
        log.iter().map(|o| (o.event.header.id, o.revision)).collect();
    assert_eq!(places.len(), log.len(), "an event is there twice");
    let mut acked = 0;
    for (replica, told) in &told {
        for (event, revision) in &told.acked {
            assert_eq!(places.get(event), Some(revision), "{event} was acked");
            acked += 1;
        }
        assert!(log.iter().all(|o| o.event.header.id.replica.0 != *replica
            || o.event.header.author == author(*replica as u8)));
    }
    assert!(acked > 50, "the clients got something done: {acked}");
    drop((reader, server));
    assert!(stdout(folder.path(), &["verify"]).starts_with("whole: 1 documents"));
}
