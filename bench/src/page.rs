//! What a page calls: measures ours on one parcel. The only way into the library in a browser.

use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::metrics::{self, Scope};
use crate::parcel::Parcel;
use crate::{slices, stored};

/// Measures everything that the parcel is for; `words` has a word of a metric in each line, as
/// [`Scope::metrics`] does. Returns `[{metric, trace, median, first}]`.
///
/// # Panics
/// If the bytes are no parcel.
#[wasm_bindgen]
pub fn measure(trace: &str, parcel: &[u8], turns: usize, words: &str) -> String {
    let scope = Scope { turns, metrics: words.lines().map(str::to_owned).collect() };
    let figures = match Parcel::unpack(parcel).expect("the program packed it") {
        Parcel::Typed(history) => {
            let mut figures = metrics::typing(trace, &history, &scope);
            figures.extend(metrics::sequential(trace, &history, &scope));
            figures
        }
        Parcel::Lived(log) => {
            let mut figures = stored::logged(trace, &log, &scope);
            figures.extend(slices::history(trace, &log, &scope));
            figures
        }
        Parcel::Branches => {
            let mut figures = metrics::branches(&scope);
            figures.extend(slices::branches(&scope));
            figures
        }
    };
    let figures = figures.iter().map(|figure| {
        json!({
            "metric": figure.metric,
            "trace": figure.trace,
            "median": figure.together,
            "first": figure.first,
        })
    });
    json!(figures.collect::<Vec<_>>()).to_string()
}
