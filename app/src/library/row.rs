//! One document in the library's table: what it is called, how much happened in it, and what
//! can be done with it.

use leptos::prelude::*;
use leptos_router::components::A;
use palimpsest_core::DocumentId;

use crate::library::moving::Moving;
use crate::library::rename::Renaming;
use crate::library::search::marked;
use crate::library::spark::Spark;
use crate::library::takeout::{Form, take_one};
use crate::panels::menu::{Item, Menu};
use crate::panels::share::path_to;
use crate::panels::toast::Toasts;
use crate::when;
use crate::words;
use crate::words::library as said;
use crate::workspace::{Listing, Workspace};

/// Where a document's edits are, when that needs saying.
pub(crate) fn place(listing: &Listing) -> Option<String> {
    if !listing.on_server {
        Some(words::ONLY_HERE.to_owned())
    } else if listing.pending > 0 {
        Some(words::waiting(listing.pending))
    } else {
        None
    }
}

/// The row stays while what it tells changes, and so do the focus in it and its open menu.
#[component]
pub(crate) fn Row(
    #[prop(into)] listing: Signal<Listing>,
    #[prop(into)] wanted: Signal<String>,
    renaming: Renaming,
    moving: Moving,
) -> impl IntoView {
    let place =
        move || listing.with(place).map(|place| view! { <small class="waiting">{place}</small> });
    let name = move || listing.with(|listing| marked(&wanted.get(), &listing.name));
    let edits = move || words::edits(listing.with(|listing| listing.edits));
    let authors = move || u64::from(listing.with(|listing| listing.authors));
    let changed = move || listing.with(|listing| listing.changed);
    let id = listing.with_untracked(|listing| listing.id);
    view! {
        <tr>
            <td class="name">
                <A href=path_to(id, None)>{name}</A>
                {place}
                {move || listing.with(|listing| {
                    let folder = listing.folder.clone();
                    (!folder.is_empty()).then(|| view! { <small class="folder">{folder}</small> })
                })}
                <small>
                    <span class="also">
                        {move || format!("{} · {}", edits(), when::ago(changed()))}
                    </span>
                </small>
            </td>
            <td class="activity">
                <Spark activity=Signal::derive(move || listing.with(|one| one.activity.clone())) />
            </td>
            <td class="edits">{edits}</td>
            // A document that was never open on this device has authors nobody counted here.
            <td class="authors">
                {move || (authors() > 0).then(|| words::authors(authors()))}
            </td>
            <td class="when">
                <time title=move || when::full(changed())>{move || when::ago(changed())}</time>
            </td>
            <td class="more"><Actions listing=listing renaming=renaming moving=moving /></td>
        </tr>
    }
}

#[component]
fn Actions(listing: Signal<Listing>, renaming: Renaming, moving: Moving) -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let toasts = expect_context::<Toasts>();
    let id = listing.with_untracked(|listing| listing.id);
    let archived = Memo::new(move |_| listing.with(|listing| listing.archived));
    let title = move || listing.with_untracked(|listing| listing.title.clone());
    let called = move || listing.with_untracked(|listing| listing.name.clone());
    let export = move |form: Form| {
        take_one(workspace, toasts, &listing.get_untracked(), form);
    };
    let name = Signal::derive(move || {
        listing.with(|listing| format!("{}: {}", words::MORE, words::titled(&listing.name)))
    });
    view! {
        <Menu name=name>
            <Item name=words::RENAME act=move |()| renaming.start(id, title()) />
            <Item
                name=said::MOVE
                disabled=archived
                act=move |()| moving.start(id, listing.with_untracked(|one| one.folder.clone()))
            />
            <Item name=words::EXPORT act=move |()| export(Form::Markdown) />
            <Item name=said::EXPORT_HISTORY act=move |()| export(Form::History) />
            {move || if archived.get() {
                view! { <Item name=words::BRING_BACK act=move |()| workspace.bring_back(id) /> }
            } else {
                view! {
                    <Item
                        name=words::ARCHIVE
                        act=move |()| put_away(workspace, toasts, id, &called())
                    />
                }
            }}
        </Menu>
    }
}

/// Archives a document and offers to bring it back.
pub(crate) fn put_away(workspace: Workspace, toasts: Toasts, id: DocumentId, name: &str) {
    workspace.archive(id);
    toasts.offer(words::archived(name), words::UNDO, move || workspace.bring_back(id));
}
