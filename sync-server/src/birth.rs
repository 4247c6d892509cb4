//! What a server writes where nobody types: a document's first events, and changes asked for over
//! HTTP, made by core's own commands. Where they are stored is the caller's matter.

use palimpsest_core::{
    AuthorId, Command, CommandError, Document, DocumentId, Event, EventId, Intent, ReplicaId,
    TextChange,
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

/// The first events of document `id`: its creation, and its text and its folder if it starts with
/// them.
pub(crate) fn first_events(
    id: DocumentId,
    title: &str,
    folder: &str,
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
    if !folder.is_empty() {
        let folder = folder.to_owned();
        events.extend(document.execute(Command::MoveToFolder { folder }, now())?.events);
    }
    events.extend(document.seal().events);
    Ok(events)
}

/// The events that `commands` come to on a document as it is, as those of a new replica.
pub(crate) fn events_on(
    document: &Document,
    commands: Vec<Command>,
) -> Result<Vec<Event>, CommandError> {
    let mut copy = document.clone();
    let mut events = Vec::new();
    for command in commands {
        events.extend(copy.execute(command, now())?.events);
    }
    events.extend(copy.seal().events);
    // The copy speaks for nobody; its events are made somebody's.
    let (nobody, replica) = (document.replica(), new_replica_id());
    let own = |id: &mut EventId| {
        if id.replica == nobody {
            id.replica = replica;
        }
    };
    for event in &mut events {
        own(&mut event.header.id);
        event.header.parents.iter_mut().for_each(own);
        event.header.parents.sort();
        event.header.author = SERVER_AUTHOR;
    }
    Ok(events)
}
