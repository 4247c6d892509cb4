//! Requests of strangers, in the spirit of what let people into other servers of this kind: keys
//! where they do not belong, names that nobody vouches for, ids that are swapped, methods and paths
//! in disguise, pages of other sites. None is let in, none learns anything, and nothing changes.

use std::net::SocketAddr;

use palimpsest_core::{LinkKey, Message, Refusal};
use palimpsest_server::guard::book::KeyHash;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, http::HeaderValue};

use crate::ask::ask;
use crate::guard::{bearer, everybody, guarded, key};
use crate::peer::Peer;
use crate::write::document;

/// Somebody whose key opens document 1, to be stolen or forged by others.
const OWNER: u8 = 6;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What strangers say of themselves. None of it is a key that opens document 1.
fn disguises() -> Vec<String> {
    let owner = key(OWNER);
    let reveal = owner.reveal();
    let basic = "Basic b3duZXI6b3duZXI=";
    let lines = [
        // Names without a proxy that is trusted.
        "remote-user: root".to_owned(),
        "x-forwarded-user: ada\r\nx-forwarded-for: 127.0.0.1".to_owned(),
        "x-remote-user: ada\r\nx-real-ip: 127.0.0.1\r\nforwarded: for=127.0.0.1".to_owned(),
        // A key where none is taken from.
        format!("cookie: key={reveal}; token={reveal}"),
        format!("x-api-key: {reveal}\r\nx-access-token: {reveal}"),
        format!("sec-websocket-protocol: {reveal}"),
        format!("referer: http://127.0.0.1/#key={reveal}"),
        // What is no key.
        format!("authorization: {reveal}"),
        format!("authorization: Basic {reveal}"),
        format!("authorization: {basic}"),
        "authorization: Bearer ".to_owned(),
        "authorization: Bearer null".to_owned(),
        "authorization: Bearer undefined".to_owned(),
        format!("authorization: Bearer {}", "0".repeat(40)),
        format!("authorization: Bearer {}", "f".repeat(4_000)),
        format!("authorization: Bearer {}", &reveal[..38]),
        format!("authorization: Bearer {reveal}00"),
        format!("authorization: Bearer {reveal},{reveal}"),
        // What the database has of it.
        format!("authorization: Bearer {}", hex(&KeyHash::of(&owner).0)),
        format!("authorization: Bearer {}", &hex(&KeyHash::of(&owner).0)[..40]),
        format!("authorization: Bearer {:040x}", OWNER),
        // Keys that open something else, or nothing any more.
        bearer(Some(&key(21))).trim().to_owned(),
        bearer(Some(&key(22))).trim().to_owned(),
        bearer(Some(&key(23))).trim().to_owned(),
        bearer(Some(&key(24))).trim().to_owned(),
        // Two at once: the first is taken, and it opens nothing.
        format!("{}{}", bearer(Some(&key(23))), bearer(Some(&owner)).trim()),
    ];
    lines.into_iter().map(|line| format!("{line}\r\n")).collect()
}

/// Where they try.
fn doors() -> Vec<(&'static str, String, &'static str)> {
    let own = |rest: &str| format!("/api/v1/documents/{}{rest}", document(1));
    let other = document(2);
    let reveal = key(OWNER).reveal();
    vec![
        ("GET", own("/text"), ""),
        ("GET", own("/events?after_revision=0"), ""),
        ("GET", own("/playback"), ""),
        ("GET", own(&format!("/text?key={reveal}&token={reveal}&access_token={reveal}")), ""),
        ("GET", own(&format!("/diff?document={other}&id={other}")), ""),
        ("POST", own("/links"), r#"{"role": "owner"}"#),
        ("POST", "/api/v1/documents".into(), r#"{"title": "x"}"#),
        ("DELETE", "/api/v1/links/0000000000000006".into(), ""),
        ("POST", "/api/v1/links/0000000000000006/key".into(), ""),
        ("GET", "/metrics".into(), ""),
    ]
}

/// What the scene's document says and who has links to it, as its owner sees it.
async fn state(address: SocketAddr) -> (String, String) {
    let owner = bearer(Some(&key(OWNER)));
    let path = format!("/api/v1/documents/{}", document(1));
    let text = ask(address, "GET", &format!("{path}/text"), &owner, "").await;
    let links = ask(address, "GET", &format!("{path}/links"), &owner, "").await;
    assert_eq!((text.status, links.status), (200, 200));
    (text.text().to_owned(), links.text().to_owned())
}

#[tokio::test]
async fn no_disguise_opens_any_door() {
    let server = guarded(everybody().1).await;
    let before = state(server.address).await;
    let mut tried = 0;
    for disguise in disguises() {
        for (method, path, body) in doors() {
            let headers = format!("content-type: application/json\r\n{disguise}");
            let answer = ask(server.address, method, &path, &headers, body).await;
            let what = format!("{method} {path} with {disguise:?}");
            // A key that is somebody's says only that the link is not theirs.
            let refused = matches!(answer.status, 400 | 401 | 403 | 431)
                || (path.contains("/links/0") && answer.status == 404);
            assert!(refused, "{what}: {} {}", answer.status, answer.text());
            assert!(!answer.text().contains("secret"), "{what}");
            tried += 1;
        }
    }
    assert!(tried >= 200, "{tried} requests");
    assert_eq!(state(server.address).await, before);
}

#[tokio::test]
async fn no_path_or_method_in_disguise_leads_anywhere() {
    let server = guarded(everybody().1).await;
    let before = state(server.address).await;
    let own = format!("/api/v1/documents/{}", document(1));
    let reader = bearer(Some(&key(1)));
    let check = async |method: &str, path: &str, headers: &str, body: &str| {
        let headers = format!("{reader}{headers}");
        let answer = ask(server.address, method, path, &headers, body).await;
        let what = format!("{method} {path} {headers:?}: {} {}", answer.status, answer.text());
        assert!((400..500).contains(&answer.status), "{what}");
        assert!(!answer.text().contains("secret"), "{what}");
    };
    for path in [
        "/assets/../../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/..%2fpalimpsest.db",
        "/palimpsest.db",
        "/assets/..;/palimpsest.db",
        "//etc/passwd",
        "/api/v1/documents/../links",
        "/api/v1/documents/%00/text",
        "/api/v1/documents/*/text",
        "/api/v1/documents/null/text",
        "/api/v1/links/all",
        "/api/v1/links/0000000000000006/../0000000000000001",
        "/api/v1/audit",
        "/api/v2/documents",
        "/api/v1/Documents",
    ] {
        check("GET", path, "", "").await;
    }
    for method in ["PUT", "PATCH", "DELETE", "TRACE", "POST"] {
        check(method, &format!("{own}/text"), "", "").await;
        check(method, &format!("{own}/events"), "", "").await;
    }
    for header in ["x-http-method-override", "x-method-override", "x-http-method"] {
        let line = format!("{header}: DELETE\r\n");
        check("POST", "/api/v1/links/0000000000000006", &line, "").await;
    }
    let json = "content-type: application/json\r\n";
    for (path, body) in [
        (format!("{own}/links"), r#"{"role": "reader"}"#),
        ("/api/v1/links/0000000000000001/key".into(), ""),
        ("/api/v1/links/0000000000000006/key".into(), ""),
        (
            "/api/v1/documents".into(),
            r#"{"title": "x", "id": "01010101-0101-0101-0101-010101010101"}"#,
        ),
    ] {
        check("POST", &path, json, body).await;
    }
    // An owner of the document is none of the library, and no link allows what there is not.
    let owner = format!("{json}{}", bearer(Some(&key(OWNER))));
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for (method, path, body) in [
        ("POST", "/api/v1/links".to_owned(), r#"{"role": "reader"}"#),
        ("GET", "/api/v1/links".into(), ""),
        ("POST", "/api/v1/links/000000000000000d/key".into(), ""),
        ("DELETE", "/api/v1/links/000000000000000d".into(), ""),
        ("POST", format!("{own}/links"), r#"{"role": "admin"}"#),
        ("POST", format!("{own}/links"), r#"{"role": "editor", "history": "nothing"}"#),
        ("POST", format!("{own}/links"), r#"{"role": "reader", "document": null}"#),
        ("POST", format!("{own}/links"), r#"{"role": "reader", "expires": "yesterday"}"#),
        (
            "POST",
            format!("{own}/links"),
            r#"{"role": "reader", "expires": "2001-01-01T00:00:00Z"}"#,
        ),
        ("POST", format!("{own}/links"), "{"),
        ("POST", format!("{own}/links"), &deep),
    ] {
        let answer = ask(server.address, method, &path, &owner, body).await;
        assert!((400..500).contains(&answer.status), "{method} {path}: {}", answer.status);
    }
    assert_eq!(state(server.address).await, before);
}

#[tokio::test]
async fn no_page_of_another_site_changes_anything_or_opens_a_socket() {
    let server = guarded(everybody().1).await;
    let before = state(server.address).await;
    let owner = bearer(Some(&key(OWNER)));
    let own = format!("/api/v1/documents/{}/links", document(1));
    for origin in
        ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1.evil.example"]
    {
        let headers = format!("content-type: application/json\r\n{owner}origin: {origin}\r\n");
        let answer = ask(server.address, "POST", &own, &headers, r#"{"role": "owner"}"#).await;
        assert_eq!(answer.status, 403, "{origin}");
        let mut request =
            format!("ws://{}/api/v1/sync", server.address).into_client_request().unwrap();
        request.headers_mut().insert("origin", HeaderValue::from_str(origin).unwrap());
        let refused = connect_async(request).await;
        assert!(
            matches!(&refused, Err(Error::Http(answer)) if answer.status() == 403),
            "{origin}: {refused:?}"
        );
    }
    assert_eq!(state(server.address).await, before);
}

#[tokio::test]
async fn a_first_message_that_is_long_or_no_hello_ends_the_socket() {
    let server = guarded(everybody().1).await;
    let check = async |message: Message, refusal: Refusal| {
        let mut peer = Peer::connect(server.address, 1).await;
        peer.send(&message).await;
        let told = peer.next().await;
        assert!(
            matches!(told, Message::Refused { refusal: found, .. } if found == refusal),
            "{told:?}"
        );
        assert!(peer.next_or_close().await.is_err(), "it is closed");
    };
    let profile = palimpsest_core::Profile {
        author: crate::write::author(1),
        name: "x".repeat(5_000),
        colour: 1,
    };
    let peer = Peer::connect(server.address, 1).await.with_key(Some(LinkKey([1; LinkKey::BYTES])));
    check(peer.hello_message(document(1), 0, Some(profile)), Refusal::TooLarge).await;
    check(Message::Ping { nonce: 1 }, Refusal::Malformed).await;
    check(Message::Push { document: document(1), events: Vec::new() }, Refusal::Malformed).await;
    check(Message::Leave { document: document(1) }, Refusal::Malformed).await;
}
