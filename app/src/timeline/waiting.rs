//! What stands in the text's place while a moment is asked for whose history is still being
//! read. Nothing can be written there, and one can leave.

use std::time::Duration;

use leptos::prelude::*;

use crate::timeline::machine::Machine;
use crate::words;
use crate::words::machine as said;

/// What takes no longer needs no progress.
const PROGRESS_AFTER: Duration = Duration::from_secs(1);

#[component]
pub(crate) fn Waiting(machine: Machine) -> impl IntoView {
    view! {
        <Show when=move || machine.at().get().is_none() && machine.awaited().get().is_some()>
            <WaitingSheet machine=machine />
        </Show>
    }
}

#[component]
fn WaitingSheet(machine: Machine) -> impl IntoView {
    let long = RwSignal::new(false);
    set_timeout(
        move || {
            // The moment may be there by now.
            long.try_set(true);
        },
        PROGRESS_AFTER,
    );
    view! {
        <div class="sheet past waiting">
            <div class="state" role="status">
                <p>{said::WAITING}</p>
                <Show when=move || long.get()>
                    <progress aria-label=words::READING_HISTORY></progress>
                </Show>
                <button type="button" on:click=move |_| machine.back_to_now()>
                    {words::BACK_TO_NOW} " " <kbd>"Esc"</kbd>
                </button>
            </div>
        </div>
    }
}
