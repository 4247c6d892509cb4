//! The keys of the links that were opened on this device, and what each allowed when it was last
//! shown, so that a page without a network knows as well. A key comes with an address, behind its
//! `#`, and is taken off it at once: what is left can be shown and copied safely. One that is opened
//! later does not replace those before: it may allow less, or nothing.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use palimpsest_core::{Access, DocumentId, HistoryRight, LinkKey, Role};
use serde::{Deserialize, Serialize};
use web_sys::Storage;

/// Where the browser keeps it.
const NAME: &str = "palimpsest.keys";
/// What stands before a key in an address.
const MARK: &str = "#key=";
/// How many keys are kept for one document, and for the library.
const KEYS_MAX: usize = 8;

thread_local! {
    /// What is kept where the browser keeps nothing.
    static HERE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Every key of this device.
#[derive(Default, Serialize, Deserialize)]
struct Keyring {
    /// Those to the whole library, the newest first.
    #[serde(default)]
    library: Vec<String>,
    #[serde(default)]
    documents: BTreeMap<String, Entry>,
}

/// What is known of one document.
#[derive(Default, Serialize, Deserialize)]
struct Entry {
    /// The keys to it alone, the newest first.
    #[serde(default)]
    keys: Vec<String>,
    /// What the last welcome allowed, and what each key did when it was last shown.
    #[serde(default)]
    last: Option<String>,
    #[serde(default)]
    allowed: BTreeMap<String, String>,
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
    change(|keyring| {
        let keys = match document {
            Some(document) => &mut keyring.entry(document).keys,
            None => &mut keyring.library,
        };
        let key = key.reveal();
        keys.retain(|known| *known != key);
        keys.insert(0, key);
        keys.truncate(KEYS_MAX);
    });
    if let Ok(history) = window.history() {
        // Where it is refused, the key stays in the address, and the link works all the same.
        let bare = format!("{path}{query}");
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&bare));
    }
    true
}

/// The keys that may open a document: first those of which it is not known what they allow, then
/// what allows most.
pub(crate) fn keys_to(document: DocumentId) -> Vec<LinkKey> {
    let mut keyring = read();
    let entry = std::mem::take(keyring.entry(document));
    let mut keys = entry.keys;
    keys.extend(keyring.library);
    let role = |key: &String| entry.allowed.get(key).and_then(|role| role.parse::<Role>().ok());
    keys.sort_by_key(|key| role(key).map_or((0, Reverse(None)), |role| (1, Reverse(Some(role)))));
    keys.into_iter().filter_map(|key| key.parse().ok()).collect()
}

/// The keys to the library, the newest first.
pub(crate) fn library() -> Vec<LinkKey> {
    read().library.into_iter().filter_map(|key| key.parse().ok()).collect()
}

/// The keys to single documents.
pub(crate) fn to_documents() -> Vec<LinkKey> {
    let entries = read().documents.into_values();
    entries.flat_map(|entry| entry.keys).filter_map(|key| key.parse().ok()).collect()
}

/// Keeps what a welcome allowed, and by which key. Says whether another key is known to allow more.
pub(crate) fn remember(document: DocumentId, key: Option<LinkKey>, access: Access) -> bool {
    let name = access.role.name().to_owned();
    let key = key.map(|key| key.reveal());
    let mut keyring = read();
    let entry = keyring.entry(document);
    let known = key.as_ref().is_none_or(|key| entry.allowed.get(key) == Some(&name));
    let more = entry.allowed.iter().any(|(other, role)| {
        Some(other) != key.as_ref() && role.parse::<Role>().is_ok_and(|role| role > access.role)
    });
    if !known || entry.last.as_ref() != Some(&name) {
        change(|keyring| {
            let entry = keyring.entry(document);
            entry.last = Some(name.clone());
            if let Some(key) = key {
                entry.allowed.insert(key, name);
            }
        });
    }
    more
}

/// A key did not open a document: what is known of it holds no more.
pub(crate) fn forget(document: DocumentId, key: LinkKey) {
    change(|keyring| drop(keyring.entry(document).allowed.remove(&key.reveal())));
}

/// What the last welcome to a document allowed. Whoever was welcomed may see its whole history.
pub(crate) fn last_access(document: DocumentId) -> Option<Access> {
    let role: Role = read().documents.get(&document.to_string())?.last.as_ref()?.parse().ok()?;
    Some(Access { role, history: HistoryRight::Everything })
}

impl Keyring {
    fn entry(&mut self, document: DocumentId) -> &mut Entry {
        self.documents.entry(document.to_string()).or_default()
    }
}

fn read() -> Keyring {
    let text = storage().and_then(|storage| storage.get_item(NAME).ok().flatten());
    let text = text.or_else(|| HERE.with_borrow(Clone::clone));
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn change(act: impl FnOnce(&mut Keyring)) {
    let mut keyring = read();
    act(&mut keyring);
    let Ok(text) = serde_json::to_string(&keyring) else { return };
    let kept = storage().is_some_and(|storage| storage.set_item(NAME, &text).is_ok());
    if !kept {
        // For as long as the page lives; the link has to be opened again next time.
        HERE.set(Some(text));
    }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}
