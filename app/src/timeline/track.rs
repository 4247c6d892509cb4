//! The line of time itself: activity, flags, the place where one stands, and the sliders that
//! move it by pointer and by keys. How it is scrubbed and zoomed by hand is in `scrub`.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use palimpsest_core::Revision;

use crate::faces::{colour_of, colour_value};
use crate::timeline::card::{Card, percent, spoken};
use crate::timeline::compare::Other;
use crate::timeline::flags::Bunch;
use crate::timeline::keys;
use crate::timeline::machine::Machine;
use crate::timeline::picture::{self, Bars};
use crate::timeline::scenery;
use crate::timeline::scrub::{Finer, Grip, Scrub};
use crate::timeline::ticks::Tick;
use crate::words;
use crate::words::machine as said;

/// While time goes by on its own, it is spoken at most this often.
const SPEAK_EVERY: Duration = Duration::from_millis(2500);

#[component]
pub(crate) fn Track(machine: Machine) -> impl IntoView {
    let desk = machine.desk;
    let line = NodeRef::<html::Div>::new();
    let scrub = Scrub::new(machine, line);
    let last = Signal::derive(move || machine.last());
    let here = Signal::derive(move || machine.at().get().unwrap_or_else(|| machine.last()));
    let seen = move |revision: Revision| {
        let place = if revision >= last.get() {
            1.0
        } else {
            machine.scale.with(|scale| scale.place(revision))
        };
        machine.window.get().seen(place)
    };
    let fraction = Signal::derive(move || seen(here.get()));
    let other = Signal::derive(move || {
        let with = machine.compare.with.get()?;
        machine.at().get()?;
        Some(match with {
            Other::Now => last.get(),
            Other::At(revision) => revision,
        })
    });
    let range = move || {
        let other = seen(other.get()?);
        let at = fraction.get();
        Some((at.min(other).clamp(0.0, 1.0), at.max(other).clamp(0.0, 1.0)))
    };
    let profiles = desk.profiles();
    let scenery = scenery::keep(machine);
    let on_line = move |part: f64| (-0.001..=1.001).contains(&part);
    view! {
        <div
            class="track"
            class:zoomed=move || machine.window.get().width() < 1.0
            style:--at=move || percent(fraction.get().clamp(0.0, 1.0))
            on:wheel=move |event| scrub.wheel(&event)
        >
            <div
                class="line"
                node_ref=line
                role="slider"
                tabindex="0"
                aria-label=words::TIMELINE
                aria-orientation="horizontal"
                aria-valuemin=move || last.get().0.min(1).to_string()
                aria-valuemax=move || last.get().0.to_string()
                aria-valuenow=move || here.get().0.to_string()
                aria-valuetext=move || spoken(desk, machine, here.get(), last.get())
                on:keydown=move |event| keys::handle(machine, &event)
                on:pointerdown=move |event| scrub.down(Grip::Head, &event)
                on:pointermove=move |event| scrub.moved(&event)
                on:pointerup=move |event| scrub.up(&event)
                on:pointercancel=move |event| scrub.up(&event)
                on:pointerleave=move |_| scrub.left()
            >
                <svg
                    viewBox=format!("0 0 {} {}", picture::WIDTH, picture::HEIGHT)
                    preserveAspectRatio="none"
                    aria-hidden="true"
                >
                    {move || {
                        let known = profiles.get();
                        scenery
                            .with(|scenery| scenery.bars.clone())
                            .into_iter()
                            .map(|Bars { author, path }| {
                                let colour = colour_value(colour_of(&known, author));
                                view! { <path d=path style:fill=colour></path> }
                            })
                            .collect_view()
                    }}
                </svg>
                <div class="ground"></div>
                {move || {
                    scenery
                        .with(|scenery| scenery.beginnings.clone())
                        .into_iter()
                        .map(|x| view! { <i class="break" style:--x=percent(x)></i> })
                        .collect_view()
                }}
                <div class="ahead"></div>
                {move || range().map(|(left, right)| view! {
                    <div
                        class="range"
                        style:left=percent(left)
                        style:width=percent(right - left)
                    ></div>
                })}
                <Show when=move || on_line(fraction.get())>
                    <div class="head"></div>
                </Show>
            </div>
            <div class="flags" role="group" aria-label=said::MARKS_ON_LINE>
                {move || {
                    scenery
                        .with(|scenery| scenery.bunches.clone())
                        .into_iter()
                        .map(|bunch| view! { <FlagButton machine=machine bunch=bunch /> })
                        .collect_view()
                }}
            </div>
            <Show when=move || other.get().is_some_and(|other| on_line(seen(other)))>
                <div
                    class="other"
                    role="slider"
                    tabindex="0"
                    aria-label=said::COMPARED_WITH
                    aria-orientation="horizontal"
                    aria-valuemin="1"
                    aria-valuemax=move || last.get().0.to_string()
                    aria-valuenow=move || other.get().map(|other| other.0.to_string())
                    aria-valuetext=move || {
                        other.get().map(|other| spoken(desk, machine, other, last.get()))
                    }
                    style:--x=move || other.get().map(|other| percent(seen(other)))
                    on:keydown=move |event| keys::handle_other(machine, &event)
                    on:pointerdown=move |event| scrub.down(Grip::Other, &event)
                    on:pointermove=move |event| scrub.moved(&event)
                    on:pointerup=move |event| scrub.up(&event)
                    on:pointercancel=move |event| scrub.up(&event)
                ></div>
            </Show>
            <Card machine=machine hover=scrub.hover />
            {move || {
                let text = match scrub.finer.get()? {
                    Finer::Hint => said::FINE_HINT,
                    Finer::Half => said::FINE_HALF,
                    Finer::Fifth => said::FINE_FIFTH,
                    Finer::Twentieth => said::FINE_TWENTIETH,
                };
                Some(view! { <p class="finer" aria-hidden="true">{text}</p> })
            }}
            <Show when=move || machine.window.get().width() < 1.0>
                <div
                    class="overview"
                    aria-hidden="true"
                    on:pointerdown=move |event| scrub.grab(&event)
                    on:pointermove=move |event| scrub.drag_window(&event)
                    on:pointerup=move |_| scrub.release()
                    on:pointercancel=move |_| scrub.release()
                >
                    <i
                        style:left=move || percent(machine.window.get().low)
                        style:width=move || percent(machine.window.get().width())
                    ></i>
                </div>
            </Show>
        </div>
        <div class="ticks" aria-hidden="true">
            {move || {
                scenery
                    .with(|scenery| scenery.ticks.clone())
                    .into_iter()
                    .map(|Tick { x, text }| {
                        view! {
                            <span class:first={x == 0.0} class:last={x == 1.0} style:--x=percent(x)>
                                {text}
                            </span>
                        }
                    })
                    .collect_view()
            }}
        </div>
        <Announcer machine=machine />
    }
}

/// A flag, or a few of them. Not a stop of the Tab key, since there may be hundreds: keys go
/// from one to the next on the line, and a panel lists them.
#[component]
fn FlagButton(machine: Machine, bunch: Bunch) -> impl IntoView {
    let Bunch { seen, flag, others, until } = bunch;
    let revision = flag.revision;
    let label = said::and_more(&flag.label, others);
    let go = move |_| {
        machine.open(Some(revision));
        if others > 0 {
            // What stands together is to be told apart.
            let width = (until - seen).abs().max(0.002);
            machine.zoom(seen.clamp(0.0, 1.0), (0.3 / width).clamp(2.0, 12.0));
        }
    };
    view! {
        <button
            class=format!("flag {}", flag.kind.class())
            type="button"
            tabindex="-1"
            title=label.clone()
            aria-label=label
            style:--x=percent(seen)
            on:click=go
        >
            <svg viewBox="0 0 12 12" aria-hidden="true"><path d=flag.kind.drawing()></path></svg>
            {(others > 0).then(|| view! { <small aria-hidden="true">{others + 1}</small> })}
        </button>
    }
}

/// Says where one is while time goes by on its own: a slider speaks only when its keys are used.
#[component]
fn Announcer(machine: Machine) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let waiting = StoredValue::new(false);
    let say = move || {
        let here = machine.at().get_untracked().unwrap_or_else(|| machine.last_now());
        words.set(spoken(machine.desk, machine, here, machine.last_now()));
    };
    Effect::new(move |before: Option<bool>| {
        let playing = machine.playing().get();
        machine.at().track();
        if playing && !waiting.get_value() {
            waiting.set_value(true);
            let late = move || {
                if waiting.try_set_value(false).is_none() && machine.playing().get_untracked() {
                    say();
                }
            };
            set_timeout(late, SPEAK_EVERY);
        } else if before == Some(true) && !playing {
            untrack(say);
        }
        playing
    });
    view! { <p class="unseen" aria-live="polite">{words}</p> }
}
