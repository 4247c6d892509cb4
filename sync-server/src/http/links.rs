//! Links: what a caller's own allows, and for owners making, listing, revoking and rotating
//! them. A link's key is in the answer to making or rotating it and nowhere else.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use axum::http::header::ETAG;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use palimpsest_core::codec::json::{timestamp_from_rfc3339, timestamp_to_rfc3339};
use palimpsest_core::{Access, HistoryRight, LinkKey, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use super::tag::{expected, tag};
use super::{Problem, allow, blocking, document_id};
use crate::doors::Visitor;
use crate::guard::audit::{AuditEvent, Deed};
use crate::guard::book::{Grant, LinkId, Scope};
use crate::guard::issue::{Wanted, issue, new_key};
use crate::guard::{Caller, ChangeError, Denied, Permit, Share};
use crate::server::{State, now};

/// A link as lists show it; without its key, of which a hash is kept only.
pub(crate) fn describe(grant: &Grant) -> Value {
    json!({
        "id": grant.link.to_string(),
        "document": grant.scope.document().map(|document| document.to_string()),
        "role": grant.access.role.name(),
        "history": grant.access.history.name(),
        "label": grant.label,
        "expires": grant.expires.map(timestamp_to_rfc3339),
        "created": timestamp_to_rfc3339(grant.created),
        "by": grant.by.to_string(),
    })
}

/// The same with its key and where it leads, for whoever made it.
pub(crate) fn describe_with_key(grant: &Grant, key: &LinkKey) -> Value {
    let mut described = describe(grant);
    described["url"] = address(grant.scope, key).into();
    described["key"] = key.reveal().into();
    described
}

/// Where a link leads in the app. The key is behind `#`, so that no browser sends it to a server
/// or tells it to another page.
pub(crate) fn address(scope: Scope, key: &LinkKey) -> String {
    match scope {
        Scope::Document(document) => format!("/d/{document}#key={}", key.reveal()),
        Scope::Library => format!("/#key={}", key.reveal()),
    }
}

/// `GET /api/v1/access`: what the caller may do with the library.
pub(super) async fn access(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
) -> Result<Json<Value>, Problem> {
    let access = state.guard.library(&caller, now())?;
    let (role, history) = (access.role.name(), access.history.name());
    let links = state.guard.needs_links();
    Ok(Json(json!({ "role": role, "history": history, "links": links })))
}

/// `GET /api/v1/documents/{id}/links`
pub(super) async fn of_document(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let permit: Permit<Share> = allow(&state, &caller, document_id(&id)?)?;
    Ok(list(&state, Scope::Document(permit.document())))
}

/// `GET /api/v1/links`
pub(super) async fn all(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
) -> Result<Response, Problem> {
    own(&state, &caller, Scope::Library)?;
    Ok(list(&state, Scope::Library))
}

fn list(state: &State, scope: Scope) -> Response {
    // The number first: links that come in between make the tag old, never too new.
    let tag = tag(state.guard.number());
    let links: Vec<Value> = state.guard.links(scope).iter().map(describe).collect();
    ([(ETAG, tag)], Json(json!({ "links": links }))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    role: String,
    #[serde(default)]
    history: Option<String>,
    #[serde(default)]
    label: String,
    #[serde(default)]
    expires: Option<String>,
}

/// `POST /api/v1/documents/{id}/links`
pub(super) async fn to_document(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Json<New>, JsonRejection>,
) -> Result<Response, Problem> {
    let permit: Permit<Share> = allow(&state, &caller, document_id(&id)?)?;
    create(&state, caller, Scope::Document(permit.document()), &headers, body).await
}

/// `POST /api/v1/links`
pub(super) async fn to_library(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    headers: HeaderMap,
    body: Result<Json<New>, JsonRejection>,
) -> Result<Response, Problem> {
    own(&state, &caller, Scope::Library)?;
    create(&state, caller, Scope::Library, &headers, body).await
}

async fn create(
    state: &Arc<State>,
    caller: Caller,
    scope: Scope,
    headers: &HeaderMap,
    body: Result<Json<New>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(new) = body.map_err(|error| Problem::new(error.status(), error.body_text()))?;
    let refuse = |detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
    let role: Role = new.role.parse().map_err(|error| refuse(format!("{error}")))?;
    let history = new.history.as_deref().map_or(Ok(HistoryRight::Everything), str::parse);
    let history = history.map_err(|error| refuse(format!("{error}")))?;
    let access = Access { role, history };
    let expires = match new.expires.as_deref() {
        None => None,
        Some(text) => {
            let wrong = || refuse(format!("{text} is no time such as 2026-11-23T08:00:00Z"));
            Some(timestamp_from_rfc3339(text).ok_or_else(wrong)?)
        }
    };
    let now = now();
    let wanted = Wanted { scope, access, label: new.label, expires };
    let (grant, key) = issue(wanted, state.guard.actor(&caller, now), now)
        .map_err(|error| refuse(error.to_string()))?;
    let answer = describe_with_key(&grant, &key);
    let event = record(state, caller, scope, Deed::Created(grant), headers).await?;
    Ok(told(StatusCode::CREATED, &event, answer))
}

/// `DELETE /api/v1/links/{link}`
pub(super) async fn revoke(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let grant = owned(&state, &caller, &link)?;
    let event = record(&state, caller, grant.scope, Deed::Revoked(grant.link), &headers).await?;
    Ok(told(StatusCode::OK, &event, json!({ "id": grant.link.to_string(), "revoked": true })))
}

/// `POST /api/v1/links/{link}/key`: another key; the old one opens nothing any more.
pub(super) async fn rotate(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let grant = owned(&state, &caller, &link)?;
    let (key, hash) = new_key();
    let deed = Deed::Rotated { link: grant.link, key: hash };
    let event = record(&state, caller, grant.scope, deed, &headers).await?;
    Ok(told(StatusCode::OK, &event, describe_with_key(&grant, &key)))
}

/// The link that an address names, if the caller owns what it leads to. What it does not own it
/// cannot tell from what is not there.
fn owned(state: &State, caller: &Caller, link: &str) -> Result<Grant, Problem> {
    let none = || Problem::not_found("there is no such link, or it is not yours to change");
    let link: LinkId = link.parse().map_err(Problem::bad_request)?;
    if let Err(denied @ Denied::NoKey) = state.guard.library(caller, now()) {
        return Err(denied.into());
    }
    let grant = state.guard.link(link);
    grant.filter(|grant| own(state, caller, grant.scope).is_ok()).ok_or_else(none)
}

/// Lets the caller go on if it owns all that a scope has.
pub(super) fn own(state: &State, caller: &Caller, scope: Scope) -> Result<(), Problem> {
    match scope {
        Scope::Document(document) => {
            allow::<Share>(state, caller, document)?;
        }
        Scope::Library => {
            let access = state.guard.library(caller, now())?;
            if access.role < Role::Owner {
                return Err(Denied::TooLittle("share the library").into());
            }
        }
    }
    Ok(())
}

/// How often a change is tried again that others' changes came before.
const TRIES: usize = 5;

/// Writes what was done into the audit log, if the caller still owns what it is done with when that
/// is written.
async fn record(
    state: &Arc<State>,
    caller: Caller,
    scope: Scope,
    deed: Deed,
    headers: &HeaderMap,
) -> Result<AuditEvent, Problem> {
    // The caller may say how many audit events it knows of.
    let expected = expected(headers, "the ETag of a list of links")?;
    let event = blocking(state, move |state| {
        for _ in 0..TRIES {
            state.guard.refresh()?;
            own(state, &caller, scope)?;
            let (now, number) = (now(), state.guard.number());
            let actor = state.guard.actor(&caller, now);
            let seen = Some(expected.unwrap_or(number));
            match state.guard.record(actor, deed.clone(), seen, now) {
                Err(ChangeError::Conflict) if expected.is_none() => {}
                outcome => return Ok(outcome?),
            }
        }
        Err(ChangeError::Conflict.into())
    })
    .await?;
    state.recheck();
    Ok(event)
}

fn told(status: StatusCode, event: &AuditEvent, answer: Value) -> Response {
    (status, [(ETAG, tag(event.number))], Json(answer)).into_response()
}
