//! How a document comes into being where nobody types: its first events, made by core's own
//! commands. Where they are stored is the caller's matter.

use palimpsest_core::{
    AuthorId, Command, CommandError, Document, DocumentId, Event, Intent, ReplicaId, TextChange,
};

use crate::server::{now, random};

/// The author of what a server does by itself, on a script's or an operator's behalf.
pub(crate) const SERVER_AUTHOR: AuthorId = AuthorId([0; 16]);

/// An id for a new document.
pub(crate) fn new_document_id() -> DocumentId {
    DocumentId::new(now(), random())
}

/// A replica id for somebody who has none.
pub(crate) fn new_replica_id() -> ReplicaId {
    ReplicaId(u64::from_le_bytes(random()))
}

/// The first events of document `id`: its creation, and its text if it starts with one.
pub(crate) fn first_events(
    id: DocumentId,
    title: &str,
    text: &str,
) -> Result<Vec<Event>, CommandError> {
    let mut document = Document::new(id, new_replica_id(), SERVER_AUTHOR);
    let create = Command::CreateDocument { title: title.to_owned() };
    let mut events = document.execute(create, now())?.events;
    if !text.is_empty() {
        let changes = [TextChange { pos: 0, delete: 0, insert: text.into() }].into();
        let edit = Command::EditText { changes, intent: Intent::Imported };
        events.extend(document.execute(edit, now())?.events);
    }
    events.extend(document.seal().events);
    Ok(events)
}
