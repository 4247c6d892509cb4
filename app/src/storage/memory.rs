//! The event store where the browser offers no database: the same records, gone with the page.

use std::cell::RefCell;
use std::collections::BTreeMap;

use palimpsest_core::codec;
use palimpsest_core::{AuthorId, DocumentId, EventId, Profile, Revision};

use super::{PendingRecord, Record, Write};
use crate::catalogue::Card;

/// All records, by the keys they have in the database.
#[derive(Default)]
pub(super) struct Memory {
    ordered: RefCell<BTreeMap<(DocumentId, Revision), Vec<u8>>>,
    pending: RefCell<BTreeMap<(DocumentId, EventId), PendingRecord>>,
    cards: RefCell<BTreeMap<DocumentId, Card>>,
    profiles: RefCell<BTreeMap<(DocumentId, AuthorId), Profile>>,
}

impl Memory {
    pub(super) fn ordered(&self, document: DocumentId, from: Revision, limit: u32) -> Vec<Record> {
        self.ordered
            .borrow()
            .range((document, from)..=(document, Revision(u64::MAX)))
            .take(limit as usize)
            .map(|((_, first), bytes)| Record { first: *first, bytes: bytes.clone() })
            .collect()
    }

    pub(super) fn last_ordered(&self, document: DocumentId) -> Option<Record> {
        self.ordered
            .borrow()
            .range((document, Revision(0))..=(document, Revision(u64::MAX)))
            .next_back()
            .map(|((_, first), bytes)| Record { first: *first, bytes: bytes.clone() })
    }

    pub(super) fn pending(&self, document: DocumentId) -> Vec<PendingRecord> {
        let pending = self.pending.borrow();
        let of_document = pending.iter().filter(|((owner, _), _)| *owner == document);
        of_document.map(|(_, record)| record.clone()).collect()
    }

    pub(super) fn pending_counts(&self) -> BTreeMap<DocumentId, usize> {
        let mut counts = BTreeMap::new();
        for (document, _) in self.pending.borrow().keys() {
            *counts.entry(*document).or_default() += 1;
        }
        counts
    }

    pub(super) fn write(&self, document: DocumentId, write: Write) {
        let mut pending = self.pending.borrow_mut();
        for (event, sealed) in write.pending {
            let id = event.header.id;
            let bytes = codec::encode_events(&[event]);
            pending.insert((document, id), PendingRecord { id, sealed, bytes });
        }
        for id in write.settled {
            pending.remove(&(document, id));
        }
        for batch in write.ordered {
            if let Some(first) = batch.first() {
                let key = (document, first.revision);
                self.ordered.borrow_mut().insert(key, codec::encode_ordered(&batch));
            }
        }
        if let Some(card) = write.card {
            self.cards.borrow_mut().insert(document, card);
        }
    }

    pub(super) fn cards(&self) -> Vec<Card> {
        self.cards.borrow().values().cloned().collect()
    }

    pub(super) fn profiles(&self) -> Vec<(Option<DocumentId>, Profile)> {
        let kept = self.profiles.borrow();
        kept.iter().map(|((document, _), profile)| (Some(*document), profile.clone())).collect()
    }

    pub(super) fn keep_profiles(&self, document: DocumentId, profiles: Vec<Profile>) {
        let mut kept = self.profiles.borrow_mut();
        kept.extend(profiles.into_iter().map(|profile| ((document, profile.author), profile)));
    }
}
