//! The text of a past moment, in the editor's place or beside it: read-only, what changed is
//! marked, the view follows it. Which moment is shown is the time machine's decision.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use palimpsest_core::{AuthorId, Command, Patch, Profile, Revision, Text, diff_by};

use crate::actions::{Action, Actions};
use crate::desk::Desk;
use crate::editor::authors::{self, Read};
use crate::editor::bridge::{Mark, MarkKind, Options, View, Who};
use crate::editor::changes;
use crate::editor::live::Tools;
use crate::editor::units;
use crate::faces::{colour_class, colour_of};
use crate::insight::Spotlight;
use crate::later::Later;
use crate::panels::toast::Toasts;
use crate::timeline::{Machine, Pace, Panes};
use crate::words;
use crate::words::machine as said;

/// Up to this distance the patches between two moments are cheaper than comparing their texts,
/// and keep everything that did not change in its place on the screen.
const NEAR_REVISIONS: u64 = 64;
/// Another comparison waits until the moments stood still for this long.
const COMPARE_AFTER: Duration = Duration::from_millis(120);
/// Colours wait for as long.
const PAINT_AFTER: Duration = Duration::from_millis(150);
/// Faster than so many edits a second nobody can see what was deleted.
const GHOSTS_RATE_MAX: f64 = 12.0;

type Profiles = Signal<BTreeMap<AuthorId, Profile>>;

/// A text of the past in a view.
struct Shown {
    view: View,
    /// `None` is the present.
    revision: Option<Revision>,
    text: Text,
    /// Lives as long as the view asks it.
    _who: Option<Who>,
}

/// The views of the past: the moment, and the later one beside it.
#[derive(Default)]
struct Views {
    main: Option<Shown>,
    later: Option<Shown>,
}

impl Views {
    fn close(&mut self) {
        for shown in [self.main.take(), self.later.take()].into_iter().flatten() {
            shown.view.destroy();
        }
    }
}

/// The text of the moment the time machine stands at.
#[component]
pub(crate) fn PastText(desk: Desk, machine: Machine, live: Tools) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let later_place = NodeRef::<html::Div>::new();
    let views: Rc<RefCell<Views>> = Rc::default();
    let read: Read = Rc::default();
    let (comparing, painting) = (Later::new(COMPARE_AFTER), Later::new(PAINT_AFTER));
    let profiles = desk.profiles();
    let spotlight = expect_context::<Spotlight>();
    // A comparison is asked for at the same time as the moment, and may be heard of first.
    let opened = RwSignal::new(false);
    let is_open = Memo::new(move |_| opened.get());

    // The text of the moment, and what its edit did.
    Effect::new({
        let (views, read) = (views.clone(), read.clone());
        move |_| {
            let at = machine.at().get();
            spotlight.track();
            let comparing = machine.is_comparing();
            let pair = machine.pair().filter(|_| comparing);
            let wanted = pair.map(|(from, _)| from).or(at);
            let (Some(place), Some(revision)) = (place.get(), wanted) else {
                live.show_past(None);
                opened.set(false);
                return views.borrow_mut().close();
            };
            let mut views_now = views.borrow_mut();
            let step = match views_now.main.as_mut() {
                Some(shown) => move_to(desk, shown, revision),
                None => {
                    let text = {
                        let views = Rc::downgrade(&views);
                        move || {
                            let views = views.upgrade()?;
                            let text = views.borrow().main.as_ref()?.text.clone();
                            Some(text)
                        }
                    };
                    let who = authors::who_then(desk, read.clone(), text);
                    let text =
                        desk.with_timeline(|timeline, _| timeline.text_at(revision).into_rope());
                    let shown = open(&place, words::DOCUMENT_TEXT, Some(revision), text, Some(who));
                    shown.view.scroll_to(live.scroll());
                    live.show_past(Some(shown.view.clone()));
                    views_now.main = Some(shown);
                    opened.set(true);
                    None
                }
            };
            if let Some(shown) = views_now.main.as_ref().filter(|_| !comparing) {
                machine.compare.tell(None);
                let found = shown.revision.and_then(|revision| spotlight.at(desk.id(), revision));
                mark_edit(desk, profiles, shown, step, machine, found);
            }
        }
    });

    // What happened between two moments.
    Effect::new({
        let views = views.clone();
        move |before: Option<bool>| {
            comparing.stop();
            let on = machine.is_comparing();
            let beside = machine.panes() == Panes::Two;
            let later = later_place.get();
            if !beside && let Some(old) = views.borrow_mut().later.take() {
                old.view.destroy();
            }
            if !on || !is_open.get() {
                if before == Some(true)
                    && let Some(shown) = views.borrow().main.as_ref()
                {
                    shown.view.draw_current(None);
                }
                return false;
            }
            machine.compare.grain.track();
            let Some((from, to)) = machine.pair() else { return false };
            if to.is_none() {
                // A comparison follows the document while that goes on.
                machine.history().track();
            }
            let compare = {
                let views = views.clone();
                move || {
                    let later = later.filter(|_| beside);
                    compare(desk, machine, &mut views.borrow_mut(), from, to, later.as_deref());
                }
            };
            if before == Some(true) {
                comparing.start(compare);
            } else {
                compare();
            }
            true
        }
    });

    // The change at which one stands.
    Effect::new({
        let views = views.clone();
        move |_| {
            let current = machine.compare.current.get();
            let found = machine.compare.found.get();
            let views = views.borrow();
            let Some(shown) = views.main.as_ref() else { return };
            let place = current.zip(found).and_then(|(nth, found)| found.places.get(nth).copied());
            let end = |pos: usize| (pos, pos);
            shown.view.draw_current(place.map(|(old, _)| end(old)));
            if let Some(later) = &views.later {
                later.view.draw_current(place.map(|(_, new)| end(new)));
            }
        }
    });

    // Who wrote it.
    Effect::new({
        let (views, read) = (views.clone(), read.clone());
        move |before: Option<bool>| {
            painting.stop();
            machine.at().track();
            machine.compare.with.track();
            profiles.track();
            let on = machine.authors.get() && place.get().is_some();
            if !on && before == Some(true) {
                if let Some(shown) = views.borrow().main.as_ref() {
                    authors::unpaint(&shown.view);
                }
                read.take();
            } else if on {
                let (views, read) = (views.clone(), read.clone());
                let paint = move || {
                    let views = views.borrow();
                    if let Some(shown) = &views.main
                        && let Some(revision) = shown.revision
                    {
                        authors::paint_then(desk, &shown.view, &read, revision, &shown.text);
                    }
                };
                // While time goes by, colours come along with the text that they are on.
                painting.start(paint);
            }
            on
        }
    });

    // A piece of it can be taken over.
    let toasts = expect_context::<Toasts>();
    let piece = {
        let views = StoredValue::new_local(views.clone());
        move || {
            let views = views.try_get_value()?;
            let views = views.borrow();
            let shown = views.main.as_ref()?;
            let (from, to) = shown.view.selection()?;
            Some(shown.text.pos_of_utf16(from)?..shown.text.pos_of_utf16(to)?)
        }
    };
    let look = move || {
        let some = piece().is_some();
        if machine.selected.get_untracked() != some {
            machine.selected.set(some);
        }
    };
    let copy = move || {
        let Some(piece) = piece() else { return toasts.say(said::NOTHING_SELECTED) };
        match machine.copy_into_now(piece, live.caret()) {
            Ok(()) => toasts.offer(said::COPIED_INTO_NOW, words::UNDO, move || {
                if let Err(refused) = desk.dispatch(Command::Undo) {
                    toasts.say(refused.to_string());
                }
            }),
            Err(reason) => toasts.say(reason),
        }
    };
    expect_context::<Actions>().offer([Action {
        name: said::COPY_INTO_NOW,
        keys: "Ctrl Enter",
        possible: machine.selected.into(),
        act: Callback::new(move |()| copy()),
    }]);
    let keys = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            copy();
        }
    };

    on_cleanup({
        let views = StoredValue::new_local(views);
        move || {
            live.show_past(None);
            if let Some(views) = views.try_get_value() {
                views.borrow_mut().close();
            }
        }
    });

    view! {
        <div
            class="sheet past"
            role="group"
            aria-label=said::THEN_PANE
            data-pane=said::THEN_PANE
            hidden=move || machine.at().get().is_none()
            on:pointerup=move |_| look()
            on:keyup=move |_| look()
            on:keydown=keys
        >
            <div class="text" node_ref=place></div>
            <Show when=move || machine.selected.get() && machine.at().get().is_some()>
                <button
                    class="piece"
                    type="button"
                    title=said::COPY_INTO_NOW_HINT
                    aria-label=said::COPY_INTO_NOW
                    // The selection must outlive the press.
                    on:pointerdown=|event| event.prevent_default()
                    on:click=move |_| copy()
                >
                    {said::COPY_INTO_NOW} " " <kbd>"Ctrl Enter"</kbd>
                </button>
            </Show>
        </div>
        <div
            class="sheet past later"
            role="group"
            aria-label=said::LATER_TEXT
            hidden=move || machine.panes() != Panes::Two
        >
            <div class="text" node_ref=later_place></div>
        </div>
    }
}

fn open(
    place: &web_sys::HtmlElement,
    label: &str,
    revision: Option<Revision>,
    text: Text,
    who: Option<Who>,
) -> Shown {
    let options = Options { text: &text.to_string(), read_only: true, label, hint: "" };
    let view = View::new(place, &options, None, who.as_ref());
    Shown { view, revision, text, _who: who }
}

/// Shows another moment by the least change: the patches between the two when they are near,
/// else the part of the text that differs. Returns the patch of a step forward.
fn move_to(desk: Desk, shown: &mut Shown, revision: Revision) -> Option<Patch> {
    let was = shown.revision.replace(revision)?;
    if was == revision {
        return None;
    }
    let (text, patch) = desk.with_timeline(|timeline, _| {
        let near = was.0.abs_diff(revision.0) <= NEAR_REVISIONS;
        // Pending revisions may have become others since they were shown.
        let settled = was.max(revision) <= timeline.head();
        let patch = (near && settled).then(|| timeline.patch_between(was, revision));
        (timeline.text_at(revision).into_rope(), patch)
    });
    match &patch {
        Some(patch) => shown.view.receive(&units::flat(patch, &shown.text), false),
        None => shown.view.replace(&text.to_string()),
    }
    shown.text = text;
    patch.filter(|_| revision > was)
}

/// Marks what the edit of the shown moment did, or, while time goes by, what happened in this
/// step, in its author's colour.
fn mark_edit(
    desk: Desk,
    profiles: Profiles,
    shown: &Shown,
    step: Option<Patch>,
    machine: Machine,
    found: Option<Range<usize>>,
) {
    let Some(revision) = shown.revision else { return };
    let playing = machine.playing().get();
    let step = step.filter(|_| playing);
    let (patch, moment) = desk.with_timeline(|timeline, graph| {
        let patch = step.unwrap_or_else(|| timeline.patch(revision));
        (patch, timeline.moment(graph, revision))
    });
    let colour = moment.map(|moment| {
        colour_class(profiles.with_untracked(|known| colour_of(known, moment.author)))
    });
    let slow = match machine.pace.get_untracked() {
        Pace::Edits(rate) => rate <= GHOSTS_RATE_MAX,
        Pace::Clock(times) => times <= 1.0,
    };
    let ghosts = !playing || slow;
    let (mut marks, reveal) = changes::of_edit(&patch, &shown.text, colour.as_ref(), ghosts);
    let mut reveal = reveal.filter(|_| machine.follow.get_untracked());
    if let Some(found) = found {
        let from = units::utf16_within(&shown.text, found.start);
        let to = units::utf16_within(&shown.text, found.end);
        marks.push(Mark { kind: MarkKind::Found, from, to, text: None, colour: None });
        reveal = Some(from);
    }
    shown.view.draw_marks(marks, reveal, playing);
}

/// Marks what happened between two moments and tells what was found; `to` is the present if it
/// is none. With a place for it the later text is shown there.
fn compare(
    desk: Desk,
    machine: Machine,
    views: &mut Views,
    from: Revision,
    to: Option<Revision>,
    place: Option<&web_sys::HtmlElement>,
) {
    let Views { main: Some(shown), later } = views else { return };
    move_to(desk, shown, from);
    let text = match to {
        Some(to) => desk.with_timeline(|timeline, _| timeline.text_at(to).into_rope()),
        None => desk.with_document(|document| document.text().clone()),
    };
    let grain = machine.compare.grain.get_untracked();
    let patch = diff_by(&shown.text.to_string(), &text.to_string(), grain);
    let (mut old, new, found) = changes::between(&patch, &shown.text, &text);
    if let Some(place) = place {
        let first = later.is_none();
        let later =
            later.get_or_insert_with(|| open(place, said::LATER_TEXT, to, text.clone(), None));
        if !first {
            later.view.replace(&text.to_string());
        }
        (later.revision, later.text) = (to, text);
        later.view.draw_marks(new, None, false);
        shown.view.link_scroll(&later.view, &units::flat(&patch, &shown.text));
        // What came stands in the other text.
        old.retain(|mark| mark.text.is_none() || !mark.is_added());
    }
    shown.view.draw_marks(old, None, false);
    machine.compare.tell(Some(found));
}
