//! The side bar: the brand, a search, the documents, and who writes here. On narrow screens
//! the library's page stands in for it.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;

use crate::library::moving::folders;
use crate::library::search::{Wanted, finds};
use crate::panels::palette::Palette;
use crate::panels::profile::Me;
use crate::panels::share::path_to;
use crate::panels::shortcuts::on_this_keyboard;
use crate::panels::signs::{Sign, sign};
use crate::when;
use crate::words::{self, writing};
use crate::workspace::{Listing, Workspace};

/// The side bar of the whole app.
#[component]
pub(crate) fn SideBar() -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let palette = expect_context::<Palette>();
    let Wanted(wanted) = expect_context();
    let library = workspace.library();
    let folders = folders(workspace);
    let group = move |on_server: bool, folder: &str| -> Vec<Listing> {
        library.with(|library| {
            let wanted = wanted.get();
            let fits = |listing: &&Listing| {
                let place = listing.on_server == on_server && listing.folder == folder;
                !listing.archived && place && finds(&wanted, listing)
            };
            library.iter().filter(fits).cloned().collect()
        })
    };
    let nothing = move || {
        let words =
            if library.with(Vec::is_empty) { words::NO_DOCUMENTS } else { words::NOTHING_FOUND };
        folders_and_none(folders)
            .into_iter()
            .all(|folder| group(true, &folder).is_empty() && group(false, &folder).is_empty())
            .then(|| view! { <p>{words}</p> })
    };
    view! {
        <aside class="side">
            <A href="/" attr:class="brand"><i></i>{words::PRODUCT}</A>
            <div class="seek">
                <input
                    type="search"
                    aria-label=words::FIND_A_DOCUMENT
                    placeholder=words::FIND_A_DOCUMENT
                    prop:value=wanted
                    on:input=move |event| wanted.set(event_target_value(&event))
                />
                <button
                    class="quiet"
                    type="button"
                    on:click=move |_| palette.show()
                >
                    <span class="unseen">{writing::PALETTE}</span>
                    <kbd aria-hidden="true">{on_this_keyboard("Ctrl K")}</kbd>
                </button>
            </div>
            <A href="/search" attr:class="button past-search">
                {crate::words::insight::SEARCH_PAST}
                <kbd aria-hidden="true">"Ctrl ⇧ F"</kbd>
            </A>
            <NewDocument primary=false />
            <nav aria-label=words::DOCUMENTS>
                {move || {
                    let groups = folders_and_none(folders).into_iter().map(|folder| {
                        let (heading, of) = match folder.is_empty() {
                            true => (words::DOCUMENTS.to_owned(), folder),
                            false => (folder.clone(), folder),
                        };
                        let listings = Signal::derive(move || group(true, &of));
                        view! { <Group heading=heading listings=listings /> }
                    });
                    groups.collect_view()
                }}
                <Group
                    heading=words::ONLY_HERE.to_owned()
                    listings=Signal::derive(move || {
                        let all = folders_and_none(folders).into_iter();
                        all.flat_map(|folder| group(false, &folder)).collect::<Vec<_>>()
                    })
                />
                {nothing}
            </nav>
            <footer><Me /></footer>
        </aside>
    }
}

/// No folder, and then each of them.
fn folders_and_none(folders: Memo<BTreeSet<String>>) -> Vec<String> {
    let mut all = vec![String::new()];
    all.extend(folders.get());
    all
}

#[component]
fn Group(heading: String, #[prop(into)] listings: Signal<Vec<Listing>>) -> impl IntoView {
    view! {
        <Show when=move || !listings.with(Vec::is_empty)>
            <h2>{heading.clone()}</h2>
            <ul>
                <For each=move || listings.get() key=|listing| listing.clone() let:listing>
                    <li><Entry listing=listing /></li>
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn Entry(listing: Listing) -> impl IntoView {
    let aside =
        if listing.on_server { when::ago(listing.changed) } else { words::edits(listing.edits) };
    view! {
        <A href=path_to(listing.id, None)>
            <span>{words::titled(&listing.name).to_owned()}</span>
            <small>{aside}</small>
        </A>
    }
}

/// The button that makes a document and opens it.
#[component]
pub(crate) fn NewDocument(primary: bool) -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let navigate = use_navigate();
    let make = move |_| {
        let id = workspace.create("");
        navigate(&path_to(id, None), NavigateOptions::default());
    };
    view! {
        <button class:new=!primary class:primary=primary type="button" on:click=make>
            {(!primary).then(|| sign(Sign::Plus))}
            {words::NEW_DOCUMENT}
        </button>
    }
}
