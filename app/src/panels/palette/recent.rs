//! What was chosen in the palette lately, kept on this device: it comes first the next time.

use leptos::prelude::*;

const KEY: &str = "palimpsest.recent";
const KEPT: usize = 5;

/// The names of the actions chosen last, the last one first.
pub(crate) fn recent() -> Vec<String> {
    let stored = window().local_storage().ok().flatten();
    let text = stored.and_then(|store| store.get_item(KEY).ok().flatten()).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Remembers one more.
pub(crate) fn remember(name: &str) {
    let mut names = recent();
    names.retain(|known| known != name);
    names.insert(0, name.to_owned());
    names.truncate(KEPT);
    if let Ok(Some(store)) = window().local_storage() {
        // Without room for it, nothing is remembered.
        let _ = store.set_item(KEY, &names.join("\n"));
    }
}
