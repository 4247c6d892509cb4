//! Links to a document and to a moment of it: making, copying, and saying who can open them.

use leptos::html;
use leptos::prelude::*;
use palimpsest_core::{DocumentId, Revision};
use wasm_bindgen_futures::JsFuture;

use crate::panels::dialog::Dialog;
use crate::panels::toast::Toasts;
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
    let origin = location().origin().unwrap_or_default();
    format!("{origin}{}", path_to(id, at))
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

/// The dialog behind "Share".
#[component]
pub(crate) fn ShareDialog(
    open: RwSignal<bool>,
    id: DocumentId,
    /// Whether the server has the document, so that the link works for others.
    #[prop(into)]
    shared: Signal<bool>,
) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let field = NodeRef::<html::Input>::new();
    let link = link_to(id, None);
    view! {
        <Dialog open=open heading=words::SHARE>
            <p>{words::SHARE_TEXT}</p>
            <Show when=move || !shared.get()>
                <p class="trouble">{words::SHARE_NOT_YET}</p>
            </Show>
            <div class="link-field">
                <input
                    class="field"
                    node_ref=field
                    readonly
                    aria-label=words::LINK
                    prop:value=link.clone()
                    on:focus=move |_| {
                        if let Some(field) = field.get_untracked() {
                            field.select();
                        }
                    }
                />
                <button
                    class="primary"
                    type="button"
                    autofocus
                    on:click={
                        let link = link.clone();
                        move |_| {
                            copy(link.clone(), toasts, words::LINK_COPIED);
                            open.set(false);
                        }
                    }
                >
                    {words::COPY_LINK}
                </button>
            </div>
            <div class="ends">
                <button type="button" on:click=move |_| open.set(false)>{words::CLOSE}</button>
            </div>
        </Dialog>
    }
}
