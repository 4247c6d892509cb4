//! `palimpsest verify`, `backup` and `restore`: what an operator does to sleep well.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use palimpsest_core::DocumentId;
use serde_json::{Value, json};

use super::document::head;
use super::{Out, Report, open, say, verify};
use crate::guard::audit::{Actor, AuditLog, Deed, Erasure};
use crate::projections::Projections;
use crate::server::now;
use crate::store::sqlite::{self, SqliteStore};
use crate::store::{EventStore, Folder, FolderError, Head};

/// Verifies one document, or all and the file they are in.
pub(super) fn verify_all(
    store: &SqliteStore,
    document: Option<DocumentId>,
    out: &Out,
) -> Result<()> {
    let (heads, file) = match document {
        Some(document) => (vec![listed(store, document)?], Vec::new()),
        None => (store.documents()?, store.integrity()?),
    };
    let mut reports = Vec::with_capacity(heads.len());
    for head in heads {
        let report = verify(store, head)?;
        for finding in &report.findings {
            let Report { document, .. } = report;
            say(&format!("{document}, revision {}: {}", finding.revision.0, finding.problem));
        }
        reports.push(report);
    }
    for problem in &file {
        say(&format!("the database file: {problem}"));
    }
    let damaged = reports.iter().filter(|report| !report.findings.is_empty()).count();
    let events: u64 = reports.iter().map(|report| report.events).sum();
    let json = json!({
        "documents": reports.iter().map(describe).collect::<Vec<_>>(),
        "file": file,
        "ok": damaged == 0 && file.is_empty(),
    });
    let plain = if damaged == 0 && file.is_empty() {
        format!("whole: {} documents, {events} events\n", reports.len())
    } else {
        String::new()
    };
    out.answer(&plain, &json)?;
    if damaged > 0 || !file.is_empty() {
        bail!(
            "{damaged} of {} documents are damaged: keep this data folder as it is, and restore \
             a backup into another one",
            reports.len()
        );
    }
    Ok(())
}

/// What the list of documents says of one, which may not be what its log says.
fn listed(store: &SqliteStore, document: DocumentId) -> Result<Head> {
    let listed = store.documents()?.into_iter().find(|head| head.document == document);
    match listed {
        Some(head) => Ok(head),
        None => head(store, document),
    }
}

fn describe(report: &Report) -> Value {
    let findings = report.findings.iter();
    json!({
        "id": report.document.to_string(),
        "events": report.events,
        "chain": report.chain.to_string(),
        "findings": findings
            .map(|finding| json!({ "revision": finding.revision.0, "problem": finding.problem }))
            .collect::<Vec<_>>(),
    })
}

pub(super) fn backup(data: &Path, path: &Path, out: &Out) -> Result<()> {
    let folder = match Folder::open_existing(data) {
        Ok(folder) => Some(folder),
        Err(FolderError::InUse(_)) => {
            say("a server has the data open: the backup is of this moment, and it goes on");
            None
        }
        Err(error) => return Err(error.into()),
    };
    sqlite::backup(&Folder::database_of(data), path)
        .with_context(|| format!("no backup was written to {}", path.display()))?;
    drop(folder);
    let json = json!({ "path": path.to_string_lossy() });
    say(&format!("wrote {}", path.display()));
    out.answer("", &json)
}

/// Takes what people wrote out of some events, and writes that into the audit log first.
pub(super) fn erase(
    (store, data): (&Arc<SqliteStore>, &Path),
    log: &mut AuditLog,
    erasure: Erasure,
    out: &Out,
) -> Result<()> {
    let Erasure { document, from, to, .. } = erasure;
    let head = head(store, document)?.revision;
    if from.0 == 0 || from > to || to > head {
        bail!("erase revisions from 1 to {}, the first not after the last", head.0);
    }
    log.append(now(), Actor::Operator, Deed::Erased(erasure), None)?;
    let read_side = Projections::new(store.clone(), data);
    let erased = read_side.erasing(document, || store.erase(document, from..=to))?;
    say(&format!(
        "erased what was written in {erased} events; devices that have them keep them until told, \
         and backups until they are thrown away"
    ));
    out.answer("", &json!({ "document": document.to_string(), "erased": erased }))
}

pub(super) fn restore(data: &Path, path: &Path, out: &Out) -> Result<()> {
    let folder = Folder::open_vacant(data)?;
    sqlite::restore(path, &folder)
        .with_context(|| format!("{} was not restored", path.display()))?;
    drop(folder);
    let documents = open(data)?.documents()?.len();
    say(&format!("restored {documents} documents into {}", data.display()));
    out.answer("", &json!({ "documents": documents }))
}
