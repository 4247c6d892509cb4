//! Who is here, and where: names, colours and carets of others. It expires and never enters
//! the log.

use std::collections::BTreeMap;

use crate::document::Document;
use crate::event::{AuthorId, EventId, ReplicaId, Timestamp};
use crate::patch::{Bias, Patch};

/// How long somebody who says nothing still counts as here, in milliseconds.
pub const PRESENCE_MS_MAX: i64 = 30_000;
/// How many replicas a board holds; who comes beyond is not shown.
pub const PRESENT_MAX: usize = 256;

/// A selection in scalars; `anchor` is where it began, `head` is the caret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Selection {
    /// Where it began.
    pub anchor: usize,
    /// Where the caret is.
    pub head: usize,
}

/// What one replica says about itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presence {
    /// Which replica.
    pub replica: ReplicaId,
    /// Who writes there.
    pub author: AuthorId,
    /// What they call themselves.
    pub name: String,
    /// Which of the interface's author colours they chose.
    pub colour: u8,
    /// The version whose text the selection speaks of.
    pub version: Vec<EventId>,
    /// Where they are; `None` if the document is open but not in focus.
    pub selection: Option<Selection>,
}

/// Everybody else who has the document open.
#[derive(Clone, Default, Debug)]
pub struct PresenceBoard {
    entries: BTreeMap<ReplicaId, (Presence, Timestamp)>,
}

impl PresenceBoard {
    /// A board with nobody on it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what somebody says, with the selection carried to the present text. A
    /// selection of a version that is not known here is left out until they say it again.
    pub fn receive(&mut self, mut presence: Presence, document: &Document, now: Timestamp) {
        if presence.replica == document.replica() {
            return;
        }
        let is_new = !self.entries.contains_key(&presence.replica);
        if is_new && self.entries.len() >= PRESENT_MAX {
            return;
        }
        presence.selection = presence.selection.and_then(|selection| {
            let map = |pos| document.map_pos(pos, &presence.version, Bias::Before);
            Some(Selection { anchor: map(selection.anchor)?, head: map(selection.head)? })
        });
        self.entries.insert(presence.replica, (presence, now));
    }

    /// Carries all selections over a change of the text.
    pub fn apply(&mut self, patch: &Patch) {
        for (presence, _) in self.entries.values_mut() {
            if let Some(selection) = &mut presence.selection {
                selection.anchor = patch.map_pos(selection.anchor, Bias::Before);
                selection.head = patch.map_pos(selection.head, Bias::Before);
            }
        }
    }

    /// Somebody closed the document.
    pub fn leave(&mut self, replica: ReplicaId) {
        self.entries.remove(&replica);
    }

    /// Forgets who has been silent for too long; says whether anybody was.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.entries.len();
        self.entries.retain(|_, (_, heard)| now.0 - heard.0 <= PRESENCE_MS_MAX);
        self.entries.len() != before
    }

    /// Forgets everybody: the connection is gone.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Who is here, in the order of their replica ids.
    pub fn entries(&self) -> impl Iterator<Item = &Presence> {
        self.entries.values().map(|(presence, _)| presence)
    }
}
