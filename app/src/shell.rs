//! The whole app: what every page shares, and which page an address means.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

mod address;
mod export;
mod header;
mod notices;
mod page;
mod people;
mod status;

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::hooks::use_params_map;
use leptos_router::path;
use palimpsest_core::DocumentId;

use crate::library::{LibraryPage, SideBar, Wanted};
use crate::panels::profile::{ProfileDialog, ProfileOpen};
use crate::panels::theme::provide_theme;
use crate::panels::toast::{ToastList, Toasts};
use crate::shell::notices::Notices;
use crate::shell::page::DocumentPage;
use crate::words;
use crate::workspace::Workspace;

/// The root of the page. Starts the workspace, so there is exactly one.
#[component]
pub fn App() -> impl IntoView {
    provide_context(Workspace::start());
    provide_context(Toasts::new());
    provide_context(ProfileOpen(RwSignal::new(false)));
    provide_context(Wanted(RwSignal::new(String::new())));
    provide_theme();
    view! {
        <Router>
            <div class="frame">
                <SideBar />
                <main class="stage">
                    <Notices />
                    <Routes fallback=NothingHere>
                        <Route path=path!("/") view=LibraryPage />
                        <Route path=path!("/d/:id") view=DocumentRoute />
                    </Routes>
                </main>
            </div>
            <ProfileDialog />
            <ToastList />
        </Router>
    }
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
                <h2>{words::BAD_ADDRESS_TITLE}</h2>
                <p>{words::BAD_ADDRESS_TEXT}</p>
                <a class="button" href="/">{words::ALL_DOCUMENTS}</a>
            </div>
        </section>
    }
}
