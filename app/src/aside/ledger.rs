//! The save ledger: which edits of this device are where, who else holds them, and a copy to
//! take away.

use leptos::prelude::*;
use palimpsest_core::codec;

use crate::desk::{LedgerEdit, LedgerPlace};
use crate::insight::Insight;
use crate::shell::export;
use crate::when;
use crate::words::insight as words;

/// How many edits of one place are listed.
const LISTED_MAX: usize = 200;

#[component]
pub(crate) fn LedgerPanel(insight: Insight) -> impl IntoView {
    let desk = insight.desk;
    let (status, history, past) = (desk.status(), desk.history(), desk.past());
    let people = desk.people();
    let edits = Memo::new(move |_| {
        status.track();
        history.track();
        desk.ledger()
    });
    let at = move |wanted: fn(&LedgerPlace) -> bool| {
        edits.with(|edits| {
            edits.iter().filter(|one| wanted(&one.place)).cloned().collect::<Vec<_>>()
        })
    };
    let page = move || at(|place| *place == LedgerPlace::Page);
    let device = move || at(|place| *place == LedgerPlace::Device);
    let server = move || at(|place| matches!(place, LedgerPlace::Server(_)));
    let safe = move || page().is_empty() && device().is_empty();
    let seen = move || {
        status.track();
        people.track();
        let last = history.get().0;
        let holders = desk.holders();
        if holders.is_empty() {
            return view! { <p class="none">{words::LEDGER_NOBODY}</p> }.into_any();
        }
        let each = holders.into_iter().map(|(name, up_to)| {
            view! { <li>{words::holds(&name, up_to.0, last.0)}</li> }
        });
        view! { <ul class="plain">{each.collect_view()}</ul> }.into_any()
    };
    let log = move |_| {
        desk.seal();
        let (title, bytes) =
            desk.with_document(|document| (document.name(), codec::encode_log(document.graph())));
        export::save_bytes(&title, &bytes);
    };
    view! {
        <div class="told ledger">
            <Show when=safe>
                <p class="safe">{words::LEDGER_ALL_SAFE}</p>
            </Show>
            <Place heading=words::LEDGER_PAGE note=words::LEDGER_PAGE_NOTE edits=Signal::derive(page) />
            <Place
                heading=words::LEDGER_DEVICE
                note=words::LEDGER_DEVICE_NOTE
                edits=Signal::derive(device)
            />
            <h3>{words::LEDGER_SEEN}</h3>
            {seen}
            <h3>{words::LEDGER_COPY}</h3>
            <p class="ends">
                <button type="button" on:click=move |_| export::save(desk, insight.machine)>
                    {words::LEDGER_MARKDOWN}
                </button>
                <button type="button" disabled=move || !past.get() on:click=log>
                    {words::LEDGER_LOG}
                </button>
            </p>
            <Place heading=words::LEDGER_SERVER note="" edits=Signal::derive(server) />
        </div>
    }
}

/// The edits at one place; nothing if there are none.
#[component]
fn Place(
    heading: &'static str,
    note: &'static str,
    edits: Signal<Vec<LedgerEdit>>,
) -> impl IntoView {
    let ordered = heading == words::LEDGER_SERVER;
    let title = move || match ordered {
        true => heading.to_owned(),
        false => words::place_heading(heading, edits.with(Vec::len)),
    };
    let rows = move || {
        let edits = edits.get().into_iter().take(LISTED_MAX);
        edits
            .map(|edit| {
                let number = match edit.place {
                    LedgerPlace::Server(revision) => {
                        format!(" · {} {}", words::EDIT, crate::words::number(revision.0))
                    }
                    LedgerPlace::Page | LedgerPlace::Device => String::new(),
                };
                let said = match (edit.words.trim(), edit.deleted) {
                    ("", 0) => words::kind(edit.kind).to_owned(),
                    ("", deleted) => words::deleted(deleted),
                    (said, _) => format!("“{said}”"),
                };
                view! {
                    <li>
                        <span>{said}</span>
                        <small>{when::brief(edit.time)} {number}</small>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <Show when=move || !edits.with(Vec::is_empty)>
            <h3>{title}</h3>
            {(!note.is_empty()).then(|| view! { <p class="note">{note}</p> })}
            <ul class="plain">{rows}</ul>
        </Show>
    }
}
