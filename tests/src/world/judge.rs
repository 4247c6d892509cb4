//! Who watches the simulated world: what must hold at every moment, and what must hold in the
//! end. It takes no part in anything.

use std::collections::{BTreeMap, BTreeSet};

use palimpsest_core::{
    Change, Comments, Document, Event, EventId, Op, Ordered, Origin, Payload, ReadModel, Refusal,
    Revision, Timeline, readable,
};
use palimpsest_server::store::memory::MemoryStore;
use palimpsest_server::store::{EventStore, Limit};

use super::DOCUMENT;
use super::device::Device;
use crate::seeds::Random;

/// What was promised so far.
#[derive(Debug, Default)]
pub(super) struct Judge {
    /// Complete events that a device has stored: they must end up in the log.
    durable: BTreeMap<EventId, Event>,
    /// The log, as anybody was ever told of it.
    told: Vec<Ordered>,
    /// Where each event of the log stands.
    places: BTreeMap<EventId, Revision>,
    /// Letters that somebody removed: all others must be there in the end.
    removed: BTreeSet<char>,
}

impl Judge {
    /// A device has stored a complete event, or the last of one whose author is gone.
    pub(super) fn durable(&mut self, event: &Event) {
        let id = event.header.id;
        let known = self.durable.entry(id).or_insert_with(|| event.clone());
        assert_eq!(known, event, "event {id} was stored with other content before");
    }

    /// An app was opened from what its device has stored.
    pub(super) fn opened(&self, document: &Document) {
        assert_eq!(document.text().to_string(), {
            let mut again = document.clone();
            let graph = document.graph();
            again.merge((0..graph.len()).map(|lv| graph.event(lv)).collect());
            again.text().to_string()
        });
    }

    /// A document changed.
    pub(super) fn changed(&mut self, change: &Change) {
        if change.origin == Origin::Local {
            let edits = change.patches.iter().flat_map(|patch| patch.edits());
            self.removed.extend(edits.flat_map(|edit| edit.deleted.chars()));
        }
    }

    /// A session hands out the next revisions behind `head`.
    pub(super) fn ordered(&mut self, batch: &[Ordered], head: Revision) {
        for (ordered, expected) in batch.iter().zip(head.0 + 1..) {
            assert_eq!(ordered.revision.0, expected, "revisions come in order, without gaps");
            match self.told.get(expected as usize - 1) {
                Some(told) => assert_eq!(told, ordered, "a revision is the same for everyone"),
                None => {
                    assert_eq!(self.told.len() as u64 + 1, expected);
                    let id = ordered.event.header.id;
                    let earlier = self.places.insert(id, ordered.revision);
                    assert_eq!(earlier, None, "event {id} has one place");
                    self.told.push(ordered.clone());
                }
            }
        }
    }

    /// The server refused something.
    pub(super) fn refused(&self, refusal: Refusal, reason: &str) {
        let is_ours = matches!(
            refusal,
            Refusal::IdConflict
                | Refusal::TooLarge
                | Refusal::WrongProtocol
                | Refusal::UnknownDocument
                | Refusal::TooManyDocuments
                | Refusal::NoAccess
                | Refusal::NotAllowed
        );
        assert!(!is_ours, "{refusal:?}: {reason}");
    }

    /// What must hold at every moment, the server's crashes included: what was told is in the
    /// log, at its place, as it was.
    pub(super) fn watch(&self, store: &MemoryStore) {
        let log = log(store);
        assert!(log.len() >= self.told.len(), "what was acknowledged is gone");
        assert!(log.iter().zip(&self.told).all(|(kept, told)| kept == told), "the log was changed");
    }

    /// What must hold in the end.
    pub(super) fn conclude(&self, random: &mut Random, store: &MemoryStore, devices: &[Device]) {
        self.watch(store);
        let log = log(store);
        assert!(log.iter().map(|ordered| ordered.revision.0).eq(1..=log.len() as u64));
        assert!(log.is_sorted_by_key(|ordered| ordered.recorded));
        let by_id: BTreeMap<EventId, &Event> =
            log.iter().map(|ordered| (ordered.event.header.id, &ordered.event)).collect();
        assert_eq!(by_id.len(), log.len(), "every event has one place");
        for (id, event) in &self.durable {
            assert_eq!(by_id.get(id), Some(&event), "event {id} was stored on a device");
        }
        let (document, timeline) = replay(&log);
        let text = document.text().to_string();
        if random.chance(5) {
            assert_eq!(text, readable::replay(document.graph()));
        }
        for letter in log.iter().flat_map(|ordered| inserted(&ordered.event)) {
            assert!(self.removed.contains(&letter) || text.contains(letter), "{letter} is missing");
        }
        let comments = Comments::at(&timeline, document.graph(), timeline.last());
        let revisions: Vec<Revision> =
            (0..6).map(|_| Revision(random.below(log.len() + 1) as u64)).collect();
        for device in devices {
            assert_eq!(device.disk.ordered, log, "the log is on every device");
            let app = device.app.as_ref().expect("every app runs in the end");
            assert_eq!(app.document.text().to_string(), text);
            assert_eq!(app.view.to_string(), text);
            assert_eq!(app.document.title(), document.title());
            assert_eq!(app.document.archived(), document.archived());
            let mut line = app.timeline.clone();
            line.settle(app.document.graph());
            assert_eq!((line.head(), line.last()), (timeline.head(), timeline.last()));
            let there = app.document.graph();
            assert_eq!(line.markers(there), timeline.markers(document.graph()));
            assert_eq!(line.activity(there, 5), timeline.activity(document.graph(), 5));
            let said = Comments::at(&line, there, line.last()).threads(there);
            assert_eq!(said, comments.threads(document.graph()));
            for &revision in &revisions {
                assert_eq!(line.text_at(revision), timeline.text_at(revision), "{revision:?}");
                assert_eq!(
                    line.moment(there, revision),
                    timeline.moment(document.graph(), revision)
                );
            }
        }
    }
}

/// A document and its timeline from the log alone.
fn replay(log: &[Ordered]) -> (Document, Timeline) {
    let replica = palimpsest_core::ReplicaId(0);
    let author = palimpsest_core::AuthorId([0; 16]);
    let mut document = Document::new(DOCUMENT, replica, author);
    document.merge(log.iter().map(|ordered| ordered.event.clone()).collect());
    let places: Vec<_> = log.iter().map(|o| (o.event.header.id, o.recorded)).collect();
    let mut timeline = Timeline::new();
    timeline.extend(document.graph(), &places);
    timeline.settle(document.graph());
    (document, timeline)
}

fn log(store: &MemoryStore) -> Vec<Ordered> {
    let all = Limit { events: usize::MAX, bytes: usize::MAX };
    store.read(DOCUMENT, Revision(0), all).expect("memory can be read").events
}

fn inserted(event: &Event) -> Vec<char> {
    let Payload::TextEdited { ops } = &event.payload else { return Vec::new() };
    let texts = ops.iter().filter_map(|op| match op {
        Op::Insert { text, .. } => Some(text.chars()),
        Op::Delete { .. } | Op::ErasedInsert { .. } => None,
    });
    texts.flatten().collect()
}
