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
    let found = move |archived: bool| {
        Memo::new(move |_| {
            library.with(|library| {
                let wanted = wanted.get();
                let fits =
                    |listing: &&Listing| listing.archived == archived && finds(&wanted, listing);
                library.iter().filter(fits).cloned().collect::<Vec<_>>()
            })
        })
    };
    let (current, put_away) = (found(false), found(true));
    let nothing = Memo::new(move |_| library.with(Vec::is_empty));
    let nothing_found = Memo::new(move |_| current.with(Vec::is_empty));
    let nothing_put_away = Memo::new(move |_| put_away.with(Vec::is_empty));
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
                <Show
                    when=move || !nothing_found.get()
                    fallback=|| view! { <p class="state">{words::NOTHING_FOUND}</p> }
                >
                    <Table listings=current wanted=wanted renaming=renaming />
                </Show>
                <Show when=move || !nothing_put_away.get()>
                    <details class="put-away">
                        <summary>
                            {move || format!("{} ({})", words::ARCHIVED, put_away.with(Vec::len))}
                        </summary>
                        <Table listings=put_away wanted=wanted renaming=renaming />
                    </details>
                </Show>
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
fn Table(
    listings: Memo<Vec<Listing>>,
    #[prop(into)] wanted: Signal<String>,
    renaming: Renaming,
) -> impl IntoView {
    let row = move |first: Listing| {
        let id = first.id;
        // While a row is being taken away, it is as it was last.
        let listing = Memo::new(move |known: Option<&Listing>| {
            let now = listings.with(|all| all.iter().find(|one| one.id == id).cloned());
            now.or_else(|| known.cloned()).unwrap_or_else(|| first.clone())
        });
        view! { <Row listing=listing wanted=wanted renaming=renaming /> }
    };
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
                <For each=move || listings.get() key=|listing| listing.id children=row />
            </tbody>
        </table>
    }
}
