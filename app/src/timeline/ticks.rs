//! The words under the timeline: when it began, dates along the way, the names of versions,
//! now. Which of them fit is decided here; how they look is the style sheet's.

use palimpsest_core::{Graph, Marker, Revision, Timeline};

use crate::when;
use crate::words;

/// Two words are at least this far apart, as a fraction of the line.
const APART: f64 = 0.15;
/// Where dates are wanted, if nothing more important stands there.
const PLACES: [f64; 5] = [0.2, 0.35, 0.5, 0.65, 0.8];

/// One word under the line.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Tick {
    /// Where: a fraction of the line.
    pub(crate) x: f64,
    /// What it says.
    pub(crate) text: String,
}

/// The words for a timeline, from left to right. `creator` is what its first author is called.
pub(crate) fn ticks(
    timeline: &Timeline,
    graph: &Graph,
    creator: impl Fn(palimpsest_core::AuthorId) -> String,
) -> Vec<Tick> {
    let last = timeline.last().0;
    let Some(first) = timeline.moment(graph, Revision(1)) else { return Vec::new() };
    let mut ticks = vec![
        Tick {
            x: 0.0,
            text: format!("{}, created by {}", when::day(first.time), creator(first.author)),
        },
        Tick { x: 1.0, text: words::NOW_TICK.to_owned() },
    ];
    for marker in timeline.markers(graph) {
        let day = timeline.moment(graph, marker.revision).map(|moment| when::day(moment.time));
        put(&mut ticks, marker_tick(&marker, day, last));
    }
    let mut day_before = when::day(first.time);
    for x in PLACES {
        let revision = Revision((x * last as f64) as u64);
        let Some(moment) = timeline.moment(graph, revision) else { continue };
        let day = when::day(moment.time);
        // Within one day the time says more than the same date again.
        let text = if day == day_before { when::clock(moment.time) } else { day.clone() };
        if put(&mut ticks, Tick { x, text }) {
            day_before = day;
        }
    }
    ticks.sort_by(|a, b| a.x.total_cmp(&b.x));
    ticks
}

fn marker_tick(marker: &Marker, day: Option<String>, last: u64) -> Tick {
    let name = format!("“{}”", marker.name);
    let text = match day {
        Some(day) => format!("{day} · {name}"),
        None => name,
    };
    Tick { x: at(marker.revision, last), text }
}

fn put(ticks: &mut Vec<Tick>, tick: Tick) -> bool {
    // The first word is written to the right of its place, the last to the left of it.
    let fits = ticks.iter().all(|other| {
        let room = if other.x == 0.0 { APART * 1.8 } else { APART };
        (other.x - tick.x).abs() >= room && other.text != tick.text
    });
    if fits {
        ticks.push(tick);
    }
    fits
}

/// Where the end of a revision is, as a fraction of a line that ends at `last`.
pub(crate) fn at(revision: Revision, last: u64) -> f64 {
    if last == 0 { 1.0 } else { (revision.0 as f64 / last as f64).clamp(0.0, 1.0) }
}
