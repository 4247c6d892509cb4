//! The preview of restoring a version: what it would change, before it does. The restoring
//! itself is one event.

use leptos::prelude::*;
use palimpsest_core::{Command, Patch, Revision, Text};

use crate::panels::dialog::Dialog;
use crate::panels::toast::Toasts;
use crate::timeline::machine::Machine;
use crate::when;
use crate::words;
use crate::words::machine as said;

/// How much of the text around a change is shown, in scalars.
const AROUND: usize = 44;
/// How many changed places are shown; the others are counted.
const PLACES_MAX: usize = 30;
/// Of a long change the beginning is shown, in scalars.
const LONG: usize = 600;

/// A changed place with what is around it.
struct Place {
    pieces: Vec<Piece>,
}

enum Piece {
    Same(String),
    Gone(String),
    Came(String),
}

#[component]
pub(crate) fn RestoreDialog(machine: Machine, open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open=open heading=words::RESTORE_THIS_VERSION>
            <Preview machine=machine open=open />
        </Dialog>
    }
}

#[component]
fn Preview(machine: Machine, open: RwSignal<bool>) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let desk = machine.desk;
    let Some((revision, patch)) = machine.restoration() else { return ().into_any() };
    let now = desk.with_document(|document| document.text().clone());
    let (places, more) = places(&patch, &now);
    let source = source(machine, revision);
    let same = patch.is_empty();
    let summary = if same {
        said::RESTORE_SAME.to_owned()
    } else {
        said::would_change(patch.inserted(), patch.deleted(), patch.edits().len())
    };
    let restore = move |_| {
        open.set(false);
        let before = machine.last_now();
        match machine.restore() {
            Ok(()) => {
                // A very long text is more than one event.
                let events = machine.last_now().0.saturating_sub(before.0).max(1);
                toasts.offer(words::RESTORED, words::UNDO, move || {
                    for _ in 0..events {
                        if let Err(refused) = desk.dispatch(Command::Undo) {
                            return toasts.say(refused.to_string());
                        }
                    }
                });
            }
            Err(reason) => toasts.say(reason),
        }
    };
    let list = (!same).then(|| {
        view! {
            <div class="places" role="group" aria-label=said::RESTORE_CHANGES tabindex="0">
                {places.into_iter().map(draw).collect_view()}
                {(more > 0).then(|| view! { <p class="more">{said::more_places(more)}</p> })}
            </div>
        }
    });
    view! {
        <div class="restore">
            <p><b>{source}</b></p>
            <p>{summary}</p>
            {list}
            <p class="promise">{said::RESTORE_PROMISE}</p>
            <div class="ends">
                <button type="button" on:click=move |_| open.set(false)>{words::CANCEL}</button>
                <button class="primary" type="button" autofocus disabled=same on:click=restore>
                    {said::RESTORE}
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// "Tuesday 17 November, 14:02:11 · edit 12,870 of 18,204 · Ana was typing."
fn source(machine: Machine, revision: Revision) -> String {
    let place = words::edit_of(revision.0, machine.last_now().0);
    let Some(moment) = machine.moment_at(revision) else { return place };
    let name = machine.desk.name_of(moment.author);
    let deed = words::deed(&name, moment.intent, moment.kind);
    format!("{} · {place} · {deed}", when::full(moment.time))
}

/// The changed places, those near each other together, and how many there are beyond.
fn places(patch: &Patch, now: &Text) -> (Vec<Place>, usize) {
    let mut places: Vec<Place> = Vec::new();
    let (mut end, mut more) = (0, 0);
    for edit in patch.edits() {
        let joined = edit.pos - end <= 2 * AROUND && !places.is_empty();
        if joined && more == 0 {
            if let Some(place) = places.last_mut() {
                // What was shown behind the last change is where this one begins.
                place.pieces.pop();
                place.pieces.push(Piece::Same(now.slice(end..edit.pos)));
            }
        } else if places.len() < PLACES_MAX {
            let before = edit.pos.saturating_sub(AROUND).max(end);
            let pieces = vec![Piece::Same(lead(before > 0, &now.slice(before..edit.pos)))];
            places.push(Place { pieces });
        } else {
            more += 1;
            continue;
        }
        end = edit.end();
        if let Some(place) = places.last_mut() {
            if !edit.deleted.is_empty() {
                place.pieces.push(Piece::Gone(short(&edit.deleted)));
            }
            if !edit.inserted.is_empty() {
                place.pieces.push(Piece::Came(short(&edit.inserted)));
            }
            let after = (end + AROUND).min(now.len());
            let more = if after < now.len() { "…" } else { "" };
            place.pieces.push(Piece::Same(format!("{}{more}", now.slice(end..after))));
        }
    }
    (places, more)
}

fn lead(more: bool, text: &str) -> String {
    if more { format!("…{text}") } else { text.to_owned() }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONG) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn draw(place: Place) -> impl IntoView {
    let pieces = place.pieces.into_iter().map(|piece| match piece {
        Piece::Same(text) => view! { <span>{text}</span> }.into_any(),
        Piece::Gone(text) => view! { <del class="cm-removed">{text}</del> }.into_any(),
        Piece::Came(text) => view! { <ins class="cm-added">{text}</ins> }.into_any(),
    });
    view! { <p class="place">{pieces.collect_view()}</p> }
}
