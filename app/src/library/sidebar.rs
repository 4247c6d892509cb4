//! The side bar: the brand, a search, the documents, and who writes here. On narrow screens
//! the library's page stands in for it.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;

use crate::library::search::{Wanted, finds};
use crate::panels::profile::Me;
use crate::panels::share::path_to;
use crate::panels::signs::{Sign, sign};
use crate::when;
use crate::words;
use crate::workspace::{Listing, Workspace};

/// The side bar of the whole app.
#[component]
pub(crate) fn SideBar() -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let Wanted(wanted) = expect_context();
    let field = NodeRef::<html::Input>::new();
    let library = workspace.library();
    let group = move |on_server: bool| -> Vec<Listing> {
        library.with(|library| {
            let wanted = wanted.get();
            let fits = |listing: &&Listing| {
                !listing.archived && listing.on_server == on_server && finds(&wanted, listing)
            };
            library.iter().filter(fits).cloned().collect()
        })
    };
    let keys = window_event_listener(ev::keydown, move |event| {
        if (event.ctrl_key() || event.meta_key())
            && !event.shift_key()
            && event.key().eq_ignore_ascii_case("k")
        {
            event.prevent_default();
            if let Some(field) = field.get_untracked() {
                // On narrow screens there is no side bar to put the focus into.
                let _ = field.focus();
                field.select();
            }
        }
    });
    on_cleanup(move || keys.remove());
    let nothing = move || {
        let words =
            if library.with(Vec::is_empty) { words::NO_DOCUMENTS } else { words::NOTHING_FOUND };
        (group(true).is_empty() && group(false).is_empty()).then(|| view! { <p>{words}</p> })
    };
    view! {
        <aside class="side">
            <A href="/" attr:class="brand"><i></i>{words::PRODUCT}</A>
            <div class="seek">
                <input
                    type="search"
                    node_ref=field
                    aria-label=words::FIND_A_DOCUMENT
                    placeholder=words::FIND_A_DOCUMENT
                    prop:value=wanted
                    on:input=move |event| wanted.set(event_target_value(&event))
                />
                <kbd aria-hidden="true">"Ctrl K"</kbd>
            </div>
            <NewDocument primary=false />
            <nav aria-label=words::DOCUMENTS>
                <Group heading=words::DOCUMENTS listings=Signal::derive(move || group(true)) />
                <Group heading=words::ONLY_HERE listings=Signal::derive(move || group(false)) />
                {nothing}
            </nav>
            <footer><Me /></footer>
        </aside>
    }
}

#[component]
fn Group(heading: &'static str, #[prop(into)] listings: Signal<Vec<Listing>>) -> impl IntoView {
    view! {
        <Show when=move || !listings.with(Vec::is_empty)>
            <h2>{heading}</h2>
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
            <span>{words::titled(&listing.title).to_owned()}</span>
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
