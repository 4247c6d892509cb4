//! What the keys do while the timeline has the focus. The same words stand in the list of
//! shortcuts.

use leptos::ev::KeyboardEvent;
use leptos::prelude::GetUntracked;
use palimpsest_core::Revision;

use crate::timeline::machine::Machine;

/// How far a larger step goes.
const LARGER_STEP: i64 = 10;
/// A page is this part of the whole.
const PAGES: u64 = 20;

/// Handles a key; a key it knows does nothing else any more.
pub(crate) fn handle(machine: Machine, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let one = if event.shift_key() { LARGER_STEP } else { 1 };
    let page = i64::try_from(machine.history().get_untracked().1.0 / PAGES)
        .unwrap_or(i64::MAX)
        .max(LARGER_STEP);
    match event.key().as_str() {
        "ArrowLeft" => machine.step(-one),
        "ArrowRight" => machine.step(one),
        "PageUp" => machine.step(-page),
        "PageDown" => machine.step(page),
        "ArrowUp" => machine.step_author(false),
        "ArrowDown" => machine.step_author(true),
        "Home" => {
            machine.pause();
            machine.seek(Revision(1));
        }
        "End" => machine.back_to_now(),
        " " => machine.toggle(),
        _ => return,
    }
    event.prevent_default();
}
