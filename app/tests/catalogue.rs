//! The library's list: this device's cards and the server's list in one.

use palimpsest_app::catalogue::{Card, Catalogue};
use palimpsest_core::{DocumentId, Timestamp};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const DOCUMENT: DocumentId = DocumentId([1; 16]);

fn card(revision: u64) -> Card {
    Card {
        id: DOCUMENT,
        title: "Notes".into(),
        name: "Notes".into(),
        folder: String::new(),
        archived: false,
        created: Timestamp(1),
        changed: Timestamp(2),
        revision,
        authors: 1,
        activity: Vec::new(),
    }
}

/// How many edits are listed of a document with this last revision on the device, so many
/// pending, and this last revision on the server.
fn check(here: Option<u64>, pending: usize, there: Option<u64>, edits: u64) {
    let of = |revision: Option<u64>| revision.map(|number| (DOCUMENT, card(number)));
    let catalogue = Catalogue {
        cards: of(here).into_iter().collect(),
        server: of(there).into_iter().collect(),
        pending: [(DOCUMENT, pending)].into(),
    };
    let listings = catalogue.listings();
    assert_eq!(listings.len(), 1);
    assert_eq!(listings[0].edits, edits, "{here:?} here, {pending} pending, {there:?} there");
}

#[wasm_bindgen_test]
fn a_document_without_a_title_is_listed_by_what_it_is_called() {
    let called = |name: &str| Card { title: String::new(), name: name.into(), ..card(5) };
    let listed = |here: Card, there: Card| {
        let catalogue = Catalogue {
            cards: [(DOCUMENT, here)].into(),
            server: [(DOCUMENT, there)].into(),
            pending: [].into(),
        };
        catalogue.listings()[0].name.clone()
    };
    assert_eq!(listed(called("Here"), called("There")), "Here");
    let newer = |name| Card { revision: 6, ..called(name) };
    assert_eq!(listed(called("Here"), newer("There")), "There");
    // The server has not read the text yet.
    assert_eq!(listed(called("Here"), newer("")), "Here");
    assert_eq!(listed(card(5), newer("")), "", "the title was taken away");
    // A card that was stored before there were names.
    let old = r#"{"id":"01010101-0101-0101-0101-010101010101","title":"Old","archived":false,
        "created":1,"changed":2,"revision":3,"authors":1}"#;
    assert_eq!(Card::from_json(old).expect("it is a card").name, "Old");
    let kept = Card::from_json(&called("Kept").to_json()).expect("it is a card");
    assert_eq!((&*kept.title, &*kept.name), ("", "Kept"));
}

#[wasm_bindgen_test]
fn an_edit_is_counted_once_wherever_it_is() {
    check(Some(0), 3, None, 3);
    check(Some(5), 0, Some(5), 5);
    check(Some(5), 2, Some(5), 7);
    // The server has ordered what is still pending here.
    check(Some(5), 2, Some(7), 7);
    check(Some(5), 0, Some(9), 9);
    check(None, 0, Some(4), 4);
}
