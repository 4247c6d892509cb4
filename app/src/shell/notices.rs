//! What a person must not miss about this page as a whole: edits that cannot be kept, a
//! newer version that waits. What is about one document is in its header.

use leptos::prelude::*;

use crate::words;
use crate::workspace::{StorageState, Workspace};

#[component]
pub(crate) fn Notices() -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let (storage, update_ready) = (workspace.storage(), workspace.update_ready());
    let storage = move || {
        let text = match storage.get() {
            StorageState::Opening | StorageState::Ready => return None,
            StorageState::InMemory(why) => words::in_memory(&why),
            StorageState::Blocked => words::STORE_BLOCKED.to_owned(),
            StorageState::Full => words::STORE_FULL.to_owned(),
            StorageState::Failed(why) => words::store_failed(&why),
        };
        Some(view! { <div class="notice warn" role="alert"><p>{text}</p></div> })
    };
    let update = move || {
        update_ready.get().then(|| {
            view! {
                <div class="notice" role="status">
                    <p>{words::UPDATE_READY}</p>
                    <button type="button" on:click=move |_| workspace.apply_update()>
                        {words::UPDATE_NOW}
                    </button>
                </div>
            }
        })
    };
    view! { <div class="notices">{storage}{update}</div> }
}
