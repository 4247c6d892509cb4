//! The library's knowledge: a card per document on this device, the server's list, and the
//! two merged into listings. Nothing here opens a document.

use std::collections::BTreeMap;

use palimpsest_core::codec::json::timestamp_from_rfc3339;
use palimpsest_core::{DocumentId, Timestamp};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Where the server lists its documents.
const DOCUMENTS_PATH: &str = "/api/v1/documents";

/// One line of the library.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Listing {
    /// Which document.
    pub id: DocumentId,
    /// What it is called; may be empty.
    pub title: String,
    /// Whether it was put away.
    pub archived: bool,
    /// When it came into being, by its maker's clock.
    pub created: Timestamp,
    /// When it last changed.
    pub changed: Timestamp,
    /// How many events its log holds, pending ones included.
    pub edits: u64,
    /// How many authors wrote in it.
    pub authors: u32,
    /// How many of its events are on this device and have no revision yet.
    pub pending: usize,
    /// Whether this device holds (at least a part of) its log.
    pub on_device: bool,
    /// Whether the server knows it.
    pub on_server: bool,
}

/// What this device remembers of a document, so that the library need not read its log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    /// Which document.
    pub id: DocumentId,
    /// Its title when the card was written.
    pub title: String,
    /// Whether it was put away.
    pub archived: bool,
    /// When it came into being, by its maker's clock.
    pub created: Timestamp,
    /// When it last changed, by its changer's clock.
    pub changed: Timestamp,
    /// The last revision this device knows.
    pub revision: u64,
    /// How many authors wrote in it.
    pub authors: u32,
}

/// A card as the store keeps it.
#[derive(Serialize, Deserialize)]
struct CardJson {
    id: String,
    title: String,
    archived: bool,
    created: i64,
    changed: i64,
    revision: u64,
    authors: u32,
}

/// A document as the server lists it.
#[derive(Deserialize)]
struct EntryJson {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    archived: bool,
    created: Option<Moment>,
    changed: Option<Moment>,
    #[serde(default)]
    revision: u64,
    authors: Option<Authors>,
}

/// A moment in the server's JSON: RFC 3339, or milliseconds since 1970.
#[derive(Deserialize)]
#[serde(untagged)]
enum Moment {
    Text(String),
    Millis(i64),
}

/// Who wrote, in the server's JSON: how many, or their ids.
#[derive(Deserialize)]
#[serde(untagged)]
enum Authors {
    Count(u32),
    List(Vec<serde_json::Value>),
}

/// What this page knows of all documents.
#[derive(Default)]
pub struct Catalogue {
    /// This device's cards.
    pub cards: BTreeMap<DocumentId, Card>,
    /// The server's list, when it was last reached.
    pub server: BTreeMap<DocumentId, Card>,
    /// How many pending events each document has on this device.
    pub pending: BTreeMap<DocumentId, usize>,
}

impl Catalogue {
    /// Both lists in one, newest change first.
    pub fn listings(&self) -> Vec<Listing> {
        let ids = self.cards.keys().chain(self.server.keys().filter(|id| !self.cards.contains_key(id)));
        let mut listings: Vec<Listing> = ids.map(|id| self.listing(*id)).collect();
        listings.sort_by_key(|listing| (std::cmp::Reverse(listing.changed), listing.id));
        listings
    }

    /// Of two cards the one that knows more speaks; at equal knowledge this device's.
    fn listing(&self, id: DocumentId) -> Listing {
        let (mine, theirs) = (self.cards.get(&id), self.server.get(&id));
        let pending = self.pending.get(&id).copied().unwrap_or(0);
        let speaks = match (mine, theirs) {
            (Some(mine), Some(theirs)) if theirs.revision > mine.revision && pending == 0 => theirs,
            (Some(card), _) | (None, Some(card)) => card,
            (None, None) => unreachable!("listings takes its ids from the two maps"),
        };
        let revision = mine.into_iter().chain(theirs).map(|card| card.revision).max().unwrap_or(0);
        Listing {
            id,
            title: speaks.title.clone(),
            archived: speaks.archived,
            created: speaks.created,
            changed: speaks.changed,
            edits: revision + pending as u64,
            authors: speaks.authors,
            pending,
            on_device: mine.is_some(),
            on_server: theirs.is_some() || revision > 0,
        }
    }
}

impl Card {
    /// The card as the store keeps it.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&CardJson {
            id: self.id.to_string(),
            title: self.title.clone(),
            archived: self.archived,
            created: self.created.0,
            changed: self.changed.0,
            revision: self.revision,
            authors: self.authors,
        })
        .expect("strings and numbers always have a JSON form")
    }

    /// The other direction; `None` when the text is not a card.
    pub fn from_json(json: &str) -> Option<Self> {
        let card: CardJson = serde_json::from_str(json).ok()?;
        Some(Self {
            id: card.id.parse().ok()?,
            title: card.title,
            archived: card.archived,
            created: Timestamp(card.created),
            changed: Timestamp(card.changed),
            revision: card.revision,
            authors: card.authors,
        })
    }
}

/// Asks the server for its list; `None` when it cannot be reached or answers nonsense.
pub async fn fetch() -> Option<BTreeMap<DocumentId, Card>> {
    let response = JsFuture::from(web_sys::window()?.fetch_with_str(DOCUMENTS_PATH)).await.ok()?;
    let response: web_sys::Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    Some(read_list(&text)?.into_iter().map(|card| (card.id, card)).collect())
}

/// Reads the server's list. An entry that makes no sense is left out.
fn read_list(json: &str) -> Option<Vec<Card>> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    let entries = match value {
        serde_json::Value::Array(entries) => entries,
        serde_json::Value::Object(mut object) => match object.remove("documents")? {
            serde_json::Value::Array(entries) => entries,
            _ => return None,
        },
        _ => return None,
    };
    let cards = entries.into_iter().filter_map(|entry| {
        let entry: EntryJson = serde_json::from_value(entry).ok()?;
        Some(Card {
            id: entry.id.parse().ok()?,
            title: entry.title,
            archived: entry.archived,
            created: entry.created.map(Moment::timestamp).unwrap_or_default(),
            changed: entry.changed.map(Moment::timestamp).unwrap_or_default(),
            revision: entry.revision,
            authors: match entry.authors {
                Some(Authors::Count(count)) => count,
                Some(Authors::List(list)) => u32::try_from(list.len()).unwrap_or(u32::MAX),
                None => 0,
            },
        })
    });
    Some(cards.collect())
}

impl Moment {
    fn timestamp(self) -> Timestamp {
        match self {
            Self::Text(text) => timestamp_from_rfc3339(&text).unwrap_or_default(),
            Self::Millis(millis) => Timestamp(millis),
        }
    }
}
