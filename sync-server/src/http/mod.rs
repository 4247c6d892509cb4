//! The HTTP side: which address leads where, and how an error looks. What the addresses
//! answer is in the files beside this one; `openapi.json` describes them to the world.

mod change;
mod documents;
pub(crate) use documents::{describe, describe_broken};
mod erasure;
mod health;
pub(crate) use health::Readiness;
mod history;
pub(crate) mod links;
mod lookup;
pub(crate) use lookup::{describe_answer, list};
mod pages;
mod request;
mod schemas;
mod tag;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State as Shared};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use palimpsest_core::DocumentId;
use serde::de::DeserializeOwned;
use tokio::task::JoinHandle;

use crate::guard::Caller;
use crate::guard::{ChangeError, Denied, Permit, Right};
use crate::server::{State, now};
use crate::store::{AppendError, ReadError};

/// Every address of the API, as OpenAPI writes it, with its methods.
pub const ROUTES: &[(&str, &[&str])] = &[
    ("/healthz", &["get"]),
    ("/readyz", &["get"]),
    ("/metrics", &["get"]),
    ("/api/openapi.json", &["get"]),
    ("/api/v1/documents", &["get", "post"]),
    ("/api/v1/documents/{id}", &["get", "patch"]),
    ("/api/v1/documents/{id}/text", &["get"]),
    ("/api/v1/documents/{id}/versions", &["get"]),
    ("/api/v1/documents/{id}/links", &["get", "post"]),
    ("/api/v1/documents/{id}/erasures", &["post"]),
    ("/api/v1/documents/{id}/events", &["get"]),
    ("/api/v1/documents/{id}/diff", &["get"]),
    ("/api/v1/documents/{id}/playback", &["get"]),
    ("/api/v1/access", &["get"]),
    ("/api/v1/links", &["get", "post"]),
    ("/api/v1/links/{link}", &["delete"]),
    ("/api/v1/links/{link}/key", &["post"]),
    ("/api/v1/search", &["get"]),
    ("/api/v1/activity", &["get"]),
    ("/api/v1/projections", &["get"]),
    ("/api/v1/projections/{name}/rebuild", &["post"]),
    ("/api/v1/schemas", &["get"]),
    ("/api/v1/schemas/{name}", &["get"]),
    ("/api/v1/sync", &["get"]),
];

/// What answers at an address of [`ROUTES`].
fn handler(path: &str) -> MethodRouter<Arc<State>> {
    match path {
        "/healthz" => get(health::alive),
        "/readyz" => get(health::ready),
        "/metrics" => get(health::metrics),
        "/api/openapi.json" => get(health::openapi),
        "/api/v1/documents" => get(documents::list).post(documents::create),
        "/api/v1/documents/{id}" => get(documents::show).patch(change::change),
        "/api/v1/documents/{id}/text" => get(history::text),
        "/api/v1/documents/{id}/versions" => get(history::versions),
        "/api/v1/documents/{id}/links" => get(links::of_document).post(links::to_document),
        "/api/v1/documents/{id}/erasures" => post(erasure::erase),
        "/api/v1/documents/{id}/events" => get(history::events),
        "/api/v1/documents/{id}/diff" => get(history::diff),
        "/api/v1/documents/{id}/playback" => get(history::playback),
        "/api/v1/access" => get(links::access),
        "/api/v1/links" => get(links::all).post(links::to_library),
        "/api/v1/links/{link}" => delete(links::revoke),
        "/api/v1/links/{link}/key" => post(links::rotate),
        "/api/v1/search" => get(lookup::search),
        "/api/v1/activity" => get(lookup::activity),
        "/api/v1/projections" => get(lookup::projections),
        "/api/v1/projections/{name}/rebuild" => post(lookup::rebuild),
        "/api/v1/schemas" => get(schemas::list),
        "/api/v1/schemas/{name}" => get(schemas::show),
        "/api/v1/sync" => get(crate::socket::sync),
        other => unreachable!("{other} is in ROUTES and has no handler"),
    }
}

/// The whole HTTP side over the shared state.
pub(crate) fn router(state: Arc<State>) -> Router {
    let mut router = Router::new();
    for (path, _) in ROUTES {
        router = router.route(path, handler(path));
    }
    router
        .fallback(pages::page)
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take that method")
        })
        .layer(DefaultBodyLimit::max(state.limits.body_bytes_max))
        .layer(middleware::from_fn_with_state(state.clone(), fence))
        .layer(middleware::from_fn(request::follow))
        .with_state(state)
}

/// What is asked of every request, and the headers that every answer carries.
async fn fence(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = match state.doors.check(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ];
    if is_api {
        // What one caller may see is kept for no other.
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// An error as the client sees it (RFC 9457): a status and a sentence.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }

    fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    fn no_document(id: DocumentId) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no document {id}"))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let kind = [(CONTENT_TYPE, "application/problem+json")];
        (self.status, kind, body.to_string()).into_response()
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let status = match denied {
            Denied::NoKey => StatusCode::UNAUTHORIZED,
            Denied::NoAccess | Denied::TooLittle(_) => StatusCode::FORBIDDEN,
        };
        Self::new(status, denied.to_string())
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Conflict => Self::new(StatusCode::PRECONDITION_FAILED, error.to_string()),
            ChangeError::Store(error) => error.into(),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        tracing::error!(%error, "a request could not be answered");
        let status = match error {
            ReadError::Corrupt { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            ReadError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.to_string())
    }
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        tracing::error!(%error, "a request could not be carried out");
        let status = match error {
            AppendError::Full => StatusCode::INSUFFICIENT_STORAGE,
            AppendError::TooLarge { .. } | AppendError::LogFull { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            AppendError::WrongExpected { .. } => StatusCode::PRECONDITION_FAILED,
            AppendError::NotOwn { .. } => StatusCode::FORBIDDEN,
            AppendError::IdConflict { .. }
            | AppendError::MissingParent { .. }
            | AppendError::Exists(_) => StatusCode::CONFLICT,
            AppendError::Corrupt(_) => StatusCode::INTERNAL_SERVER_ERROR,
            AppendError::Unavailable(_) | AppendError::Unknown(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        Self::new(status, error.to_string())
    }
}

/// The document an address names.
fn document_id(text: &str) -> Result<DocumentId, Problem> {
    text.parse().map_err(|_| Problem::bad_request(format!("{text} is no document id (a UUID)")))
}

/// An address's query, or a sentence about what is wrong with it.
struct Query<T>(T);

impl<T: DeserializeOwned, S: Sync> axum::extract::FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &S,
    ) -> Result<Self, Problem> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|error| Problem::bad_request(error.body_text()))
    }
}

/// Asks the guard. It answers the same about a document that is not there, so that nobody can
/// find out which there are.
fn allow<R: Right>(
    state: &State,
    caller: &Caller,
    document: DocumentId,
) -> Result<Permit<R>, Problem> {
    Ok(state.guard.authorize(caller, document, now())?)
}

/// Does what blocks where blocking is allowed.
async fn blocking<T: Send + 'static>(
    state: &Arc<State>,
    work: impl FnOnce(&State) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let state = state.clone();
    finished(tokio::task::spawn_blocking(move || work(&state))).await
}

/// What a task of its own comes to, also if it panics.
async fn finished<T>(task: JoinHandle<Result<T, Problem>>) -> Result<T, Problem> {
    task.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request failed");
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed to answer this"))
    })
}
