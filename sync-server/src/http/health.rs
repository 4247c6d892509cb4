//! Whether the server is well, what it counts, and what its API is. Nothing here needs a
//! document.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::{Problem, blocking};
use crate::doors::Visitor;
use crate::server::{State, now};

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store answers, and the server is not going away.
pub(super) async fn ready(Shared(state): Shared<Arc<State>>) -> Result<&'static str, Problem> {
    if state.is_stopping() {
        let detail = "the server is shutting down";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    blocking(&state, |state| Ok(state.vault.check()?)).await?;
    Ok("ready\n")
}

/// `GET /metrics`: Prometheus text, for whoever may see the library.
pub(super) async fn metrics(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
) -> Result<impl IntoResponse, Problem> {
    state.guard.library(&caller, now())?;
    let (sockets, documents) = {
        let hub = state.hub();
        (hub.connections(), hub.rooms())
    };
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, state.metrics.render(sockets, documents)))
}

/// `GET /api/openapi.json`: the API described.
pub(super) async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], include_str!("openapi.json"))
}
