//! Requests that nobody honest sends: a path, a query, headers and a body of any bytes, put to the
//! server's whole HTTP side in this process. The fuzzer and the everyday tests put their inputs
//! through the same [`read`].
//!
//! An input is written as a request is: a line with method and target, lines with headers, an empty
//! line, a body. `{id}` stands for a document, and the name of a role in braces for a key of one.

use std::cell::RefCell;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use palimpsest_core::{
    Access, Command, Document, DocumentId, HistoryRight, Intent, LinkKey, ReplicaId, Role,
    TextChange, Timestamp,
};
use palimpsest_server::guard::Policy;
use palimpsest_server::guard::audit::{Actor, AuditLog, Deed};
use palimpsest_server::guard::book::{Grant, KeyHash, LinkId, Scope};
use palimpsest_server::guard::proxy::{Network, Proxy};
use palimpsest_server::store::sqlite::SqliteStore;
use palimpsest_server::store::{Append, EventStore, Folder};
use palimpsest_server::{Config, Server};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::graphs;

/// After so many changes the scene is set anew, so that an input means the same whenever it comes.
const CHANGES_MAX: usize = 32;
/// No answer here is longer, in bytes.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// The document that is there.
const DOCUMENT: DocumentId = DocumentId([1; 16]);
/// What every answer carries.
const FENCES: [&str; 4] =
    ["x-content-type-options", "referrer-policy", "x-frame-options", "x-request-id"];
/// What anybody may ask for: how the server is, and what it offers.
const FOR_ANYBODY: [&str; 2] = ["/api/openapi.json", "/api/v1/schemas"];

/// A server that nobody reaches over a socket, with a document in it.
struct Scene {
    runtime: Runtime,
    router: Router,
    changes: usize,
    /// What it stands on; it goes when the scene does.
    _server: (Server, TempDir),
}

thread_local! {
    static SCENE: RefCell<Option<Scene>> = const { RefCell::new(None) };
}

/// Puts an input to a server and judges its answer. `true` if it was a request and was granted.
///
/// # Panics
/// If a law does not hold: whatever is asked, the server answers and does not fail; what it answers
/// is fenced in and is of the form that it says; who shows nothing gets nothing.
pub fn read(input: &[u8]) -> bool {
    let Some(request) = request(input) else { return false };
    SCENE.with_borrow_mut(|scene| {
        let scene = scene.get_or_insert_with(Scene::set);
        if scene.changes >= CHANGES_MAX {
            *scene = Scene::set();
        }
        scene.answer(request)
    })
}

/// The request that an input means; `None` if no request line or header looks so.
fn request(input: &[u8]) -> Option<Request<Body>> {
    let end = input.windows(2).position(|pair| pair == b"\n\n").unwrap_or(input.len());
    let (head, body) = (filled(&input[..end]), filled(input.get(end + 2..).unwrap_or_default()));
    let mut lines = head.split(|&byte| byte == b'\n');
    let first = lines.next()?;
    let space = first.iter().position(|&byte| byte == b' ')?;
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = Method::from_bytes(&first[..space]).ok()?;
    *request.uri_mut() = Uri::try_from(&first[space + 1..]).ok()?;
    for line in lines {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        request.headers_mut().append(name, value);
    }
    let peer = SocketAddr::from(([127, 0, 0, 1], 5_000));
    request.extensions_mut().insert(ConnectInfo(peer));
    Some(request)
}

/// With what the words in braces stand for.
fn filled(bytes: &[u8]) -> Vec<u8> {
    let mut filled = bytes.to_vec();
    let mut words = vec![("{id}".to_owned(), DOCUMENT.to_string())];
    words.extend(keys().map(|(role, key)| (format!("{{{}}}", role.name()), key.reveal())));
    for (word, value) in words {
        while let Some(at) = filled.windows(word.len()).position(|it| it == word.as_bytes()) {
            filled.splice(at..at + word.len(), value.bytes());
        }
    }
    filled
}

/// A key of the library for each role.
fn keys() -> impl Iterator<Item = (Role, LinkKey)> {
    let roles = [Role::Reader, Role::Commenter, Role::Editor, Role::Owner];
    (1..).zip(roles).map(|(n, role)| (role, LinkKey([n; LinkKey::BYTES])))
}

impl Scene {
    fn set() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let store = SqliteStore::open(Folder::open(folder.path()).expect("it is new"));
        write(&store.expect("it is new"));
        give(&folder);
        let trusted: Network = "127.0.0.0/8".parse().expect("a network");
        let proxy = Proxy {
            trusted: vec![trusted],
            user_header: Some("remote-user".to_owned()),
            owners: vec!["ada".to_owned()],
        };
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut config = Config::new(listen, folder.path().to_owned());
        config.policy = Policy::Links(proxy);
        config.origins = vec!["https://notes.example".to_owned()];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("there are threads");
        let server = runtime.block_on(Server::bind(config)).expect("a free port");
        let router = server.router();
        Self { runtime, router, changes: 0, _server: (server, folder) }
    }

    fn answer(&mut self, request: Request<Body>) -> bool {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let shows_nothing = ["authorization", "remote-user"]
            .iter()
            .all(|name| !request.headers().contains_key(*name));
        let router = self.router.clone();
        let (status, headers, body) = self.runtime.block_on(async {
            let answer = router.oneshot(request).await.expect("a router does not fail");
            let (head, body) = answer.into_parts();
            let body = axum::body::to_bytes(body, ANSWER_BYTES_MAX).await;
            (head.status, head.headers, body.expect("an answer comes to its end"))
        });
        if status.is_success() && !matches!(method, Method::GET | Method::HEAD) {
            self.changes += 1;
        }
        judge(status, &headers, &body);
        let secret =
            path.starts_with("/api/") && !FOR_ANYBODY.iter().any(|it| path.starts_with(it));
        assert!(!(secret && shows_nothing && status.is_success()), "{method} {path}: {status}");
        status.is_success()
    }
}

/// Whether an answer is one that a server may give, whatever was asked.
fn judge(status: StatusCode, headers: &HeaderMap, body: &Bytes) {
    assert!(!status.is_server_error(), "{status}: {}", String::from_utf8_lossy(body));
    for name in FENCES {
        assert_eq!(headers.get_all(name).iter().count(), 1, "{name}");
    }
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("");
    if kind.contains("json") && !body.is_empty() {
        let json: serde_json::Value = serde_json::from_slice(body).expect("it says it is JSON");
        if kind == "application/problem+json" {
            assert_eq!(json["status"], status.as_u16());
            assert!(json["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        }
    }
}

/// Gives away the keys.
fn give(folder: &TempDir) {
    let path = Folder::database_of(folder.path());
    let mut log = AuditLog::open(&path).expect("it is there");
    for (n, (role, key)) in (1..).zip(keys()) {
        let grant = Grant {
            link: LinkId(n),
            key: KeyHash::of(&key),
            scope: Scope::Library,
            access: Access { role, history: HistoryRight::Everything },
            label: String::new(),
            expires: None,
            created: Timestamp(1),
            by: Actor::Operator,
        };
        let given = log.append(Timestamp(1), Actor::Operator, Deed::Created(grant), None);
        given.expect("it can be written");
    }
}

/// Writes the document: some edits, a folder, a name for a version.
fn write(store: &SqliteStore) {
    let replica = ReplicaId(7);
    let mut document = Document::new(DOCUMENT, replica, graphs::author(replica));
    let mut commands = vec![Command::CreateDocument { title: "Rota".to_owned() }];
    for (pos, text) in [(0, "The budget is fixed. "), (0, "# Rota\n\n"), (4, "Ärger 👀 ")] {
        let changes = [TextChange::new(pos, 0, text)].into();
        commands.push(Command::EditText { changes, intent: Intent::Typed });
    }
    commands.push(Command::MoveToFolder { folder: "Team/Rotas".to_owned() });
    let mut events = Vec::new();
    for (time, command) in (1..).zip(commands) {
        let change = document.execute(command, Timestamp(1_700_000_000_000 + time * 60_000));
        events.extend(change.expect("it can be done").events);
    }
    events.extend(document.seal().events);
    let now = Timestamp(1_760_000_000_000);
    let append = Append { document: DOCUMENT, events, now, expected: None, own: None };
    store.append(append).expect("it can be written");
}
