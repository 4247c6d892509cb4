//! Renaming a document, moving it, putting it away and bringing it back, by who expects it to be as
//! they saw it: if somebody was faster, nothing is changed.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use palimpsest_core::{Command, Event, Revision};
use serde::Deserialize;

use super::documents::{found, tagged};
use super::tag::expected;
use super::{Problem, allow, blocking, document_id};
use crate::birth::events_on;
use crate::doors::Visitor;
use crate::guard::{Edit, Permit, ReadHistory};
use crate::server::{State, now};
use crate::store::{Append, AppendError};

/// What is to be changed; what is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    title: Option<String>,
    folder: Option<String>,
    archived: Option<bool>,
}

impl Wanted {
    /// The commands that bring it about, in an order in which each is possible.
    fn commands(self, archived: bool) -> Vec<Command> {
        let restore =
            (self.archived == Some(false) && archived).then_some(Command::RestoreDocument);
        let title = self.title.map(|title| Command::ChangeTitle { title });
        let folder = self.folder.map(|folder| Command::MoveToFolder { folder });
        let archive =
            (self.archived == Some(true) && !archived).then_some(Command::ArchiveDocument);
        [restore, title, folder, archive].into_iter().flatten().collect()
    }
}

/// `PATCH /api/v1/documents/{id}` with `{"title": …, "folder": …, "archived": …}` and `If-Match`:
/// the revision at which the caller saw the document.
pub(super) async fn change(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Result<Response, Problem> {
    let document = document_id(&id)?;
    // Also if what is wanted is so already, and makes no event that would be asked about.
    let _: Permit<Edit> = allow(&state, &caller, document)?;
    let permit = allow(&state, &caller, document)?;
    let Json(wanted) = body.map_err(|error| Problem::new(error.status(), error.body_text()))?;
    let expected = expected(&headers, "a revision, as the document's ETag says it")?.map(Revision);
    let (described, grown) = blocking(&state, move |state| {
        let mut grown = None;
        let (events, head) = made(state, &permit, wanted, expected)?;
        if !events.is_empty() {
            let now = now();
            let write = state.guard.authorize_events(&caller, document, &events, now)?;
            let append = Append { document, events, now, expected: Some(head), own: None };
            let appended = state.vault.append(&write, append)?;
            grown = Some(appended.head);
        }
        Ok((found(state, &allow(state, &caller, document)?)?, grown))
    })
    .await?;
    if let Some(head) = grown {
        state.grew(document, head);
    }
    Ok(tagged(described))
}

/// The events that change the document as wanted, and the revision they were made on.
fn made(
    state: &State,
    permit: &Permit<ReadHistory>,
    wanted: Wanted,
    expected: Option<Revision>,
) -> Result<(Vec<Event>, Revision), Problem> {
    let made = state.vault.replayed(permit, |reading| {
        let actual = reading.head();
        if let Some(expected) = expected.filter(|expected| *expected != actual) {
            return Err(AppendError::WrongExpected { expected, actual }.into());
        }
        let commands = wanted.commands(reading.document.archived());
        let events = events_on(&reading.document, commands)
            .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
        Ok((events, actual))
    })?;
    made.ok_or_else(|| Problem::no_document(permit.document()))?
}
