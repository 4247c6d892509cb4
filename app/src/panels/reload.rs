//! The button that opens the page anew.

use leptos::prelude::*;

use crate::words;

#[component]
pub(crate) fn Reload() -> impl IntoView {
    let reload = move |_| {
        // A page that cannot be reloaded is being left.
        let _ = window().location().reload();
    };
    view! { <button class="primary" type="button" on:click=reload>{words::RELOAD}</button> }
}
