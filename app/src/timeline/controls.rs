//! The buttons of the time machine, and the strip at the foot of the page that holds them and
//! the line of time.

use leptos::prelude::*;

use crate::aside::{Aside, Subject};
use crate::desk::PastState;
use crate::panels::reload::Reload;
use crate::panels::signs::{Sign, sign};
use crate::timeline::axis::{Axis, Window};
use crate::timeline::machine::Machine;
use crate::timeline::naming::{self, NameDialog};
use crate::timeline::offers;
use crate::timeline::pace::Pace;
use crate::timeline::scenery::ZOOM_STEP;
use crate::timeline::track::Track;
use crate::when;
use crate::words;
use crate::words::machine as said;

/// Keeps the time machine's place, and its height, while the history is read behind the text,
/// and says so when it cannot be read.
#[component]
pub(crate) fn Unread(machine: Machine) -> impl IntoView {
    let past = machine.desk.past_state();
    let told = move || match past.get() {
        PastState::Failed(why) => view! {
            <p class="when" role="alert">{why} " " {words::HISTORY_HELP}</p>
            <Reload />
        }
        .into_any(),
        _ => view! { <p class="when" role="status">{words::READING_HISTORY}</p> }.into_any(),
    };
    view! {
        <section
            class="time unread"
            class:now=move || !machine.is_away()
            aria-label=words::TIME_MACHINE
        >
            <div class="controls">{told}</div>
            <div class="track"><div class="line"><div class="ground"></div></div></div>
            <div class="ticks"></div>
        </section>
    }
}

/// The time machine of an open document.
#[component]
pub(crate) fn TimeMachine(machine: Machine) -> impl IntoView {
    let asks_name = RwSignal::new(false);
    let aside = expect_context::<Aside>();
    offers::offer(machine, asks_name);
    let alone = Signal::derive(move || machine.last().0 <= 1);
    let first = Signal::derive(move || machine.at().get().unwrap_or_else(|| machine.last()).0 <= 1);
    let now = Signal::derive(move || machine.at().get().is_none());
    let play_name = move || if machine.playing().get() { words::PAUSE } else { words::PLAY };
    let moments = move || aside.shown().get() == Some(Subject::Moments);
    view! {
        <section class="time" class:now=now aria-label=words::TIME_MACHINE>
            <div class="controls">
                <div class="transport">
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
                </div>
                <div class="settings second-row">
                    <Axes machine=machine />
                    <div class="zoom" role="group" aria-label=said::CLOSER>
                        <button
                            type="button"
                            aria-label=said::FARTHER
                            title=format!("{} (−)", said::FARTHER)
                            disabled=move || machine.window.get() == Window::WHOLE
                            on:click=move |_| machine.zoom_here(1.0 / ZOOM_STEP)
                        >
                            "−"
                        </button>
                        <button
                            type="button"
                            aria-label=said::CLOSER
                            title=format!("{} (+)", said::CLOSER)
                            on:click=move |_| machine.zoom_here(ZOOM_STEP)
                        >
                            "+"
                        </button>
                    </div>
                    <Speeds machine=machine />
                    <SkipIdle machine=machine />
                    <button
                        type="button"
                        title=said::FOLLOW
                        aria-label=said::FOLLOW
                        class="small"
                        aria-pressed=move || machine.follow.get().to_string()
                        on:click=move |_| machine.follow.update(|on| *on = !*on)
                    >
                        {said::FOLLOW_SHORT}
                    </button>
                    <button
                        type="button"
                        class="small"
                        title=said::MOMENTS
                        aria-label=said::MOMENTS
                        aria-expanded=move || moments().to_string()
                        on:click=move |_| aside.toggle(Subject::Moments)
                    >
                        {said::VERSIONS_SHORT}
                    </button>
                    <button
                        type="button"
                        disabled=move || machine.last().0 == 0
                        on:click=move |_| {
                            machine.pause();
                            asks_name.set(true);
                        }
                    >
                        {move || naming::heading(machine)}
                    </button>
                </div>
            </div>
            <Track machine=machine />
        </section>
        <NameDialog machine=machine open=asks_name />
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
            <span class="place"><span class="dot">" · "</span>{place}</span>
        </p>
    }
}

#[component]
fn Axes(machine: Machine) -> impl IntoView {
    let axes = [
        (Axis::Sessions, said::AXIS_SESSIONS, said::AXIS_SESSIONS_HINT),
        (Axis::Edits, said::AXIS_EDITS, said::AXIS_EDITS_HINT),
        (Axis::Clock, said::AXIS_CLOCK, said::AXIS_CLOCK_HINT),
    ];
    let choose = move |axis| {
        machine.window.set(Window::WHOLE);
        machine.axis.set(axis);
    };
    view! {
        <div class="choice" role="radiogroup" aria-label=said::AXIS>
            {axes
                .map(|(axis, name, hint)| {
                    view! {
                        <label title=hint>
                            <input
                                type="radio"
                                name="axis"
                                aria-label=name
                                prop:checked=move || machine.axis.get() == axis
                                on:change=move |_| choose(axis)
                            />
                            {name}
                        </label>
                    }
                })
                .into_iter()
                .collect_view()}
        </div>
    }
}

#[component]
fn Speeds(machine: Machine) -> impl IntoView {
    let option = move |pace: Pace| {
        let name = match pace {
            Pace::Edits(rate) => said::times(rate),
            Pace::Clock(times) => said::real_time(times),
        };
        let chosen = move || machine.pace.get() == pace;
        view! { <option value=pace.key() prop:selected=chosen>{name}</option> }
    };
    // A speed from a link need not be among those that are offered.
    let odd = move || {
        let pace = machine.pace.get();
        let known = Pace::BY_EDITS.map(Pace::Edits).contains(&pace)
            || Pace::BY_CLOCK.map(Pace::Clock).contains(&pace);
        (!known).then(|| option(pace))
    };
    view! {
        <select
            class="speeds"
            aria-label=words::PLAYBACK_SPEED
            title=words::PLAYBACK_SPEED
            on:change=move |event| {
                if let Some(pace) = Pace::read(&event_target_value(&event)) {
                    machine.pace.set(pace);
                }
            }
        >
            <optgroup label=said::BY_EDITS>
                {Pace::BY_EDITS.map(|rate| option(Pace::Edits(rate))).into_iter().collect_view()}
            </optgroup>
            <optgroup label=said::BY_CLOCK>
                {Pace::BY_CLOCK.map(|times| option(Pace::Clock(times))).into_iter().collect_view()}
            </optgroup>
            {odd}
        </select>
    }
}

#[component]
fn SkipIdle(machine: Machine) -> impl IntoView {
    let by_clock = move || matches!(machine.pace.get(), Pace::Clock(_));
    view! {
        <button
            type="button"
            title=move || if by_clock() { said::SKIP_IDLE_HINT } else { said::SKIPPED_ANYWAY }
            disabled=move || !by_clock()
            aria-pressed=move || (!by_clock() || machine.skip_idle.get()).to_string()
            on:click=move |_| machine.skip_idle.update(|on| *on = !*on)
        >
            {said::SKIP_IDLE}
        </button>
    }
}
