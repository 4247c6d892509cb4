//! A desk: one open document as the rest of the app sees it. What it does is in the files
//! beside this one; the documents themselves belong to `workspace`.

use std::rc::Rc;

use leptos::prelude::*;
use palimpsest_core::{
    Admission, AuthorId, Command, CommandError, Document, DocumentId, Graph, LinkKey, Origin,
    Patch, Presence, Revision, Role, Selection, Timeline,
};

use crate::keyring;
use crate::names::Known;

mod exchange;
mod glance;
mod ledger;
mod load;
mod open;
mod past;
mod save;

pub(crate) use glance::Glance;
pub(crate) use ledger::{Edit as LedgerEdit, Place as LedgerPlace};
pub(crate) use open::Open;

/// One open document. Copy it freely. After [`Desk::close`] it is an empty document that
/// nothing reaches any more; calling it is harmless.
#[derive(Clone, Copy)]
pub struct Desk {
    open: StoredValue<Rc<Open>, LocalStorage>,
}

/// How far the opening of a document is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Loading {
    /// Events are being read, from this device or from the server; `total` 0 means not known yet.
    Reading {
        /// Events read.
        done: usize,
        /// Events there are.
        total: usize,
    },
    /// It can be read and edited.
    Ready,
    /// Neither this device nor (as far as it can be reached) the server has it. Turns into
    /// `Reading` by itself when the server has it after all.
    Missing,
    /// It cannot be opened, and why, in words for people.
    Failed(String),
    /// This device does not have it, and the server does not let it follow the document.
    Denied,
}

/// How far the past of a document is read, which may come behind its text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum PastState {
    /// It is on its way: the timeline is empty, though the document may be edited already.
    #[default]
    Reading,
    /// Every moment can be shown.
    Read,
    /// What this device has of it cannot be read, and why, in words for people. The document
    /// can still be edited; the next opening fetches its past from the server.
    Failed(String),
}

/// Where this document's edits are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SaveStatus {
    /// Events not yet on this device.
    pub unsaved: usize,
    /// Events on this device that the server has not ordered.
    pub pending: usize,
    /// Other replicas that hold everything of mine.
    pub seen_by: usize,
    /// Whether the server is reached.
    pub connected: bool,
    /// Whether everything the server has is here.
    pub caught_up: bool,
    /// Whether the server would not take what is pending: it is more than the link allows.
    pub withheld: bool,
    /// Whether the server does not let this device follow the document.
    pub denied: bool,
    /// What went wrong, in words for people.
    pub error: Option<String>,
}

impl Desk {
    /// Which document.
    pub fn id(&self) -> DocumentId {
        self.open().id
    }

    /// How far the opening is. The editor may be shown when it is `Ready`.
    pub fn loading(&self) -> Signal<Loading> {
        follow(&self.open().signals.loading)
    }

    /// The one way to change the document. Listeners hear the patches before it returns.
    pub fn dispatch(&self, command: Command) -> Result<(), CommandError> {
        self.open().dispatch(command)
    }

    /// Registers a view. Called synchronously inside `dispatch` and on every remote change,
    /// in order, with patches to apply one after the other. A listener must not call
    /// `dispatch`. All listeners are dropped when the desk closes.
    pub fn on_patches(&self, listener: impl Fn(&[Patch], Origin) + 'static) {
        self.open().listen(Rc::new(listener));
    }

    /// Reads the document as it is now. `read` must not change it.
    pub fn with_document<R>(&self, read: impl FnOnce(&Document) -> R) -> R {
        read(&self.open().state.borrow().document)
    }

    /// Whether the past is read, and every moment can be shown.
    pub fn past(&self) -> Signal<bool> {
        let state = self.past_state();
        Signal::derive(move || state.get() == PastState::Read)
    }

    /// How far the past is read.
    pub fn past_state(&self) -> Signal<PastState> {
        follow(&self.open().signals.past)
    }

    /// Reads the timeline, pending events included. Not for every keystroke.
    pub fn with_timeline<R>(&self, read: impl FnOnce(&Timeline, &Graph) -> R) -> R {
        self.open().with_timeline(read)
    }

    /// The title as it was at a revision, and what the document was called then. Reads the facts
    /// of the whole history up to there: not for every frame.
    pub fn titles_at(&self, revision: Revision) -> (String, String) {
        self.open().titles_at(revision)
    }

    /// The title that somebody gave it; changes with every `TitleChanged`.
    pub fn title(&self) -> Signal<String> {
        follow(&self.open().signals.title)
    }

    /// What it is called: its title, or what its text begins with as long as it has none.
    pub fn name(&self) -> Signal<String> {
        let open = self.open();
        let (title, begins) = (open.signals.title.clone(), open.signals.begins.clone());
        Signal::derive(move || {
            let title = title.get();
            if title.trim().is_empty() { begins.get() } else { title }
        })
    }

    /// Whether the document was put away.
    pub fn archived(&self) -> Signal<bool> {
        follow(&self.open().signals.archived)
    }

    /// What the server lets this device do with the document, as far as it said.
    pub fn admission(&self) -> Signal<Admission> {
        follow(&self.open().signals.admission)
    }

    /// Whether somebody with this role's rights may be here. Until the server said what this
    /// device may, it may do everything: nothing that is made without it is lost.
    pub(crate) fn may(&self, role: Role) -> Signal<bool> {
        let admission = self.admission();
        Signal::derive(move || match admission.get() {
            Admission::Unknown => true,
            Admission::Granted(access) => access.role >= role,
            Admission::Denied => false,
        })
    }

    /// The keys that may open the document.
    pub(crate) fn keys(&self) -> Vec<LinkKey> {
        keyring::keys_to(self.id())
    }

    /// Where this document's edits are.
    pub fn status(&self) -> Signal<SaveStatus> {
        follow(&self.open().signals.status)
    }

    /// Which edits are where, as far as this page knows; the newest first.
    pub(crate) fn ledger(&self) -> Vec<LedgerEdit> {
        self.open().ledger()
    }

    /// Who holds what, of those who are here: their names, and up to which revision.
    pub(crate) fn holders(&self) -> Vec<(String, Revision)> {
        self.open().holders_by_name()
    }

    /// The others who are here now, with their selections at today's positions.
    pub fn people(&self) -> Signal<Vec<Presence>> {
        follow(&self.open().signals.people)
    }

    /// What an author is called here: the profile's name, or a short form of the id.
    pub fn name_of(&self, author: AuthorId) -> String {
        self.open().page.names.name_of(self.id(), author)
    }

    /// All names and colours that count here.
    pub fn profiles(&self) -> Signal<Known> {
        self.open().page.names.counting_in(self.id())
    }

    /// The last ordered revision, and the last one with pending events.
    pub fn history(&self) -> Signal<(Revision, Revision)> {
        follow(&self.open().signals.history)
    }

    /// Tells the others where the selection is; `None` when the editor is left.
    pub fn present(&self, selection: Option<Selection>) {
        self.open().present(selection);
    }

    /// Whether there is something to undo, and to redo.
    pub fn undo_state(&self) -> Signal<(bool, bool)> {
        follow(&self.open().signals.undo)
    }

    /// Ends the burst of typing now: on blur, before looking at the past.
    pub fn seal(&self) {
        self.open().seal();
    }

    /// The view is gone. What is unsaved or unsent still goes its way.
    pub fn close(&self) {
        self.open().release();
    }

    /// A desk for an open document, which counts as held from now on.
    pub(crate) fn at(open: Rc<Open>) -> Self {
        open.hold();
        Self { open: StoredValue::new_local(open) }
    }

    fn open(&self) -> Rc<Open> {
        self.open.get_value()
    }
}

/// The signal for whoever asks; it goes with the asker, not with the document.
pub(crate) fn follow<T: Clone + Send + Sync + 'static>(signal: &ArcRwSignal<T>) -> Signal<T> {
    let signal = signal.clone();
    Signal::derive(move || signal.get())
}
