//! What the time machine offers to the list of everything that can be done.

use leptos::ev;
use leptos::prelude::*;
use palimpsest_core::Revision;

use crate::actions::{Action, Actions};
use crate::aside::{Aside, Subject};
use crate::panels::share;
use crate::panels::toast::Toasts;
use crate::timeline::axis::Window;
use crate::timeline::compare::{Layout, Other};
use crate::timeline::keys::toggle_compare;
use crate::timeline::machine::Machine;
use crate::timeline::scenery::ZOOM_STEP;
use crate::words;
use crate::words::machine as said;

/// Offers everything until the caller is cleaned up, and listens to the keys that work wherever
/// the focus is.
pub(super) fn offer(machine: Machine, naming: RwSignal<bool>) {
    let toasts = expect_context::<Toasts>();
    let aside = expect_context::<Aside>();
    let some = Signal::derive(move || machine.last().0 > 1);
    let away = Signal::derive(move || machine.at().get().is_some());
    let near = Signal::derive(move || some.get() && machine.window.get() != Window::WHOLE);
    let comparing = Signal::derive(move || machine.compare.on() && machine.at().get().is_some());
    let named = Signal::derive(move || machine.name_here().is_some());
    let unnamed = Signal::derive(move || some.get() && !named.get());
    let ask_name = move |()| {
        machine.pause();
        naming.set(true);
    };
    let action = |name, keys, possible, act: Callback<()>| Action { name, keys, possible, act };
    let run = |act: fn(Machine)| Callback::new(move |()| act(machine));
    expect_context::<Actions>().offer([
        action(words::PREVIOUS_EDIT, "←", some, run(|machine| machine.step(-1))),
        action(words::NEXT_EDIT, "→", away, run(|machine| machine.step(1))),
        action(said::PREVIOUS_MARK, "[", some, run(|machine| machine.step_flag(false))),
        action(said::NEXT_MARK, "]", away, run(|machine| machine.step_flag(true))),
        action(said::PREVIOUS_SESSION, "Page Up", some, run(|machine| machine.step_sitting(false))),
        action(said::NEXT_SESSION, "Page Down", away, run(|machine| machine.step_sitting(true))),
        action(said::PREVIOUS_AUTHOR, "↑", some, run(|machine| machine.step_author(false))),
        action(said::NEXT_AUTHOR, "↓", away, run(|machine| machine.step_author(true))),
        action(said::FIRST_EDIT, "Home", some, run(|machine| machine.open(Some(Revision(1))))),
        action(words::BACK_TO_NOW, "Esc", away, run(Machine::back_to_now)),
        action(said::PLAY_OR_PAUSE, "Space", some, run(Machine::toggle)),
        action(said::IN_TEN_SECONDS, "", away, run(Machine::play_in_ten_seconds)),
        action(said::CLOSER, "+", some, run(|machine| machine.zoom_here(ZOOM_STEP))),
        action(said::FARTHER, "−", near, run(|machine| machine.zoom_here(1.0 / ZOOM_STEP))),
        action(said::WHOLE_LINE, "0", near, run(|machine| machine.window.set(Window::WHOLE))),
        action(words::COMPARE, "C", some, run(toggle_compare)),
        action(
            said::COMPARE_TWO,
            "",
            some,
            run(|machine| {
                let other = machine.standing();
                machine.compare_with(Some(Other::Now));
                machine.compare.set(Some(Other::At(other)));
            }),
        ),
        action(
            said::SIDE_BY_SIDE,
            "",
            comparing,
            run(|machine| {
                machine.compare.layout.update(|layout| {
                    *layout = match layout {
                        Layout::Inline => Layout::Beside,
                        Layout::Beside => Layout::Inline,
                    };
                });
            }),
        ),
        action(said::NEXT_CHANGE, "F7", comparing, run(|machine| machine.compare.step(true))),
        action(
            said::PREVIOUS_CHANGE,
            "Shift F7",
            comparing,
            run(|machine| {
                machine.compare.step(false);
            }),
        ),
        action(
            said::BESIDE_NOW,
            "",
            away,
            run(|machine| machine.beside_now.update(|on| *on = !*on)),
        ),
        action(said::FOLLOW, "F", some, run(|machine| machine.follow.update(|on| *on = !*on))),
        action(said::AUTHORS, "A", some, run(|machine| machine.authors.update(|on| *on = !*on))),
        action(words::NAME_THIS_VERSION, "", unnamed, Callback::new(ask_name)),
        action(said::RENAME_VERSION, "", named, Callback::new(ask_name)),
        action(said::MOMENTS, "", some, Callback::new(move |()| aside.toggle(Subject::Moments))),
        action(
            said::COPY_PLAYING,
            "",
            away,
            Callback::new(move |()| {
                share::copy(machine.link(true), toasts, machine.copied());
            }),
        ),
    ]);
    let keys = window_event_listener(ev::keydown, move |event| {
        let comparing = machine.compare.with.get_untracked().is_some();
        if event.key() == "F7" && comparing && !event.default_prevented() {
            event.prevent_default();
            machine.compare.step(!event.shift_key());
        }
    });
    on_cleanup(move || keys.remove());
}
