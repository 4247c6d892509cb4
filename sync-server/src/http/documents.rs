//! Documents as a whole: list, make, look up. Their past is in `history`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use palimpsest_core::codec::json::timestamp_to_rfc3339;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Problem, Query, blocking, document_id};
use crate::birth::{first_events, new_document_id};
use crate::limits::Held;
use crate::server::{State, now};
use crate::store::sqlite::Summary;
use crate::store::{Append, EventStore, Head, ReadError};

/// How many documents one answer lists at most.
const LISTED_MAX: usize = 1_000;
/// How many it lists if nobody says.
const LISTED: usize = 100;

/// A document as JSON lists show it.
pub(crate) fn describe(head: &Head, summary: &Summary) -> Value {
    json!({
        "id": head.document.to_string(),
        "title": summary.title,
        "archived": summary.archived,
        "folder": summary.folder,
        "revision": head.revision.0,
        "authors": head.authors,
        "chain": head.chain.to_string(),
        "created": timestamp_to_rfc3339(head.created),
        "updated": timestamp_to_rfc3339(head.updated),
        "activity": summary.activity.counts(),
    })
}

/// A document that cannot be read, as JSON lists show it.
pub(crate) fn describe_broken(head: &Head, error: &ReadError) -> Value {
    json!({
        "id": head.document.to_string(),
        "revision": head.revision.0,
        "problem": error.to_string(),
    })
}

#[derive(Deserialize)]
pub(super) struct Range {
    after: Option<String>,
    limit: Option<usize>,
}

/// `GET /api/v1/documents?after=ID&limit=K`
///
/// A document that cannot be read is listed with its `problem` in place of its title.
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    Query(range): Query<Range>,
) -> Result<Json<Value>, Problem> {
    let after = range.after.as_deref().map(document_id).transpose()?;
    let limit = range.limit.unwrap_or(LISTED).clamp(1, LISTED_MAX);
    let answer = blocking(&state, move |state| {
        let mut heads = state.store.documents()?;
        heads.retain(|head| after.is_none_or(|after| head.document > after));
        let more = heads.len() > limit;
        heads.truncate(limit);
        let documents: Vec<Value> = heads
            .iter()
            .map(|head| match state.shelf.summary(*head) {
                Ok(summary) => describe(head, &summary),
                Err(error) => describe_broken(head, &error),
            })
            .collect();
        let next = heads.last().filter(|_| more).map(|head| head.document.to_string());
        Ok(json!({ "documents": documents, "next": next }))
    });
    Ok(Json(answer.await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
}

/// `POST /api/v1/documents` with `{"title": …, "text": …}`
pub(super) async fn create(
    Shared(state): Shared<Arc<State>>,
    body: Result<Json<New>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Json(new) = body.map_err(|error| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            state.metrics.held(Held::BodyBytes);
        }
        Problem::new(error.status(), error.body_text())
    })?;
    let max = state.limits.text_bytes_max;
    if new.text.len() > max {
        state.metrics.held(Held::TextBytes);
        let detail = format!("the text has {} bytes; a new document has at most {max}", new.text.len());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let id = new_document_id();
    let events = first_events(id, &new.title, &new.text)
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    let answer = blocking(&state, move |state| {
        state.store.append(Append { document: id, events, now: now() })?;
        found(state, id)
    });
    let location = [(LOCATION, format!("/api/v1/documents/{id}"))];
    Ok((StatusCode::CREATED, location, Json(answer.await?)))
}

/// `GET /api/v1/documents/{id}`
pub(super) async fn show(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id = document_id(&id)?;
    Ok(Json(blocking(&state, move |state| found(state, id)).await?))
}

fn found(state: &State, id: palimpsest_core::DocumentId) -> Result<Value, Problem> {
    let head = state.store.head(id)?.ok_or_else(|| Problem::no_document(id))?;
    Ok(describe(&head, &state.shelf.summary(head)?))
}
