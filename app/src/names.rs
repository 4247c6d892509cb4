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
    documents: RefCell<BTreeMap<DocumentId, ArcRwSignal<Known>>>,
}

impl Names {
    /// What an author is called in a document; followed where signals are followed.
    pub fn name_of(&self, document: DocumentId, author: AuthorId) -> String {
        let said = self.said_in(document).with(|known| known.get(&author).cloned());
        let found = said.or_else(|| self.everywhere.with(|known| known.get(&author).cloned()));
        profile::name_of(author, found.as_ref())
    }

    /// All names and colours that count in a document.
    pub fn counting_in(&self, document: DocumentId) -> Signal<Known> {
        let (everywhere, said) = (self.everywhere.clone(), self.said_in(document));
        Signal::derive(move || {
            let mut known = everywhere.get();
            said.with(|said| known.extend(said.iter().map(|(author, one)| (*author, one.clone()))));
            known
        })
    }

    /// Takes in what was said in a document, and returns what of it is new.
    pub fn learn(&self, document: DocumentId, mut profiles: Vec<Profile>) -> Vec<Profile> {
        let known = self.said_in(document);
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
            let known = document.map_or_else(|| self.everywhere.clone(), |of| self.said_in(of));
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
        for known in self.documents.borrow().values() {
            if known.with_untracked(|known| known.contains_key(&author)) {
                known.update(|known| {
                    known.insert(author, profile.clone());
                });
            }
        }
        true
    }

    fn said_in(&self, document: DocumentId) -> ArcRwSignal<Known> {
        self.documents.borrow_mut().entry(document).or_default().clone()
    }
}
