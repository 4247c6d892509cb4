//! The banner over a text of the past: what one is reading, and what one can do with it.

use std::time::Duration;

use leptos::prelude::*;
use palimpsest_core::{AuthorId, Revision};

use crate::actions::{Action, Actions};
use crate::desk::Desk;
use crate::later::Later;
use crate::panels::share;
use crate::panels::toast::Toasts;
use crate::parts;
use crate::timeline::authors::Legend;
use crate::timeline::compare::Other;
use crate::timeline::comparison::Comparison;
use crate::timeline::flags::{Flag, FlagKind};
use crate::timeline::keys::{hand_over, toggle_compare};
use crate::timeline::machine::Machine;
use crate::timeline::restore::RestoreDialog;
use crate::when;
use crate::words;
use crate::words::machine as said;

/// Who else wrote is looked up when time stood still for this long.
const AROUND_AFTER: Duration = Duration::from_millis(250);
/// Who wrote so many milliseconds before or after a moment was there around then.
const AROUND_MS: i64 = 10 * 60 * 1_000;
/// How many edits before and after it are looked at.
const AROUND_EDITS: u64 = 400;

/// The banner. It is in the page only while the past is shown.
#[component]
pub(crate) fn Banner(desk: Desk, machine: Machine) -> impl IntoView {
    view! {
        <Show when=move || machine.at().get().is_some()>
            {parts::shown(parts::load_banner, move || parts::banner(desk, machine))}
        </Show>
        <Legend machine=machine />
    }
}

/// What is in it. Its code is a part of its own.
#[component]
pub(crate) fn PastBanner(desk: Desk, machine: Machine) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let restoring = RwSignal::new(false);
    // Of two moments the earlier one is read.
    let reading = Signal::derive(move || {
        let pair = machine.pair().filter(|_| machine.is_comparing());
        pair.map(|(from, _)| from).or_else(|| machine.at().get())
    });
    let moment = move || machine.moment_at(reading.get()?);
    let time = move || moment().map(|moment| when::full(moment.time));
    let name = move || {
        let at = reading.get()?;
        let names = |flag: &&Flag| flag.kind == FlagKind::Version && flag.revision == at;
        machine.flags.with(|flags| Some(said::named(&flags.iter().find(names)?.label)))
    };
    let deed = move || {
        moment().map(|moment| words::deed(&desk.name_of(moment.author), moment.intent, moment.kind))
    };
    let counts = move || {
        let found = machine.compare.found.get().filter(|_| machine.is_comparing())?;
        let (_, to) = machine.pair()?;
        let text = match to {
            None => words::since_then(found.added, found.removed),
            Some(_) if found.places.is_empty() => said::SAME_TEXT.to_owned(),
            Some(to) => {
                let until = machine.moment_at(to).map(|moment| when::brief(moment.time));
                said::until_then(found.added, found.removed, &until.unwrap_or_default())
            }
        };
        Some(view! {
            " "
            <span class="counts">{format!("({text})")}</span>
        })
    };
    let around = around(desk, machine, reading);
    let copy = move |()| {
        let Some(at) = machine.at().get_untracked() else { return };
        let pending = machine.moment_at(at).is_some_and(|moment| moment.pending);
        let done = if pending { words::LINK_MAY_MOVE } else { words::LINK_COPIED };
        share::copy(share::link_to(desk.id(), Some(at)), toasts, done);
    };
    let restore = move |()| {
        machine.pause();
        restoring.set(true);
    };
    let always = Signal::stored(true);
    expect_context::<Actions>().offer([
        Action {
            name: words::RESTORE_THIS_VERSION,
            keys: "",
            possible: always,
            act: Callback::new(restore),
        },
        Action { name: words::COPY_MOMENT, keys: "", possible: always, act: Callback::new(copy) },
    ]);
    let comparing = move || machine.compare.with.get() == Some(Other::Now);
    view! {
        <div class="banner" role="region" aria-label=words::YOU_ARE_READING.trim()>
            <p>
                {words::YOU_ARE_READING} <b>{name}{time}</b> " — " {deed} " " {words::GOES_ON} {counts}
                {move || {
                    // A comparison has enough to say.
                    let text = around.get().filter(|_| !machine.is_comparing())?;
                    Some(view! { " " <span class="around">{text}</span> })
                }}
            </p>
            <div class="acts">
                <button
                    type="button"
                    aria-pressed=move || comparing().to_string()
                    on:click=move |_| toggle_compare(machine)
                >
                    {words::COMPARE}
                </button>
                <button
                    type="button"
                    title=said::BESIDE_NOW_HINT
                    aria-pressed=move || machine.beside_now.get().to_string()
                    on:click=move |_| machine.beside_now.update(|on| *on = !*on)
                >
                    {said::BESIDE_NOW}
                </button>
                <button
                    type="button"
                    aria-label=words::COPY_MOMENT
                    on:click=move |_| copy(())
                >
                    {said::COPY_LINK} <span class="extra">{said::TO_THIS_MOMENT}</span>
                </button>
                <button
                    class="primary"
                    type="button"
                    aria-haspopup="dialog"
                    on:click=move |_| restore(())
                >
                    {words::RESTORE_THIS_VERSION}
                </button>
                <button
                    type="button"
                    on:click=move |_| {
                        hand_over();
                        machine.back_to_now();
                    }
                >
                    {words::BACK_TO_NOW} " " <kbd aria-hidden="true">"Esc"</kbd>
                </button>
            </div>
        </div>
        <Comparison machine=machine />
        <RestoreDialog machine=machine open=restoring />
    }
}

/// Who else wrote around the moment that is read, in words.
fn around(
    desk: Desk,
    machine: Machine,
    reading: Signal<Option<Revision>>,
) -> RwSignal<Option<String>> {
    let around = RwSignal::new(None);
    let later = Later::new(AROUND_AFTER);
    Effect::new(move |_| {
        let reading = reading.get();
        later.stop();
        let Some(at) = reading else { return };
        let look = move || {
            let others = others_around(machine, at);
            let names: Vec<String> = others.iter().map(|other| desk.name_of(*other)).collect();
            let text = (!names.is_empty()).then(|| said::around(&names.join(", ")));
            if around.try_with_untracked(|known| *known != text) == Some(true) {
                around.set(text);
            }
        };
        later.start(look);
    });
    around
}

fn others_around(machine: Machine, at: Revision) -> Vec<AuthorId> {
    machine.desk.with_timeline(|timeline, graph| {
        let mut others = Vec::new();
        let Some(here) = timeline.moment(graph, at) else { return others };
        if timeline.authors().len() < 2 {
            return others;
        }
        for nth in at.0.saturating_sub(AROUND_EDITS)..=at.0 + AROUND_EDITS {
            let Some(moment) = timeline.moment(graph, Revision(nth)) else { continue };
            let near = (moment.time.0 - here.time.0).abs() <= AROUND_MS;
            if near && moment.author != here.author && !others.contains(&moment.author) {
                others.push(moment.author);
            }
        }
        others
    })
}
