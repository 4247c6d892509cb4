//! Every limit, at it and one past it: what is allowed is done, what is more is refused with a
//! reason, and `/metrics` counts it under the limit's name. Nobody else is disturbed.

use std::time::Duration;

use futures_util::future::BoxFuture;
use palimpsest_core::{Message, Refusal, codec};
use palimpsest_server::guard::Policy;
use palimpsest_server::guard::proxy::Proxy;
use palimpsest_server::{Config, Limits};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::ask::ask;
use crate::http::{get, post};
use crate::peer::{PATIENCE, Peer, Running};
use crate::write::{author, chain, created, document, id, insert};

/// How a limit is reached, and gone past: each says whether it was allowed.
type Try = for<'a> fn(&'a Running) -> BoxFuture<'a, bool>;

/// One limit: its name, what is set for the test, what is still allowed, and what is not.
struct Case {
    name: &'static str,
    set: fn(&mut Limits),
    at: Try,
    past: Try,
}

/// Whether a push of `count` one-letter events into a document of its own is acked.
async fn pushes(server: &Running, n: u8, count: u64) -> bool {
    let (mut peer, _) = Peer::join(server.address, document(n), u64::from(n), 0).await;
    peer.push(document(n), chain(u64::from(n), count - 1)).await;
    acked(&mut peer).await
}

async fn acked(peer: &mut Peer) -> bool {
    loop {
        match peer.next_or_close().await {
            Ok(Message::Ack { .. }) => return true,
            Ok(Message::Refused { reason, .. }) => {
                assert!(!reason.is_empty());
                return false;
            }
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

/// Whether a push whose one insert makes its frame `bytes` long is acked.
async fn pushes_frame(server: &Running, n: u8, bytes: usize) -> bool {
    let (mut peer, _) = Peer::join(server.address, document(n), u64::from(n), 0).await;
    peer.push(document(n), vec![created(u64::from(n), "")]).await;
    assert!(acked(&mut peer).await);
    // Letters that do not compress, so that every further one is a further byte.
    let mut random = crate::write::Seeded::new(1);
    let noise: String = (0..bytes).map(|_| char::from(b'!' + (random.below(90) as u8))).collect();
    let frame = |length: usize| {
        let events = vec![insert(u64::from(n), 1, &[id(u64::from(n), 0)], &noise[..length])];
        codec::encode_message(&Message::Push { document: document(n), events })
    };
    let fits = (0..bytes).rev().map(frame).find(|frame| frame.len() <= bytes).unwrap();
    let frame = if fits.len() == bytes { fits } else { [fits, vec![0; 1]].concat() };
    peer.send_frame(Frame::Binary(frame.into())).await;
    acked(&mut peer).await
}

/// Whether an event that takes `bytes` in the store is acked.
async fn pushes_event(server: &Running, n: u8, bytes: usize) -> bool {
    let replica = u64::from(n);
    let (mut peer, _) = Peer::join(server.address, document(n), replica, 0).await;
    let made = |length: usize| {
        let (header, payload) = codec::encode_record(&created(replica, &"x".repeat(length)));
        header.len() + payload.len()
    };
    let length = (0..bytes).find(|length| made(*length) == bytes).unwrap();
    peer.push(document(n), vec![created(replica, &"x".repeat(length))]).await;
    acked(&mut peer).await
}

async fn joins(server: &Running, count: u8) -> bool {
    let mut peer = Peer::connect(server.address, 7).await;
    for n in 0..count {
        peer.hello(document(n), 0, None).await;
        match peer.next().await {
            Message::Welcome { .. } => {}
            Message::Refused { refusal, .. } => {
                assert_eq!(refusal, Refusal::TooManyDocuments);
                return false;
            }
            other => panic!("{other:?}"),
        }
    }
    true
}

/// Whether so many sockets can be open at once, all from one address if a proxy says so.
async fn connects(server: &Running, count: usize, forwarded: Option<&str>) -> bool {
    let mut open = Vec::new();
    for _ in 0..count {
        let url = format!("ws://{}/api/v1/sync", server.address);
        let mut request = url.into_client_request().unwrap();
        if let Some(address) = forwarded {
            request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        }
        let answer = tokio::time::timeout(PATIENCE, connect_async(request)).await.unwrap();
        match answer {
            Ok((socket, _)) => open.push(socket),
            Err(error) => {
                let said = error.to_string();
                assert!(said.contains("503") || said.contains("429"), "{said}");
                return false;
            }
        }
        // The server counts a socket once it has answered.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    true
}

/// Whether a hello of `bytes`, after a pause, is welcomed.
async fn says_hello(server: &Running, bytes: usize, pause: Duration) -> bool {
    let mut peer = Peer::connect(server.address, 7).await;
    tokio::time::sleep(pause).await;
    let name = |length: usize| palimpsest_core::Profile {
        author: author(7),
        name: "n".repeat(length),
        colour: 0,
    };
    let hello = |length: usize| Message::Hello {
        protocol: palimpsest_core::PROTOCOL,
        document: document(1),
        replica: palimpsest_core::ReplicaId(7),
        after: palimpsest_core::Revision(0),
        profile: Some(name(length)),
        key: None,
    };
    let whole = |length: usize| codec::encode_message(&hello(length));
    let length = (0..bytes.max(1)).find(|length| whole(*length).len() >= bytes).unwrap();
    let _ = peer.try_send(&hello(length)).await;
    matches!(peer.next_or_close().await, Ok(Message::Welcome { .. }))
}

async fn posts(server: &Running, text_bytes: usize, body_bytes: usize) -> bool {
    let body = format!("{{\"text\":\"{}\"}}", "x".repeat(text_bytes));
    let body = format!("{body}{}", " ".repeat(body_bytes.saturating_sub(body.len())));
    let answer = post(server.address, "/api/v1/documents", &body).await;
    assert!(matches!(answer.status, 201 | 413), "{}", answer.text());
    answer.status == 201
}

const PROXIED: Option<&str> = Some("203.0.113.9");

const CASES: &[Case] = &[
    Case {
        name: "frame_bytes_max",
        set: |limits| limits.frame_bytes_max = 300,
        at: |server| Box::pin(pushes_frame(server, 1, 300)),
        past: |server| Box::pin(pushes_frame(server, 2, 301)),
    },
    Case {
        name: "event_bytes_max",
        set: |limits| limits.event_bytes_max = 200,
        at: |server| Box::pin(pushes_event(server, 1, 200)),
        past: |server| Box::pin(pushes_event(server, 2, 201)),
    },
    Case {
        name: "push_events_max",
        set: |limits| limits.push_events_max = 10,
        at: |server| Box::pin(pushes(server, 1, 10)),
        past: |server| Box::pin(pushes(server, 2, 11)),
    },
    Case {
        name: "documents_per_socket_max",
        set: |limits| limits.documents_per_socket_max = 3,
        at: |server| Box::pin(joins(server, 3)),
        past: |server| Box::pin(joins(server, 4)),
    },
    Case {
        name: "sockets_max",
        set: |limits| limits.sockets_max = 3,
        at: |server| Box::pin(connects(server, 3, None)),
        past: |server| Box::pin(connects(server, 4, None)),
    },
    Case {
        name: "sockets_per_address_max",
        set: |limits| limits.sockets_per_address_max = 3,
        at: |server| Box::pin(connects(server, 3, PROXIED)),
        past: |server| Box::pin(connects(server, 4, PROXIED)),
    },
    Case {
        name: "events_per_second_max",
        set: |limits| {
            limits.events_at_once_max = 10;
            limits.events_per_second_max = 1;
        },
        at: |server| Box::pin(pushes(server, 1, 10)),
        past: |server| Box::pin(pushes(server, 2, 11)),
    },
    Case {
        name: "log_bytes_max",
        set: |limits| limits.log_bytes_max = 200,
        at: |server| Box::pin(pushes_event(server, 1, 200)),
        past: |server| Box::pin(pushes_event(server, 2, 201)),
    },
    Case {
        name: "text_bytes_max",
        set: |limits| limits.text_bytes_max = 100,
        at: |server| Box::pin(posts(server, 100, 0)),
        past: |server| Box::pin(posts(server, 101, 0)),
    },
    Case {
        name: "body_bytes_max",
        set: |limits| limits.body_bytes_max = 500,
        at: |server| Box::pin(posts(server, 10, 500)),
        past: |server| Box::pin(posts(server, 10, 501)),
    },
    Case {
        name: "hello_bytes_max",
        set: |limits| limits.hello_bytes_max = 200,
        at: |server| Box::pin(says_hello(server, 200, Duration::ZERO)),
        past: |server| Box::pin(says_hello(server, 201, Duration::ZERO)),
    },
    Case {
        name: "hello_seconds_max",
        set: |limits| limits.hello_seconds_max = 1,
        at: |server| Box::pin(says_hello(server, 0, Duration::from_millis(100))),
        past: |server| Box::pin(says_hello(server, 0, Duration::from_millis(1_500))),
    },
];

/// What is tried elsewhere: a queue and a reader that only many or slow peers can fill.
const ELSEWHERE: [&str; 2] = ["appends_waiting_max", "slow_seconds_max"];

async fn counted(server: &Running, name: &str) -> u64 {
    let metrics =
        ask(server.address, "GET", "/metrics", "host: localhost\r\nremote-user: ada\r\n", "").await;
    metrics.metric(&format!("palimpsest_limit_refusals_total{{limit=\"{name}\"}}"))
}

#[tokio::test]
async fn each_limit_holds_one_past_it_and_not_before() {
    for case in CASES {
        let mut limits = Limits::DEFAULT;
        (case.set)(&mut limits);
        let server = Running::start_with(|config: &mut Config| {
            config.limits = limits;
            if case.name == "sockets_per_address_max" {
                let trusted = vec!["127.0.0.0/8".parse().unwrap()];
                let (user_header, owners) = (Some("remote-user".into()), vec!["ada".into()]);
                config.policy = Policy::Links(Proxy { trusted, user_header, owners });
                config.origins = vec!["http://localhost".into()];
            }
        })
        .await;
        assert!((case.at)(&server).await, "{} is refused at the limit", case.name);
        assert_eq!(counted(&server, case.name).await, 0, "{}", case.name);
        // Whoever was let in has left by now, or does so in a moment.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!(case.past)(&server).await, "{} is allowed past the limit", case.name);
        assert_eq!(counted(&server, case.name).await, 1, "{}", case.name);
    }
}

#[tokio::test]
async fn no_limit_is_left_untried() {
    let server = Running::start().await;
    let metrics = get(server.address, "/metrics").await;
    let limits = metrics.text().lines().filter_map(|line| {
        line.strip_prefix("palimpsest_limit_refusals_total{limit=\"")?.split('"').next()
    });
    for limit in limits {
        let tried = CASES.iter().any(|case| case.name == limit) || ELSEWHERE.contains(&limit);
        assert!(tried, "{limit} has no case");
    }
}

#[tokio::test]
async fn a_full_queue_puts_pushes_off_and_closes_nobodys_socket() {
    let server = Running::start_with(|config| config.limits.appends_waiting_max = 1).await;
    let mut peers = Vec::new();
    for n in 1..=20 {
        peers.push(Peer::join(server.address, document(n), u64::from(n), 0).await.0);
    }
    for (peer, n) in peers.iter_mut().zip(1..) {
        peer.push(document(n), chain(u64::from(n), 200)).await;
    }
    for (peer, n) in peers.iter_mut().zip(1..) {
        while !acked(peer).await {
            peer.push(document(n), chain(u64::from(n), 200)).await;
        }
    }
    assert!(counted(&server, "appends_waiting_max").await > 0);
}

#[tokio::test]
async fn who_writes_as_another_replica_has_the_same_allowance() {
    let server = Running::start_with(|config| {
        config.limits.events_at_once_max = 10;
        config.limits.events_per_second_max = 1;
    })
    .await;
    let (mut peer, _) = Peer::join(server.address, document(1), 1, 0).await;
    peer.push(document(1), chain(1, 6)).await;
    assert!(acked(&mut peer).await);
    let another: Vec<_> = (0..6).map(|n| insert(2, n, &[id(1, 0)], "x")).collect();
    peer.push(document(1), another.clone()).await;
    assert!(!acked(&mut peer).await, "it has as much again");
    assert_eq!(counted(&server, "events_per_second_max").await, 1);
    // Somebody else has an allowance of their own.
    let (mut other, _) = Peer::join(server.address, document(1), 2, 0).await;
    other.push(document(1), another).await;
    assert!(acked(&mut other).await);
}
