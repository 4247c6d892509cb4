//! Whether the server is well, what it counts, and what its API is. Nothing here needs a
//! document.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::{Problem, blocking, finished};
use crate::doors::Visitor;
use crate::metrics::Present;
use crate::projections::Status;
use crate::server::{State, now};
use crate::store::AppendError;

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// How long it holds whether the store can be written to. Everybody may ask, and it takes a write.
const READY_TIME: Duration = Duration::from_secs(1);

/// Whether the store could be written to when somebody asked last.
#[derive(Default)]
pub(crate) struct Readiness(tokio::sync::Mutex<Option<(Instant, Result<(), AppendError>)>>);

impl Readiness {
    /// The same, asked again if that is too long ago. However many ask, one waits for the disk.
    async fn get(&self, state: &Arc<State>) -> Result<(), Problem> {
        let mut last = self.0.lock().await;
        let known = last.as_ref().filter(|(at, _)| at.elapsed() < READY_TIME);
        let found = match known {
            Some((_, found)) => found.clone(),
            None => {
                let found = blocking(state, |state| Ok(state.vault.probe())).await?;
                *last = Some((Instant::now(), found.clone()));
                found
            }
        };
        Ok(found?)
    }
}

/// `GET /readyz`: the store can be written to, and the server is not going away.
pub(super) async fn ready(Shared(state): Shared<Arc<State>>) -> Result<&'static str, Problem> {
    if state.is_stopping() {
        let detail = "the server is shutting down";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    // A task of its own, which goes on if whoever asked does not wait: what it finds is kept.
    finished(tokio::spawn(async move { state.readiness.get(&state).await })).await?;
    Ok("ready\n")
}

/// `GET /metrics`: Prometheus text, for whoever may see the library.
pub(super) async fn metrics(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
) -> Result<impl IntoResponse, Problem> {
    state.guard.library(&caller, now())?;
    // What cannot be told is left out: the counters are wanted most when something is wrong.
    let read_side = blocking(&state, |state| Ok(state.vault.read_side().unwrap_or_default()));
    let read_side = read_side_lines(&read_side.await?);
    let (sockets_open, documents_open) = {
        let hub = state.hub();
        (hub.connections(), hub.rooms())
    };
    let pace = state.vault.pace();
    let appends_waiting = pace.waiting();
    let mut text = state.metrics.render(Present { sockets_open, documents_open, appends_waiting });
    // What other parts count about themselves follows here, each by its own `render`.
    pace.render(&mut text);
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, text + &read_side))
}

/// How far the read side is, in Prometheus' text format.
fn read_side_lines(all: &[Status]) -> String {
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, value: &dyn Fn(&Status) -> u64| {
        text.push_str(&format!(
            "# HELP palimpsest_{name} {help}\n# TYPE palimpsest_{name} gauge\n"
        ));
        for status in all {
            let (label, value) = (status.projection.name(), value(status));
            text.push_str(&format!("palimpsest_{name}{{projection=\"{label}\"}} {value}\n"));
        }
    };
    gauge("projection_lag_events", "Events not taken in yet", &|status| status.behind);
    gauge("projection_dead_documents", "Documents put aside", &|status| status.dead);
    text
}

/// `GET /api/openapi.json`: the API described.
pub(super) async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], include_str!("openapi.json"))
}
