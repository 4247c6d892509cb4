//! The banner over a text of the past: what one is reading, and what one can do with it.

use leptos::prelude::*;
use palimpsest_core::Command;

use crate::desk::Desk;
use crate::panels::share;
use crate::panels::toast::Toasts;
use crate::timeline::machine::Machine;
use crate::when;
use crate::words;

/// The banner. It is in the page only while the past is shown.
#[component]
pub(crate) fn Banner(desk: Desk, machine: Machine) -> impl IntoView {
    view! {
        <Show when=move || machine.at().get().is_some()>
            <PastBanner desk=desk machine=machine />
        </Show>
    }
}

#[component]
fn PastBanner(desk: Desk, machine: Machine) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let comparing = machine.comparing();
    let time = move || machine.moment().map(|moment| when::full(moment.time));
    let deed = move || {
        machine
            .moment()
            .map(|moment| words::deed(&desk.name_of(moment.author), moment.intent, moment.kind))
    };
    let counts = move || {
        let (added, removed) = machine.difference().get()?;
        Some(view! {
            " "
            <span class="counts">{format!("({})", words::since_then(added, removed))}</span>
        })
    };
    let copy = move |_| {
        let Some(at) = machine.at().get_untracked() else { return };
        let pending = machine.moment_at(at).is_some_and(|moment| moment.pending);
        let done = if pending { words::LINK_MAY_MOVE } else { words::LINK_COPIED };
        share::copy(share::link_to(desk.id(), Some(at)), toasts, done);
    };
    let restore = move |_| match machine.restore() {
        Ok(()) => toasts.offer(words::RESTORED, words::UNDO, move || {
            if let Err(refused) = desk.dispatch(Command::Undo) {
                toasts.say(refused.to_string());
            }
        }),
        Err(reason) => toasts.say(reason),
    };
    view! {
        <div class="banner" role="region" aria-label=words::YOU_ARE_READING.trim()>
            <p>
                {words::YOU_ARE_READING} <b>{time}</b> " — " {deed} " " {words::GOES_ON} {counts}
            </p>
            <button
                type="button"
                aria-pressed=move || comparing.get().to_string()
                on:click=move |_| {
                    machine.pause();
                    comparing.update(|on| *on = !*on);
                }
            >
                {words::COMPARE}
            </button>
            <button type="button" on:click=copy>{words::COPY_MOMENT}</button>
            <button class="primary" type="button" on:click=restore>{words::RESTORE_THIS_VERSION}</button>
            <button type="button" aria-label=words::BACK_TO_NOW on:click=move |_| machine.back_to_now()>
                {words::BACK_TO_NOW} " " <kbd>"Esc"</kbd>
            </button>
        </div>
    }
}
