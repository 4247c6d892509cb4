//! The ledger in the header: where this document's edits are, in a few true words.

use leptos::prelude::*;

use crate::aside::{Aside, Subject};
use crate::desk::{Desk, SaveStatus};
use crate::words;
use crate::workspace::{Connection, Workspace};

/// The "Save status".
#[component]
pub(crate) fn Status(desk: Desk) -> impl IntoView {
    let connection = expect_context::<Workspace>().connection();
    let aside = expect_context::<Aside>();
    let status = desk.status();
    let told = Memo::new(move |_| status.with(|status| tell(status, connection.get())));
    view! {
        <div
            class="chip"
            role="status"
            aria-label=words::SAVE_STATUS
            data-state=move || told.get().0
            title=move || told.get().1
        >
            <button
                class="quiet"
                type="button"
                aria-expanded=move || (aside.shown().get() == Some(Subject::Ledger)).to_string()
                // The editor keeps the focus: if it lost it now, the words, and with them the
                // button, would change under the pointer.
                on:mousedown=move |event| event.prevent_default()
                on:click=move |_| aside.toggle(Subject::Ledger)
            >
                <span>{move || told.get().1}</span>
            </button>
        </div>
    }
}

/// The state's name in the style sheet, and its words.
fn tell(status: &SaveStatus, connection: Connection) -> (&'static str, String) {
    if let Some(error) = &status.error {
        return ("trouble", error.clone());
    }
    if status.unsaved > 0 {
        return ("saving", words::SAVING.to_owned());
    }
    if status.withheld {
        return ("trouble", words::share::withheld(status.pending));
    }
    if status.denied && connection == Connection::Online {
        return ("trouble", words::share::NO_ACCESS.to_owned());
    }
    let cut_off = match connection {
        Connection::Online if status.connected => "",
        Connection::Online | Connection::Connecting => words::CONNECTING,
        Connection::Offline => words::OFFLINE,
    };
    match (status.pending, cut_off) {
        (0, "") if status.caught_up => ("saved", words::saved(status.seen_by)),
        (0, "") => ("saving", words::CATCHING_UP.to_owned()),
        (0, cut_off) => ("waiting", format!("{cut_off}{}", words::SAVED)),
        (_, "") => ("saving", words::SAVING.to_owned()),
        (pending, cut_off) => ("waiting", format!("{cut_off}{}", words::waiting(pending))),
    }
}
