//! Who may do what: every kind of caller × everything that can be asked of a server, as a table
//! that is generated and judged by a few words about each row; then what happens when access is
//! taken away, and requests of strangers.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use palimpsest_core::{
    Access, Anchor, DocumentId, Event, HistoryRight, LinkKey, Message, Payload, Presence, Refusal,
    ReplicaId, Role, Side, Timestamp,
};
use palimpsest_server::guard::Policy;
use palimpsest_server::guard::audit::{Actor, AuditLog, Deed};
use palimpsest_server::guard::book::{Grant, KeyHash, LinkId, Scope};
use palimpsest_server::guard::proxy::Proxy;
use palimpsest_server::store::Folder;
use palimpsest_server::store::sqlite::SqliteStore;
use serde_json::Value;

use crate::ask::{Answer, ask};
use crate::binary::{Serving, stdout};
use crate::peer::{Peer, Running};
use crate::write::{author, created, document, event, id, insert};

const EVERYTHING: HistoryRight = HistoryRight::Everything;

/// Somebody who asks, and what they may do with document 1 and with the library.
pub(crate) struct Somebody {
    name: &'static str,
    key: Option<LinkKey>,
    document: Option<Access>,
    library: Option<Access>,
}

impl Somebody {
    fn opens_something(&self) -> bool {
        self.document.or(self.library).is_some() || self.name == "an owner of another document"
    }
}

pub(crate) fn key(n: u8) -> LinkKey {
    LinkKey([n; LinkKey::BYTES])
}

/// Everybody there is, and the deeds that made them so.
pub(crate) fn everybody() -> (Vec<Somebody>, Vec<Deed>) {
    use HistoryRight::{Nothing, Versions};
    let (mut people, mut deeds) = (Vec::new(), Vec::new());
    let nobody = |name, key| Somebody { name, key, document: None, library: None };
    people.push(nobody("no key", None));
    people.push(nobody("a forged key", Some(key(0xFF))));
    let give = |n: u8, scope, access, expires: Option<Timestamp>| {
        Deed::Created(Grant {
            link: LinkId(n.into()),
            key: KeyHash::of(&key(n)),
            scope,
            access,
            label: String::new(),
            expires,
            created: Timestamp(n.into()),
            by: Actor::Operator,
        })
    };
    let own = Scope::Document(document(1));
    let links = [
        ("a reader of the present", Role::Reader, Nothing),
        ("a reader of versions", Role::Reader, Versions),
        ("a reader", Role::Reader, EVERYTHING),
        ("a commenter", Role::Commenter, EVERYTHING),
        ("an editor", Role::Editor, EVERYTHING),
        ("an owner", Role::Owner, EVERYTHING),
    ];
    for (n, (name, role, history)) in (1..).zip(links) {
        let given = Access { role, history };
        deeds.push(give(n, own, given, None));
        people.push(Somebody { name, key: Some(key(n)), document: Some(given), library: None });
    }
    for (n, role) in (11..).zip([Role::Reader, Role::Editor, Role::Owner]) {
        let given = Access { role, history: EVERYTHING };
        deeds.push(give(n, Scope::Library, given, None));
        let name = ["a library reader", "a library editor", "a library owner"][n as usize - 11];
        let (document, library) = (Some(given), Some(given));
        people.push(Somebody { name, key: Some(key(n)), document, library });
    }
    deeds.push(give(21, Scope::Document(document(2)), Access::FULL, None));
    people.push(nobody("an owner of another document", Some(key(21))));
    deeds.push(give(22, Scope::Library, Access::FULL, Some(Timestamp(1_000))));
    people.push(nobody("an owner whose link has expired", Some(key(22))));
    deeds.push(give(23, Scope::Library, Access::FULL, None));
    deeds.push(Deed::Revoked(LinkId(23)));
    people.push(nobody("an owner whose link was revoked", Some(key(23))));
    deeds.push(give(24, Scope::Library, Access::FULL, None));
    deeds.push(Deed::Rotated { link: LinkId(24), key: KeyHash::of(&key(25)) });
    people.push(nobody("an owner with the key from before", Some(key(24))));
    let (document, library) = (Some(Access::FULL), Some(Access::FULL));
    let name = "an owner with another key";
    people.push(Somebody { name, key: Some(key(25)), document, library });
    (people, deeds)
}

/// Writes what was given and taken into the audit log of a data folder.
fn give(data: &Path, deeds: Vec<Deed>) {
    let mut log = AuditLog::open(&Folder::database_of(data)).unwrap();
    for deed in deeds {
        log.append(Timestamp(1), Actor::Operator, deed, None).unwrap();
    }
}

/// A server that asks for links, with documents 1 and 2 in it.
pub(crate) async fn guarded(deeds: Vec<Deed>) -> Running {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(Folder::open(folder.path()).unwrap()).unwrap());
    give(folder.path(), deeds);
    let writer = LinkKey([0xEE; LinkKey::BYTES]);
    let grant = Grant {
        link: LinkId(0xEE),
        key: KeyHash::of(&writer),
        scope: Scope::Library,
        access: Access::FULL,
        label: "the scene".into(),
        expires: None,
        created: Timestamp(0),
        by: Actor::Operator,
    };
    give(folder.path(), vec![Deed::Created(grant)]);
    let server = Running::guarded(folder, Policy::Links(Proxy::default())).await;
    for n in [1, 2] {
        let mut peer = Peer::connect(server.address, 100).await.with_key(Some(writer));
        peer.send(&hello(&peer, document(n))).await;
        assert!(matches!(peer.next().await, Message::Welcome { .. }));
        let name = Payload::VersionNamed { moment: id(100, 1), name: "first".into() };
        let events = vec![
            created(100, "A secret"),
            insert(100, 1, &[id(100, 0)], "secret text"),
            event(100, 2, &[id(100, 1)], name),
            insert(100, 3, &[id(100, 2)], "now "),
        ];
        peer.send(&Message::Push { document: document(n), events }).await;
        assert!(matches!(peer.next().await, Message::Ack { .. }));
    }
    server
}

fn hello(peer: &Peer, document: DocumentId) -> Message {
    peer.hello_message(document, 0, None)
}

pub(crate) fn bearer(key: Option<&LinkKey>) -> String {
    key.map_or_else(String::new, |key| format!("authorization: Bearer {}\r\n", key.reveal()))
}

/// What it takes to be answered.
#[derive(Clone, Copy, Debug)]
enum Needs {
    Nothing,
    /// This much of document 1.
    Document(Role, HistoryRight),
    /// This much of the library.
    Library(Role),
    /// Any link at all; the answer has what it opens.
    SomeLink,
}

impl Needs {
    fn has(self, who: &Somebody) -> bool {
        match self {
            Self::Nothing => true,
            Self::Document(role, history) => {
                who.document.is_some_and(|own| own.includes(Access { role, history }))
            }
            Self::Library(role) => who.library.is_some_and(|own| own.role >= role),
            Self::SomeLink => who.opens_something(),
        }
    }
}

const JSON: &str = "content-type: application/json\r\n";

/// Every address of the API, what is asked of it, and what that takes.
fn requests() -> Vec<(&'static str, String, &'static str, Needs)> {
    use HistoryRight::{Nothing, Versions};
    use Needs::{Document, Library, SomeLink};
    let own = |rest: &str| format!("/api/v1/documents/{}{rest}", document(1));
    let reading = Document(Role::Reader, Nothing);
    let past = Document(Role::Reader, EVERYTHING);
    let link = r#"{"role": "reader"}"#;
    vec![
        ("GET", "/healthz".into(), "", Needs::Nothing),
        ("GET", "/readyz".into(), "", Needs::Nothing),
        ("GET", "/api/openapi.json".into(), "", Needs::Nothing),
        ("GET", "/".into(), "", Needs::Nothing),
        ("GET", "/metrics".into(), "", Library(Role::Reader)),
        ("GET", "/api/v1/documents".into(), "", SomeLink),
        ("POST", "/api/v1/documents".into(), r#"{"title": "N"}"#, Library(Role::Editor)),
        ("GET", own(""), "", reading),
        ("GET", own("/text"), "", reading),
        ("PATCH", own(""), r#"{"title": "Ours"}"#, Document(Role::Editor, EVERYTHING)),
        ("GET", own("/versions"), "", Document(Role::Reader, Versions)),
        ("GET", own("/text?at_revision=2"), "", Document(Role::Reader, Versions)),
        ("GET", own("/text?at_revision=1"), "", past),
        ("GET", own("/text?at_time=2100-01-01T00:00:00Z"), "", past),
        ("GET", own("/events"), "", past),
        ("GET", own("/diff?from=1&to=2"), "", past),
        ("GET", own("/playback"), "", past),
        ("GET", own("/links"), "", Document(Role::Owner, EVERYTHING)),
        ("POST", own("/links"), link, Document(Role::Owner, EVERYTHING)),
        ("GET", "/api/v1/access".into(), "", Library(Role::Reader)),
        ("GET", "/api/v1/links".into(), "", Library(Role::Owner)),
        ("POST", "/api/v1/links".into(), link, Library(Role::Owner)),
        // Link 99 leads to document 1, link 98 to the library.
        (
            "POST",
            "/api/v1/links/0000000000000063/key".into(),
            "",
            Document(Role::Owner, EVERYTHING),
        ),
        ("POST", "/api/v1/links/0000000000000062/key".into(), "", Library(Role::Owner)),
        ("DELETE", "/api/v1/links/0000000000000062".into(), "", Library(Role::Owner)),
        ("GET", "/api/v1/search?q=secret".into(), "", SomeLink),
        ("GET", "/api/v1/activity".into(), "", SomeLink),
        ("GET", "/api/v1/projections".into(), "", Library(Role::Reader)),
        ("POST", "/api/v1/projections/search/rebuild".into(), "{}", Library(Role::Owner)),
    ]
}

/// Links that some requests are about.
fn victims() -> Vec<Deed> {
    let victim = |n: u8, scope| {
        Deed::Created(Grant {
            link: LinkId(n.into()),
            key: KeyHash::of(&key(n)),
            scope,
            access: Access { role: Role::Reader, history: HistoryRight::Nothing },
            label: "a victim".into(),
            expires: None,
            created: Timestamp(0),
            by: Actor::Operator,
        })
    };
    vec![victim(98, Scope::Library), victim(99, Scope::Document(document(1)))]
}

#[tokio::test]
async fn every_caller_gets_over_http_what_is_theirs_and_nothing_else() {
    let (people, mut deeds) = everybody();
    deeds.extend(victims());
    let server = guarded(deeds).await;
    let mut asked = 0;
    for who in &people {
        for (method, path, body, needs) in requests() {
            // Somebody before may have taken it away.
            if path.contains("0062") && needs.has(who) {
                give(server.folder.path(), victims().drain(..1).collect());
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            let headers = format!("{JSON}{}", bearer(who.key.as_ref()));
            let answer = ask(server.address, method, &path, &headers, body).await;
            let (name, status) = (who.name, answer.status);
            asked += 1;
            if needs.has(who) {
                assert!((200..300).contains(&status), "{name}: {method} {path}: {status}");
                continue;
            }
            let refused = match (who.key, &needs) {
                (None, _) => status == 401,
                // A link that is somebody else's is not there.
                (Some(_), _) if path.contains("/links/0") => status == 404,
                // Nor is a revision without a name, for whoever sees those with one.
                (Some(_), _) if path.ends_with("at_revision=1") => {
                    let versions = Needs::Document(Role::Reader, HistoryRight::Versions);
                    status == if versions.has(who) { 404 } else { 403 }
                }
                (Some(_), _) => status == 403,
            };
            assert!(refused, "{name}: {method} {path}: {status} {}", answer.text());
            assert!(!answer.text().contains("secret"), "{name}: {method} {path} tells something");
        }
    }
    assert!(asked > 300, "{asked} requests");
}

#[tokio::test]
async fn a_list_shows_what_a_link_opens_and_nothing_else() {
    let (people, deeds) = everybody();
    let server = guarded(deeds).await;
    for who in people.iter().filter(|who| who.opens_something()) {
        let headers = bearer(who.key.as_ref());
        let answer = ask(server.address, "GET", "/api/v1/documents", &headers, "").await;
        let listed: Vec<String> = ids(&answer);
        let mut own = Vec::new();
        if who.document.is_some() {
            own.push(document(1).to_string());
        }
        if who.library.is_some() || who.name == "an owner of another document" {
            own.push(document(2).to_string());
        }
        assert_eq!(listed, own, "{}", who.name);
    }
}

fn ids(answer: &Answer) -> Vec<String> {
    let documents = answer.json()["documents"].as_array().unwrap().clone();
    documents.iter().map(|document| document["id"].as_str().unwrap().to_owned()).collect()
}

/// Every kind of thing that can be pushed, and the role it takes. Written down apart from the
/// code that decides, so that neither can change alone.
fn pushes() -> Vec<(Payload, Role)> {
    let anchor = |offset, side| Anchor { event: id(100, 1), offset, side };
    let (start, end) = (anchor(0, Side::Front), anchor(3, Side::Back));
    let thread = id(100, 1);
    let text = || "said".to_owned();
    vec![
        (insert(1, 0, &[], "x").payload, Role::Editor),
        (Payload::DocumentCreated { title: text() }, Role::Editor),
        (Payload::TitleChanged { title: text() }, Role::Editor),
        (Payload::FolderChanged { folder: text() }, Role::Editor),
        (Payload::DocumentArchived, Role::Editor),
        (Payload::DocumentRestored, Role::Editor),
        (Payload::VersionNamed { moment: id(100, 1), name: text() }, Role::Editor),
        (Payload::Unknown { kind: 200, bytes: vec![1] }, Role::Editor),
        (Payload::CommentAdded { start, end, text: text() }, Role::Commenter),
        (Payload::CommentEdited { comment: thread, text: text() }, Role::Commenter),
        (Payload::CommentReplied { thread, text: text() }, Role::Commenter),
        (Payload::CommentResolved { thread }, Role::Commenter),
        (Payload::CommentReopened { thread }, Role::Commenter),
        (Payload::CommentDeleted { comment: thread }, Role::Commenter),
    ]
}

#[tokio::test]
async fn every_caller_may_do_over_a_socket_what_is_theirs_and_nothing_else() {
    let (people, deeds) = everybody();
    let server = guarded(deeds).await;
    let mut replica = 1_000;
    for who in &people {
        let follows = who.document.filter(|own| own.history == EVERYTHING);
        for (payload, needed) in pushes() {
            replica += 1;
            let mut peer = Peer::connect(server.address, replica).await.with_key(who.key);
            peer.send(&hello(&peer, document(1))).await;
            let Some(own) = follows else {
                assert_no_access(&mut peer, who.name).await;
                // Whoever does not listen is told no more than that.
                let made = event(replica, 0, &[id(100, 0)], payload);
                peer.send(&Message::Push { document: document(1), events: vec![made] }).await;
                let told = peer.next().await;
                let refused = Message::Refused {
                    document: Some(document(1)),
                    refusal: Refusal::UnknownDocument,
                    reason: format!("this socket has not said hello to document {}", document(1)),
                };
                assert_eq!(told, refused, "{}", who.name);
                continue;
            };
            let told = peer.next().await;
            let welcomed = matches!(told, Message::Welcome { access, .. } if access == own);
            assert!(welcomed, "{}: {told:?}", who.name);
            let made = event(replica, 0, &[id(100, 0)], payload.clone());
            let outcome = push(&mut peer, made).await;
            let expected = (own.role < needed).then_some(Refusal::NotAllowed);
            assert_eq!(outcome, expected, "{}: {payload:?}", who.name);
        }
    }
}

/// Pushes one event: nothing if it was ordered, or why not.
pub(crate) async fn push(peer: &mut Peer, event: Event) -> Option<Refusal> {
    let pushed = event.header.id;
    peer.send(&Message::Push { document: document(1), events: vec![event] }).await;
    loop {
        match peer.next().await {
            Message::Ack { acks, .. } if acks.iter().any(|ack| ack.id == pushed) => return None,
            Message::Refused { refusal, .. } => return Some(refusal),
            _ => {}
        }
    }
}

async fn assert_no_access(peer: &mut Peer, who: &str) {
    let told = peer.next().await;
    let refused = matches!(told, Message::Refused { refusal: Refusal::NoAccess, .. });
    assert!(refused, "{who}: {told:?}");
}

#[tokio::test]
async fn whoever_only_reads_is_seen_but_their_name_is_not_kept() {
    let (_, deeds) = everybody();
    let server = guarded(deeds).await;
    let mut owner = Peer::connect(server.address, 1).await.with_key(Some(key(6)));
    owner.send(&hello(&owner, document(1))).await;
    assert!(matches!(owner.next().await, Message::Welcome { .. }));
    let profile =
        palimpsest_core::Profile { author: author(100), name: "Mallory".into(), colour: 1 };
    let mut reader = Peer::connect(server.address, 2).await.with_key(Some(key(3)));
    reader.send(&reader.hello_message(document(1), 0, Some(profile.clone()))).await;
    assert!(matches!(reader.next().await, Message::Welcome { .. }));
    reader.send(&Message::ProfileChanged { document: document(1), profile }).await;
    let presence = Presence {
        replica: ReplicaId(2),
        author: author(7),
        name: "A reader".into(),
        colour: 1,
        version: vec![id(100, 0)],
        selection: None,
    };
    reader.send(&Message::Present { document: document(1), presence: presence.clone() }).await;
    loop {
        match owner.next().await {
            Message::Present { presence: seen, .. } => break assert_eq!(seen, presence),
            Message::ProfileChanged { .. } => panic!("a reader renamed somebody"),
            _ => {}
        }
    }
    let mut late = Peer::connect(server.address, 3).await.with_key(Some(key(6)));
    late.send(&hello(&late, document(1))).await;
    let Message::Welcome { profiles, .. } = late.next().await else { panic!("a welcome is due") };
    assert_eq!(profiles, []);
}

/// A peer that follows document 1 by this key.
pub(crate) async fn following(address: SocketAddr, replica: u64, key: LinkKey) -> Peer {
    let mut peer = Peer::connect(address, replica).await.with_key(Some(key));
    peer.send(&hello(&peer, document(1))).await;
    assert!(matches!(peer.next().await, Message::Welcome { .. }));
    peer
}

/// Waits until the socket was told that it has no access, and was closed; says how long that took.
async fn cut_off(peer: &mut Peer) -> Duration {
    let start = Instant::now();
    let mut told = false;
    loop {
        match peer.next_or_close().await {
            Ok(Message::Refused { refusal: Refusal::NoAccess, .. }) => told = true,
            Ok(_) => {}
            Err(close) => {
                assert!(told, "it was told before it was closed");
                assert_eq!(close.map(|frame| frame.code.into()), Some(4403));
                return start.elapsed();
            }
        }
    }
}

// With two threads, since the command line is waited for where the server runs as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoking_and_rotating_cut_off_who_came_by_the_link_within_a_second() {
    let (_, deeds) = everybody();
    let server = guarded(deeds).await;
    let owner = bearer(Some(&key(6)));
    // What the command line needs is built before anybody waits for it.
    stdout(server.folder.path(), &["audit"]);
    // One by HTTP, one by another key for the link, one on the command line, one by its end.
    let mut editor = following(server.address, 1, key(5)).await;
    let mut bystander = following(server.address, 2, key(4)).await;
    let path = "/api/v1/links/0000000000000005";
    assert_eq!(ask(server.address, "DELETE", path, &owner, "").await.status, 200);
    assert!(cut_off(&mut editor).await < Duration::from_secs(1));

    let mut reader = following(server.address, 3, key(3)).await;
    let path = "/api/v1/links/0000000000000003/key";
    let answer = ask(server.address, "POST", path, &owner, "").await;
    assert!(cut_off(&mut reader).await < Duration::from_secs(1));
    let fresh: LinkKey = answer.json()["key"].as_str().unwrap().parse().unwrap();
    drop(following(server.address, 4, fresh).await);

    let mut owner = following(server.address, 5, key(6)).await;
    stdout(server.folder.path(), &["link", "revoke", "0000000000000006"]);
    assert!(cut_off(&mut owner).await < Duration::from_secs(1));

    // The others did not notice.
    let made = event(
        2,
        0,
        &[id(100, 0)],
        Payload::CommentReplied { thread: id(100, 1), text: "still here".into() },
    );
    assert_eq!(push(&mut bystander, made).await, None);
}

#[tokio::test]
async fn access_ends_when_the_link_expires() {
    let soon = Timestamp(now() + 1_500);
    let grant = Grant {
        link: LinkId(1),
        key: KeyHash::of(&key(1)),
        scope: Scope::Document(document(1)),
        access: Access { role: Role::Editor, history: EVERYTHING },
        label: String::new(),
        expires: Some(soon),
        created: Timestamp(0),
        by: Actor::Operator,
    };
    let server = guarded(vec![Deed::Created(grant)]).await;
    let mut peer = following(server.address, 1, key(1)).await;
    cut_off(&mut peer).await;
    let late = now() - soon.0;
    assert!((0..1_000).contains(&late), "cut off {late} ms after the end");
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_millis() as i64
}

#[tokio::test]
async fn a_tab_that_loses_one_document_keeps_its_others() {
    let (_, deeds) = everybody();
    let server = guarded(deeds).await;
    let mut peer = following(server.address, 1, key(5)).await.with_key(Some(key(21)));
    peer.send(&hello(&peer, document(2))).await;
    while !matches!(peer.next().await, Message::Welcome { document: of, .. } if of == document(2)) {
    }
    let owner = bearer(Some(&key(6)));
    ask(server.address, "DELETE", "/api/v1/links/0000000000000005", &owner, "").await;
    loop {
        match peer.next().await {
            Message::Refused { document: of, refusal, .. } => {
                break assert_eq!((of, refusal), (Some(document(1)), Refusal::NoAccess));
            }
            Message::Events { .. } | Message::Left { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    let events = vec![event(1, 0, &[id(100, 0)], Payload::TitleChanged { title: "Mine".into() })];
    peer.send(&Message::Push { document: document(2), events }).await;
    while !matches!(peer.next().await, Message::Ack { document: of, .. } if of == document(2)) {}
}

#[tokio::test]
async fn a_change_that_was_decided_on_an_old_list_is_a_conflict() {
    let (_, deeds) = everybody();
    let server = guarded(deeds).await;
    let owner = bearer(Some(&key(6)));
    let path = format!("/api/v1/documents/{}/links", document(1));
    let list = ask(server.address, "GET", &path, &owner, "").await;
    let tag = list.header("etag").unwrap().to_owned();
    let made = |tag: &str| format!("{JSON}{owner}if-match: {tag}\r\n");
    let body = r#"{"role": "editor", "label": "for Jonas"}"#;
    let first = ask(server.address, "POST", &path, &made(&tag), body).await;
    assert_eq!(first.status, 201);
    assert_eq!(ask(server.address, "POST", &path, &made(&tag), body).await.status, 412);
    let next = first.header("etag").unwrap().to_owned();
    assert_eq!(ask(server.address, "POST", &path, &made(&next), body).await.status, 201);
    let listed = ask(server.address, "GET", &path, &owner, "").await.json();
    let labelled = |link: &&Value| link["label"] == "for Jonas";
    assert_eq!(listed["links"].as_array().unwrap().iter().filter(labelled).count(), 2);
    assert!(!listed.to_string().contains(first.json()["key"].as_str().unwrap()));
}

#[test]
fn the_command_line_gives_and_takes_access_and_prints_the_audit_log() {
    let data = tempfile::tempdir().unwrap();
    let (server, url) = Serving::start_with_links(data.path());
    let owner: LinkKey = url.split_once("/#key=").expect("an owner's link").1.parse().unwrap();
    let made = stdout(data.path(), &["link", "create", "--role", "editor", "--label", "for Jonas"]);
    assert!(made.trim().starts_with("/#key="), "{made}");
    let list = stdout(data.path(), &["link", "list", "--json"]);
    let list: Vec<Value> = serde_json::from_str(&list).unwrap();
    let labels: Vec<&str> = list.iter().map(|link| link["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["the first owner", "for Jonas"]);
    stdout(data.path(), &["link", "rotate", list[1]["id"].as_str().unwrap()]);
    stdout(data.path(), &["link", "revoke", list[1]["id"].as_str().unwrap()]);
    let audit = stdout(data.path(), &["audit"]);
    let lines: Vec<&str> = audit.lines().collect();
    assert_eq!(lines.len(), 4, "{audit}");
    for (line, deed) in lines.iter().zip(["made", "made", "gave", "revoked"]) {
        assert!(line.contains(&format!("operator: {deed} link")), "{line}");
    }
    for secret in [owner.reveal(), made.trim().trim_start_matches("/#key=").to_owned()] {
        let told = format!("{audit}{list:?}{}", stdout(data.path(), &["audit", "--json"]));
        assert!(!told.contains(&secret), "a key is shown once");
    }
    drop(server);
    let (_server, url) = Serving::start_with_links(data.path());
    assert!(!url.contains('#'), "the first owner's link is shown once: {url}");
}
