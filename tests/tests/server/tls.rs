//! A server that speaks TLS itself: everything goes on behind it as without it, the certificate can
//! be renewed while it runs, and who cannot agree on how to go on is bounded and counted.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::SinkExt;
use palimpsest_core::{Message, PROTOCOL, ReplicaId, Revision, codec};
use palimpsest_server::{Certificate, Config};
use tokio::io::{AsyncReadExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::binary::{command, failure};
use crate::http::{get, post};
use crate::peer::{PATIENCE, Peer, Running};
use crate::write::{Seeded, chain, created, document, id, insert};

/// A new certificate for this machine in a folder, and what trusts it and no other.
fn issue(folder: &Path) -> (Certificate, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate =
        Certificate { chain: folder.join("server.pem"), key: folder.join("server.key") };
    fs::write(&certificate.key, made.signing_key.serialize_pem()).unwrap();
    fs::write(&certificate.chain, made.cert.pem()).unwrap();
    (certificate, trusting(made.cert.der().clone()))
}

fn trusting(certificate: CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

async fn shake(
    connector: &TlsConnector,
    stream: TcpStream,
) -> std::io::Result<TlsStream<TcpStream>> {
    connector.connect("localhost".try_into().unwrap(), stream).await
}

/// An address at which plain connections are taken to the server behind TLS.
async fn tunnel(server: SocketAddr, connector: TlsConnector) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut plain, _)) = listener.accept().await {
            let connector = connector.clone();
            tokio::spawn(async move {
                let stream = TcpStream::connect(server).await?;
                let mut behind = shake(&connector, stream).await?;
                copy_bidirectional(&mut plain, &mut behind).await
            });
        }
    });
    address
}

async fn start(tell: impl FnOnce(&mut Config)) -> (Running, TlsConnector) {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, connector) = issue(folder.path());
    let server = Running::start_with(|config| {
        config.certificate = Some(certificate);
        tell(config);
    });
    // It has read its certificate by now.
    (server.await, connector)
}

#[tokio::test]
async fn everything_goes_on_behind_it_as_without_it() {
    let (server, connector) = start(|_| {}).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let shaken = shake(&connector, stream).await.unwrap();
    assert_eq!(shaken.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let address = tunnel(server.address, connector).await;
    assert_eq!(get(address, "/healthz").await.status, 200);
    let made = post(address, "/api/v1/documents", r#"{"title": "Behind"}"#).await;
    assert_eq!(made.status, 201);
    let (mut ada, _) = Peer::join(address, document(1), 1, 0).await;
    ada.push(document(1), chain(1, 300)).await;
    while ada.acks().await.last().is_some_and(|ack| ack.revision < Revision(301)) {}
    let (mut ben, head) = Peer::join(address, document(1), 2, 0).await;
    assert_eq!(head, Revision(301));
    assert_eq!(ben.events_until(301).await.len(), 301);
    server.stop().await;
}

#[tokio::test]
async fn who_does_not_shake_hands_is_let_go_and_counted() {
    let (server, connector) = start(|config| config.limits.hello_seconds_max = 1).await;
    // Somebody who says nothing, and somebody who knows nothing of TLS.
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let plain = TcpStream::connect(server.address).await.unwrap();
    plain.try_write(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let begun = Instant::now();
    let mut rest = Vec::new();
    let end = timeout(PATIENCE, silent.read_to_end(&mut rest)).await.expect("it is let go");
    assert!(end.is_err() || rest.is_empty());
    assert!(begun.elapsed() > Duration::from_millis(500));
    // Meanwhile and afterwards, others come in.
    let address = tunnel(server.address, connector).await;
    let metrics = get(address, "/metrics").await;
    for line in [
        "\npalimpsest_tls_handshakes_failed_total 1\n",
        "\npalimpsest_limit_refusals_total{limit=\"hello_seconds_max\"} 1\n",
    ] {
        assert!(metrics.text().contains(line), "{}", metrics.text());
    }
}

#[tokio::test]
async fn a_reader_that_is_slow_is_noticed_behind_it_too() {
    let (server, connector) = start(|config| config.limits.slow_seconds_max = 1).await;
    let address = tunnel(server.address, connector.clone()).await;
    let (mut writer, _) = Peer::join(address, document(1), 1, 0).await;
    writer.push(document(1), vec![created(1, "Long")]).await;
    writer.acks().await;
    // It says hello and then reads nothing, with as little room as the system lets it have.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = socket.connect(server.address).await.unwrap();
    let behind = shake(&connector, stream).await.unwrap();
    let (mut reader, _) = client_async("ws://localhost/api/v1/sync", behind).await.unwrap();
    let hello = Message::Hello {
        protocol: PROTOCOL,
        document: document(1),
        replica: ReplicaId(2),
        after: Revision(0),
        profile: None,
        key: None,
    };
    reader.send(Frame::Binary(codec::encode_message(&hello).into())).await.unwrap();
    let (mut random, until) = (Seeded::new(3), Instant::now() + PATIENCE);
    for counter in 1.. {
        let text: String = (0..60_000).map(|_| char::from(b' ' + random.below(90) as u8)).collect();
        writer.push(document(1), vec![insert(1, counter, &[id(1, counter - 1)], &text)]).await;
        writer.acks().await;
        let metrics = get(address, "/metrics").await;
        if metrics.text().contains("\npalimpsest_slow_readers_cut_total 1\n") {
            break;
        }
        assert!(Instant::now() < until, "nobody noticed: {}", metrics.text());
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, first) = issue(folder.path());
    let told = certificate.clone();
    let server = Running::start_with(|config| config.certificate = Some(told)).await;
    let connect = async |connector: &TlsConnector| {
        shake(connector, TcpStream::connect(server.address).await.unwrap()).await.is_ok()
    };
    assert!(connect(&first).await);
    // What cannot be used is not.
    fs::write(&certificate.chain, "nothing").unwrap();
    sleep(Duration::from_secs(3)).await;
    assert!(connect(&first).await);
    let (_, second) = issue(folder.path());
    let until = Instant::now() + PATIENCE;
    while !connect(&second).await {
        assert!(Instant::now() < until, "the new certificate is not shown");
        sleep(Duration::from_millis(100)).await;
    }
    assert!(!connect(&first).await);
}

#[test]
fn files_that_cannot_be_used_are_named_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    fs::create_dir(&other).unwrap();
    let (certificate, _) = issue(folder.path());
    let (stranger, _) = issue(&other);
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    let serve = |chain: &Path, key: &Path| {
        let (chain, key) = (chain.to_str().unwrap(), key.to_str().unwrap());
        let listen = ["serve", "--listen", "127.0.0.1:0"];
        failure(&data, &[&listen[..], &["--tls-cert", chain, "--tls-key", key]].concat())
    };
    let nowhere = folder.path().join("nowhere.pem");
    assert!(serve(&nowhere, &certificate.key).contains("cannot read"));
    assert!(serve(&certificate.chain, &nowhere).contains("cannot read"));
    assert!(serve(&empty, &certificate.key).contains("holds no certificate in PEM"));
    assert!(serve(&certificate.key, &certificate.key).contains("holds no certificate in PEM"));
    assert!(serve(&certificate.chain, &empty).contains("holds no private key in PEM"));
    let mismatch = serve(&certificate.chain, &stranger.key);
    assert!(mismatch.contains("does not go with the certificate"), "{mismatch}");
    let alone = ["serve", "--tls-cert", certificate.chain.to_str().unwrap()];
    assert!(failure(&data, &alone).contains("--tls-key"));
    assert!(!data.exists(), "nothing is made for a server that does not start");
}

#[test]
fn the_address_that_is_printed_says_so() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let (certificate, _) = issue(folder.path());
    let mut command = command(&folder.path().join("data"));
    command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(std::process::Stdio::piped());
    command.env("PALIMPSEST_TLS_CERT", &certificate.chain);
    let mut child = command.env("PALIMPSEST_TLS_KEY", &certificate.key).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.starts_with("https://127.0.0.1:") && line.contains("/#key="), "{line}");
}
