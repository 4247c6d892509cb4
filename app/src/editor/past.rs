//! The text of a past moment, in the editor's place: read-only, what changed is marked, the
//! view follows it. Which moment is shown is the time machine's decision.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use palimpsest_core::{AuthorId, Patch, Profile, Revision, Text, diff};

use crate::desk::Desk;
use crate::editor::bridge::{Mark, MarkKind, Options, View};
use crate::editor::live::Tools;
use crate::editor::units;
use crate::faces::{colour_class, colour_of};
use crate::timeline::Machine;
use crate::words;

/// Up to this distance the patches between two moments are cheaper than comparing their texts,
/// and keep everything that did not change in its place on the screen.
const NEAR_REVISIONS: u64 = 64;
/// A comparison with now waits until the moment stood still for this long.
const COMPARE_AFTER: Duration = Duration::from_millis(120);
/// Deleted text longer than this is not drawn: the page would jump at every step.
const REMOVED_SCALARS_MAX: usize = 400;

type Profiles = Signal<BTreeMap<AuthorId, Profile>>;

/// What is shown now: a moment and its text.
struct Shown {
    view: View,
    revision: Revision,
    text: Text,
}

/// The text of the moment the time machine stands at.
#[component]
pub(crate) fn PastText(desk: Desk, machine: Machine, live: Tools) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let shown: Rc<RefCell<Option<Shown>>> = Rc::default();
    let waiting = StoredValue::new_local(None::<TimeoutHandle>);
    let profiles = desk.profiles();

    Effect::new({
        let shown = shown.clone();
        move |_| {
            let at = machine.at().get();
            let (Some(place), Some(revision)) = (place.get(), at) else {
                if let Some(old) = shown.borrow_mut().take() {
                    old.view.destroy();
                }
                return;
            };
            let mut shown = shown.borrow_mut();
            match shown.as_mut() {
                Some(shown) => move_to(desk, shown, revision),
                None => *shown = Some(open(desk, &place, revision, live.scroll())),
            }
        }
    });

    Effect::new({
        let shown = shown.clone();
        move |_| {
            if let Some(handle) = waiting.get_value() {
                handle.clear();
            }
            if machine.at().get().is_none() || place.get().is_none() {
                return;
            }
            if !machine.comparing().get() {
                machine.tell_difference(None);
                let ghosts = !machine.playing().get();
                if let Some(shown) = shown.borrow().as_ref() {
                    mark_edit(desk, profiles, shown, ghosts);
                }
                return;
            }
            // A comparison follows the document while that goes on.
            machine.history().track();
            let shown = shown.clone();
            let compare = move || {
                if let Some(shown) = shown.borrow().as_ref() {
                    machine.tell_difference(Some(mark_difference(desk, shown)));
                }
            };
            waiting.set_value(set_timeout_with_handle(compare, COMPARE_AFTER).ok());
        }
    });

    on_cleanup({
        let shown = StoredValue::new_local(shown);
        move || {
            if let Some(Some(handle)) = waiting.try_get_value() {
                handle.clear();
            }
            if let Some(shown) = shown.try_get_value()
                && let Some(old) = shown.borrow_mut().take()
            {
                old.view.destroy();
            }
        }
    });

    view! { <div class="sheet past" node_ref=place hidden=move || machine.at().get().is_none()></div> }
}

fn open(desk: Desk, place: &web_sys::HtmlElement, revision: Revision, scroll: f64) -> Shown {
    let text = desk.with_timeline(|timeline, _| timeline.text_at(revision));
    let options =
        Options { text: &text.to_string(), read_only: true, label: words::DOCUMENT_TEXT, hint: "" };
    let view = View::new(place, &options, None);
    view.scroll_to(scroll);
    Shown { view, revision, text }
}

/// Shows another moment by the least change: the patches between the two when they are near,
/// else the part of the text that differs.
fn move_to(desk: Desk, shown: &mut Shown, revision: Revision) {
    if shown.revision == revision {
        return;
    }
    let (text, patch) = desk.with_timeline(|timeline, _| {
        let near = shown.revision.0.abs_diff(revision.0) <= NEAR_REVISIONS;
        // Pending revisions may have become others since they were shown.
        let settled = shown.revision.max(revision) <= timeline.head();
        let patch = (near && settled).then(|| timeline.patch_between(shown.revision, revision));
        (timeline.text_at(revision), patch)
    });
    match patch {
        Some(patch) => shown.view.receive(&units::flat(&patch, &shown.text), false),
        None => shown.view.replace(&text.to_string()),
    }
    shown.text = text;
    shown.revision = revision;
}

/// Marks what the edit of the shown moment did, in its author's colour.
fn mark_edit(desk: Desk, profiles: Profiles, shown: &Shown, ghosts: bool) {
    let (patch, moment) = desk.with_timeline(|timeline, graph| {
        (timeline.patch(shown.revision), timeline.moment(graph, shown.revision))
    });
    let colour = moment.map(|moment| {
        colour_class(profiles.with_untracked(|known| colour_of(known, moment.author)))
    });
    let mut marks = Vec::new();
    let mut reveal = None;
    // Edits speak of the text before the patch; `shift` is how far what precedes one moved it.
    let mut shift = 0isize;
    for edit in patch.edits() {
        let inserted = edit.inserted.chars().count();
        let deleted = edit.deleted.chars().count();
        let start = edit.pos.saturating_add_signed(shift);
        let from = units::utf16_within(&shown.text, start);
        let to = units::utf16_within(&shown.text, start + inserted);
        reveal.get_or_insert(to);
        if from < to {
            let kind = MarkKind::Changed;
            marks.push(Mark { kind, from, to, text: None, colour: colour.clone() });
        }
        if ghosts && (1..=REMOVED_SCALARS_MAX).contains(&deleted) {
            let text = Some(edit.deleted.to_string());
            marks.push(Mark { kind: MarkKind::Removed, from: to, to, text, colour: None });
        }
        shift += inserted as isize - deleted as isize;
    }
    shown.view.draw_marks(marks, reveal);
}

/// Marks what happened to the shown text until now; returns how many characters were added
/// and removed.
fn mark_difference(desk: Desk, shown: &Shown) -> (usize, usize) {
    let now = desk.with_document(|document| document.text().to_string());
    let patch: Patch = diff(&shown.text.to_string(), &now);
    let (mut added, mut removed) = (0, 0);
    let mut marks = Vec::new();
    for edit in patch.edits() {
        let deleted = edit.deleted.chars().count();
        added += edit.inserted.chars().count();
        removed += deleted;
        let from = units::utf16_within(&shown.text, edit.pos);
        let to = units::utf16_within(&shown.text, edit.pos + deleted);
        if from < to {
            marks.push(Mark { kind: MarkKind::Removed, from, to, text: None, colour: None });
        }
        if !edit.inserted.is_empty() {
            let text = Some(edit.inserted.to_string());
            marks.push(Mark { kind: MarkKind::Added, from: to, to, text, colour: None });
        }
    }
    shown.view.draw_marks(marks, None);
    (added, removed)
}
