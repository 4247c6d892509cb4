//! What the keys do while the timeline has the focus. The same words stand in the list of
//! shortcuts.

use leptos::ev::KeyboardEvent;
use leptos::prelude::{GetUntracked, Set, Update, document};
use palimpsest_core::Revision;
use wasm_bindgen::JsCast;

use crate::timeline::axis::Window;
use crate::timeline::compare::Other;
use crate::timeline::machine::Machine;
use crate::timeline::scenery::ZOOM_STEP;

/// How far a larger step goes.
const LARGER_STEP: i64 = 10;

/// For a button that goes away when it is pressed: who pressed it with a key goes on at the line
/// of time, who clicked goes on wherever they please.
pub(super) fn hand_over() {
    let focused = document().active_element();
    let by_key = focused.is_some_and(|at| at.matches(":focus-visible").unwrap_or(false));
    let line = document().query_selector(".line[role=slider]").ok().flatten();
    let line = line.and_then(|line| line.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(line) = line.filter(|_| by_key) {
        // It fails only where nothing can have the focus.
        let _ = line.focus();
    }
}

/// Handles a key; a key it knows does nothing else any more.
pub(crate) fn handle(machine: Machine, event: &KeyboardEvent) {
    let key = event.key();
    let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
    if modified {
        match key.as_str() {
            "ArrowLeft" => machine.step_flag(false),
            "ArrowRight" => machine.step_flag(true),
            _ => return,
        }
        return event.prevent_default();
    }
    let one = if event.shift_key() { LARGER_STEP } else { 1 };
    match key.as_str() {
        "ArrowLeft" => machine.step(-one),
        "ArrowRight" => machine.step(one),
        "[" => machine.step_flag(false),
        "]" => machine.step_flag(true),
        "PageUp" => machine.step_sitting(false),
        "PageDown" => machine.step_sitting(true),
        "ArrowUp" => machine.step_author(false),
        "ArrowDown" => machine.step_author(true),
        "Home" => {
            machine.pause();
            machine.seek(Revision(1));
        }
        "End" => machine.back_to_now(),
        " " => machine.toggle(),
        "+" | "=" => machine.zoom_here(ZOOM_STEP),
        "-" | "_" | "−" => machine.zoom_here(1.0 / ZOOM_STEP),
        "0" => machine.window.set(Window::WHOLE),
        "n" if machine.compare.with.get_untracked().is_some() => machine.compare.step(true),
        "p" if machine.compare.with.get_untracked().is_some() => machine.compare.step(false),
        "c" => toggle_compare(machine),
        "a" => machine.authors.update(|on| *on = !*on),
        "f" => machine.follow.update(|on| *on = !*on),
        _ => return,
    }
    event.prevent_default();
}

/// Handles a key on the other handle of a comparison.
pub(crate) fn handle_other(machine: Machine, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let last = machine.last_now();
    let at = match machine.compare.with.get_untracked() {
        None => return,
        Some(Other::Now) => last,
        Some(Other::At(revision)) => revision,
    };
    let one = if event.shift_key() { LARGER_STEP } else { 1 };
    let by = |by: i64| machine.put_other(Revision(at.0.saturating_add_signed(by)));
    match event.key().as_str() {
        "ArrowLeft" | "ArrowDown" => by(-one),
        "ArrowRight" | "ArrowUp" => by(one),
        "PageUp" => by(-LARGER_STEP * 10),
        "PageDown" => by(LARGER_STEP * 10),
        "Home" => machine.put_other(Revision(1)),
        "End" => machine.put_other(last),
        "n" => machine.compare.step(true),
        "p" => machine.compare.step(false),
        " " => machine.toggle(),
        _ => return,
    }
    event.prevent_default();
}

/// Compares with now, or stops comparing.
pub(crate) fn toggle_compare(machine: Machine) {
    let on = machine.compare.with.get_untracked().is_some();
    machine.compare_with((!on).then_some(Other::Now));
}
