//! A document's life as a small line: how much was written in each part of its history.

use leptos::prelude::*;

/// How wide and high the drawing is, in its own units.
const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 20.0;
/// The line of a young document is not wider than its history.
const PARTS_MIN: usize = 16;

/// The line; its ground alone for a document in which nobody wrote yet, or of which nobody
/// counted how much. Decoration only: the numbers stand beside it.
#[component]
pub(crate) fn Spark(#[prop(into)] activity: Signal<Vec<u32>>) -> impl IntoView {
    view! {
        <svg class="spark" viewBox="0 0 96 20" aria-hidden="true" focusable="false">
            <path class="ground" d="M0 20V19H96V20z"></path>
            <path class="bars" d=move || activity.with(|counts| bars(counts))></path>
        </svg>
    }
}

/// A bar for each part. Roots, so that a paste does not make all typing invisible.
fn bars(activity: &[u32]) -> String {
    let most = activity.iter().copied().max().unwrap_or(0).max(1);
    let step = WIDTH / activity.len().max(PARTS_MIN) as f64;
    let bar = |(nth, count): (usize, &u32)| {
        let height = (f64::from(*count) / f64::from(most)).sqrt() * (HEIGHT - 2.0);
        let height = height.max(1.5);
        let (left, top) = (nth as f64 * step, HEIGHT - height);
        format!("M{left:.1} {HEIGHT}V{top:.1}h{:.1}V{HEIGHT}z", (step - 1.0).max(0.5))
    };
    activity.iter().enumerate().filter(|(_, count)| **count > 0).map(bar).collect()
}
