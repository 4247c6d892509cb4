//! What no honest client sends: each is answered with a reason, closes that socket alone, and
//! touches nothing that is stored.

use palimpsest_core::{FRAME_BYTES_MAX, PROTOCOL};
use palimpsest_core::{Message, Refusal, ReplicaId, Revision, codec};
use rusqlite::Connection;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::peer::{PATIENCE, Peer, Running};
use crate::write::{Seeded, chain, document, id, insert};

/// A server with a document of two events, and somebody in it who must not be disturbed.
async fn scene() -> (Running, Peer) {
    let server = Running::start().await;
    let (mut witness, _) = Peer::join(server.address, document(1), 1, 0).await;
    witness.push(document(1), chain(1, 1)).await;
    assert_eq!(witness.acks().await.len(), 2);
    (server, witness)
}

/// The witness can still write, and nothing but its own writing is in the log.
async fn undisturbed(_server: Running, mut witness: Peer) {
    witness.push(document(1), vec![insert(1, 2, &[id(1, 1)], "still here")]).await;
    let acks = witness.acks().await;
    assert_eq!(acks.iter().map(|a| a.revision).collect::<Vec<_>>(), [Revision(3)]);
}

/// The peer is told `refusal` with a reason, then the socket is closed with `code`.
async fn refused(peer: &mut Peer, refusal: Refusal, code: u16) -> String {
    let reason = loop {
        match peer.next().await {
            Message::Refused { refusal: told, reason, .. } => {
                assert_eq!(told, refusal, "{reason}");
                break reason;
            }
            Message::Welcome { .. } | Message::Events { .. } => {}
            other => panic!("{other:?} instead of a refusal"),
        }
    };
    assert!(!reason.is_empty());
    let close = peer.next_or_close().await.unwrap_err().expect("a close frame with a reason");
    assert_eq!(u16::from(close.code), code, "{reason}");
    assert!(!close.reason.is_empty());
    reason
}

#[tokio::test]
async fn a_text_frame() {
    let (server, witness) = scene().await;
    let (mut peer, _) = Peer::join(server.address, document(1), 2, 2).await;
    peer.send_frame(Frame::text("{\"hello\":1}")).await;
    refused(&mut peer, Refusal::Malformed, 4400).await;
    undisturbed(server, witness).await;
}

#[tokio::test]
async fn a_frame_cut_short_at_every_place() {
    let (server, witness) = scene().await;
    let push =
        Message::Push { document: document(1), events: vec![insert(2, 0, &[id(1, 1)], "cut")] };
    let whole = codec::encode_message(&push);
    for length in (0..whole.len()).step_by(5) {
        let (mut peer, _) = Peer::join(server.address, document(1), 2, 2).await;
        peer.send_frame(Frame::Binary(whole[..length].to_vec().into())).await;
        refused(&mut peer, Refusal::Malformed, 4400).await;
    }
    undisturbed(server, witness).await;
}

#[tokio::test]
async fn frames_with_flipped_bits() {
    let (server, witness) = scene().await;
    let push =
        Message::Push { document: document(1), events: vec![insert(2, 0, &[id(1, 1)], "flip")] };
    let whole = codec::encode_message(&push);
    let mut random = Seeded::new(7);
    for _ in 0..40 {
        let mut flipped = whole.clone();
        let bit = random.below(flipped.len() as u64 * 8) as usize;
        flipped[bit / 8] ^= 1 << (bit % 8);
        let (mut peer, _) = Peer::join(server.address, document(1), 2, 2).await;
        peer.send_frame(Frame::Binary(flipped.into())).await;
        refused(&mut peer, Refusal::Malformed, 4400).await;
    }
    undisturbed(server, witness).await;
}

#[tokio::test]
async fn an_oversized_frame() {
    let (server, witness) = scene().await;
    for bytes in [FRAME_BYTES_MAX + 1, 3 * FRAME_BYTES_MAX] {
        let (mut peer, _) = Peer::join(server.address, document(1), 2, 2).await;
        peer.send_frame(Frame::Binary(vec![0; bytes].into())).await;
        refused(&mut peer, Refusal::TooLarge, 1009).await;
    }
    // Far too much is not even taken off the line; the socket ends, however it can.
    let (mut peer, _) = Peer::join(server.address, document(1), 2, 2).await;
    let bytes = codec::encode_message(&Message::Ping { nonce: 1 });
    let frame = [bytes, vec![0; 32 * FRAME_BYTES_MAX]].concat();
    let _ = peer.try_send_frame(Frame::Binary(frame.into())).await;
    while peer.next_or_close().await.is_ok() {}
    undisturbed(server, witness).await;
}

#[tokio::test]
async fn a_push_to_a_document_nobody_said_hello_to() {
    let (server, witness) = scene().await;
    let (mut peer, _) = Peer::join(server.address, document(1), 2, 2).await;
    peer.push(document(9), chain(2, 1)).await;
    let reason = refused(&mut peer, Refusal::UnknownDocument, 4404).await;
    assert!(reason.contains(&document(9).to_string()), "{reason}");
    undisturbed(server, witness).await;
}

#[tokio::test]
async fn a_protocol_of_the_future() {
    let (server, witness) = scene().await;
    let mut peer = Peer::connect(server.address, 2).await;
    let hello = Message::Hello {
        protocol: PROTOCOL + 1,
        document: document(1),
        replica: ReplicaId(2),
        after: Revision(0),
        profile: None,
        key: None,
    };
    peer.send(&hello).await;
    refused(&mut peer, Refusal::WrongProtocol, 4406).await;
    undisturbed(server, witness).await;
}

#[tokio::test]
async fn anything_but_a_hello_first() {
    let (server, witness) = scene().await;
    let mut peer = Peer::connect(server.address, 2).await;
    peer.push(document(1), chain(2, 1)).await;
    refused(&mut peer, Refusal::Malformed, 4400).await;
    undisturbed(server, witness).await;
}

#[tokio::test]
async fn silence() {
    let (server, witness) = scene().await;
    let mut peer = Peer::connect(server.address, 2).await;
    let reason = refused(&mut peer, Refusal::Malformed, 4400).await;
    assert!(reason.contains("hello"), "{reason}");
    undisturbed(server, witness).await;
}

#[tokio::test]
async fn a_servers_words_from_a_client() {
    let (server, witness) = scene().await;
    let (mut peer, _) = Peer::join(server.address, document(1), 2, 2).await;
    let forged = Message::Events { document: document(1), events: Vec::new(), head: Revision(9) };
    peer.send(&forged).await;
    refused(&mut peer, Refusal::Malformed, 4400).await;
    undisturbed(server, witness).await;
}

#[tokio::test]
async fn a_page_of_another_site() {
    let (server, witness) = scene().await;
    let url = format!("ws://{}/api/v1/sync", server.address);
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    let answer = tokio::time::timeout(PATIENCE, connect_async(request)).await.unwrap();
    assert!(answer.unwrap_err().to_string().contains("403"));
    undisturbed(server, witness).await;
}

#[tokio::test]
async fn a_damaged_log_is_refused_and_others_go_on() {
    let (server, witness) = scene().await;
    let (mut other, _) = Peer::join(server.address, document(2), 2, 0).await;
    other.push(document(2), chain(2, 1)).await;
    other.acks().await;
    drop(other);
    let database = Connection::open(server.folder.path().join("palimpsest.db")).unwrap();
    database
        .execute(
            "UPDATE events SET payload = CAST(x'00' || payload AS BLOB) WHERE document = ?1 AND revision = 2",
            [document(2).0],
        )
        .unwrap();
    drop(database);
    let (mut peer, head) = Peer::join(server.address, document(2), 3, 0).await;
    assert_eq!(head, Revision(2));
    let told = loop {
        match peer.next().await {
            Message::Refused { document, refusal, reason } => break (document, refusal, reason),
            other => assert!(matches!(other, Message::Events { .. }), "{other:?}"),
        }
    };
    assert_eq!((told.0, told.1), (Some(document(2)), Refusal::Unavailable));
    assert!(told.2.contains("revision 2"), "{}", told.2);
    // The same socket still serves what is whole.
    peer.hello(document(1), 0, None).await;
    assert_eq!(peer.events_until(2).await.len(), 2);
    undisturbed(server, witness).await;
}
