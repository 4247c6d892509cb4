//! Documents as a whole: list, make, look up. Their past is in `history`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse, Response};
use palimpsest_core::codec::json::timestamp_to_rfc3339;
use palimpsest_core::{DocumentId, HistoryRight};
use serde::Deserialize;
use serde_json::{Value, json};

use super::tag::tag;
use super::{Problem, Query, allow, blocking, document_id};
use crate::birth::{first_events, new_document_id};
use crate::doors::Visitor;
use crate::guard::{Edit, Permit, Read};
use crate::limits::Held;
use crate::server::{State, now};
use crate::store::sqlite::Summary;
use crate::store::{Append, Head, ReadError};

/// How many documents one answer lists at most.
const LISTED_MAX: usize = 1_000;
/// How many it lists if nobody says.
const LISTED: usize = 100;

/// A document as JSON lists show it. `name` is what it is called if it has no title.
pub(crate) fn describe(head: &Head, summary: &Summary, name: Option<&String>) -> Value {
    json!({
        "id": head.document.to_string(),
        "title": summary.title,
        "name": name.unwrap_or(&summary.title),
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
    Visitor(caller): Visitor,
    Query(range): Query<Range>,
) -> Result<Json<Value>, Problem> {
    state.guard.admit(&caller, now())?;
    let after = range.after.as_deref().map(document_id).transpose()?;
    let limit = range.limit.unwrap_or(LISTED).clamp(1, LISTED_MAX);
    let answer = blocking(&state, move |state| {
        let seen = |document| allow(state, &caller, document).ok();
        let mut listed = state.vault.documents(after, limit + 1, seen)?;
        let more = listed.len() > limit;
        listed.truncate(limit);
        let found: Vec<_> = listed.iter().map(|(permit, _)| state.vault.summary(permit)).collect();
        let untitled = listed.iter().zip(&found).filter(|(_, found)| is_untitled(found));
        let names = state.vault.names(untitled.map(|((permit, _), _)| permit));
        let describe = |((permit, head), found): (&(Permit<Read>, Head), _)| match found {
            Ok(Some((head, summary))) => describe_to(permit, &head, &summary, &names),
            Ok(None) => describe_broken(head, &ReadError::Unavailable("it is gone".into())),
            Err(error) => describe_broken(head, &error),
        };
        let documents: Vec<Value> = listed.iter().zip(found).map(describe).collect();
        let last = listed.last().filter(|_| more);
        let next = last.map(|(_, head)| head.document.to_string());
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
    Visitor(caller): Visitor,
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
        let detail =
            format!("the text has {} bytes; a new document has at most {max}", new.text.len());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let id = new_document_id();
    let permit: Permit<Edit> = allow(&state, &caller, id)?;
    let events = first_events(id, &new.title, "", &new.text)
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    let answer = blocking(&state, move |state| {
        state.vault.create(
            &permit,
            Append { document: id, events, now: now(), expected: None, own: None },
        )?;
        found(state, &allow(state, &caller, id)?)
    });
    let location = [(LOCATION, format!("/api/v1/documents/{id}"))];
    Ok((StatusCode::CREATED, location, Json(answer.await?)))
}

/// `GET /api/v1/documents/{id}`
pub(super) async fn show(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let permit = allow(&state, &caller, document_id(&id)?)?;
    Ok(tagged(blocking(&state, move |state| found(state, &permit)).await?))
}

/// A document with its revision as the tag that `If-Match` takes.
pub(super) fn tagged(described: Value) -> Response {
    ([(ETAG, tag(&described["revision"]))], Json(described)).into_response()
}

/// A document as somebody may see it: whoever sees only what is, is not told how it came about.
fn describe_to(
    permit: &Permit<Read>,
    head: &Head,
    summary: &Summary,
    names: &BTreeMap<DocumentId, String>,
) -> Value {
    let mut described = describe(head, summary, names.get(&head.document));
    if permit.access().history < HistoryRight::Everything
        && let Some(members) = described.as_object_mut()
    {
        for member in ["activity", "authors", "chain"] {
            members.remove(member);
        }
    }
    described
}

pub(super) fn found(state: &State, permit: &Permit<Read>) -> Result<Value, Problem> {
    let found = state.vault.summary(permit);
    let names = state.vault.names(is_untitled(&found).then_some(permit).into_iter());
    let (head, summary) = found?.ok_or_else(|| Problem::no_document(permit.document()))?;
    Ok(describe_to(permit, &head, &summary, &names))
}

/// Whether the name of a document has to be looked up.
fn is_untitled(found: &Result<Option<(Head, Summary)>, ReadError>) -> bool {
    matches!(found, Ok(Some((_, summary))) if summary.is_untitled())
}
