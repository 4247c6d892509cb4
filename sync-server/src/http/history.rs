//! A document's past: its text at any moment, its events, what changed between two moments,
//! and the patches in between as a stream.

use std::fmt::Write;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Shared};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use palimpsest_core::codec::json::{
    ordered_to_cloud_event, patch_to_json, timestamp_from_rfc3339, timestamp_to_rfc3339,
};
use palimpsest_core::{DocumentId, Revision, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Problem, Query, blocking, document_id};
use crate::reading::Reading;
use crate::server::State;
use crate::store::{EventStore, Limit};

/// How many events one answer lists at most.
const LISTED_MAX: usize = 1_000;
/// How many it lists if nobody says.
const LISTED: usize = 100;
/// How many bytes of events, as stored, one answer lists at most.
const LISTED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many patches of a playback are made at a time.
const PLAYED_AT_ONCE: u64 = 256;

const REVISION: HeaderName = HeaderName::from_static("palimpsest-revision");

#[derive(Deserialize)]
pub(super) struct Moment {
    at_revision: Option<u64>,
    at_time: Option<String>,
}

/// `GET …/text?at_revision=N|at_time=T`
pub(super) async fn text(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    Query(moment): Query<Moment>,
) -> Result<Response, Problem> {
    let id = document_id(&id)?;
    let time = moment.at_time.as_deref().map(time).transpose()?;
    if time.is_some() && moment.at_revision.is_some() {
        return Err(Problem::bad_request("say at_revision or at_time, not both"));
    }
    let (revision, text) = read(&state, id, move |reading| {
        let revision = match (moment.at_revision, time) {
            (Some(revision), _) => existing(reading, revision)?,
            (None, Some(time)) => reading.timeline.revision_at(time),
            (None, None) => reading.head(),
        };
        Ok((revision, reading.text_at(revision).to_string()))
    })
    .await?;
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (REVISION, revision.0.to_string()),
    ];
    Ok((headers, text).into_response())
}

#[derive(Deserialize)]
pub(super) struct Listing {
    after_revision: Option<u64>,
    limit: Option<usize>,
}

/// `GET …/events?after_revision=N&limit=K`
pub(super) async fn events(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    Query(listing): Query<Listing>,
) -> Result<Json<Value>, Problem> {
    let id = document_id(&id)?;
    let after = Revision(listing.after_revision.unwrap_or(0));
    let limit = Limit {
        events: listing.limit.unwrap_or(LISTED).clamp(1, LISTED_MAX),
        bytes: LISTED_BYTES_MAX,
    };
    let page = blocking(&state, move |state| {
        state.store.head(id)?.ok_or_else(|| Problem::no_document(id))?;
        Ok(state.store.read(id, after, limit)?)
    })
    .await?;
    let last = page.events.last().map(|ordered| ordered.revision);
    let next = last.filter(|last| *last < page.head).map(|last| last.0);
    let events: Vec<Value> = page.events.iter().map(|o| ordered_to_cloud_event(id, o)).collect();
    Ok(Json(json!({
        "document": id.to_string(),
        "head": page.head.0,
        "events": events,
        "next_after_revision": next,
    })))
}

#[derive(Deserialize)]
pub(super) struct Span {
    from: Option<u64>,
    to: Option<u64>,
}

impl Span {
    /// The two revisions, both there; from the beginning to now if nobody says.
    fn within(&self, reading: &Reading) -> Result<(Revision, Revision), Problem> {
        let from = existing(reading, self.from.unwrap_or(0))?;
        let to = existing(reading, self.to.unwrap_or(reading.head().0))?;
        Ok((from, to))
    }
}

/// `GET …/diff?from=N&to=M`
pub(super) async fn diff(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    Query(span): Query<Span>,
) -> Result<Json<Value>, Problem> {
    let id = document_id(&id)?;
    let answer = read(&state, id, move |reading| {
        let (from, to) = span.within(reading)?;
        let patch = palimpsest_core::diff(
            &reading.text_at(from).to_string(),
            &reading.text_at(to).to_string(),
        );
        Ok(json!({
            "document": reading.document.id().to_string(),
            "from": from.0,
            "to": to.0,
            "patch": patch_to_json(&patch),
        }))
    });
    Ok(Json(answer.await?))
}

/// `GET …/playback?from=N&to=M`: server-sent events, one per revision, then `end`. A client
/// that comes back says the last one it got in `Last-Event-ID`.
pub(super) async fn playback(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    Query(mut span): Query<Span>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = document_id(&id)?;
    if let Some(last) = headers.get("last-event-id").and_then(|last| last.to_str().ok()) {
        let last = last.parse().map_err(|_| Problem::bad_request("Last-Event-ID is a revision"))?;
        span.from = Some(last);
    }
    let (from, to) = read(&state, id, move |reading| span.within(reading)).await?;
    if from > to {
        return Err(Problem::bad_request("a playback runs forward: from must not be after to"));
    }
    let pieces = stream::unfold(Some(from), move |next| {
        let state = state.clone();
        async move {
            let from = next?;
            let until = Revision(to.0.min(from.0 + PLAYED_AT_ONCE));
            let piece = read(&state, id, move |reading| Ok(played(reading, from, until))).await;
            match piece {
                Ok(text) if until == to => {
                    Some((Ok(Bytes::from(text + "event: end\ndata: {}\n\n")), None))
                }
                Ok(text) => Some((Ok(Bytes::from(text)), Some(until))),
                Err(problem) => Some((Err(std::io::Error::other(problem.detail)), None)),
            }
        }
    });
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// The revisions after `from`, up to `until`, as server-sent events.
fn played(reading: &Reading, from: Revision, until: Revision) -> String {
    let mut text = String::new();
    for revision in (from.0 + 1..=until.0).map(Revision) {
        let Some(moment) = reading.timeline.moment(reading.document.graph(), revision) else {
            break;
        };
        let data = json!({
            "revision": revision.0,
            "event": moment.event.to_string(),
            "kind": moment.kind,
            "author": moment.author.to_string(),
            "time": timestamp_to_rfc3339(moment.time),
            "recorded": timestamp_to_rfc3339(moment.recorded),
            "patch": patch_to_json(&reading.timeline.patch(revision)),
        });
        write!(text, "id: {}\nevent: patch\ndata: {data}\n\n", revision.0)
            .expect("writing to a string does not fail");
    }
    text
}

async fn read<T: Send + 'static>(
    state: &Arc<State>,
    id: DocumentId,
    look: impl FnOnce(&Reading) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    blocking(state, move |state| {
        state.shelf.read(id, look)?.ok_or_else(|| Problem::no_document(id))?
    })
    .await
}

fn existing(reading: &Reading, revision: u64) -> Result<Revision, Problem> {
    let head = reading.head();
    if revision > head.0 {
        let detail = format!("there is no revision {revision}: the last one is {}", head.0);
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    }
    Ok(Revision(revision))
}

fn time(text: &str) -> Result<Timestamp, Problem> {
    // In a query a plus sign is a space, and people forget to write %2B.
    timestamp_from_rfc3339(&text.replace(' ', "+")).ok_or_else(|| {
        Problem::bad_request(format!("{text} is no time such as 2026-11-23T08:00:00Z"))
    })
}
