//! What all documents of this page share: the storage, the socket, the channel to the other
//! tabs, who writes, the library, and the documents that are open. It routes; what is said
//! about one document is handled in `desk`.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};
use leptos::prelude::*;
use palimpsest_core::{AuthorId, Command, DocumentId, Message, Profile, TITLE_SCALARS_MAX, codec};
use wasm_bindgen_futures::spawn_local;

use crate::catalogue::{self, Card, Catalogue, Listing};
use crate::clock;
use crate::desk::{Loading, Open};
use crate::keyring;
use crate::lifecycle;
use crate::locks;
use crate::names::Names;
use crate::profile;
use crate::service_worker::Updates;
use crate::socket::{Connection, Heard, Socket};
use crate::storage::{self, Storage, StorageState};
use crate::tabs::{News, Tabs};

/// Only one tab of the device sends what earlier pages left unsent.
const BACKGROUND_LOCK: &str = "palimpsest-background";

/// How long one unsent document may take before the next one has its turn.
const BACKGROUND_MILLIS_MAX: f64 = 30_000.0;

/// How often a waiting errand looks whether it is done.
const GLANCE_MILLIS: u32 = 100;

/// The shared services of one page.
pub(crate) struct Page {
    pub(crate) storage: Storage,
    pub(crate) profile: RwSignal<Profile>,
    pub(crate) names: Names,
    pub(crate) connection: ArcRwSignal<Connection>,
    pub(crate) storage_state: ArcRwSignal<StorageState>,
    pub(crate) update_ready: ArcRwSignal<bool>,
    pub(crate) library: ArcRwSignal<Vec<Listing>>,
    /// Whether this device's documents are known.
    pub(crate) library_read: ArcRwSignal<bool>,
    catalogue: RefCell<Catalogue>,
    asked_to_stay: Cell<bool>,
    desks: RefCell<BTreeMap<DocumentId, Rc<Open>>>,
    /// Owns the desks, which must outlive the views that ask for them.
    pub(crate) owner: Owner,
    author: Shared<LocalBoxFuture<'static, Profile>>,
    socket: OnceCell<Rc<Socket>>,
    tabs: OnceCell<Rc<Tabs>>,
    updates: OnceCell<Updates>,
}

impl Page {
    /// Starts all services. Call under the root owner.
    pub(crate) fn start() -> Rc<Self> {
        keyring::take_from_address();
        let storage_state = ArcRwSignal::new(StorageState::Opening);
        let storage = Storage::open(storage::DATABASE, storage::VERSION, storage_state.clone());
        let fresh = profile::fresh();
        let author = {
            let (storage, fresh) = (storage.clone(), fresh.clone());
            // Where nothing can be stored this page's own author has to do.
            async move { storage.device(fresh.clone()).await.unwrap_or(fresh) }
        };
        let page = Rc::new(Self {
            storage,
            profile: RwSignal::new(fresh),
            names: Names::default(),
            connection: ArcRwSignal::new(Connection::Connecting),
            storage_state,
            update_ready: ArcRwSignal::new(false),
            library: ArcRwSignal::default(),
            library_read: ArcRwSignal::default(),
            catalogue: RefCell::default(),
            asked_to_stay: Cell::new(false),
            desks: RefCell::default(),
            owner: Owner::current().unwrap_or_default(),
            author: author.boxed_local().shared(),
            socket: OnceCell::new(),
            tabs: OnceCell::new(),
            updates: OnceCell::new(),
        });
        let tabs = Tabs::join({
            let page = Rc::downgrade(&page);
            move |news| {
                if let Some(page) = page.upgrade() {
                    page.hear_news(news);
                }
            }
        });
        let socket = Socket::start(page.connection.clone(), {
            let page = Rc::downgrade(&page);
            move |heard| {
                if let Some(page) = page.upgrade() {
                    page.hear(heard);
                }
            }
        });
        let updates = Updates::start(page.update_ready.clone());
        // Each cell is set here and nowhere else.
        let _ = (page.tabs.set(tabs), page.socket.set(socket), page.updates.set(updates));
        lifecycle::follow(&page);
        spawn_local(page.clone().find_identity());
        spawn_local(page.clone().read_library());
        page
    }

    // --- Who writes here ---------------------------------------------------------------

    /// The author of this device, once the store was asked.
    pub(crate) async fn author(&self) -> AuthorId {
        self.author.clone().await.author
    }

    /// The profile as it is now.
    pub(crate) fn current_profile(&self) -> Profile {
        self.profile.get_untracked()
    }

    /// What who writes here is called now.
    pub(crate) fn own_name(&self) -> String {
        let profile = self.current_profile();
        profile::name_of(profile.author, Some(&profile))
    }

    async fn find_identity(self: Rc<Self>) {
        let found = self.author.clone().await;
        self.profile.set(found.clone());
        self.names.learn_own(&found);
        // Nothing known is the same as nothing readable here.
        self.names.recall(self.storage.profiles().await.unwrap_or_default());
        let (profile, page) = (self.profile, Rc::downgrade(&self));
        Effect::watch(
            move || profile.get(),
            move |new, old, _: Option<()>| {
                if let Some(page) = page.upgrade()
                    && old != Some(new)
                {
                    page.change_profile(new.clone());
                }
            },
            false,
        );
    }

    /// The person chose another name or colour.
    fn change_profile(self: &Rc<Self>, profile: Profile) {
        if !self.names.learn_own(&profile) {
            return;
        }
        self.tell(&News::Profile(profile.clone()));
        for open in self.desks() {
            open.set_profile(profile.clone());
        }
        let storage = self.storage.clone();
        spawn_local(async move {
            // The state of the storage says when it does not take anything.
            let _ = storage.keep_device(profile).await;
        });
    }

    /// Names and colours that were said in a document; kept for the time without a network.
    pub(crate) fn learn(&self, document: DocumentId, profiles: Vec<Profile>) {
        let news = self.names.learn(document, profiles);
        if news.is_empty() {
            return;
        }
        let storage = self.storage.clone();
        spawn_local(async move {
            let _ = storage.keep_profiles(document, news).await;
        });
    }

    // --- The open documents ------------------------------------------------------------

    /// All open documents.
    pub(crate) fn desks(&self) -> Vec<Rc<Open>> {
        self.desks.borrow().values().cloned().collect()
    }

    /// A document, read from the store if it is not open yet.
    pub(crate) fn open(self: &Rc<Self>, id: DocumentId) -> Rc<Open> {
        let open = self.desks.borrow().get(&id).cloned();
        open.unwrap_or_else(|| {
            let open = self.place(id);
            spawn_local(open.clone().load());
            open
        })
    }

    /// A new document with this title, cut to what a title may be.
    pub(crate) fn create(self: &Rc<Self>, title: &str) -> DocumentId {
        let id = clock::document_id();
        let open = self.place(id);
        let title = title.chars().take(TITLE_SCALARS_MAX).collect();
        open.hold();
        spawn_local(async move {
            open.clone().begin(title).await;
            open.release();
        });
        id
    }

    /// Does one thing to a document without showing it.
    pub(crate) fn run_errand(self: &Rc<Self>, id: DocumentId, command: Command) {
        let open = self.open(id);
        open.hold();
        spawn_local(async move {
            while open.is_loading() {
                clock::sleep(GLANCE_MILLIS).await;
            }
            if open.loading() == Loading::Ready
                && let Err(error) = open.dispatch(command)
            {
                open.report(error.to_string());
            }
            open.release();
        });
    }

    pub(crate) fn place(self: &Rc<Self>, id: DocumentId) -> Rc<Open> {
        let open = Open::new(id, self.clone());
        self.desks.borrow_mut().insert(id, open.clone());
        open
    }

    /// Nobody needs the document any more.
    pub(crate) fn retire(&self, open: &Rc<Open>) {
        let mut desks = self.desks.borrow_mut();
        if desks.get(&open.id()).is_some_and(|held| Rc::ptr_eq(held, open)) {
            desks.remove(&open.id());
        }
    }

    /// Ends all bursts and writes everything now.
    pub(crate) fn flush(&self) {
        for open in self.desks() {
            open.seal();
            open.flush();
        }
    }

    /// Whether something would be lost if the page ended now.
    pub(crate) fn is_unsaved(&self) -> bool {
        self.desks().iter().any(|open| open.is_unsaved())
    }

    /// Whether the store refuses something, so that leaving would lose it.
    pub(crate) fn is_refused(&self) -> bool {
        self.desks().iter().any(|open| open.is_refused())
    }

    /// Whether leaving now would lose something.
    pub(crate) fn would_lose(&self) -> bool {
        let in_memory =
            matches!(self.storage_state.get_untracked(), storage::StorageState::InMemory(_));
        self.is_refused() || (in_memory && self.desks().iter().any(|open| open.is_pending()))
    }

    /// Saves everything, and lets the newer version take over.
    pub(crate) fn apply_update(self: &Rc<Self>) {
        self.flush();
        let page = self.clone();
        spawn_local(async move {
            let until = clock::elapsed() + 3_000.0;
            while page.is_unsaved() && clock::elapsed() < until {
                clock::sleep(GLANCE_MILLIS).await;
            }
            if let Some(updates) = page.updates.get() {
                updates.apply();
            }
        });
    }

    // --- The server --------------------------------------------------------------------

    /// The socket, for those who know of the network or of sleep.
    pub(crate) fn socket(&self) -> Option<&Rc<Socket>> {
        self.socket.get()
    }

    /// Whether frames can be sent now.
    pub(crate) fn is_connected(&self) -> bool {
        self.socket.get().is_some_and(|socket| socket.is_open())
    }

    /// Whether it makes sense to wait for the server.
    pub(crate) fn may_connect(&self) -> bool {
        self.connection.get_untracked() != Connection::Offline
    }

    /// Sends a frame, if it can be sent.
    pub(crate) fn send(&self, frame: &[u8]) {
        if let Some(socket) = self.socket.get() {
            socket.send(frame);
        }
    }

    /// Takes a key off the address, if there is one, and tries it.
    pub(crate) fn look_for_key(self: &Rc<Self>) {
        if keyring::take_from_address() {
            for open in self.desks() {
                open.try_keys();
            }
            spawn_local(self.clone().refresh_library());
        }
    }

    /// The connection is of no use any more.
    pub(crate) fn reconnect(&self) {
        if let Some(socket) = self.socket.get() {
            socket.renew();
        }
    }

    fn hear(self: &Rc<Self>, heard: Heard) {
        match heard {
            Heard::Opened => {
                for open in self.desks() {
                    open.connected();
                }
                spawn_local(self.clone().refresh_library());
                spawn_local(self.clone().send_unsent());
            }
            Heard::Closed => {
                for open in self.desks() {
                    open.disconnected();
                }
            }
            Heard::Frame(frame) => {
                let understood = match codec::decode_message(&frame) {
                    Ok(message) => self.hear_message(message),
                    Err(_) => false,
                };
                if !understood {
                    self.reconnect();
                }
            }
        }
    }

    /// Hands a message to the document it speaks of, or to all.
    fn hear_message(self: &Rc<Self>, message: Message) -> bool {
        match message.document() {
            // One that was closed meanwhile needs no answer.
            Some(id) => {
                let open = self.desks.borrow().get(&id).cloned();
                open.is_none_or(|open| open.hear(message))
            }
            None => self.desks().iter().all(|open| open.hear(message.clone())),
        }
    }

    /// Opens, one after the other, the documents with events that no page has sent.
    async fn send_unsent(self: Rc<Self>) {
        let Some(_lock) = locks::try_acquire(BACKGROUND_LOCK).await else { return };
        // A store that cannot be read has nothing to send now.
        let Ok(counts) = self.storage.pending_counts().await else { return };
        for id in counts.into_keys() {
            if self.desks.borrow().contains_key(&id) {
                continue;
            }
            let open = self.open(id);
            open.hold();
            let until = clock::elapsed() + BACKGROUND_MILLIS_MAX;
            while self.is_connected() && !open.is_settled() && clock::elapsed() < until {
                clock::sleep(GLANCE_MILLIS).await;
            }
            open.release();
        }
    }

    // --- The other tabs ----------------------------------------------------------------

    /// Tells the other tabs of this device.
    pub(crate) fn tell(&self, news: &News) {
        if let Some(tabs) = self.tabs.get() {
            tabs.tell(news);
        }
    }

    fn hear_news(self: &Rc<Self>, news: News) {
        match &news {
            News::Sealed { document, .. }
            | News::Joined { document, .. }
            | News::Stored { document, .. } => {
                let open = self.desks.borrow().get(document).cloned();
                if let Some(open) = open {
                    open.hear_news(news);
                }
            }
            News::Catalogue => spawn_local(self.clone().read_cards()),
            News::Profile(profile) => {
                self.names.learn_own(profile);
                if profile.author == self.current_profile().author {
                    self.profile.set(profile.clone());
                }
            }
        }
    }

    // --- The library -------------------------------------------------------------------

    async fn read_library(self: Rc<Self>) {
        self.clone().read_cards().await;
        if self.library.with_untracked(|library| !library.is_empty()) {
            self.library_read.set(true);
        }
        self.clone().refresh_library().await;
        self.library_read.set(true);
    }

    /// Reads this device's cards again.
    async fn read_cards(self: Rc<Self>) {
        // Without them the library shows what it knew before.
        if let (Ok(cards), Ok(pending)) =
            (self.storage.cards().await, self.storage.pending_counts().await)
        {
            {
                let mut catalogue = self.catalogue.borrow_mut();
                catalogue.cards = cards.into_iter().map(|card| (card.id, card)).collect();
                catalogue.pending = pending;
            }
            self.publish_library();
        }
    }

    /// Asks the server for its list.
    pub(crate) async fn refresh_library(self: Rc<Self>) {
        if let Some(list) = catalogue::fetch().await {
            self.catalogue.borrow_mut().server = list;
            self.publish_library();
        }
    }

    /// A document's card was stored.
    pub(crate) fn remember_card(&self, card: Card) {
        if !self.asked_to_stay.replace(true) {
            // There is something to lose now.
            storage::ask_to_stay();
        }
        self.catalogue.borrow_mut().cards.insert(card.id, card);
        self.tell(&News::Catalogue);
        self.publish_library();
    }

    /// A document has that many pending events on this device.
    pub(crate) fn count_pending(&self, id: DocumentId, count: usize) {
        let before = self.catalogue.borrow_mut().pending.insert(id, count);
        if before != Some(count) {
            self.publish_library();
        }
    }

    fn publish_library(&self) {
        let listings = self.catalogue.borrow().listings();
        if self.library.with_untracked(|shown| *shown != listings) {
            self.library.set(listings);
        }
    }
}
