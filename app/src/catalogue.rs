//! The library's knowledge: a card per document on this device, the server's list, and the
//! two merged into listings. Nothing here opens a document.

use std::collections::BTreeMap;

use palimpsest_core::codec::json::timestamp_from_rfc3339;
use palimpsest_core::{DocumentId, LinkKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{api, keyring};

/// Where the server lists its documents.
const DOCUMENTS_PATH: &str = "/api/v1/documents";

/// How many documents one answer may list.
const ANSWER_MAX: u32 = 1_000;

/// How many keys to single documents are asked with at most.
const KEYS_ASKED_MAX: usize = 64;

/// How many answers are read at most.
const ANSWERS_MAX: u32 = 100;

/// One line of the library.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Listing {
    /// Which document.
    pub id: DocumentId,
    /// The title that somebody gave it; empty if nobody did.
    pub title: String,
    /// What it is called: its title, or what its text begins with as long as it has none; empty
    /// if that is nothing.
    pub name: String,
    /// The folder it is in; empty if it is in none.
    pub folder: String,
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
    /// How much was written in each part of its history; empty if nobody counted that.
    pub activity: Vec<u32>,
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
    /// What it was called then, with or without a title.
    pub name: String,
    /// The folder it is in; empty if it is in none.
    pub folder: String,
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
    /// How much was written in each part of its history; empty if nobody counted that.
    pub activity: Vec<u32>,
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
    /// In a card of before there were names: its title.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    folder: String,
    #[serde(default)]
    activity: Vec<u32>,
}

/// One answer of the server's list.
#[derive(Deserialize)]
struct PageJson {
    documents: Vec<serde_json::Value>,
    /// The last document of this answer, if there are more behind it.
    next: Option<String>,
}

/// A document as the server lists it. One that the server cannot read has a problem
/// instead of a title; opening it says more.
#[derive(Deserialize)]
struct EntryJson {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    folder: String,
    #[serde(default)]
    activity: Vec<u32>,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    created: String,
    #[serde(default, alias = "changed")]
    updated: String,
    #[serde(default)]
    authors: u32,
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
        let ids =
            self.cards.keys().chain(self.server.keys().filter(|id| !self.cards.contains_key(id)));
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
        let ordered = |card: Option<&Card>| card.map_or(0, |card| card.revision);
        Listing {
            id,
            title: speaks.title.clone(),
            // The server tells a little later than everything else what a text begins with.
            name: [Some(speaks), mine.filter(|mine| mine.title.trim().is_empty())]
                .into_iter()
                .flatten()
                .map(|card| &card.name)
                .find(|name| !name.is_empty())
                .cloned()
                .unwrap_or_default(),
            folder: speaks.folder.clone(),
            // Who knows more about the document may not have counted yet.
            activity: [Some(speaks), mine, theirs]
                .into_iter()
                .flatten()
                .map(|card| &card.activity)
                .find(|counts| !counts.is_empty())
                .cloned()
                .unwrap_or_default(),
            archived: speaks.archived,
            created: speaks.created,
            changed: speaks.changed,
            // The server may have ordered what is still pending here: an event counts once.
            edits: ordered(theirs).max(ordered(mine) + pending as u64),
            authors: speaks.authors,
            pending,
            on_device: mine.is_some(),
            on_server: theirs.is_some() || ordered(mine) > 0,
        }
    }
}

impl Card {
    /// The card as the store keeps it.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&CardJson {
            id: self.id.to_string(),
            title: self.title.clone(),
            name: Some(self.name.clone()),
            archived: self.archived,
            created: self.created.0,
            changed: self.changed.0,
            revision: self.revision,
            authors: self.authors,
            folder: self.folder.clone(),
            activity: self.activity.clone(),
        })
        .expect("strings and numbers always have a JSON form")
    }

    /// The other direction; `None` when the text is not a card.
    pub fn from_json(json: &str) -> Option<Self> {
        let card: CardJson = serde_json::from_str(json).ok()?;
        Some(Self {
            id: card.id.parse().ok()?,
            name: card.name.unwrap_or_else(|| card.title.clone()),
            title: card.title,
            archived: card.archived,
            created: Timestamp(card.created),
            changed: Timestamp(card.changed),
            revision: card.revision,
            authors: card.authors,
            folder: card.folder,
            activity: card.activity,
        })
    }
}

/// Asks the server for what this device's keys open; `None` when it cannot be reached or answers
/// nonsense.
pub async fn fetch() -> Option<BTreeMap<DocumentId, Card>> {
    let mut keys = keyring::library();
    keys.extend(keyring::to_documents());
    if keys.is_empty() {
        return list(None).await;
    }
    let mut cards = None;
    for key in keys.into_iter().take(KEYS_ASKED_MAX) {
        if let Some(more) = list(Some(key)).await {
            cards.get_or_insert_with(BTreeMap::new).extend(more);
        }
    }
    cards
}

/// What one key opens, or none.
async fn list(key: Option<LinkKey>) -> Option<BTreeMap<DocumentId, Card>> {
    let mut cards = BTreeMap::new();
    let mut after = String::new();
    for _ in 0..ANSWERS_MAX {
        let page: PageJson = serde_json::from_str(&get(key, &after).await?).ok()?;
        // An entry that makes no sense is left out.
        let known = page.documents.into_iter().filter_map(read_entry);
        cards.extend(known.map(|card| (card.id, card)));
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    Some(cards)
}

async fn get(key: Option<LinkKey>, after: &str) -> Option<String> {
    let path = format!("{DOCUMENTS_PATH}?limit={ANSWER_MAX}{after}");
    let answer = api::ask("GET", &path, key, None).await?;
    answer.is_ok().then_some(answer.text)
}

fn read_entry(entry: serde_json::Value) -> Option<Card> {
    let entry: EntryJson = serde_json::from_value(entry).ok()?;
    Some(Card {
        id: entry.id.parse().ok()?,
        name: entry.name.unwrap_or_else(|| entry.title.clone()),
        title: entry.title,
        archived: entry.archived,
        created: timestamp_from_rfc3339(&entry.created).unwrap_or_default(),
        changed: timestamp_from_rfc3339(&entry.updated).unwrap_or_default(),
        revision: entry.revision,
        authors: entry.authors,
        folder: entry.folder,
        activity: entry.activity,
    })
}
