//! The library's own page: every document in a table, those put away below.

use leptos::prelude::*;

use crate::library::rename::{RenameDialog, Renaming};
use crate::library::row::Row;
use crate::library::search::{Wanted, finds};
use crate::library::sidebar::NewDocument;
use crate::panels::menu::Menu;
use crate::panels::profile::Me;
use crate::panels::theme::ThemeItems;
use crate::words;
use crate::workspace::{Listing, Workspace};

/// The page at "/".
#[component]
pub(crate) fn LibraryPage() -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let Wanted(wanted) = expect_context();
    let renaming = Renaming::new();
    workspace.refresh_library();
    document().set_title(words::PRODUCT);
    let library = workspace.library();
    let found = move |archived: bool| -> Vec<Listing> {
        library.with(|library| {
            let wanted = wanted.get();
            let fits = |listing: &&Listing| listing.archived == archived && finds(&wanted, listing);
            library.iter().filter(fits).cloned().collect()
        })
    };
    let nothing = Signal::derive(move || library.with(Vec::is_empty));
    let put_away = move || {
        let found = found(true);
        (!found.is_empty()).then(|| {
            let count = found.len();
            view! {
                <details class="put-away">
                    <summary>{format!("{} ({count})", words::ARCHIVED)}</summary>
                    <Table listings=found wanted=wanted.get() renaming=renaming />
                </details>
            }
        })
    };
    let current = move || {
        let found = found(false);
        if found.is_empty() {
            view! { <p class="state">{words::NOTHING_FOUND}</p> }.into_any()
        } else {
            view! { <Table listings=found wanted=wanted.get() renaming=renaming /> }.into_any()
        }
    };
    view! {
        <section class="library">
            <header>
                <h1>{words::DOCUMENTS}</h1>
                <div class="me-line"><Me /></div>
                <div class="seek">
                    <input
                        class="field"
                        type="search"
                        aria-label=words::FIND_A_DOCUMENT
                        placeholder=words::FIND_A_DOCUMENT
                        prop:value=wanted
                        on:input=move |event| wanted.set(event_target_value(&event))
                    />
                </div>
                <NewDocument primary=true />
                <Menu name=words::MORE><ThemeItems /></Menu>
            </header>
            <Show when=move || !nothing.get() fallback=Empty>
                {current}
                {put_away}
            </Show>
        </section>
        <RenameDialog renaming=renaming />
    }
}

#[component]
fn Empty() -> impl IntoView {
    view! {
        <div class="empty">
            <h2>{words::EMPTY_TITLE}</h2>
            <p>{words::EMPTY_TEXT}</p>
        </div>
    }
}

#[component]
fn Table(listings: Vec<Listing>, wanted: String, renaming: Renaming) -> impl IntoView {
    view! {
        <table>
            <thead>
                <tr>
                    <th>{words::COLUMN_TITLE}</th>
                    <th class="edits">{words::COLUMN_EDITS}</th>
                    <th class="authors">{words::COLUMN_AUTHORS}</th>
                    <th class="when">{words::COLUMN_CHANGED}</th>
                    <th class="more"><span class="unseen">{words::COLUMN_MORE}</span></th>
                </tr>
            </thead>
            <tbody>
                {listings
                    .into_iter()
                    .map(|listing| view! { <Row listing=listing wanted=wanted.clone() renaming=renaming /> })
                    .collect_view()}
            </tbody>
        </table>
    }
}
