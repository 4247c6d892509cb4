//! The buttons of the time machine, and the strip at the foot of the page that holds them and
//! the line of time.

use leptos::prelude::*;

use crate::desk::Desk;
use crate::panels::signs::{Sign, sign};
use crate::timeline::machine::{Machine, SPEEDS};
use crate::timeline::naming::NameDialog;
use crate::timeline::track::Track;
use crate::when;
use crate::words;

/// The time machine of an open document.
#[component]
pub(crate) fn TimeMachine(desk: Desk, machine: Machine) -> impl IntoView {
    let naming = RwSignal::new(false);
    let alone = Signal::derive(move || machine.last().0 <= 1);
    let first = Signal::derive(move || machine.at().get().unwrap_or_else(|| machine.last()).0 <= 1);
    let now = Signal::derive(move || machine.at().get().is_none());
    let play_name = move || if machine.playing().get() { words::PAUSE } else { words::PLAY };
    view! {
        <section class="time" class:now=now aria-label=words::TIME_MACHINE>
            <div class="controls">
                <button
                    class="round"
                    type="button"
                    aria-label=words::PREVIOUS_EDIT
                    title=words::PREVIOUS_EDIT
                    disabled=first
                    on:click=move |_| machine.step(-1)
                >
                    {sign(Sign::Previous)}
                </button>
                <button
                    class="round primary"
                    type="button"
                    aria-label=play_name
                    title=play_name
                    disabled=alone
                    on:click=move |_| machine.toggle()
                >
                    {move || sign(if machine.playing().get() { Sign::Pause } else { Sign::Play })}
                </button>
                <button
                    class="round"
                    type="button"
                    aria-label=words::NEXT_EDIT
                    title=words::NEXT_EDIT
                    disabled=now
                    on:click=move |_| machine.step(1)
                >
                    {sign(Sign::Next)}
                </button>
                <Whereabouts machine=machine />
                <Speeds machine=machine />
                <button
                    class="second-row"
                    type="button"
                    disabled=move || machine.last().0 == 0
                    on:click=move |_| {
                        machine.pause();
                        naming.set(true);
                    }
                >
                    {words::NAME_THIS_VERSION}
                </button>
            </div>
            <Track desk=desk machine=machine />
        </section>
        <NameDialog machine=machine open=naming />
    }
}

/// "Tue 17 Nov, 14:02:11 · edit 12,870 of 18,204".
#[component]
fn Whereabouts(machine: Machine) -> impl IntoView {
    let time = move || match machine.at().get() {
        None => words::NOW.to_owned(),
        Some(at) => match machine.moment_at(at) {
            Some(moment) => when::brief(moment.time),
            None => words::edit_of(at.0, machine.last().0),
        },
    };
    let place = move || {
        let last = machine.last().0;
        words::edit_of(machine.at().get().map_or(last, |at| at.0), last)
    };
    view! {
        <p class="when">
            <b>{time}</b>
            <span class="dot">" · "</span>
            {place}
        </p>
    }
}

#[component]
fn Speeds(machine: Machine) -> impl IntoView {
    let speed = machine.speed();
    view! {
        <div class="speeds second-row" role="radiogroup" aria-label=words::PLAYBACK_SPEED>
            {SPEEDS
                .map(|one| {
                    view! {
                        <label title=words::speed_hint(one)>
                            <input
                                type="radio"
                                name="speed"
                                aria-label=words::speed_hint(one)
                                prop:checked=move || speed.get() == one
                                on:change=move |_| speed.set(one)
                            />
                            {format!("{one}×")}
                        </label>
                    }
                })
                .into_iter()
                .collect_view()}
        </div>
    }
}
