//! A look at all that a document ever said, for who searches: at the open one if it is open,
//! else at what the store has of it. Nothing is fetched for it and nobody is told.

use std::rc::Rc;

use palimpsest_core::{Document, DocumentId, Graph, Timeline};

use super::open::Open;
use crate::clock;
use crate::page::Page;

/// How long the past of an open document is waited for, in milliseconds.
const WAIT_MILLIS_MAX: f64 = 20_000.0;
/// How often one looks whether it is there.
const LOOK_MILLIS: u32 = 60;

/// A document's past, to be read.
pub(crate) struct Glance(Source);

enum Source {
    Open(Rc<Open>),
    Stored(Box<(Document, Timeline)>),
}

impl Glance {
    /// A look at a document, as far as it is on this device.
    pub(crate) async fn at(id: DocumentId, page: &Rc<Page>) -> Result<Self, String> {
        let until = clock::elapsed() + WAIT_MILLIS_MAX;
        while let Some(open) = page.desks().into_iter().find(|open| open.id() == id) {
            if open.has_past() {
                return Ok(Self(Source::Open(open)));
            }
            if clock::elapsed() > until {
                break;
            }
            clock::sleep(LOOK_MILLIS).await;
        }
        let shell = Open::new(id, page.clone());
        shell.read_whole_past().await.map_err(|error| error.to_string())?;
        let pending = page.storage.pending(id).await.map_err(|error| error.to_string())?;
        let (mut document, mut timeline) = {
            let mut state = shell.state.borrow_mut();
            let empty = Document::new(id, state.document.replica(), state.document.author());
            let document = std::mem::replace(&mut state.document, empty);
            (document, std::mem::take(&mut state.timeline))
        };
        // A record that cannot be read is left to whoever opens the document.
        document.merge(pending.iter().filter_map(|record| record.decode().ok()).collect());
        timeline.settle(document.graph());
        Ok(Self(Source::Stored(Box::new((document, timeline)))))
    }

    /// Whether this is still the way to look at it: once it is opened, or closed, it is not.
    pub(crate) fn holds(&self, page: &Page, id: DocumentId) -> bool {
        let now = page.desks().into_iter().find(|open| open.id() == id);
        match (&self.0, now) {
            (Source::Open(open), Some(now)) => Rc::ptr_eq(open, &now),
            (Source::Stored(_), None) => true,
            (Source::Open(_), None) | (Source::Stored(_), Some(_)) => false,
        }
    }

    /// Whether it is of a document that is open, and so up to date by itself.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.0, Source::Open(_))
    }

    /// Reads it.
    pub(crate) fn with<R>(&self, read: impl FnOnce(&Timeline, &Graph) -> R) -> R {
        match &self.0 {
            Source::Open(open) => open.with_timeline(read),
            Source::Stored(stored) => read(&stored.1, stored.0.graph()),
        }
    }
}
