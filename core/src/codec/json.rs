//! Events and patches as JSON, for export, HTTP and inspection: an event is a CloudEvents
//! 1.0 envelope, as `schema` says. JSON is never what is stored or synced.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::event::{Anchor, DocumentId, Intent, Op, Ordered, Payload, Timestamp};
use crate::patch::Patch;

/// A point in time as RFC 3339, in UTC with milliseconds. Times outside the years 0 to 9999,
/// which a wrong clock may give, are shown as the nearest that can be written.
pub fn timestamp_to_rfc3339(time: Timestamp) -> String {
    const FIRST: i64 = -62_167_219_200_000;
    const LAST: i64 = 253_402_300_799_999;
    let millis = time.0.clamp(FIRST, LAST);
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000);
    let time = time.expect("the range was clamped");
    time.format(&Rfc3339).expect("every year from 0 to 9999 can be written")
}

/// Reads RFC 3339; `None` if the text is not that.
pub fn timestamp_from_rfc3339(text: &str) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Timestamp)
}

/// An event in a CloudEvents 1.0 envelope. Palimpsest's own attributes are extensions:
/// lower-case letters and digits only, as the specification demands.
pub fn ordered_to_cloud_event(document: DocumentId, ordered: &Ordered) -> Value {
    let Ordered { revision, recorded, event } = ordered;
    let header = &event.header;
    let mut envelope = json!({
        "specversion": "1.0",
        "id": header.id.to_string(),
        "source": format!("/api/v1/documents/{document}"),
        "type": format!("palimpsest.{}.v1", event.payload.kind()),
        "subject": document.to_string(),
        "time": timestamp_to_rfc3339(header.time),
        "datacontenttype": "application/json",
        "revision": revision.0,
        "recordedtime": timestamp_to_rfc3339(*recorded),
        "author": header.author.to_string(),
        "correlationid": header.correlation.to_string(),
        "data": payload_to_json(&event.payload, header.intent),
    });
    // An attribute is a simple value: several ids are one text. What there is none of is left out.
    if !header.parents.is_empty() {
        let parents: Vec<_> = header.parents.iter().map(ToString::to_string).collect();
        envelope["parents"] = parents.join(" ").into();
    }
    if let Some(cause) = header.causation {
        envelope["causationid"] = cause.to_string().into();
    }
    envelope
}

fn payload_to_json(payload: &Payload, intent: Intent) -> Value {
    let mut data = Map::new();
    match payload {
        Payload::DocumentCreated { title } | Payload::TitleChanged { title } => {
            data.insert("title".into(), title.as_str().into());
        }
        Payload::TextEdited { ops } => {
            data.insert("intent".into(), intent_name(intent).into());
            if let Intent::Restored(revision) = intent {
                data.insert("from_revision".into(), revision.0.into());
            }
            data.insert("ops".into(), ops.iter().map(op_to_json).collect());
        }
        Payload::FolderChanged { folder } => {
            data.insert("folder".into(), folder.as_str().into());
        }
        Payload::VersionNamed { name, moment } => {
            data.insert("name".into(), name.as_str().into());
            data.insert("moment".into(), moment.to_string().into());
        }
        Payload::DocumentArchived | Payload::DocumentRestored => {}
        Payload::CommentAdded { start, end, text } => {
            data.insert("start".into(), anchor_to_json(start));
            data.insert("end".into(), anchor_to_json(end));
            data.insert("text".into(), text.as_str().into());
        }
        Payload::CommentEdited { comment, text } => {
            data.insert("comment".into(), comment.to_string().into());
            data.insert("text".into(), text.as_str().into());
        }
        Payload::CommentReplied { thread, text } => {
            data.insert("thread".into(), thread.to_string().into());
            data.insert("text".into(), text.as_str().into());
        }
        Payload::CommentResolved { thread } | Payload::CommentReopened { thread } => {
            data.insert("thread".into(), thread.to_string().into());
        }
        Payload::CommentDeleted { comment } => {
            data.insert("comment".into(), comment.to_string().into());
        }
        Payload::Unknown { kind, bytes } => {
            data.insert("kind".into(), (*kind).into());
            data.insert("bytes".into(), bytes.len().into());
            data.insert("note".into(), "made by a newer version".into());
        }
    }
    Value::Object(data)
}

fn anchor_to_json(anchor: &Anchor) -> Value {
    let Anchor { event, offset, side } = anchor;
    json!({ "event": event.to_string(), "offset": offset, "side": side.name() })
}

fn op_to_json(op: &Op) -> Value {
    match op {
        Op::Insert { pos, text } => json!({ "insert": { "pos": pos, "text": text } }),
        Op::Delete { pos, len } => json!({ "delete": { "pos": pos, "len": len } }),
        Op::ErasedInsert { pos, len } => json!({ "erased": { "pos": pos, "len": len } }),
    }
}

/// An intent's name.
pub fn intent_name(intent: Intent) -> &'static str {
    match intent {
        Intent::Typed => "typed",
        Intent::Pasted => "pasted",
        Intent::Imported => "imported",
        Intent::Restored(_) => "restored",
        Intent::Undone => "undone",
        Intent::Redone => "redone",
        Intent::Replaced => "replaced",
        Intent::Accepted => "accepted",
        Intent::Other(_) => "other",
    }
}

/// A patch as a list of edits; positions in scalars of the text before it.
pub fn patch_to_json(patch: &Patch) -> Value {
    let edit = |edit: &crate::patch::Edit| json!({ "pos": edit.pos, "deleted": edit.deleted.as_str(), "inserted": edit.inserted.as_str() });
    patch.edits().iter().map(edit).collect()
}
