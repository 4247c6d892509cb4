//! Which titles a search finds, and where in them. Only titles are searched.

use leptos::prelude::*;

use crate::words;
use crate::workspace::Listing;

/// What is being looked for. A context shared by the page and the side bar.
#[derive(Clone, Copy)]
pub(crate) struct Wanted(pub(crate) RwSignal<String>);

/// Whether a title contains every word of `wanted`, whatever their case and order.
pub(crate) fn finds(wanted: &str, listing: &Listing) -> bool {
    let title = words::titled(&listing.name).to_lowercase();
    wanted.to_lowercase().split_whitespace().all(|word| title.contains(word))
}

/// A title with the first word of `wanted` marked in it.
pub(crate) fn marked(wanted: &str, title: &str) -> impl IntoView + use<> {
    let title = words::titled(title).to_owned();
    let word = wanted.split_whitespace().next().unwrap_or_default().to_lowercase();
    // Lower case may have another length than what it was made from; then nothing is marked.
    let lower = title.to_lowercase();
    let found = lower.find(&word).filter(|_| !word.is_empty() && lower.len() == title.len());
    let parts = found.and_then(|start| {
        let end = start + word.len();
        Some((
            title.get(..start)?.to_owned(),
            title.get(start..end)?.to_owned(),
            title.get(end..)?.to_owned(),
        ))
    });
    match parts {
        Some((before, hit, after)) => view! { {before}<mark>{hit}</mark>{after} }.into_any(),
        None => title.into_any(),
    }
}
