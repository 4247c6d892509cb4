//! Who is here, and where: names, colours and carets of others. It expires and never enters
//! the log.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::document::{Document, MAP_EVENTS_MAX};
use crate::event::{AuthorId, EventId, ReplicaId, Timestamp};
use crate::graph::{Graph, Lv};
use crate::patch::{Bias, Patch};
use crate::placed::Placed;
use crate::walker::{UNKNOWN_LEN, Walker};

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
    entries: BTreeMap<ReplicaId, Entry>,
}

/// What is known of one replica.
#[derive(Clone, Debug)]
struct Entry {
    /// As it was said, with the selection in the present text.
    presence: Presence,
    /// The selection in the text of the version it was said of.
    said: Option<Selection>,
    /// Whether the text changed since the selection was mapped as a whole.
    carried: bool,
    heard: Timestamp,
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
        let said = presence.selection;
        presence.selection = said.and_then(|said| mapped(document, &presence.version, said));
        let entry = Entry { said, carried: false, heard: now, presence };
        self.entries.insert(entry.presence.replica, entry);
    }

    /// Carries all selections over a change of the text: at once, and almost as
    /// [`PresenceBoard::settle`] would.
    pub fn apply(&mut self, patch: &Patch) {
        for Entry { presence, carried, .. } in self.entries.values_mut() {
            if let Some(selection) = &mut presence.selection {
                selection.anchor = patch.map_pos(selection.anchor, Bias::Before);
                selection.head = patch.map_pos(selection.head, Bias::Before);
                *carried = true;
            }
        }
    }

    /// Puts the selections that were carried along where they are on every replica with the
    /// same events. What was carried depends on what came first: where text is taken away and
    /// put in at once, the caret stays on one side of the new text or on the other. Says
    /// whether any moved.
    ///
    /// # Laws
    /// - Two boards that heard the same have equal selections after it, if their documents have
    ///   the same events, whatever arrived first.
    pub fn settle(&mut self, document: &Document) -> bool {
        let mut moved = false;
        for Entry { presence, said, carried, .. } in self.entries.values_mut() {
            if let (true, Some(said)) = (std::mem::take(carried), *said)
                && let Some(selection) = mapped(document, &presence.version, said)
            {
                moved |= presence.selection != Some(selection);
                presence.selection = Some(selection);
            }
        }
        moved
    }

    /// Somebody closed the document.
    pub fn leave(&mut self, replica: ReplicaId) {
        self.entries.remove(&replica);
    }

    /// Forgets who has been silent for too long; says whether anybody was.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.entries.len();
        self.entries.retain(|_, entry| now.0 - entry.heard.0 <= PRESENCE_MS_MAX);
        self.entries.len() != before
    }

    /// Forgets everybody: the connection is gone.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Who is here, in the order of their replica ids.
    pub fn entries(&self) -> impl Iterator<Item = &Presence> {
        self.entries.values().map(|entry| &entry.presence)
    }
}

/// A selection of the text at a version, in the present text. `None` if the version is not known
/// or too far back.
fn mapped(document: &Document, version: &[EventId], said: Selection) -> Option<Selection> {
    let graph = document.graph();
    let version = graph.version_of(version)?;
    let (_, since) = graph.diff(&version, graph.frontier());
    if since.iter().map(Range::len).sum::<usize>() > MAP_EVENTS_MAX {
        return None;
    }
    let mut ends = [said.anchor, said.head];
    Walker::new(version, UNKNOWN_LEN).walk(graph, &in_one_order(graph, &since), |step| {
        if let Some(op) = step.op {
            ends = ends.map(|pos| map_over(pos, &op));
        }
    });
    let [anchor, head] = ends.map(|pos| pos.min(document.text().len()));
    Some(Selection { anchor, head })
}

/// Where a position is after an op: what is put in at the very place is behind it.
fn map_over(pos: usize, op: &Placed) -> usize {
    match *op {
        Placed::Insert { pos: at, run } if at < pos => pos + run.len as usize,
        Placed::Delete { pos: at, len, .. } if at < pos => pos - len.min(pos - at),
        Placed::Insert { .. } | Placed::Delete { .. } => pos,
    }
}

/// Events in an order that is the same on every replica: causes first, and otherwise by id.
fn in_one_order(graph: &Graph, events: &[Range<Lv>]) -> Vec<Range<Lv>> {
    let all: BTreeSet<Lv> = events.iter().cloned().flatten().collect();
    let mut waiting: BTreeMap<Lv, usize> = BTreeMap::new();
    let mut children: BTreeMap<Lv, Vec<Lv>> = BTreeMap::new();
    let mut free = BTreeSet::new();
    for &lv in &all {
        let parents = graph.parents(lv);
        let inside = parents.iter().filter(|parent| all.contains(parent));
        let count = inside.map(|parent| children.entry(*parent).or_default().push(lv)).count();
        if count == 0 {
            free.insert((graph.id_of(lv), lv));
        } else {
            waiting.insert(lv, count);
        }
    }
    let mut order = Vec::with_capacity(all.len());
    while let Some((_, lv)) = free.pop_first() {
        order.push(lv..lv + 1);
        for child in children.remove(&lv).unwrap_or_default() {
            let Some(count) = waiting.get_mut(&child) else { continue };
            *count -= 1;
            if *count == 0 {
                free.insert((graph.id_of(child), child));
            }
        }
    }
    order
}
