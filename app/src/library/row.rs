//! One document in the library's table: what it is called, how much happened in it, and what
//! can be done with it.

use leptos::prelude::*;
use leptos_router::components::A;
use palimpsest_core::DocumentId;

use crate::library::rename::Renaming;
use crate::library::search::marked;
use crate::panels::menu::{Item, Menu};
use crate::panels::share::path_to;
use crate::panels::toast::Toasts;
use crate::when;
use crate::words;
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

#[component]
pub(crate) fn Row(listing: Listing, wanted: String, renaming: Renaming) -> impl IntoView {
    let place = place(&listing).map(|place| view! { <small class="waiting">{place}</small> });
    let name = marked(&wanted, &listing.title);
    let (id, edits, authors) = (listing.id, listing.edits, u64::from(listing.authors));
    let changed = listing.changed;
    let also = format!("{} · {}", words::edits(edits), when::ago(changed));
    view! {
        <tr>
            <td class="name">
                <A href=path_to(id, None)>{name}</A>
                {place}
                <small><span class="also">{also}</span></small>
            </td>
            <td class="edits">{words::edits(edits)}</td>
            // A document that was never open on this device has authors nobody counted here.
            <td class="authors">{(authors > 0).then(|| words::authors(authors))}</td>
            <td class="when">
                <time title=when::full(changed)>{when::ago(changed)}</time>
            </td>
            <td class="more"><Actions listing=listing renaming=renaming /></td>
        </tr>
    }
}

#[component]
fn Actions(listing: Listing, renaming: Renaming) -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let toasts = expect_context::<Toasts>();
    let Listing { id, title, archived, .. } = listing;
    let name = format!("{}: {}", words::MORE, words::titled(&title));
    let put_away = {
        let title = title.clone();
        move |()| put_away(workspace, toasts, id, &title)
    };
    view! {
        <Menu name=name>
            <Item
                name=words::RENAME
                act={
                    let title = title.clone();
                    move |()| renaming.start(id, title.clone())
                }
            />
            {if archived {
                view! { <Item name=words::BRING_BACK act=move |()| workspace.bring_back(id) /> }
            } else {
                view! { <Item name=words::ARCHIVE act=put_away.clone() /> }
            }}
        </Menu>
    }
}

/// Archives a document and offers to bring it back.
pub(crate) fn put_away(workspace: Workspace, toasts: Toasts, id: DocumentId, title: &str) {
    workspace.archive(id);
    toasts.offer(words::archived(title), words::UNDO, move || workspace.bring_back(id));
}
