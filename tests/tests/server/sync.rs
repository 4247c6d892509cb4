//! Writing together over real sockets: order, catch-up, several documents on one socket,
//! slow readers, and a server that stops and starts again.

use std::time::Duration;

use palimpsest_core::{DOCUMENTS_PER_SOCKET_MAX, PUSH_EVENTS_MAX};
use palimpsest_core::{Message, Refusal, ReplicaId, Revision};

use crate::peer::{Peer, Running};
use crate::write::{chain, document, id, insert};

#[tokio::test]
async fn two_people_write_and_see_each_other() {
    let server = Running::start().await;
    let (mut ada, head) = Peer::join(server.address, document(1), 1, 0).await;
    assert_eq!(head, Revision(0));
    ada.push(document(1), chain(1, 1)).await;
    let acks = ada.acks().await;
    assert!(acks.iter().map(|a| a.revision.0).eq([1, 2]));

    let (mut ben, head) = Peer::join(server.address, document(1), 2, 0).await;
    assert_eq!(head, Revision(2));
    let events = ben.events_until(2).await;
    assert_eq!(events.iter().map(|o| o.event.clone()).collect::<Vec<_>>(), chain(1, 1));
    assert_eq!(events[0].recorded, acks[0].recorded);

    ben.push(document(1), vec![insert(2, 0, &[id(1, 1)], "y")]).await;
    assert_eq!(ben.acks().await[0].revision, Revision(3));
    assert_eq!(ada.events_until(3).await[0].event.header.id, id(2, 0));

    drop(ben);
    let left = Message::Left { document: document(1), replica: ReplicaId(2) };
    while ada.next().await != left {}
}

#[tokio::test]
async fn a_long_log_is_caught_up_in_pages() {
    const EVENTS: u64 = 7_000;
    let server = Running::start().await;
    let (mut ada, _) = Peer::join(server.address, document(1), 1, 0).await;
    let log = chain(1, EVENTS - 1);
    for part in log.chunks(PUSH_EVENTS_MAX) {
        ada.push(document(1), part.to_vec()).await;
    }
    let mut acked = 0;
    while acked < EVENTS {
        acked += ada.acks().await.len() as u64;
    }
    let (mut ben, head) = Peer::join(server.address, document(1), 2, 10).await;
    assert_eq!(head, Revision(EVENTS));
    let events = ben.events_until(EVENTS).await;
    assert!(events.iter().map(|o| o.revision.0).eq(11..=EVENTS));
}

#[tokio::test]
async fn one_socket_has_several_documents_up_to_the_limit() {
    let server = Running::start().await;
    let mut ada = Peer::connect(server.address, 1).await;
    for n in 0..DOCUMENTS_PER_SOCKET_MAX {
        ada.hello(document(n as u8), 0, None).await;
    }
    let mut welcomes = 0;
    while welcomes < DOCUMENTS_PER_SOCKET_MAX {
        assert!(matches!(ada.next().await, Message::Welcome { .. }));
        welcomes += 1;
    }
    ada.push(document(3), chain(1, 1)).await;
    ada.push(document(4), chain(1, 2)).await;
    let mut acked = 0;
    while acked < 5 {
        acked += ada.acks().await.len();
    }
    ada.send(&Message::Leave { document: document(3) }).await;
    ada.hello(document(200), 0, None).await;
    assert!(matches!(ada.next().await, Message::Welcome { .. }), "there is room again");
    ada.hello(document(201), 0, None).await;
    let told = ada.next().await;
    assert!(
        matches!(told, Message::Refused { refusal: Refusal::TooManyDocuments, .. }),
        "{told:?}"
    );
    ada.next_or_close().await.unwrap_err();
}

#[tokio::test]
async fn a_reader_that_sleeps_costs_nobody_anything() {
    const PUSHES: u64 = 60;
    let server = Running::start().await;
    let (mut ada, _) = Peer::join(server.address, document(1), 1, 0).await;
    let (mut sleeper, _) = Peer::join(server.address, document(1), 2, 0).await;
    ada.push(document(1), chain(1, 0)).await;
    ada.acks().await;
    let page = "p".repeat(200_000);
    for counter in 1..=PUSHES {
        ada.push(document(1), vec![insert(1, counter, &[id(1, counter - 1)], &page)]).await;
        assert_eq!(ada.acks().await[0].revision, Revision(counter + 1));
    }
    // Twelve megabytes later the sleeper wakes up, and has missed nothing.
    let events = sleeper.events_until(PUSHES + 1).await;
    assert!(events.iter().map(|o| o.revision.0).eq(1..=PUSHES + 1));
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_keeps_everything() {
    let server = Running::start().await;
    let (mut ada, _) = Peer::join(server.address, document(1), 1, 0).await;
    ada.push(document(1), chain(1, 4)).await;
    assert_eq!(ada.acks().await.len(), 5);
    let stopping = tokio::spawn(server.stop());
    let told = ada.next().await;
    assert!(matches!(told, Message::Refused { refusal: Refusal::ShuttingDown, .. }), "{told:?}");
    let close = ada.next_or_close().await.unwrap_err();
    assert_eq!(u16::from(close.unwrap().code), 1001);
    drop(ada);
    let folder = tokio::time::timeout(Duration::from_secs(4), stopping).await.unwrap().unwrap();

    let server = Running::start_in(folder).await;
    let (mut ben, head) = Peer::join(server.address, document(1), 2, 0).await;
    assert_eq!(head, Revision(5));
    assert_eq!(ben.events_until(5).await.len(), 5);
}

#[tokio::test]
async fn a_ping_is_answered() {
    let server = Running::start().await;
    let (mut ada, _) = Peer::join(server.address, document(1), 1, 0).await;
    ada.send(&Message::Ping { nonce: 77 }).await;
    assert_eq!(ada.next().await, Message::Pong { nonce: 77 });
}
