//! The dialog that gives a document another title from the list.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use palimpsest_core::DocumentId;

use crate::panels::dialog::Dialog;
use crate::words::{self, library as said};
use crate::workspace::Workspace;

/// Which document is being renamed. Copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Renaming {
    open: RwSignal<bool>,
    what: RwSignal<Option<(DocumentId, String)>>,
}

impl Renaming {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { open: RwSignal::new(false), what: RwSignal::new(None) }
    }

    /// Opens the dialog for a document.
    pub(crate) fn start(self, id: DocumentId, title: String) {
        self.what.set(Some((id, title)));
        self.open.set(true);
    }
}

#[component]
pub(crate) fn RenameDialog(renaming: Renaming) -> impl IntoView {
    view! {
        <Dialog open=renaming.open heading=words::RENAME>
            <RenameForm renaming=renaming />
        </Dialog>
    }
}

#[component]
fn RenameForm(renaming: Renaming) -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let field = NodeRef::<html::Input>::new();
    let title = renaming.what.with_untracked(|what| what.clone().map(|(_, title)| title));
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let (Some(field), Some((id, before))) =
            (field.get_untracked(), renaming.what.get_untracked())
        else {
            return;
        };
        let title = field.value().trim().to_owned();
        if title != before {
            workspace.rename(id, title);
        }
        renaming.open.set(false);
    };
    view! {
        <form on:submit=save>
            <label>
                {words::TITLE}
                <input
                    class="field"
                    node_ref=field
                    prop:value=title.unwrap_or_default()
                    placeholder=said::NAMED_BY_ITS_TEXT
                    maxlength="300"
                    autofocus
                />
            </label>
            <div class="ends">
                <button type="button" on:click=move |_| renaming.open.set(false)>{words::CANCEL}</button>
                <button class="primary" type="submit">{words::SAVE}</button>
            </div>
        </form>
    }
}
