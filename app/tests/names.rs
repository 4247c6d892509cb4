//! What authors are called is one document's, but for who writes on this device.

use leptos::prelude::GetUntracked;
use palimpsest_app::clock;
use palimpsest_app::names::Names;
use palimpsest_app::storage::{Storage, StorageState};
use palimpsest_core::{AuthorId, DocumentId, Profile};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const ONE: DocumentId = DocumentId([1; 16]);
const TWO: DocumentId = DocumentId([2; 16]);
const ADA: AuthorId = AuthorId([7; 16]);

fn called(name: &str) -> Profile {
    Profile { author: ADA, name: name.into(), colour: 3 }
}

#[wasm_bindgen_test]
fn what_is_said_in_one_document_is_seen_there_alone() {
    let names = Names::default();
    assert_eq!(names.learn(ONE, vec![called("Ada")]), [called("Ada")]);
    assert_eq!(names.learn(ONE, vec![called("Ada")]), [], "it is not new");
    assert_eq!(names.name_of(TWO, ADA), "Guest 0707");
    names.learn(TWO, vec![called("A fool")]);
    assert_eq!(names.name_of(ONE, ADA), "Ada");
    assert_eq!(names.name_of(TWO, ADA), "A fool");
    assert_eq!(names.counting_in(ONE).get_untracked()[&ADA], called("Ada"));
}

#[wasm_bindgen_test]
fn what_was_kept_counts_where_nothing_was_said_since() {
    let names = Names::default();
    names.learn(ONE, vec![called("Ada")]);
    let kept = [(Some(ONE), "Old"), (Some(TWO), "Ada of two"), (None, "From before")];
    names.recall(kept.map(|(document, name)| (document, called(name))).into());
    assert_eq!(names.name_of(ONE, ADA), "Ada");
    assert_eq!(names.name_of(TWO, ADA), "Ada of two");
    assert_eq!(names.name_of(DocumentId([3; 16]), ADA), "From before");
}

#[wasm_bindgen_test]
fn who_writes_here_has_one_name_everywhere() {
    let names = Names::default();
    names.learn(ONE, vec![called("Ada")]);
    assert!(names.learn_own(&called("Ada L.")));
    assert!(!names.learn_own(&called("Ada L.")));
    assert_eq!(
        (names.name_of(ONE, ADA), names.name_of(TWO, ADA)),
        ("Ada L.".into(), "Ada L.".into())
    );
}

#[wasm_bindgen_test]
async fn names_are_kept_with_their_documents() {
    let name = format!("test-{}", clock::document_id());
    let state = leptos::prelude::ArcRwSignal::new(StorageState::Opening);
    let storage = Storage::open(&name, 2, state);
    storage.opened().await;
    storage.keep_profiles(ONE, vec![called("Ada")]).await.expect("keeps");
    storage.keep_profiles(TWO, vec![called("A fool")]).await.expect("keeps");
    let mut kept = storage.profiles().await.expect("reads");
    kept.sort_by_key(|(document, _)| *document);
    assert_eq!(kept, [(Some(ONE), called("Ada")), (Some(TWO), called("A fool"))]);
}
