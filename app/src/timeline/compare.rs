//! Two moments side by side: with which one the shown moment is compared, how, and what was
//! found. The comparing itself is the core's, the drawing the editor's.

use leptos::prelude::*;
use palimpsest_core::{Grain, Revision};

/// The other moment of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Other {
    /// The present, which goes on meanwhile.
    Now,
    /// A moment.
    At(Revision),
}

/// How a comparison is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Layout {
    /// What went and what came, in one text.
    #[default]
    Inline,
    /// The earlier text on the left, the later one on the right.
    Beside,
}

/// What a comparison found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Found {
    /// How many characters came.
    pub(crate) added: usize,
    /// How many went.
    pub(crate) removed: usize,
    /// Where each change is, in UTF-16 units of the earlier text and of the later one.
    pub(crate) places: Vec<(usize, usize)>,
}

/// A comparison. Copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Compare {
    /// With what; `None` while nothing is compared.
    pub(crate) with: RwSignal<Option<Other>>,
    /// How it is laid out.
    pub(crate) layout: RwSignal<Layout>,
    /// How fine it is.
    pub(crate) grain: RwSignal<Grain>,
    /// What was found, once it was.
    pub(crate) found: RwSignal<Option<Found>>,
    /// Which of the changes one goes through, from 0.
    pub(crate) current: RwSignal<Option<usize>>,
}

impl Compare {
    /// Nothing is compared.
    pub(crate) fn new() -> Self {
        Self {
            with: RwSignal::new(None),
            layout: RwSignal::new(Layout::default()),
            grain: RwSignal::new(Grain::Phrases),
            found: RwSignal::new(None),
            current: RwSignal::new(None),
        }
    }

    /// Whether two moments are compared.
    pub(crate) fn on(self) -> bool {
        self.with.get().is_some()
    }

    /// Compares with another moment, or with none.
    pub(crate) fn set(self, with: Option<Other>) {
        if self.with.get_untracked() != with {
            self.current.set(None);
            self.with.set(with);
        }
    }

    /// The view tells what it found.
    pub(crate) fn tell(self, found: Option<Found>) {
        if self.found.with_untracked(|known| *known != found) {
            let few = found.as_ref().map_or(0, |found| found.places.len());
            if self.current.get_untracked().is_some_and(|current| current >= few) {
                self.current.set(None);
            }
            self.found.set(found);
        }
    }

    /// Goes to the next change or the previous one; behind the last is the first.
    pub(crate) fn step(self, forward: bool) {
        let count = self.found.with_untracked(|found| found.as_ref().map_or(0, |f| f.places.len()));
        if count == 0 {
            return;
        }
        let next = match (self.current.get_untracked(), forward) {
            (None, true) => 0,
            (None, false) => count - 1,
            (Some(current), true) => (current + 1) % count,
            (Some(current), false) => (current + count - 1) % count,
        };
        self.current.set(Some(next));
    }
}
