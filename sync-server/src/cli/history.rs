//! `palimpsest text` and `palimpsest log`: a document's past.

use anyhow::Result;
use palimpsest_core::codec::json::{ordered_to_cloud_event, timestamp_to_rfc3339};
use palimpsest_core::{Anchor, DocumentId, Op, Ordered, Payload};
use serde_json::{Value, json};

use super::document::{head, whole_log};
use super::{Moment, Out, load, revision_at};
use crate::store::sqlite::SqliteStore;

/// How much of an insert a line of the log shows.
const SHOWN_SCALARS: usize = 40;

pub(super) fn text(
    store: &SqliteStore,
    document: DocumentId,
    moment: &Moment,
    out: &Out,
) -> Result<()> {
    let reading = load(store, document)?;
    let revision = revision_at(&reading, moment)?;
    let text = reading.text_at(revision).to_string();
    let json = json!({ "id": document.to_string(), "revision": revision.0, "text": text });
    out.answer(&text, &json)
}

pub(super) fn log(store: &SqliteStore, document: DocumentId, out: &Out) -> Result<()> {
    head(store, document)?;
    let log = whole_log(store, document)?;
    if out.json {
        let events = log.iter().map(|ordered| ordered_to_cloud_event(document, ordered));
        return out.answer("", &Value::Array(events.collect()));
    }
    let lines: String = log.iter().map(line).collect();
    out.answer(&lines, &Value::Null)
}

fn line(ordered: &Ordered) -> String {
    let header = &ordered.event.header;
    format!(
        "{:>7}  {}  {:.8}  {}\n",
        ordered.revision.0,
        timestamp_to_rfc3339(header.time),
        header.author.to_string(),
        what(&ordered.event.payload),
    )
}

fn what(payload: &Payload) -> String {
    match payload {
        Payload::DocumentCreated { title } => format!("created {title:?}"),
        Payload::TextEdited { ops } => ops.iter().map(op).collect::<Vec<_>>().join(" "),
        Payload::TitleChanged { title } => format!("title {title:?}"),
        Payload::FolderChanged { folder } => format!("folder {folder:?}"),
        Payload::VersionNamed { name, moment } => format!("named {moment} {name:?}"),
        Payload::DocumentArchived => "archived".to_owned(),
        Payload::DocumentRestored => "brought back".to_owned(),
        Payload::CommentAdded { start, end, text } => {
            let Anchor { event, offset, .. } = start;
            format!("commented from {event}+{offset} to {}+{}: {text:?}", end.event, end.offset)
        }
        Payload::CommentEdited { comment, text } => format!("changed comment {comment}: {text:?}"),
        Payload::CommentReplied { thread, text } => format!("replied in {thread}: {text:?}"),
        Payload::CommentResolved { thread } => format!("resolved {thread}"),
        Payload::CommentReopened { thread } => format!("reopened {thread}"),
        Payload::CommentDeleted { comment } => format!("deleted comment {comment}"),
        Payload::Unknown { kind, bytes } => {
            format!("made by a newer version (kind {kind}, {} bytes)", bytes.len())
        }
    }
}

fn op(op: &Op) -> String {
    match op {
        Op::Insert { pos, text } => {
            let shown: String = text.chars().take(SHOWN_SCALARS).collect();
            let more = if shown.len() < text.len() { "…" } else { "" };
            format!("{pos}+{shown:?}{more}")
        }
        Op::Delete { pos, len } => format!("{pos}-{len}"),
        Op::ErasedInsert { pos, len } => format!("{pos}+erased({len})"),
    }
}
