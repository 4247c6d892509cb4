//! What is looked up across all documents: sentences that stand or stood, what everybody did, and
//! how far the read side is. One document's past is in `history`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use palimpsest_core::codec::json::timestamp_to_rfc3339;
use palimpsest_core::{AuthorId, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::links::own;
use super::{Problem, Query, allow, blocking};
use crate::doors::Visitor;
use crate::guard::ReadHistory;
use crate::guard::book::Scope;
use crate::projections::{
    Answer, Day, DeadLetter, Entry, Found, Projection, ProjectionError, Status,
};
use crate::server::{State, now};

/// How many sentences one answer has at most.
const FOUND_MAX: usize = 200;
/// How many it has if nobody says.
const FOUND: usize = 20;
/// How long an answer waits for what was written just now.
const PATIENCE: Duration = Duration::from_secs(2);
/// Of how many days somebody is told if nobody says.
const DAYS: i64 = 30;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

#[derive(Deserialize)]
pub(super) struct Asked {
    q: String,
    limit: Option<usize>,
}

/// `GET /api/v1/search?q=WORDS&limit=K`: in documents whose history the caller may see.
pub(super) async fn search(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    state.guard.admit(&caller, now())?;
    let limit = asked.limit.unwrap_or(FOUND).clamp(1, FOUND_MAX);
    let answer = blocking(&state, move |state| {
        let seen = |document| allow::<ReadHistory>(state, &caller, document).ok();
        Ok(state.vault.search(&asked.q, limit, PATIENCE, seen)?)
    });
    Ok(Json(describe_answer(&answer.await?)))
}

/// What a search comes to, as JSON.
pub(crate) fn describe_answer(answer: &Answer) -> Value {
    let found: Vec<Value> = answer.found.iter().map(|found| describe(found, answer)).collect();
    json!({ "found": found, "behind": answer.behind })
}

fn describe(found: &Found, answer: &Answer) -> Value {
    let document = found.document;
    let entry = answer.entries.get(&document);
    let who = |author: &AuthorId| {
        let name = answer.names.get(&(document, *author));
        json!({ "author": author.to_string(), "name": name })
    };
    let removed = found.removed.map(|removed| {
        json!({
            "revision": removed.revision.0,
            "time": timestamp_to_rfc3339(removed.at),
            "by": who(&removed.by),
        })
    });
    json!({
        "document": document.to_string(),
        "title": entry.map_or("", |entry| &entry.title),
        "name": entry.map_or("", Entry::name),
        "folder": entry.map_or("", |entry| &entry.folder),
        "archived": entry.is_some_and(|entry| entry.archived),
        "text": found.text,
        "authors": found.authors.iter().map(who).collect::<Vec<_>>(),
        "first": { "revision": found.first.0.0, "time": timestamp_to_rfc3339(found.first.1) },
        "last_revision": found.last().map(|last| last.0),
        "removed": removed,
        "link": found.link(),
    })
}

#[derive(Deserialize)]
pub(super) struct Since {
    days: Option<i64>,
}

/// `GET /api/v1/activity?days=N`: in documents whose history the caller may see.
pub(super) async fn activity(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Query(since): Query<Since>,
) -> Result<Json<Value>, Problem> {
    state.guard.admit(&caller, now())?;
    let today = now().0.div_euclid(DAY_MS);
    let from = today.saturating_sub(since.days.unwrap_or(DAYS).max(1)).saturating_add(1);
    let days = blocking(&state, move |state| {
        let seen = |document| allow::<ReadHistory>(state, &caller, document).ok();
        Ok(state.vault.activity(from, PATIENCE, seen)?)
    });
    let describe = |day: Day| {
        let date = timestamp_to_rfc3339(Timestamp(day.day.saturating_mul(DAY_MS)));
        json!({
            "document": day.document.to_string(),
            "author": day.author.to_string(),
            "day": date.split('T').next(),
            "events": day.events,
            "inserted": day.inserted,
            "deleted": day.deleted,
        })
    };
    let days: Vec<Value> = days.await?.into_iter().map(describe).collect();
    Ok(Json(json!({ "days": days })))
}

/// `GET /api/v1/projections`, for whoever may see the library.
pub(super) async fn projections(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
) -> Result<Json<Value>, Problem> {
    state.guard.library(&caller, now())?;
    let answer =
        blocking(&state, |state| Ok(list(&state.vault.read_side()?, &state.vault.dead_letters()?)));
    Ok(Json(answer.await?))
}

/// How far each projection is, as JSON.
pub(crate) fn list(all: &[Status], dead: &[DeadLetter]) -> Value {
    let one = |status: &Status| {
        let own = dead.iter().filter(|letter| letter.projection == status.projection);
        let describe = |letter: &DeadLetter| {
            json!({
                "document": letter.document.to_string(),
                "revision": letter.revision.0,
                "error": letter.error,
                "at": timestamp_to_rfc3339(letter.at),
            })
        };
        json!({
            "name": status.projection.name(),
            "documents": status.documents,
            "events": status.events,
            "behind": status.behind,
            "dead": own.map(describe).collect::<Vec<_>>(),
        })
    };
    json!({ "projections": all.iter().map(one).collect::<Vec<_>>() })
}

/// Nothing, said as JSON, so that no form of another site can ask for work.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// `POST /api/v1/projections/{name}/rebuild` with `{}`, for owners of the library.
pub(super) async fn rebuild(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Path(name): Path<String>,
    body: Result<Json<Nothing>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Json(Nothing {}) = body.map_err(|error| Problem::new(error.status(), error.body_text()))?;
    own(&state, &caller, Scope::Library)?;
    let projection = Projection::named(&name).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, format!("there is no projection {name}"))
    })?;
    let answer = blocking(&state, move |state| {
        state.vault.rebuild(projection)?;
        Ok(list(&state.vault.read_side()?, &state.vault.dead_letters()?))
    });
    Ok((StatusCode::ACCEPTED, Json(answer.await?)))
}

impl From<ProjectionError> for Problem {
    fn from(error: ProjectionError) -> Self {
        match error {
            ProjectionError::Store(error) => error.into(),
            ProjectionError::File(_) => {
                tracing::error!(%error, "the read side does not answer");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
        }
    }
}
