//! Starts the Palimpsest app on the page's body; everything else is in the library.
#![forbid(unsafe_code)]

fn main() {
    palimpsest_app::crash::show_panics();
    leptos::mount::mount_to_body(palimpsest_app::shell::App);
}
