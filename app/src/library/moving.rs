//! The dialog that puts a document into another folder.

use std::collections::BTreeSet;

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use palimpsest_core::{DocumentId, FOLDER_SCALARS_MAX};

use crate::panels::dialog::Dialog;
use crate::words;
use crate::words::library as said;
use crate::workspace::Workspace;

/// Which document is being moved. Copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Moving {
    open: RwSignal<bool>,
    what: RwSignal<Option<(DocumentId, String)>>,
}

impl Moving {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { open: RwSignal::new(false), what: RwSignal::new(None) }
    }

    /// Opens the dialog for a document that is in a folder.
    pub(crate) fn start(self, id: DocumentId, folder: String) {
        self.what.set(Some((id, folder)));
        self.open.set(true);
    }
}

/// Every folder that a document of the library is in.
pub(super) fn folders(workspace: Workspace) -> Memo<BTreeSet<String>> {
    let library = workspace.library();
    Memo::new(move |_| {
        library.with(|library| {
            let folders = library.iter().filter(|one| !one.archived).map(|one| one.folder.clone());
            folders.filter(|folder| !folder.is_empty()).collect()
        })
    })
}

#[component]
pub(crate) fn MoveDialog(moving: Moving) -> impl IntoView {
    view! {
        <Dialog open=moving.open heading=said::MOVE>
            <MoveForm moving=moving />
        </Dialog>
    }
}

#[component]
fn MoveForm(moving: Moving) -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let field = NodeRef::<html::Input>::new();
    let before = moving.what.with_untracked(|what| what.clone().map(|(_, folder)| folder));
    let known = folders(workspace).get_untracked();
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        if let (Some(field), Some((id, _))) = (field.get_untracked(), moving.what.get_untracked()) {
            workspace.move_to(id, field.value());
            moving.open.set(false);
        }
    };
    view! {
        <form on:submit=save>
            <p>{said::MOVE_TEXT}</p>
            <label>
                {said::FOLDER}
                <input
                    class="field"
                    node_ref=field
                    list="known-folders"
                    prop:value=before.unwrap_or_default()
                    placeholder=said::FOLDER_HINT
                    maxlength=FOLDER_SCALARS_MAX.to_string()
                    autocomplete="off"
                    autofocus
                />
            </label>
            <datalist id="known-folders">
                {known.into_iter().map(|one| view! { <option value=one></option> }).collect_view()}
            </datalist>
            <div class="ends">
                <button type="button" on:click=move |_| moving.open.set(false)>{words::CANCEL}</button>
                <button class="primary" type="submit">{said::MOVE_IT}</button>
            </div>
        </form>
    }
}
