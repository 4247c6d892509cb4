//! The one clock of the benchmarks: the machine's, or in a browser the page's. What is timed
//! does not know of it.

#[cfg(not(target_family = "wasm"))]
use std::{sync::LazyLock, time::Instant};

/// Milliseconds since some moment.
#[cfg(not(target_family = "wasm"))]
pub fn now() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_secs_f64() * 1e3
}

/// Milliseconds since the page was opened. The standard library has no clock there.
#[cfg(target_family = "wasm")]
pub fn now() -> f64 {
    page::now()
}

#[cfg(target_family = "wasm")]
mod page {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance)]
        pub(super) fn now() -> f64;
    }
}

/// How many milliseconds something takes, and what it gives.
pub fn milliseconds<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = now();
    let done = std::hint::black_box(work());
    (now() - start, done)
}

/// Keeps the shorter time of each step: what was done twice is the same, and what else the machine
/// did meanwhile only makes some of it longer.
pub fn shorter(steps: &mut [f64], again: &[f64]) {
    steps.iter_mut().zip(again).for_each(|(step, again)| *step = step.min(*again));
}

/// The longest of some steps.
pub fn longest(steps: &[f64]) -> f64 {
    steps.iter().copied().fold(0.0, f64::max)
}
