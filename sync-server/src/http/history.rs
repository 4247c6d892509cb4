//! A document's past: its text at any moment, its events, what changed between two moments,
//! and the patches in between as a stream.

use std::fmt::Write;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Shared};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, LINK, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use palimpsest_core::codec::json::{
    ordered_to_cloud_event, patch_to_json, timestamp_from_rfc3339, timestamp_to_rfc3339,
};
use palimpsest_core::{DocumentId, Revision, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::pages::accepts;
use super::{Problem, Query, allow, blocking, document_id};
use crate::doors::Visitor;
use crate::guard::{Caller, Permit, Read, ReadHistory, ReadVersions};
use crate::reading::Reading;
use crate::server::State;
use crate::store::Limit;

/// How many events one answer lists at most.
const LISTED_MAX: usize = 1_000;
/// How many it lists if nobody says.
const LISTED: usize = 100;
/// How many bytes of events, as stored, one answer lists at most.
const LISTED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many patches of a playback are made at a time.
const PLAYED_AT_ONCE: u64 = 256;

/// What a batch of CloudEvents is called.
const BATCH: &str = "application/cloudevents-batch+json";
const REVISION: HeaderName = HeaderName::from_static("palimpsest-revision");

#[derive(Deserialize)]
pub(super) struct Moment {
    at_revision: Option<u64>,
    at_time: Option<String>,
}

/// `GET …/text?at_revision=N|at_time=T`. Whoever may see named versions only may ask for the
/// revision of one.
pub(super) async fn text(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Path(id): Path<String>,
    Query(moment): Query<Moment>,
) -> Result<Response, Problem> {
    let id = document_id(&id)?;
    let time = moment.at_time.as_deref().map(time).transpose()?;
    if time.is_some() && moment.at_revision.is_some() {
        return Err(Problem::bad_request("say at_revision or at_time, not both"));
    }
    let (revision, text) = match (moment.at_revision, time) {
        (None, None) => now(&state, allow(&state, &caller, id)?).await?,
        (Some(revision), _) => then(&state, &caller, id, revision).await?,
        (None, Some(time)) => {
            let permit = allow(&state, &caller, id)?;
            read(&state, permit, move |reading| {
                let revision = reading.timeline.revision_at(time);
                Ok((revision, reading.text_at(revision).to_string()))
            })
            .await?
        }
    };
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (REVISION, revision.0.to_string()),
    ];
    Ok((headers, text).into_response())
}

/// The text as it is.
async fn now(state: &Arc<State>, permit: Permit<Read>) -> Result<(Revision, String), Problem> {
    blocking(state, move |state| {
        let text = state.vault.text(&permit)?;
        text.ok_or_else(|| Problem::no_document(permit.document()))
    })
    .await
}

/// The text at a revision.
async fn then(
    state: &Arc<State>,
    caller: &Caller,
    id: DocumentId,
    revision: u64,
) -> Result<(Revision, String), Problem> {
    if let Ok(permit) = allow(state, caller, id) {
        return read(state, permit, move |reading| {
            let revision = existing(reading, revision)?;
            Ok((revision, reading.text_at(revision).to_string()))
        })
        .await;
    }
    let permit: Permit<ReadVersions> = allow(state, caller, id)?;
    let revision = Revision(revision);
    let text = blocking(state, move |state| Ok(state.vault.version_text(&permit, revision)?));
    let none =
        || Problem::not_found(format!("no version with a name is at revision {}", revision.0));
    Ok((revision, text.await?.ok_or_else(none)?))
}

/// `GET …/versions`: the versions that have a name.
pub(super) async fn versions(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let permit: Permit<ReadVersions> = allow(&state, &caller, document_id(&id)?)?;
    let document = permit.document();
    let versions = blocking(&state, move |state| {
        state.vault.versions(&permit)?.ok_or_else(|| Problem::no_document(document))
    })
    .await?;
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| json!({ "revision": version.revision.0, "name": version.name }))
        .collect();
    Ok(Json(json!({ "document": document.to_string(), "versions": versions })))
}

#[derive(Deserialize)]
pub(super) struct Listing {
    after_revision: Option<u64>,
    limit: Option<usize>,
}

/// `GET …/events?after_revision=N&limit=K`. Who accepts a batch of CloudEvents gets the events
/// alone, and in headers how long the log is and where it goes on.
pub(super) async fn events(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Path(id): Path<String>,
    Query(listing): Query<Listing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = document_id(&id)?;
    let after = Revision(listing.after_revision.unwrap_or(0));
    let limit = Limit {
        events: listing.limit.unwrap_or(LISTED).clamp(1, LISTED_MAX),
        bytes: LISTED_BYTES_MAX,
    };
    let permit = allow(&state, &caller, id)?;
    let page = blocking(&state, move |state| Ok(state.vault.page(&permit, after, limit)?)).await?;
    if page.head == Revision(0) {
        return Err(Problem::no_document(id));
    }
    let last = page.events.last().map(|ordered| ordered.revision);
    let next = last.filter(|last| *last < page.head).map(|last| last.0);
    let events: Vec<Value> = page.events.iter().map(|o| ordered_to_cloud_event(id, o)).collect();
    if !accepts(&headers, ACCEPT, BATCH) {
        let head = page.head.0;
        let page = json!({ "document": id.to_string(), "head": head, "events": events,
            "next_after_revision": next });
        return Ok(([(VARY, "accept")], Json(page)).into_response());
    }
    let mut answer = Value::Array(events).to_string().into_response();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(BATCH));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    headers.insert(REVISION, page.head.0.into());
    if let Some(next) = next {
        let limit = limit.events;
        let link = format!("</api/v1/documents/{id}/events?after_revision={next}&limit={limit}>");
        let link = HeaderValue::try_from(link + "; rel=\"next\"");
        headers.insert(LINK, link.expect("an address of letters and digits"));
    }
    Ok(answer)
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
    Visitor(caller): Visitor,
    Path(id): Path<String>,
    Query(span): Query<Span>,
) -> Result<Json<Value>, Problem> {
    let permit = allow(&state, &caller, document_id(&id)?)?;
    let answer = read(&state, permit, move |reading| {
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
    Visitor(caller): Visitor,
    Path(id): Path<String>,
    Query(mut span): Query<Span>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let permit: Permit<ReadHistory> = allow(&state, &caller, document_id(&id)?)?;
    if let Some(last) = headers.get("last-event-id").and_then(|last| last.to_str().ok()) {
        let last = last.parse().map_err(|_| Problem::bad_request("Last-Event-ID is a revision"))?;
        span.from = Some(last);
    }
    let asked = permit.clone();
    let (from, to) = read(&state, asked, move |reading| span.within(reading)).await?;
    if from > to {
        return Err(Problem::bad_request("a playback runs forward: from must not be after to"));
    }
    let document = permit.document();
    let pieces = stream::unfold(Some(from), move |next| {
        let (state, caller) = (state.clone(), caller.clone());
        async move {
            let from = next?;
            // It may go on for long: what was allowed at its start may be so no more.
            let permit = match allow(&state, &caller, document) {
                Ok(permit) => permit,
                Err(problem) => return Some((Err(std::io::Error::other(problem.detail)), None)),
            };
            let until = Revision(to.0.min(from.0 + PLAYED_AT_ONCE));
            let piece = read(&state, permit, move |reading| Ok(played(reading, from, until))).await;
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
    permit: Permit<ReadHistory>,
    look: impl FnOnce(&Reading) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    blocking(state, move |state| {
        let found = state.vault.replayed(&permit, look)?;
        found.ok_or_else(|| Problem::no_document(permit.document()))?
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
