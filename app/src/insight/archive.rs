//! The archive: what was read of documents to be searched, kept for the next word, and as much of
//! it as a page may hold.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use palimpsest_core::{DocumentId, Follower, Hits, Search};

use crate::clock;
use crate::desk::Glance;
use crate::workspace::{Listing, Workspace};

/// How many edits, over all documents, are kept at most.
const EDITS_MAX: u64 = 300_000;
/// How many edits are taken in before the page gets its turn.
const SLICE_EDITS: usize = 8_000;

/// A context of the whole app; copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Archive(StoredValue<Rc<RefCell<Vec<Rc<Kept>>>>, LocalStorage>);

/// One document that was read.
pub(crate) struct Kept {
    id: DocumentId,
    /// How many edits it had.
    edits: u64,
    pub(crate) glance: Glance,
    follower: RefCell<Follower<Search>>,
}

impl Kept {
    /// Finds words in it, at most `most` times now and in the past.
    pub(crate) async fn find(&self, words: &str, most: usize) -> Hits {
        loop {
            let done = self.glance.with(|timeline, graph| {
                self.follower.borrow_mut().read_part(timeline, graph, SLICE_EDITS)
            });
            if done {
                break;
            }
            clock::breathe().await;
        }
        self.glance.with(|timeline, graph| {
            self.follower.borrow_mut().read(timeline, graph).find(words, most)
        })
    }
}

impl Archive {
    /// Nothing read yet.
    pub(crate) fn new() -> Self {
        Self(StoredValue::new_local(Rc::default()))
    }

    /// A document, read if it is not here.
    pub(crate) async fn get(
        self,
        workspace: Workspace,
        listing: &Listing,
    ) -> Result<Rc<Kept>, String> {
        let kept = self.0.get_value();
        kept.borrow_mut().retain(|one| workspace.holds(&one.glance, one.id));
        let same = |one: &&Rc<Kept>| {
            one.id == listing.id && (one.edits == listing.edits || one.glance.is_open())
        };
        if let Some(found) = kept.borrow().iter().find(same).cloned() {
            return Ok(found);
        }
        let glance = workspace.glance(listing.id).await?;
        let follower = RefCell::new(Follower::new());
        let new = Rc::new(Kept { id: listing.id, edits: listing.edits, glance, follower });
        let mut kept = kept.borrow_mut();
        kept.retain(|one| one.id != listing.id);
        kept.push(new.clone());
        // What was read first goes first; the last stays, however long it is.
        while kept.len() > 1 && kept.iter().map(|one| one.edits).sum::<u64>() > EDITS_MAX {
            kept.remove(0);
        }
        Ok(new)
    }

    /// Lets go of everything: nobody searches any more.
    pub(crate) fn clear(self) {
        if let Some(kept) = self.0.try_get_value() {
            kept.borrow_mut().clear();
        }
    }
}
