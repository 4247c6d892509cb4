//! The graph beside the rows of the event inspector: one lane for each session that wrote, one
//! dot for each event, lines to what it was made on. Only rows in view are drawn.

use leptos::prelude::*;

use crate::aside::events::ROW_PX;
use crate::faces::colour_class;

/// How far lanes are apart, in CSS pixels.
const LANE_PX: f64 = 12.0;
/// How many lanes there are; more sessions than that share the last one.
const LANES_MAX: usize = 6;

/// A row as the graph needs it.
pub(super) struct Row {
    /// Which row of the list it is.
    pub(super) nth: usize,
    pub(super) revision: u64,
    pub(super) replica: u64,
    /// What it was made on: revisions, and whose they are.
    pub(super) parents: Vec<(u64, u64)>,
}

/// Draws the rows that stand together from `first` on.
pub(super) fn draw(rows: &[Row], first: usize, colour: impl Fn(u64) -> u8) -> AnyView {
    let mut lanes: Vec<u64> = Vec::new();
    for row in rows {
        if !lanes.contains(&row.replica) {
            lanes.push(row.replica);
        }
    }
    // The same session keeps its lane while one scrolls, as long as the same ones are in view.
    lanes.sort_unstable();
    let lane_of = |replica: u64| {
        let lane = lanes.iter().position(|&one| one == replica);
        lane.unwrap_or(LANES_MAX).min(LANES_MAX - 1)
    };
    let x = |lane: usize| 10.0 + lane as f64 * LANE_PX;
    let y = |nth: usize| (nth - first) as f64 * ROW_PX + ROW_PX / 2.0;
    let mut lines = Vec::new();
    for row in rows {
        let (to_x, to_y) = (x(lane_of(row.replica)), y(row.nth));
        let class = colour_class(colour(row.replica));
        for &(revision, replica) in &row.parents {
            let parent = rows.iter().find(|one| one.revision == revision);
            let known = lanes.contains(&replica);
            let (from_x, from_y) = match parent {
                Some(parent) => (x(lane_of(parent.replica)), y(parent.nth)),
                // It is above all that is drawn, or left out by the filter.
                None if known => (x(lane_of(replica)), 0.0),
                None => (to_x, 0.0),
            };
            let bend = if from_y < to_y { to_y - ROW_PX / 2.0 } else { to_y };
            let bend = bend.max(from_y);
            let path = format!(
                "M{from_x} {from_y}V{bend}C{from_x} {} {to_x} {bend} {to_x} {to_y}",
                (bend + to_y) / 2.0,
            );
            lines.push((path, class.clone()));
        }
    }
    let dots: Vec<_> = rows
        .iter()
        .map(|row| {
            let merge = row.parents.len() > 1;
            (x(lane_of(row.replica)), y(row.nth), colour_class(colour(row.replica)), merge)
        })
        .collect();
    let height = rows.len() as f64 * ROW_PX;
    view! {
        <svg
            class="lanes"
            aria-hidden="true"
            width=format!("{}", LANES_MAX as f64 * LANE_PX + 12.0)
            height=height.to_string()
            style:transform=format!("translateY({}px)", first as f64 * ROW_PX)
        >
            {lines
                .into_iter()
                .map(|(path, class)| view! { <path class=class d=path></path> })
                .collect_view()}
            {dots
                .into_iter()
                .map(|(x, y, class, merge)| {
                    view! {
                        <circle
                            class=class
                            class:merge=merge
                            cx=x.to_string()
                            cy=y.to_string()
                            r="4"
                        ></circle>
                    }
                })
                .collect_view()}
        </svg>
    }
    .into_any()
}
