//! What events look like as JSON, as JSON Schema (2020-12): a schema for each kind and version, of
//! the whole CloudEvents envelope, so that who reads exported events can check them and generate
//! code from it. Each stands on its own. Writing the JSON is `json`'s matter; a test holds the two
//! together.

use serde_json::{Map, Value, json};

/// The kinds of events, as types and addresses name them.
const KINDS: [&str; 14] = [
    "DocumentCreated",
    "TextEdited",
    "TitleChanged",
    "FolderChanged",
    "VersionNamed",
    "DocumentArchived",
    "DocumentRestored",
    "CommentAdded",
    "CommentEdited",
    "CommentReplied",
    "CommentResolved",
    "CommentReopened",
    "CommentDeleted",
    "Unknown",
];
/// An event of any kind.
const ANY: &str = "Event.v1";
/// Events in a row, as a batch of CloudEvents has them.
const BATCH: &str = "EventBatch.v1";

/// The greatest integer that an attribute of a CloudEvent may be.
const ATTRIBUTE_MAX: u32 = i32::MAX as u32;

/// The name of every schema: a kind and its version, an event of any kind, and a batch of them.
pub fn names() -> impl Iterator<Item = String> {
    KINDS.iter().map(|kind| format!("{kind}.v1")).chain([ANY, BATCH].map(str::to_owned))
}

/// The schema of a name; `None` if there is none.
pub fn schema(name: &str) -> Option<Value> {
    let choice = || -> Value {
        KINDS.iter().map(|kind| json!({ "$ref": format!("#/$defs/{kind}") })).collect()
    };
    let kinds = || -> Value {
        KINDS.iter().map(|kind| ((*kind).to_owned(), envelope(kind))).collect::<Map<_, _>>().into()
    };
    let (title, body) = match name {
        ANY => {
            let body = json!({ "oneOf": choice(), "$defs": kinds() });
            ("An event of a document".to_owned(), body)
        }
        BATCH => {
            let items = json!({ "oneOf": choice() });
            let body = json!({ "type": "array", "items": items, "$defs": kinds() });
            ("Events of a document, in order".to_owned(), body)
        }
        _ => {
            let kind = name.strip_suffix(".v1").filter(|kind| KINDS.contains(kind))?;
            (format!("{kind}, as a CloudEvent"), envelope(kind))
        }
    };
    let mut schema = Map::new();
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("$id".into(), format!("/api/v1/schemas/{name}").into());
    schema.insert("title".into(), title.into());
    if let Value::Object(body) = body {
        schema.extend(body);
    }
    Some(schema.into())
}

/// An event of a kind. Whoever carries a CloudEvent may add attributes to it, and nothing else.
fn envelope(kind: &str) -> Value {
    json!({
        "type": "object",
        "properties": {
            "specversion": { "const": "1.0" },
            "type": { "const": format!("palimpsest.{kind}.v1") },
            "id": event_id("The event: who wrote it, and which of theirs it is"),
            "source": text_like(&format!("^/api/v1/documents/{UUID}$"), "The document's address"),
            "subject": text_like(&format!("^{UUID}$"), "The document"),
            "time": time("When it was made, by the clock of who made it"),
            "datacontenttype": { "const": "application/json" },
            "revision": {
                "type": "integer", "minimum": 1, "maximum": ATTRIBUTE_MAX,
                "description": "Its place in the document's order",
            },
            "recordedtime": time("When the server stored it"),
            "author": text_like("^[0-9a-f]{32}$", "Who made it"),
            "parents": text_like(
                &format!("^{EVENT}( {EVENT})*$"),
                "The events it was made on, with spaces between them; absent for the first of all",
            ),
            "correlationid": text_like("^[0-9a-f]{16}$", "What was done in one go shares it"),
            "causationid": event_id("The event that it takes back or makes good again"),
            "data": data(kind),
        },
        "required": [
            "specversion", "type", "id", "source", "subject", "time", "datacontenttype",
            "revision", "recordedtime", "author", "correlationid", "data",
        ],
        "propertyNames": { "pattern": "^[a-z0-9]+$" },
        "additionalProperties": { "type": ["string", "boolean", "integer"] },
    })
}

const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const EVENT: &str = "[0-9a-f]{16}:(0|[1-9][0-9]*)";

/// What an event of a kind says.
fn data(kind: &str) -> Value {
    let text = json!({ "type": "string" });
    match kind {
        "DocumentCreated" | "TitleChanged" => object([("title", text)]),
        "TextEdited" => text_edited(),
        "FolderChanged" => object([("folder", text)]),
        "VersionNamed" => {
            let moment = event_id("The last event of the version");
            object([("name", text), ("moment", moment)])
        }
        "CommentAdded" => object([("start", anchor()), ("end", anchor()), ("text", text)]),
        "CommentEdited" => {
            object([("comment", event_id("The comment that is changed")), ("text", text)])
        }
        "CommentReplied" => object([("thread", thread()), ("text", text)]),
        "CommentResolved" | "CommentReopened" => object([("thread", thread())]),
        "CommentDeleted" => object([("comment", event_id("The comment that is withdrawn"))]),
        "Unknown" => {
            let kind = count("The kind's number");
            let bytes = count("How many bytes it says");
            object([("kind", kind), ("bytes", bytes), ("note", text)])
        }
        _ => object([]),
    }
}

/// Edits, one after the other: positions and lengths count Unicode scalar values of the text at
/// the event's parents, after the edits before it.
fn text_edited() -> Value {
    let pos = || count("Where, in Unicode scalar values");
    let len = || count("How many Unicode scalar values");
    let op = |name: &str, op: Value| object([(name, op)]);
    let ops = json!({
        "type": "array",
        "items": { "oneOf": [
            op("insert", object([("pos", pos()), ("text", json!({ "type": "string" }))])),
            op("delete", object([("pos", pos()), ("len", len())])),
            op("erased", object([("pos", pos()), ("len", len())])),
        ] },
    });
    let intents = [
        "typed", "pasted", "imported", "restored", "undone", "redone", "replaced", "accepted",
        "other",
    ];
    let mut edited = object([("intent", json!({ "enum": intents })), ("ops", ops)]);
    edited["properties"]["from_revision"] = count("Of a restored text: the revision it was at");
    edited["if"] = json!({ "properties": { "intent": { "const": "restored" } } });
    edited["then"] = json!({ "required": ["from_revision"] });
    edited["else"] = json!({ "properties": { "from_revision": false } });
    edited
}

/// An object with these members and no others.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let mut object = json!({ "type": "object", "required": required });
    object["additionalProperties"] = false.into();
    object["properties"] =
        members.into_iter().map(|(name, it)| (name.to_owned(), it)).collect::<Map<_, _>>().into();
    object
}

/// A place between two characters that stays where it is.
fn anchor() -> Value {
    object([
        ("event", event_id("The event that inserted a character")),
        ("offset", count("Which of its characters")),
        ("side", json!({ "enum": ["front", "back"] })),
    ])
}

fn thread() -> Value {
    event_id("The comment that the thread began with")
}

fn count(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": description })
}

fn event_id(description: &str) -> Value {
    text_like(&format!("^{EVENT}$"), description)
}

fn time(description: &str) -> Value {
    let pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$";
    let mut time = text_like(pattern, description);
    time["format"] = "date-time".into();
    time
}

fn text_like(pattern: &str, description: &str) -> Value {
    json!({ "type": "string", "pattern": pattern, "description": description })
}
