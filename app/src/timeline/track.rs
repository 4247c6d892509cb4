//! The line of time itself: activity, markers, the place where one stands, and the slider
//! that moves it by pointer and by keys.

use std::time::Duration;

use leptos::ev::PointerEvent;
use leptos::html;
use leptos::prelude::*;
use palimpsest_core::{Marker, Revision};

use crate::clock;
use crate::desk::Desk;
use crate::faces::{colour_of, colour_value};
use crate::timeline::keys;
use crate::timeline::machine::Machine;
use crate::timeline::picture::{self, Bars};
use crate::timeline::ticks::{self, Tick};
use crate::when;
use crate::words;

/// The picture is drawn again at most this often while the document grows.
const REDRAW_EVERY: Duration = Duration::from_millis(1500);
/// Pulled this far above or below the line, the pointer moves time ten times finer.
const FINE_BEYOND_PX: f64 = 72.0;
const FINE: f64 = 0.1;

/// A drag on its way.
#[derive(Clone, Copy)]
struct Drag {
    pointer: i32,
    /// The last horizontal place of the pointer, and the fraction of the line that it means.
    x: f64,
    fraction: f64,
}

#[component]
pub(crate) fn Track(desk: Desk, machine: Machine) -> impl IntoView {
    let track = NodeRef::<html::Div>::new();
    let inner = NodeRef::<html::Div>::new();
    let drag = StoredValue::new(None::<Drag>);
    let hover = RwSignal::new(None::<f64>);
    let last = Signal::derive(move || machine.last().0);
    let here = Signal::derive(move || machine.at().get().unwrap_or_else(|| machine.last()));
    let fraction = Signal::derive(move || ticks::at(here.get(), last.get()));
    let spoken = move || {
        let (at, last) = (here.get(), last.get());
        let mut text = format!("Edit {} of {}", words::number(at.0), words::number(last));
        if let Some(moment) = machine.moment_at(at) {
            let name = desk.name_of(moment.author);
            text = format!("{text}, {}, {name}", when::spoken(moment.time));
        }
        text
    };

    let to_fraction = move |x: f64| {
        let Some(inner) = inner.get_untracked() else { return 1.0 };
        let bounds = inner.get_bounding_client_rect();
        if bounds.width() <= 0.0 {
            1.0
        } else {
            ((x - bounds.left()) / bounds.width()).clamp(0.0, 1.0)
        }
    };
    let to_revision =
        move |fraction: f64| Revision((fraction * last.get_untracked() as f64).round() as u64);
    let down = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        let Some(track) = track.get_untracked() else { return };
        // Without capture the drag ends at the line's edge, which is still a drag.
        let _ = track.set_pointer_capture(event.pointer_id());
        let _ = track.focus();
        event.prevent_default();
        machine.pause();
        let x = f64::from(event.client_x());
        let fraction = to_fraction(x);
        drag.set_value(Some(Drag { pointer: event.pointer_id(), x, fraction }));
        hover.set(None);
        machine.seek(to_revision(fraction));
    };
    let moved = move |event: PointerEvent| {
        let x = f64::from(event.client_x());
        let Some(mut going) = drag.get_value().filter(|going| going.pointer == event.pointer_id())
        else {
            if event.pointer_type() == "mouse" {
                hover.set(Some(to_fraction(x)));
            }
            return;
        };
        let Some(bounds) = track.get_untracked().map(|track| track.get_bounding_client_rect())
        else {
            return;
        };
        let y = f64::from(event.client_y());
        let away = (bounds.top() - y).max(y - bounds.bottom()).max(0.0);
        going.fraction = if away > FINE_BEYOND_PX {
            (going.fraction + (x - going.x) / bounds.width() * FINE).clamp(0.0, 1.0)
        } else {
            to_fraction(x)
        };
        going.x = x;
        drag.set_value(Some(going));
        machine.seek(to_revision(going.fraction));
    };

    let profiles = desk.profiles();
    let scenery = scenery(desk, machine);
    view! {
        <div
            class="track"
            node_ref=track
            role="slider"
            tabindex="0"
            aria-label=words::TIMELINE
            aria-orientation="horizontal"
            aria-valuemin=move || last.get().min(1).to_string()
            aria-valuemax=move || last.get().to_string()
            aria-valuenow=move || here.get().0.to_string()
            aria-valuetext=spoken
            style:--at=move || percent(fraction.get())
            on:keydown=move |event| keys::handle(machine, &event)
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=move |_| drag.set_value(None)
            on:pointercancel=move |_| drag.set_value(None)
            on:pointerleave=move |_| hover.set(None)
        >
            <div class="inner" node_ref=inner>
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
                <div class="ahead"></div>
                {move || {
                    scenery
                        .with(|scenery| scenery.markers.clone())
                        .into_iter()
                        .map(|marker| {
                            let revision = marker.revision;
                            let x = percent(ticks::at(revision, last.get()));
                            view! {
                                <span
                                    class="marker"
                                    title=marker.name
                                    style:--x=x
                                    on:pointerdown=move |event| {
                                        event.stop_propagation();
                                        machine.pause();
                                        machine.open(Some(revision));
                                    }
                                ></span>
                            }
                        })
                        .collect_view()
                }}
                <div class="head"></div>
                {move || {
                    let fraction = hover.get()?;
                    let revision = to_revision(fraction).max(Revision(1));
                    let moment = machine.moment_at(revision)?;
                    let text = format!("{} · {}", when::brief(moment.time), desk.name_of(moment.author));
                    Some(view! {
                        <div class="hint" aria-hidden="true" style:--x=percent(fraction)>{text}</div>
                    })
                }}
            </div>
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
    }
}

/// The parts of the line that are costly to compute: they follow the document with a delay.
#[derive(Clone, Default)]
struct Scenery {
    bars: Vec<Bars>,
    ticks: Vec<Tick>,
    markers: Vec<Marker>,
}

fn scenery(desk: Desk, machine: Machine) -> RwSignal<Scenery> {
    let scenery = RwSignal::new(Scenery::default());
    let waiting = StoredValue::new(false);
    let drawn = StoredValue::new(f64::NEG_INFINITY);
    let redraw = move || {
        drawn.set_value(clock::elapsed());
        let name = |author| desk.name_of(author);
        desk.with_timeline(|timeline, graph| {
            let last = timeline.last().0;
            let buckets = timeline.activity(graph, picture::BARS.min(last as usize));
            scenery.set(Scenery {
                bars: picture::draw(&buckets, last),
                ticks: ticks::ticks(timeline, graph, name),
                markers: timeline.markers(graph),
            });
        });
    };
    let profiles = desk.profiles();
    Effect::new(move |_| {
        machine.history().track();
        profiles.track();
        if waiting.get_value() {
            return;
        }
        let since = clock::elapsed() - drawn.get_value();
        if since > REDRAW_EVERY.as_millis() as f64 {
            redraw();
            return;
        }
        waiting.set_value(true);
        set_timeout(
            move || {
                // The desk may have been closed in the meantime.
                if waiting.try_set_value(false).is_none() {
                    redraw();
                }
            },
            REDRAW_EVERY,
        );
    });
    scenery
}

fn percent(fraction: f64) -> String {
    format!("{:.3}%", fraction * 100.0)
}
