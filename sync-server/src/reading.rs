//! A document as a reader sees it: its log replayed into text and timeline. It is made from
//! the log alone and writes nothing.

use palimpsest_core::{
    AuthorId, Document, DocumentId, Event, Marker, ReplicaId, Revision, Text, Timeline,
};

use crate::activity::Activity;
use crate::store::sqlite::Summary;
use crate::store::{EventStore, Limit, ReadError};

/// How much of a log is replayed at a time.
const PAGE: Limit = Limit { events: 20_000, bytes: 8 * 1024 * 1024 };

/// A document needs somebody to speak for; a reader makes no events, so these appear in no log.
const READER: (ReplicaId, AuthorId) = (ReplicaId(0), AuthorId([0; 16]));

/// A document replayed up to some revision.
pub struct Reading {
    /// The document.
    pub document: Document,
    /// Its past.
    pub timeline: Timeline,
    activity: Activity,
}

impl Reading {
    /// A document of which nothing was read yet.
    pub fn new(id: DocumentId) -> Self {
        let (replica, author) = READER;
        Self {
            document: Document::new(id, replica, author),
            timeline: Timeline::new(),
            activity: Activity::default(),
        }
    }

    /// Replays what the store has beyond what was read already.
    pub fn catch_up(&mut self, store: &impl EventStore) -> Result<(), ReadError> {
        loop {
            let page = store.read(self.document.id(), self.timeline.head(), PAGE)?;
            if page.events.is_empty() {
                return Ok(());
            }
            let places: Vec<_> =
                page.events.iter().map(|o| (o.event.header.id, o.recorded)).collect();
            page.events.iter().for_each(|o| self.activity.count(&o.event));
            let events: Vec<Event> = page.events.into_iter().map(|o| o.event).collect();
            self.document.merge(events);
            self.timeline.extend(self.document.graph(), &places);
        }
    }

    /// The last revision that was read.
    pub fn head(&self) -> Revision {
        self.timeline.head()
    }

    /// The text right after `revision`, which must not be past the head.
    pub fn text_at(&self, revision: Revision) -> Text {
        self.timeline.text_at(revision)
    }

    /// The versions that have a name, by revision.
    pub fn versions(&self) -> Vec<Marker> {
        self.timeline.markers(self.document.graph())
    }

    /// What a list says about the document.
    pub fn summary(&self) -> Summary {
        Summary {
            document: self.document.id(),
            revision: self.head(),
            title: self.document.title().to_owned(),
            archived: self.document.archived(),
            folder: self.document.facts().folder().to_owned(),
            activity: self.activity.clone(),
        }
    }
}
