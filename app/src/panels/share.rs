//! Addresses of a document and of a moment of it, and the dialog behind "Share": who can open
//! the document, and links for others.

use leptos::html;
use leptos::prelude::*;
use palimpsest_core::{DocumentId, Revision};
use wasm_bindgen_futures::JsFuture;

use crate::desk::Desk;
use crate::panels::dialog::Dialog;
use crate::panels::links::Links;
use crate::panels::toast::Toasts;
use crate::parts;
use crate::words;

/// The path of a document inside the app, at a moment if there is one.
pub(crate) fn path_to(id: DocumentId, at: Option<Revision>) -> String {
    match at {
        Some(revision) => format!("/d/{id}?at={}", revision.0),
        None => format!("/d/{id}"),
    }
}

/// The whole address of the same.
pub(crate) fn link_to(id: DocumentId, at: Option<Revision>) -> String {
    absolute(&path_to(id, at))
}

/// The whole address of a path on this server.
pub(crate) fn absolute(path: &str) -> String {
    format!("{}{path}", location().origin().unwrap_or_default())
}

/// Copies a link and says `done`; where copying is not allowed, shows the link instead.
pub(crate) fn copy(link: String, toasts: Toasts, done: &'static str) {
    leptos::task::spawn_local(async move {
        let clipboard = window().navigator().clipboard();
        match JsFuture::from(clipboard.write_text(&link)).await {
            Ok(_) => toasts.say(done),
            Err(_) => toasts.say(format!("{} {link}", words::COPY_FAILED)),
        }
    });
}

/// The dialog.
#[component]
pub(crate) fn ShareDialog(
    open: RwSignal<bool>,
    desk: Desk,
    /// Whether the server has the document, so that links work for others.
    #[prop(into)]
    shared: Signal<bool>,
) -> impl IntoView {
    view! {
        <Dialog open=open heading=words::SHARE>
            {parts::shown(parts::load_share, move || parts::share(open, desk, shared))}
        </Dialog>
    }
}

/// What is in it. Its code is a part of its own.
#[component]
pub(crate) fn ShareBody(open: RwSignal<bool>, desk: Desk, shared: Signal<bool>) -> impl IntoView {
    view! {
        <Show when=move || !shared.get()>
            <p class="trouble">{words::SHARE_NOT_YET}</p>
        </Show>
        <Links document=Some(desk.id()) />
        <p>{words::share::ADDRESS_TEXT}</p>
        <LinkField
            link=link_to(desk.id(), None)
            name=words::LINK
            copied=Callback::new(move |()| open.set(false))
        />
        <div class="ends">
            <button type="button" on:click=move |_| open.set(false)>{words::CLOSE}</button>
        </div>
    }
}

/// The dialog for links to every document.
#[component]
pub(crate) fn ShareLibraryDialog(open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open=open heading=words::share::SHARE_LIBRARY>
            <p>{words::share::LIBRARY_TEXT}</p>
            <Links document=None />
            <div class="ends">
                <button type="button" on:click=move |_| open.set(false)>{words::CLOSE}</button>
            </div>
        </Dialog>
    }
}

/// A link to be copied, by a button or by hand.
#[component]
pub(crate) fn LinkField(
    link: String,
    /// Its accessible name.
    name: &'static str,
    /// The button was pressed.
    #[prop(optional)]
    copied: Option<Callback<()>>,
) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let field = NodeRef::<html::Input>::new();
    let copy_it = {
        let link = link.clone();
        move |_| {
            copy(link.clone(), toasts, words::LINK_COPIED);
            if let Some(copied) = copied {
                copied.run(());
            }
        }
    };
    view! {
        <div class="link-field">
            <input
                class="field"
                node_ref=field
                readonly
                aria-label=name
                prop:value=link
                on:focus=move |_| {
                    if let Some(field) = field.get_untracked() {
                        field.select();
                    }
                }
            />
            <button class="primary" type="button" autofocus on:click=copy_it>
                {words::COPY_LINK}
            </button>
        </div>
    }
}
