//! The card over the line of time: what happened at the moment under the pointer.

use leptos::prelude::*;
use palimpsest_core::Revision;

use crate::desk::Desk;
use crate::faces::{colour_class, colour_of, initials};
use crate::timeline::machine::Machine;
use crate::when;
use crate::words;
use crate::words::machine as said;

#[component]
pub(crate) fn Card(
    machine: Machine,
    /// What is pointed at: where it is seen, and which revision it is.
    #[prop(into)]
    hover: Signal<Option<(f64, Revision)>>,
) -> impl IntoView {
    let desk = machine.desk;
    let profiles = desk.profiles();
    move || {
        let (seen, revision) = hover.get()?;
        let moment = machine.moment_at(revision)?;
        let name = desk.name_of(moment.author);
        let colour = colour_class(profiles.with(|known| colour_of(known, moment.author)));
        let wrote = said::wrote(moment.inserted, moment.deleted);
        let sitting = machine.read(|models, timeline, graph| {
            let sittings = models.sittings(timeline, graph);
            let of = sittings.all().len();
            sittings.of(revision).filter(|_| of > 1).map(|nth| said::session(nth + 1, of))
        });
        let place = words::edit_of(revision.0, machine.last().0);
        let more = [Some(place), sitting, (!wrote.is_empty()).then_some(wrote)];
        let more: Vec<String> = more.into_iter().flatten().collect();
        Some(view! {
            <div class="card" aria-hidden="true" style:--x=percent(seen)>
                <span class=format!("avatar {colour}")>{initials(&name)}</span>
                <b>{when::brief(moment.time)}</b>
                <span>{words::deed(&name, moment.intent, moment.kind)}</span>
                <small>{more.join(" · ")}</small>
            </div>
        })
    }
}

/// What is said of a moment when the slider is read aloud.
pub(crate) fn spoken(desk: Desk, machine: Machine, at: Revision, last: Revision) -> String {
    let mut text = format!("Edit {} of {}", words::number(at.0), words::number(last.0));
    if at == last {
        text = format!("{text}, {}", said::NOW_WORD);
    }
    if let Some(moment) = machine.moment_at(at) {
        let name = desk.name_of(moment.author);
        let deed = words::deed(&name, moment.intent, moment.kind);
        text = format!("{text}, {}, {deed}", when::spoken(moment.time));
        let wrote = said::wrote(moment.inserted, moment.deleted);
        if !wrote.is_empty() {
            text = format!("{text} {wrote}");
        }
    }
    text
}

/// A part as the style sheet wants it.
pub(crate) fn percent(part: f64) -> String {
    format!("{:.3}%", part * 100.0)
}
