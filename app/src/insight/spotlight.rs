//! The spotlight: the passage that somebody came to see, now or at a moment of the past.

use std::ops::Range;
use std::time::Duration;

use leptos::prelude::*;
use palimpsest_core::{DocumentId, Revision};

use crate::insight::Insight;

/// How often and how long the editor is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(60);
const LOOKS_MAX: u32 = 300;

/// A passage of a document; without a revision, of its text now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Spot {
    pub(crate) id: DocumentId,
    pub(crate) at: Option<Revision>,
    pub(crate) range: Range<usize>,
}

/// Where the light is. A context of the whole app; copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Spotlight(RwSignal<Option<Spot>>);

impl Spotlight {
    /// No light.
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Lights a passage instead of what was lit.
    pub(crate) fn shine(self, spot: Option<Spot>) {
        self.0.set(spot);
    }

    /// Lets an effect follow it.
    pub(crate) fn track(self) {
        self.0.track();
    }

    /// The passage to be marked in a text of the past.
    pub(crate) fn at(self, id: DocumentId, revision: Revision) -> Option<Range<usize>> {
        self.0.with_untracked(|spot| {
            let spot = spot.as_ref()?;
            (spot.id == id && spot.at == Some(revision)).then(|| spot.range.clone())
        })
    }
}

/// Selects a passage of now that somebody came to see from another page, once the text is there.
pub(super) fn follow(insight: Insight) {
    let spot = insight.spotlight.0.get_untracked();
    let Some(spot) = spot.filter(|spot| spot.id == insight.desk.id() && spot.at.is_none()) else {
        return;
    };
    insight.spotlight.shine(None);
    select(insight, spot.range, LOOKS_MAX);
}

fn select(insight: Insight, range: Range<usize>, looks: u32) {
    set_timeout(
        move || {
            // The page may have been left meanwhile.
            let Some(at) = insight.machine.at().try_get_untracked() else { return };
            if at.is_none() && !insight.tools.select(&range) && looks > 0 {
                select(insight, range, looks - 1);
            }
        },
        LOOK_EVERY,
    );
}
