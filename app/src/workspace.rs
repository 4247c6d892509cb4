//! The workspace: every document of this device as the views see it, and the Leptos context
//! of the whole app. What it does is in `page`; one open document's face is `desk`.

use std::rc::Rc;

use leptos::prelude::*;
use palimpsest_core::{AuthorId, Command, DocumentId, Event, Profile};
use wasm_bindgen_futures::spawn_local;

use crate::desk::{Desk, Glance, follow};
use crate::page::Page;

pub use crate::carrying::Contents;
pub use crate::catalogue::Listing;
pub use crate::socket::Connection;
pub use crate::storage::StorageState;

/// All documents of this device, the connection and the storage they live in. Copy it
/// freely; it lives as long as the page.
#[derive(Clone, Copy)]
pub struct Workspace {
    page: StoredValue<Rc<Page>, LocalStorage>,
}

impl Workspace {
    /// Opens the storage, finds out who writes on this device, connects, and syncs what
    /// earlier pages left unsent. Call once, under the root owner.
    pub fn start() -> Self {
        let page = Page::start();
        Self { page: StoredValue::new_local(page) }
    }

    /// The library: what this device holds, merged with what the server lists; newest change
    /// first.
    pub fn library(&self) -> Signal<Vec<Listing>> {
        follow(&self.page().library)
    }

    /// Whether it is known what the library holds.
    pub fn library_read(&self) -> Signal<bool> {
        follow(&self.page().library_read)
    }

    /// Asks the server for its list again.
    pub fn refresh_library(&self) {
        spawn_local(self.page().refresh_library());
    }

    /// Makes a document and returns its id at once; it can be opened at once, too. A title
    /// that is too long is cut.
    pub fn create(&self, title: &str) -> DocumentId {
        self.page().create(title)
    }

    /// Opens a document. Call [`Desk::close`] when the route leaves it.
    pub fn open(&self, id: DocumentId) -> Desk {
        let page = self.page();
        page.owner.with(|| Desk::at(page.open(id)))
    }

    /// Gives a document another title without showing it.
    pub fn rename(&self, id: DocumentId, title: String) {
        self.page().run_errand(id, Command::ChangeTitle { title });
    }

    /// Puts a document into a folder without showing it.
    pub fn move_to(&self, id: DocumentId, folder: String) {
        self.page().run_errand(id, Command::MoveToFolder { folder });
    }

    /// Makes a document of a text that came from elsewhere; says why if that cannot be.
    pub async fn import(
        &self,
        title: &str,
        folder: &str,
        text: String,
    ) -> Result<DocumentId, String> {
        self.page().import(title, folder, text).await
    }

    /// Makes a document of events that were exported.
    pub async fn take_history(&self, events: Vec<Event>) -> Result<DocumentId, String> {
        self.page().take_history(events).await
    }

    /// What a document says, and its history; `None` if it cannot be read here now.
    pub async fn read(&self, id: DocumentId) -> Option<Contents> {
        self.page().read(id).await
    }

    /// Puts a document away.
    pub fn archive(&self, id: DocumentId) {
        self.page().run_errand(id, Command::ArchiveDocument);
    }

    /// Takes a document out of the archive.
    pub fn bring_back(&self, id: DocumentId) {
        self.page().run_errand(id, Command::RestoreDocument);
    }

    /// Who writes on this device. Setting it stores the name and tells everyone.
    pub fn profile(&self) -> RwSignal<Profile> {
        self.page().profile
    }

    /// A look at a document's whole past, without showing it.
    pub(crate) async fn glance(&self, id: DocumentId) -> Result<Glance, String> {
        let page = self.page();
        Glance::at(id, &page).await
    }

    /// Whether a look at a document is still the way to look at it.
    pub(crate) fn holds(&self, glance: &Glance, id: DocumentId) -> bool {
        glance.holds(&self.page(), id)
    }

    /// What an author is called in a document; followed where signals are followed.
    pub(crate) fn name_of(&self, document: DocumentId, author: AuthorId) -> String {
        self.page().names.name_of(document, author)
    }

    /// How this page and the server stand.
    pub fn connection(&self) -> Signal<Connection> {
        follow(&self.page().connection)
    }

    /// How this page and the device's storage stand.
    pub fn storage(&self) -> Signal<StorageState> {
        follow(&self.page().storage_state)
    }

    /// Whether a newer version of the app has been fetched and waits.
    pub fn update_ready(&self) -> Signal<bool> {
        follow(&self.page().update_ready)
    }

    /// Saves everything, lets the newer version take over and reloads once.
    pub fn apply_update(&self) {
        self.page().apply_update();
    }

    fn page(&self) -> Rc<Page> {
        self.page.get_value()
    }
}
