//! The safety ledger edit by edit: what of this document is only in this page, only on this
//! device, or on the server, and who else holds it.

use std::collections::BTreeMap;

use leptos::prelude::GetUntracked;
use palimpsest_core::{Event, Op, Payload, ReplicaId, Revision, Timestamp};

use super::PastState;
use super::open::Open;

/// How many edits that the server has are listed.
const ORDERED_MAX: usize = 20;
/// How many scalars of an edit's words are told.
const WORDS_MAX: usize = 120;

/// Where an edit is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Only in this page.
    Page,
    /// On this device, and the server has not ordered it.
    Device,
    /// On the server, under this revision.
    Server(Revision),
}

/// One edit of this device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Edit {
    pub(crate) place: Place,
    pub(crate) time: Timestamp,
    /// What kind of event it is.
    pub(crate) kind: &'static str,
    /// What it put in, cut to what one reads at a glance.
    pub(crate) words: String,
    /// How many scalars it took out.
    pub(crate) deleted: usize,
}

impl Open {
    pub(super) fn ledger(&self) -> Vec<Edit> {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        if std::mem::take(&mut state.timeline_stale) {
            state.timeline.settle(state.document.graph());
        }
        let mut edits = Vec::new();
        if let Some(typing) = state.document.open_event() {
            let place = if state.is_typing_unsaved() { Place::Page } else { Place::Device };
            edits.push(edit(&typing, place));
        }
        let unsaved: Vec<_> = state.unsaved.iter().map(|one| one.event.header.id).collect();
        let waiting = state.unordered.iter().filter_map(|id| {
            let place = if unsaved.contains(id) { Place::Page } else { Place::Device };
            state.document.event(*id).map(|event| edit(&event, place))
        });
        edits.extend(waiting);
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.time));
        let author = state.document.author();
        let graph = state.document.graph();
        let mut listed = 0;
        // Own edits may lie far back between those of others; one does not look for ever.
        let head = state.timeline.head().0;
        for number in (head.saturating_sub(2_000)..=head).rev().filter(|&number| number > 0) {
            let moment = state.timeline.moment(graph, Revision(number));
            let Some(moment) = moment.filter(|moment| moment.author == author) else { continue };
            if let Some(event) = state.document.event(moment.event) {
                edits.push(edit(&event, Place::Server(Revision(number))));
                listed += 1;
            }
            if listed == ORDERED_MAX {
                break;
            }
        }
        edits
    }

    pub(super) fn holders_by_name(&self) -> Vec<(String, Revision)> {
        let state = self.state.borrow();
        let people: BTreeMap<ReplicaId, String> = state
            .board
            .entries()
            .map(|one| {
                let name = one.name.trim();
                let name = if name.is_empty() {
                    self.page.names.name_of(self.id, one.author)
                } else {
                    name.into()
                };
                (one.replica, name)
            })
            .collect();
        let Some(session) = &state.session else { return Vec::new() };
        let mut holders: BTreeMap<String, Revision> = BTreeMap::new();
        for (replica, revision) in session.held_by() {
            if let Some(name) = people.get(&replica) {
                let known = holders.entry(name.clone()).or_default();
                *known = revision.max(*known);
            }
        }
        holders.into_iter().collect()
    }

    /// Whether the past is here.
    pub(super) fn has_past(&self) -> bool {
        self.signals.past.get_untracked() == PastState::Read && !self.state.borrow().retired
    }

    /// Whether there are edits that neither the server nor a lasting store has.
    pub(crate) fn is_pending(&self) -> bool {
        let state = self.state.borrow();
        !state.unordered.is_empty() || !state.unsaved.is_empty() || state.is_typing_unsaved()
    }
}

fn edit(event: &Event, place: Place) -> Edit {
    let (mut words, mut deleted) = (String::new(), 0);
    match &event.payload {
        Payload::TextEdited { ops } => {
            for op in ops {
                match op {
                    Op::Insert { text, .. } => words.push_str(text),
                    Op::Delete { len, .. } => deleted += len,
                    Op::ErasedInsert { .. } => {}
                }
            }
        }
        Payload::DocumentCreated { title } | Payload::TitleChanged { title } => {
            words.clone_from(title);
        }
        Payload::FolderChanged { folder: text }
        | Payload::VersionNamed { name: text, .. }
        | Payload::CommentAdded { text, .. }
        | Payload::CommentEdited { text, .. }
        | Payload::CommentReplied { text, .. } => words.clone_from(text),
        Payload::DocumentArchived
        | Payload::DocumentRestored
        | Payload::CommentResolved { .. }
        | Payload::CommentReopened { .. }
        | Payload::CommentDeleted { .. }
        | Payload::Unknown { .. } => {}
    }
    let words = words.chars().take(WORDS_MAX).collect();
    let Event { header, payload } = event;
    Edit { place, time: header.time, kind: payload.kind(), words, deleted }
}
