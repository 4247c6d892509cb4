//! The whole app: what every page shares, and which page an address means.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

mod access;
mod address;
mod everywhere;
pub(crate) mod export;
mod following;
mod header;
mod notices;
mod page;
mod people;
mod status;

pub(crate) use access::Unfollowed;
pub(crate) use following::{Following, place_of};
pub(crate) use people::others;

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::hooks::use_params_map;
use leptos_router::path;
use palimpsest_core::DocumentId;

use crate::actions::Actions;
use crate::insight::{Archive, Spotlight, offer_search};
use crate::library::{SideBar, Wanted};
use crate::panels::focus::FocusMode;
use crate::panels::palette::{Palette, PaletteDialog};
use crate::panels::profile::{ProfileDialog, ProfileOpen};
use crate::panels::shortcuts::{Shortcuts, ShortcutsSheet};
use crate::panels::theme::provide_theme;
use crate::panels::toast::{ToastList, Toasts};
use crate::parts;
use crate::shell::everywhere::Everywhere;
use crate::shell::notices::Notices;
use crate::shell::page::DocumentPage;
use crate::words;
use crate::workspace::Workspace;

/// The root of the page. Starts the workspace, so there is exactly one.
#[component]
pub fn App() -> impl IntoView {
    provide_context(Workspace::start());
    provide_context(Toasts::new());
    provide_context(Palette::new());
    provide_context(Shortcuts(RwSignal::new(false)));
    provide_context(FocusMode::new());
    let actions = Actions::new();
    provide_context(actions);
    provide_context(Spotlight::new());
    provide_context(Archive::new());
    provide_context(ProfileOpen(RwSignal::new(false)));
    provide_context(Wanted(RwSignal::new(String::new())));
    provide_theme();
    view! {
        <Router>
            <SearchOffer />
            <div class="frame">
                <SideBar />
                <Everywhere />
                <main class="stage">
                    <Notices />
                    <Routes fallback=NothingHere>
                        <Route path=path!("/") view=Library />
                        <Route path=path!("/d/:id") view=DocumentRoute />
                        <Route path=path!("/search") view=Search />
                    </Routes>
                </main>
            </div>
            <PaletteDialog />
            <ShortcutsSheet />
            <ProfileDialog />
            <ToastList />
        </Router>
    }
}

/// Searching is offered on every page; the way there is known inside the router only.
#[component]
fn SearchOffer() -> impl IntoView {
    offer_search(expect_context::<Actions>());
}

#[component]
fn Library() -> impl IntoView {
    parts::shown(parts::load_library, parts::library)
}

#[component]
fn Search() -> impl IntoView {
    parts::shown(parts::load_search, parts::search)
}

/// Each document gets a page of its own: nothing of one stays when another is opened.
#[component]
fn DocumentRoute() -> impl IntoView {
    let params = use_params_map();
    let id =
        Memo::new(move |_| params.read().get("id").and_then(|id| id.parse::<DocumentId>().ok()));
    move || match id.get() {
        Some(id) => view! { <DocumentPage id=id /> }.into_any(),
        None => view! { <NothingHere /> }.into_any(),
    }
}

#[component]
fn NothingHere() -> impl IntoView {
    view! {
        <section class="page">
            <div class="state">
                <h1>{words::BAD_ADDRESS_TITLE}</h1>
                <p>{words::BAD_ADDRESS_TEXT}</p>
                <a class="button" href="/">{words::ALL_DOCUMENTS}</a>
            </div>
        </section>
    }
}
