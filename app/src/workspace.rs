//! The workspace: every document of this device, and the only owner of a `Document`. It is
//! the Leptos context of the whole app; one open document's face is `desk`.

use leptos::prelude::*;
use palimpsest_core::{DocumentId, Timestamp};

use crate::desk::Desk;
use crate::profile::Profile;

/// All documents of this device, the connection and the storage they live in. Copy it
/// freely; it lives as long as the page.
#[derive(Clone, Copy)]
pub struct Workspace {
    inner: StoredValue<std::rc::Rc<Inner>, LocalStorage>,
}

/// One line of the library.
#[derive(Clone, PartialEq, Eq, Debug)]
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

/// How this page and the server stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connection {
    /// The socket is open.
    Online,
    /// A socket is being opened.
    Connecting,
    /// There is no socket; the next attempt is scheduled.
    Offline,
}

/// How this page and the device's storage stand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StorageState {
    /// The database is being opened.
    Opening,
    /// Edits are kept on this device.
    Ready,
    /// Nothing outlives this page, and why.
    InMemory(String),
    /// Another tab runs an older or newer version: close or reload it.
    Blocked,
    /// The device has no room left; edits wait in memory and are tried again.
    Full,
    /// The database fails, and how; edits wait in memory and are tried again.
    Failed(String),
}

impl Workspace {
    /// Opens the storage, finds out who writes on this device, connects, and syncs what
    /// earlier pages left unsent. Call once, under the root owner.
    pub fn start() -> Self;
    /// The library: what this device holds, merged with what the server lists; newest change first.
    pub fn library(&self) -> Signal<Vec<Listing>>;
    /// Asks the server for its list again.
    pub fn refresh_library(&self);
    /// Makes a document and returns its id at once; it can be opened at once, too.
    pub fn create(&self, title: &str) -> DocumentId;
    /// Opens a document. Call `Desk::close` when the route leaves it.
    pub fn open(&self, id: DocumentId) -> Desk;
    /// Gives a document another title without showing it.
    pub fn rename(&self, id: DocumentId, title: String);
    /// Puts a document away.
    pub fn archive(&self, id: DocumentId);
    /// Takes a document out of the archive.
    pub fn bring_back(&self, id: DocumentId);
    /// Who writes on this device. Setting it stores the name and tells everyone.
    pub fn profile(&self) -> RwSignal<Profile>;
    /// How this page and the server stand.
    pub fn connection(&self) -> Signal<Connection>;
    /// How this page and the device's storage stand.
    pub fn storage(&self) -> Signal<StorageState>;
    /// Whether a newer version of the app has been fetched and waits.
    pub fn update_ready(&self) -> Signal<bool>;
    /// Saves everything, lets the newer version take over and reloads once.
    pub fn apply_update(&self);
}
