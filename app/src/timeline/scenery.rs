//! What is drawn along the line of time: bars, words, flags. All of it costs too much for every
//! edit and follows the document with a delay; zooming is followed frame by frame.

use std::time::Duration;

use leptos::prelude::*;
use palimpsest_core::Revision;

use crate::clock;
use crate::timeline::axis::Scale;
use crate::timeline::flags::{self, Bunch};
use crate::timeline::machine::Machine;
use crate::timeline::picture::{self, Bars};
use crate::timeline::ticks::{self, Tick};

/// The line is measured again at most this often while the document grows.
const MEASURE_EVERY: Duration = Duration::from_millis(1500);
/// A history of more edits is measured this long after it was read.
const AT_ONCE_MAX: u64 = 20_000;
const MEASURE_AFTER: Duration = Duration::from_millis(80);
/// Flags nearer than this stand together, as a part of what is seen.
const APART: f64 = 0.016;
/// So many edits fill the line when it is looked at as closely as possible.
const CLOSEST_EDITS: f64 = 12.0;
/// How much closer one step of zooming goes.
pub(crate) const ZOOM_STEP: f64 = 1.6;

/// What is drawn.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Scenery {
    /// How much was written, by whom.
    pub(crate) bars: Vec<Bars>,
    /// Words under the line.
    pub(crate) ticks: Vec<Tick>,
    /// What stands out.
    pub(crate) bunches: Vec<Bunch>,
    /// Where a sitting begins, as parts of what is seen.
    pub(crate) beginnings: Vec<f64>,
}

impl Machine {
    /// Looks closer at the line, or from farther away; what is seen at `seen` stays there.
    pub(crate) fn zoom(self, seen: f64, factor: f64) {
        let last = self.scale.with_untracked(Scale::last).max(1);
        let least = (CLOSEST_EDITS / last as f64).min(1.0);
        self.window.update(|window| *window = window.zoomed(seen, factor, least));
    }

    /// Looks closer around the place where one stands, or from farther away.
    pub(crate) fn zoom_here(self, factor: f64) {
        let place = self.scale.with_untracked(|scale| scale.place(self.standing()));
        let seen = self.window.get_untracked().seen(place).clamp(0.0, 1.0);
        self.zoom(seen, factor);
    }
}

/// Keeps the line measured, and what is drawn along it, until the caller is cleaned up.
pub(crate) fn keep(machine: Machine) -> RwSignal<Scenery> {
    let scenery = RwSignal::new(Scenery::default());
    let profiles = machine.desk.profiles();

    let waiting = StoredValue::new(false);
    let measured = StoredValue::new(f64::NEG_INFINITY);
    let measure = move || {
        measured.set_value(clock::elapsed());
        let axis = machine.axis.get_untracked();
        let (scale, flags) = machine
            .read(|models, timeline, graph| {
                let flags = flags::flags(machine.desk, models, timeline, graph);
                let sittings = models.sittings(timeline, graph).all();
                Some((Scale::of(axis, timeline, graph, sittings), flags))
            })
            .unwrap_or_else(|| (Scale::even(0), Vec::new()));
        if machine.flags.with_untracked(|known| *known != flags) {
            machine.flags.set(flags);
        }
        machine.scale.set(scale);
    };
    Effect::new(move |axis_before: Option<_>| {
        let axis = machine.axis.get();
        machine.history().track();
        profiles.track();
        let since = clock::elapsed() - measured.get_value();
        let last = machine.last_now().0;
        if axis_before.is_none() && last > AT_ONCE_MAX {
            // A long history is measured when it can be seen already.
            machine.scale.set(Scale::even(last));
            let later = move || {
                if waiting.try_get_value().is_some() {
                    measure();
                }
            };
            set_timeout(later, MEASURE_AFTER);
        } else if axis_before != Some(axis) || since > MEASURE_EVERY.as_millis() as f64 {
            measure();
        } else if !waiting.get_value() {
            waiting.set_value(true);
            let late = move || {
                // The desk may have been closed in the meantime.
                if waiting.try_set_value(false).is_none() {
                    measure();
                }
            };
            set_timeout(late, MEASURE_EVERY);
        }
        axis
    });

    // Wheels and pinches turn more often than frames come.
    let drawing = StoredValue::new(false);
    Effect::new(move |before: Option<()>| {
        machine.scale.track();
        machine.window.track();
        machine.flags.track();
        if before.is_none() {
            return scenery.set(draw(machine));
        }
        if drawing.get_value() {
            return;
        }
        drawing.set_value(true);
        clock::on_next_frame(move || {
            if drawing.try_set_value(false).is_none() {
                scenery.set(draw(machine));
            }
        });
    });
    scenery
}

fn draw(machine: Machine) -> Scenery {
    let window = machine.window.get_untracked();
    let name = |author| machine.desk.name_of(author);
    let scenery = machine.scale.with_untracked(|scale| {
        let seen = scale.gone(window.high).saturating_sub(scale.gone(window.low)).max(1);
        let bars = picture::BARS.min(seen as usize);
        let bound = |nth: usize| {
            let x = window.line(nth as f64 / bars as f64);
            Revision(if nth == 0 && window.low <= 0.0 { 0 } else { scale.gone(x) })
        };
        let bounds: Vec<_> = (0..=bars).map(bound).collect();
        let beginnings = scale.beginnings().map(|(_, x)| window.seen(x));
        let beginnings = beginnings.filter(|seen| (0.0..=1.0).contains(seen)).collect();
        machine.desk.with_timeline(|timeline, graph| Scenery {
            bars: picture::draw(&timeline.activity_between(graph, &bounds)),
            ticks: ticks::ticks(timeline, graph, scale, window, name),
            bunches: Vec::new(),
            beginnings,
        })
    });
    let place = |revision| machine.scale.with_untracked(|scale| window.seen(scale.place(revision)));
    let bunches = machine.flags.with_untracked(|flags| flags::bunches(flags, place, APART));
    Scenery { bunches, ..scenery }
}
