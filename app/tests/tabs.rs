//! Several tabs of one device without a server. A workspace is all of a tab but its views,
//! and two of them in one page hear each other's channel and compete for the same locks as
//! two tabs do.

use leptos::prelude::{GetUntracked, Owner, Set};
use palimpsest_app::clock;
use palimpsest_app::desk::{Desk, Loading};
use palimpsest_app::locks;
use palimpsest_app::storage::{DATABASE, Storage, StorageState, VERSION, Write};
use palimpsest_app::workspace::Workspace;
use palimpsest_core::{
    AuthorId, Command, Document, DocumentId, Event, Intent, Origin, ReplicaId, TextChange,
};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// How long a test waits for something that should happen at once.
const PATIENCE_MILLIS: f64 = 10_000.0;

fn tab() -> Workspace {
    // The second call in a page finds it done.
    let _ = any_spawner::Executor::init_wasm_bindgen();
    let owner = Owner::new();
    owner.with(Workspace::start)
}

async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = clock::elapsed() + PATIENCE_MILLIS;
    while !done() {
        assert!(clock::elapsed() < end, "waited in vain for {what}");
        clock::sleep(10).await;
    }
}

async fn ready(desk: Desk) -> Desk {
    until("the document to open", || desk.loading().get_untracked() == Loading::Ready).await;
    desk
}

fn text(desk: Desk) -> String {
    desk.with_document(|document| document.text().to_string())
}

fn write(desk: Desk, pos: usize, words: &str) {
    let changes = [TextChange::new(pos, 0, words)].into();
    desk.dispatch(Command::EditText { changes, intent: Intent::Typed }).expect("an open document");
}

async fn saved(desk: Desk) {
    until("the store", || desk.status().get_untracked().unsaved == 0).await;
}

/// Another tab, in the parts that the store sees: its events, one of them still being typed.
struct Ghost {
    replica: ReplicaId,
    sealed: Vec<Event>,
    typing: Event,
}

impl Ghost {
    fn new(id: DocumentId) -> Self {
        let replica = clock::replica_id();
        let mut document = Document::new(id, replica, AuthorId([3; 16]));
        let title = String::from("Found again");
        let created = document.execute(Command::CreateDocument { title }, clock::now());
        let changes = [TextChange::new(0, 0, "last words")].into();
        let typed = Command::EditText { changes, intent: Intent::Typed };
        document.execute(typed, clock::now()).expect("types");
        let typing = document.open_event().expect("still being typed");
        Self { replica, sealed: created.expect("a new document").events, typing }
    }

    async fn write(&self, id: DocumentId) {
        let storage = Storage::open(
            DATABASE,
            VERSION,
            leptos::prelude::ArcRwSignal::new(StorageState::Opening),
        );
        let mut pending: Vec<_> = self.sealed.iter().map(|event| (event.clone(), true)).collect();
        pending.push((self.typing.clone(), false));
        storage.write(id, Write { pending, ..Write::default() }).await.expect("writes");
    }
}

#[wasm_bindgen_test]
async fn a_new_document_is_there_at_once_and_stays() {
    let one = tab();
    let id = one.create("  Minutes ");
    let desk = ready(one.open(id)).await;
    assert_eq!(desk.title().get_untracked(), "Minutes");
    write(desk, 0, "kept");
    saved(desk).await;
    desk.close();

    let again = ready(tab().open(id)).await;
    assert_eq!(text(again), "kept");
    assert_eq!(again.title().get_untracked(), "Minutes");
    until("the card", || one.library().get_untracked().iter().any(|listing| listing.id == id))
        .await;
}

#[wasm_bindgen_test]
async fn tabs_show_each_others_edits_without_a_server() {
    let (one, two) = (tab(), tab());
    let id = one.create("Shared");
    let here = ready(one.open(id)).await;
    saved(here).await;
    let there = ready(two.open(id)).await;
    let heard = Rc::new(RefCell::new(Vec::new()));
    there.on_patches({
        let heard = heard.clone();
        move |patches, origin| heard.borrow_mut().push((patches.len(), origin))
    });
    write(here, 0, "from here. ");
    here.seal();
    until("the other tab", || text(there) == "from here. ").await;
    assert_eq!(*heard.borrow(), [(1, Origin::Remote)]);
    write(there, 0, "from there. ");
    there.seal();
    until("the first tab", || text(here) == text(there)).await;
    assert_eq!(text(here), "from there. from here. ");
    let pending = here.status().get_untracked().pending;
    assert_eq!(pending, 3, "the creation and two edits wait for a server");
    assert_eq!(there.status().get_untracked().pending, 3);
}

#[wasm_bindgen_test]
async fn typing_reaches_the_store_before_it_is_sealed() {
    let one = tab();
    let desk = ready(one.open(one.create("Draft"))).await;
    saved(desk).await;
    write(desk, 0, "h");
    assert_eq!(desk.status().get_untracked().unsaved, 1);
    let begun = clock::elapsed();
    saved(desk).await;
    assert!(desk.with_document(|document| document.open_event().is_some()), "not sealed yet");
    assert!(clock::elapsed() - begun < 300.0, "well before the burst would end");
}

#[wasm_bindgen_test]
async fn what_a_crashed_tab_was_typing_is_taken_over() {
    let id = clock::document_id();
    Ghost::new(id).write(id).await;
    let desk = ready(tab().open(id)).await;
    assert_eq!(desk.title().get_untracked(), "Found again");
    assert_eq!(text(desk), "last words");
    assert_eq!(desk.status().get_untracked().pending, 2);
}

#[wasm_bindgen_test]
async fn what_a_living_tab_is_typing_is_left_alone_until_it_ends() {
    let id = clock::document_id();
    let ghost = Ghost::new(id);
    let alive = locks::acquire(&format!("palimpsest-replica-{id}-{}", ghost.replica)).await;
    ghost.write(id).await;
    let desk = ready(tab().open(id)).await;
    assert_eq!(desk.title().get_untracked(), "Found again");
    assert_eq!(text(desk), "", "its author may still be writing it");
    drop(alive);
    until("the take-over", || text(desk) == "last words").await;
}

#[wasm_bindgen_test]
async fn a_document_that_nobody_has_is_missing() {
    let desk = tab().open(clock::document_id());
    until("the verdict", || desk.loading().get_untracked() == Loading::Missing).await;
}

#[wasm_bindgen_test]
async fn a_title_changes_without_opening_the_document() {
    let one = tab();
    let id = one.create("Before");
    one.rename(id, "After".into());
    let title = || {
        let library = one.library().get_untracked();
        library.into_iter().find(|listing| listing.id == id).map(|listing| listing.title)
    };
    until("the new title", || title().as_deref() == Some("After")).await;
    one.archive(id);
    let archived = || {
        let library = one.library().get_untracked();
        library.into_iter().any(|listing| listing.id == id && listing.archived)
    };
    until("the archive", archived).await;
}

#[wasm_bindgen_test]
async fn a_name_is_kept_for_the_next_page() {
    let one = tab();
    until("the identity", || matches!(one.storage().get_untracked(), StorageState::Ready)).await;
    clock::sleep(100).await;
    let mut profile = one.profile().get_untracked();
    profile.name = format!("Writer {}", clock::replica_id());
    one.profile().set(profile.clone());
    clock::sleep(200).await;
    let two = tab();
    until("the name", || two.profile().get_untracked() == profile).await;
}
