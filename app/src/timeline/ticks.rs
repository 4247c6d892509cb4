//! The words under the timeline: when it began, dates along the way, the names of versions,
//! now. Which of them fit is decided here; how they look is the style sheet's.

use palimpsest_core::{AuthorId, Graph, Revision, Timeline};

use crate::timeline::axis::{Scale, Window};
use crate::when;
use crate::words;

/// Two words are at least this far apart, as a fraction of the line.
const APART: f64 = 0.15;
/// Where dates are wanted, if nothing more important stands there.
const PLACES: [f64; 5] = [0.2, 0.35, 0.5, 0.65, 0.8];

/// One word under the line.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Tick {
    /// Where: a fraction of what is seen.
    pub(crate) x: f64,
    /// What it says.
    pub(crate) text: String,
}

/// The words for what is seen of a line, from left to right. `creator` is what its first author
/// is called.
pub(crate) fn ticks(
    timeline: &Timeline,
    graph: &Graph,
    scale: &Scale,
    window: Window,
    creator: impl Fn(AuthorId) -> String,
) -> Vec<Tick> {
    let moment = |revision: Revision| timeline.moment(graph, revision);
    let Some(first) = moment(Revision(1)) else { return Vec::new() };
    let mut ticks = Vec::new();
    let left = moment(scale.revision(window.low)).map_or(first.time, |moment| moment.time);
    let right = moment(scale.revision(window.high)).map_or(first.time, |moment| moment.time);
    let text = if window.low > 0.0 {
        format!("{}, {}", when::day(left), when::clock(left))
    } else {
        format!("{}, created by {}", when::day(first.time), creator(first.author))
    };
    ticks.push(Tick { x: 0.0, text });
    let text = if window.high < 1.0 {
        format!("{}, {}", when::day(right), when::clock(right))
    } else {
        words::NOW_TICK.to_owned()
    };
    ticks.push(Tick { x: 1.0, text });
    for marker in timeline.markers(graph) {
        let day = moment(marker.revision).map(|moment| when::day(moment.time));
        let name = format!("“{}”", marker.name);
        let text = match day {
            Some(day) => format!("{day} · {name}"),
            None => name,
        };
        put(&mut ticks, Tick { x: window.seen(scale.place(marker.revision)), text });
    }
    let mut day_before = when::day(left);
    let sittings = scale.beginnings().map(|(revision, x)| (window.seen(x), revision));
    let others = PLACES.iter().map(|&seen| (seen, scale.revision(window.line(seen))));
    for (x, revision) in sittings.chain(others) {
        let Some(moment) = moment(revision) else { continue };
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

fn put(ticks: &mut Vec<Tick>, tick: Tick) -> bool {
    // The first word is written to the right of its place, the last to the left of it.
    let fits = (0.0..=1.0).contains(&tick.x)
        && ticks.iter().all(|other| {
            let room = if other.x == 0.0 { APART * 1.8 } else { APART };
            (other.x - tick.x).abs() >= room && other.text != tick.text
        });
    if fits {
        ticks.push(tick);
    }
    fits
}
