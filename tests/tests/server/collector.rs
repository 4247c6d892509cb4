//! The log as an OpenTelemetry collector gets it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use crate::ask::ask;
use crate::binary::{Serving, command};
use crate::peer::Peer;
use crate::write::{created, document};

/// Takes what is delivered to it, as a collector does, and says each time that it has.
fn collect(listener: TcpListener, deliveries: mpsc::Sender<Vec<u8>>) {
    for stream in listener.incoming() {
        let mut stream = BufReader::new(stream.unwrap());
        // A line may bring several.
        loop {
            let (mut delivery, mut length) = (Vec::new(), 0);
            while !delivery.ends_with(b"\r\n\r\n") {
                let start = delivery.len();
                if stream.read_until(b'\n', &mut delivery).unwrap_or(0) == 0 {
                    break;
                }
                let line = String::from_utf8_lossy(&delivery[start..]).to_lowercase();
                if let Some(number) = line.strip_prefix("content-length:") {
                    length = number.trim().parse().unwrap();
                }
            }
            if delivery.is_empty() {
                break;
            }
            let start = delivery.len();
            delivery.resize(start + length, 0);
            stream.read_exact(&mut delivery[start..]).unwrap();
            stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            drop(deliveries.send(delivery));
        }
    }
}

/// A server that sends its log to a collector.
fn start(data: &Path, collector: &str) -> Serving {
    let mut serve = command(data);
    serve.args(["serve", "--listen", "127.0.0.1:0", "--log", "debug", "--auth", "none"]);
    serve.args(["--otlp-endpoint", collector]);
    Serving::spawn(serve)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_is_told_what_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (deliveries, delivered) = mpsc::channel();
    thread::spawn(move || collect(listener, deliveries));
    let server = start(folder.path(), &address);
    ask(server.address, "GET", "/healthz", "x-request-id: proxy-7.a_B\r\n", "").await;
    let (mut peer, _) = Peer::join(server.address, document(1), 1, 0).await;
    peer.push(document(1), vec![created(1, "unmistakable")]).await;
    peer.acks().await;
    assert!(server.terminate().success());
    let all: Vec<u8> = delivered.try_iter().flatten().collect();
    let has = |words: &str| all.windows(words.len()).any(|part| part == words.as_bytes());
    for words in [
        "POST /v1/logs ",
        "palimpsest",
        "answered",
        "pushed",
        "stored",
        "acked",
        "frame",
        "proxy-7.a_B",
    ] {
        assert!(has(words), "{words:?} is not in {}", String::from_utf8_lossy(&all));
    }
    assert!(!has("unmistakable"), "nobody's words are told");
}

#[tokio::test]
async fn a_collector_that_is_away_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    // A port that is free, and a line on which nobody answers.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [gone, mute.local_addr().unwrap()] {
        let server = start(folder.path(), &format!("http://{address}"));
        let (mut peer, _) = Peer::join(server.address, document(1), 1, 0).await;
        peer.push(document(1), vec![created(1, "written")]).await;
        peer.acks().await;
        assert!(server.terminate().success(), "{address}");
    }
    for wrong in ["", "collector", "https://collector:4318", "http://a/?b"] {
        let output = command(folder.path()).args(["serve", "--otlp-endpoint", wrong]).output();
        let said = String::from_utf8_lossy(&output.unwrap().stderr).into_owned();
        assert!(said.contains("--otlp-endpoint"), "{wrong}: {said}");
    }
}
