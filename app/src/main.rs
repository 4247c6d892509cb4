//! The Palimpsest app: starts Leptos on the page's body.
#![forbid(unsafe_code)]
use leptos::prelude::*;

fn main() {
    leptos::mount::mount_to_body(|| view! { <h1>"Palimpsest"</h1> });
}
