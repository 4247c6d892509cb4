//! What authors are called: in each document what was said there and nowhere else, since whoever may
//! comment in one has no say in another. Where names are kept, and who hears of them, is `page`'s
//! matter.

use std::cell::RefCell;
use std::collections::BTreeMap;

use leptos::prelude::*;
use palimpsest_core::{AuthorId, DocumentId, Profile};

use crate::profile;

/// Names and colours, by author.
pub type Known = BTreeMap<AuthorId, Profile>;

/// What authors are called, as far as this page knows.
#[derive(Default)]
pub struct Names {
    /// Who writes on this device, and names from before each document had its own. They count where
    /// a document says nothing.
    everywhere: ArcRwSignal<Known>,
    documents: RefCell<BTreeMap<DocumentId, Said>>,
}

/// What authors are called in one document.
#[derive(Clone)]
struct Said {
    /// As far as that was said there.
    here: ArcRwSignal<Known>,
    /// With what counts everywhere. Put together when something new is said, not at every look.
    counting: ArcMemo<Known>,
}

impl Names {
    /// What an author is called in a document; followed where signals are followed.
    pub fn name_of(&self, document: DocumentId, author: AuthorId) -> String {
        self.said_in(document).counting.with(|known| profile::name_of(author, known.get(&author)))
    }

    /// All names and colours that count in a document.
    pub fn counting_in(&self, document: DocumentId) -> Signal<Known> {
        ArcSignal::from(self.said_in(document).counting).into()
    }

    /// Takes in what was said in a document, and returns what of it is new.
    pub fn learn(&self, document: DocumentId, mut profiles: Vec<Profile>) -> Vec<Profile> {
        let known = self.said_in(document).here;
        known.with_untracked(|known| {
            profiles.retain(|profile| known.get(&profile.author) != Some(profile));
        });
        if !profiles.is_empty() {
            known.update(|known| {
                known.extend(profiles.iter().map(|profile| (profile.author, profile.clone())));
            });
        }
        profiles
    }

    /// Takes in what was kept, of a document or from before; what was said since goes before it.
    pub fn recall(&self, kept: Vec<(Option<DocumentId>, Profile)>) {
        for (document, profile) in kept {
            let known =
                document.map_or_else(|| self.everywhere.clone(), |of| self.said_in(of).here);
            known.update(|known| {
                known.entry(profile.author).or_insert(profile);
            });
        }
    }

    /// Takes in what who writes on this device wants to be called, in every document; says whether
    /// that is new.
    pub fn learn_own(&self, profile: &Profile) -> bool {
        let author = profile.author;
        let is_new = |known: &Known| known.get(&author) != Some(profile);
        if !self.everywhere.with_untracked(is_new) {
            return false;
        }
        self.everywhere.update(|known| {
            known.insert(author, profile.clone());
        });
        for Said { here: known, .. } in self.documents.borrow().values() {
            if known.with_untracked(|known| known.contains_key(&author)) {
                known.update(|known| {
                    known.insert(author, profile.clone());
                });
            }
        }
        true
    }

    fn said_in(&self, document: DocumentId) -> Said {
        let begin = || {
            let here = ArcRwSignal::<Known>::default();
            let (everywhere, said) = (self.everywhere.clone(), here.clone());
            let counting = ArcMemo::new(move |_| {
                let mut known = everywhere.get();
                said.with(|said| known.extend(said.iter().map(|(of, one)| (*of, one.clone()))));
                known
            });
            Said { here, counting }
        };
        self.documents.borrow_mut().entry(document).or_insert_with(begin).clone()
    }
}
