//! Taking what people wrote out of a document's history, for its owners.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use palimpsest_core::Revision;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Problem, allow, blocking, document_id};
use crate::doors::Visitor;
use crate::guard::audit::{Deed, Erasure};
use crate::guard::{Erase, Permit};
use crate::server::{State, now};

/// How long a reason may be, in characters.
pub(crate) const REASON_SCALARS_MAX: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    from: u64,
    to: u64,
    reason: String,
}

/// `POST /api/v1/documents/{id}/erasures` with `{"from": …, "to": …, "reason": …}`
///
/// It is in the audit log before it is done: what was begun and failed is known. What cannot be
/// done at all, since the log does not reach that far, is not there.
pub(super) async fn erase(
    Shared(state): Shared<Arc<State>>,
    Visitor(caller): Visitor,
    Path(id): Path<String>,
    body: Result<Json<New>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let permit: Permit<Erase> = allow(&state, &caller, document_id(&id)?)?;
    let Json(new) = body.map_err(|error| Problem::new(error.status(), error.body_text()))?;
    let (document, from, to) = (permit.document(), Revision(new.from), Revision(new.to));
    if new.from == 0 || from > to {
        return Err(Problem::bad_request("from and to are revisions, and from is not after to"));
    }
    let reason = new.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > REASON_SCALARS_MAX {
        let detail = format!("say why, in at most {REASON_SCALARS_MAX} characters");
        return Err(Problem::bad_request(detail));
    }
    let hearing = state.clone();
    let erased = blocking(&state, move |state| {
        let end = state.vault.end(&permit)?.ok_or_else(|| Problem::no_document(document))?;
        if to > end {
            let detail = format!("the document ends at revision {}, before {}", end.0, to.0);
            return Err(Problem::bad_request(detail));
        }
        let now = now();
        let deed = Deed::Erased(Erasure { document, from, to, reason });
        state.guard.record(state.guard.actor(&caller, now), deed, None, now)?;
        let erased = state.vault.erase(&permit, from..=to)?;
        // What was stored before has to be forgotten as well, so the hub hears of it first.
        hearing.hear_answers();
        state.hub().erased(document);
        Ok(erased)
    })
    .await?;
    Ok(Json(
        json!({ "document": document.to_string(), "from": from.0, "to": to.0, "erased": erased }),
    ))
}
