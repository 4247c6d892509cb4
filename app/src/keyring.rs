//! The keys of the links that were opened on this device, and what each document's last welcome
//! allowed, so that a page without a network knows as well. A key comes with an address, behind
//! its `#`, and is taken off it at once: what is left can be shown and copied safely.

use std::collections::BTreeMap;

use palimpsest_core::{Access, DocumentId, HistoryRight, LinkKey, Role};
use serde::{Deserialize, Serialize};
use web_sys::Storage;

/// Where the browser keeps it.
const NAME: &str = "palimpsest.keys";
/// What stands before a key in an address.
const MARK: &str = "#key=";

/// Every key of this device.
#[derive(Default, Serialize, Deserialize)]
struct Keyring {
    /// The one to the whole library.
    #[serde(default)]
    library: Option<String>,
    #[serde(default)]
    documents: BTreeMap<String, Entry>,
}

/// What is known of one document.
#[derive(Default, Serialize, Deserialize)]
struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
}

/// Takes the key off the page's address, if there is one, and keeps it. Says that it did.
pub(crate) fn take_from_address() -> bool {
    let Some(window) = web_sys::window() else { return false };
    let location = window.location();
    let (Ok(hash), Ok(path), Ok(query)) = (location.hash(), location.pathname(), location.search())
    else {
        return false;
    };
    let Some(key) = hash.strip_prefix(MARK).and_then(|key| key.parse::<LinkKey>().ok()) else {
        return false;
    };
    let document = path.strip_prefix("/d/").and_then(|id| id.trim_end_matches('/').parse().ok());
    change(|keyring| match document {
        Some(document) => keyring.entry(document).key = Some(key.reveal()),
        None => keyring.library = Some(key.reveal()),
    });
    if let Ok(history) = window.history() {
        // Where it is refused, the key stays in the address, and the link works all the same.
        let bare = format!("{path}{query}");
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&bare));
    }
    true
}

/// The keys that may open a document, the one given for it first.
pub(crate) fn keys_to(document: DocumentId) -> Vec<LinkKey> {
    let keyring = read();
    let own = keyring.documents.get(&document.to_string()).and_then(|entry| entry.key.clone());
    [own, keyring.library].into_iter().flatten().filter_map(|key| key.parse().ok()).collect()
}

/// The key to the library.
pub(crate) fn library() -> Option<LinkKey> {
    read().library?.parse().ok()
}

/// The keys to single documents.
pub(crate) fn to_documents() -> Vec<LinkKey> {
    let entries = read().documents.into_values();
    entries.filter_map(|entry| entry.key?.parse().ok()).collect()
}

/// Keeps what a welcome allowed.
pub(crate) fn remember(document: DocumentId, access: Access) {
    if last_access(document) == Some(access) {
        return;
    }
    change(|keyring| keyring.entry(document).role = Some(access.role.name().to_owned()));
}

/// What the last welcome to a document allowed. Whoever was welcomed may see its whole history.
pub(crate) fn last_access(document: DocumentId) -> Option<Access> {
    let role: Role = read().documents.get(&document.to_string())?.role.as_ref()?.parse().ok()?;
    Some(Access { role, history: HistoryRight::Everything })
}

impl Keyring {
    fn entry(&mut self, document: DocumentId) -> &mut Entry {
        self.documents.entry(document.to_string()).or_default()
    }
}

fn read() -> Keyring {
    let text = storage().and_then(|storage| storage.get_item(NAME).ok().flatten());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn change(act: impl FnOnce(&mut Keyring)) {
    let mut keyring = read();
    act(&mut keyring);
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(&keyring)) {
        // Where nothing may be kept, the link has to be opened again next time.
        let _ = storage.set_item(NAME, &text);
    }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}
