//! Whole documents that come into the workspace or go out of it, without being shown. In which
//! files they come and go is not known here.

use std::rc::Rc;

use palimpsest_core::{Command, DocumentId, Event, Intent, TITLE_SCALARS_MAX, TextChange, codec};

use crate::clock;
use crate::desk::{Loading, Open};
use crate::page::Page;
use crate::storage::Write;

/// How often it is looked whether a document is there.
const GLANCE_MILLIS: u32 = 30;
/// How long one document may take before it counts as not there.
const READ_MILLIS_MAX: f64 = 30_000.0;
/// How long the next document waits at most until the server has this one.
const SEND_MILLIS_MAX: f64 = 10_000.0;

/// A document as it leaves.
pub struct Contents {
    /// Its text.
    pub text: String,
    /// The folder it is in.
    pub folder: String,
    /// Its whole history, as bytes.
    pub log: Vec<u8>,
}

impl Page {
    /// Makes a document of a text that came from elsewhere.
    pub(crate) async fn import(
        self: &Rc<Self>,
        title: &str,
        folder: &str,
        text: String,
    ) -> Result<DocumentId, String> {
        let id = clock::document_id();
        let open = self.place(id);
        open.hold();
        let title = title.chars().take(TITLE_SCALARS_MAX).collect();
        open.clone().begin(title).await;
        let changes = [TextChange::new(0, 0, text.as_str())].into();
        let mut done = match text.is_empty() {
            true => Ok(()),
            false => open.dispatch(Command::EditText { changes, intent: Intent::Imported }),
        };
        if done.is_ok() && !folder.is_empty() {
            done = open.dispatch(Command::MoveToFolder { folder: folder.to_owned() });
        }
        self.until_sent(&open).await;
        open.release();
        done.map(|()| id).map_err(|refused| refused.to_string())
    }

    /// Makes a document of events that were exported: stored first, as what another tab left,
    /// and then opened, so that they go their way to the server.
    pub(crate) async fn take_history(
        self: &Rc<Self>,
        events: Vec<Event>,
    ) -> Result<DocumentId, String> {
        let id = clock::document_id();
        let pending = events.into_iter().map(|event| (event, true)).collect();
        let write = Write { pending, ..Write::default() };
        self.storage.write(id, write).await.map_err(|error| error.to_string())?;
        let open = self.open(id);
        open.hold();
        let there = self.read(id).await.is_some();
        if there {
            // Nothing was written in it here that would bring it into the library.
            open.keep_card().await;
            self.until_sent(&open).await;
        }
        open.release();
        match there {
            true => Ok(id),
            false => Err(crate::words::library::NOT_A_HISTORY.to_owned()),
        }
    }

    /// Waits a little until the server has a document, so that many that come in one after the
    /// other are not open all at once; what it does not have by then is sent later.
    async fn until_sent(&self, open: &Rc<Open>) {
        let until = clock::elapsed() + SEND_MILLIS_MAX;
        while self.is_connected() && !open.is_settled() && clock::elapsed() < until {
            clock::sleep(GLANCE_MILLIS).await;
        }
    }

    /// What a document says, and its history.
    pub(crate) async fn read(self: &Rc<Self>, id: DocumentId) -> Option<Contents> {
        let open = self.open(id);
        open.hold();
        let until = clock::elapsed() + READ_MILLIS_MAX;
        while (open.is_loading() || (open.loading() == Loading::Ready && !open.knows_its_past()))
            && clock::elapsed() < until
        {
            clock::sleep(GLANCE_MILLIS).await;
        }
        let there = open.loading() == Loading::Ready && open.knows_its_past();
        let contents = there.then(|| {
            open.seal();
            open.with_whole(|document| Contents {
                text: document.text().to_string(),
                folder: document.facts().folder().to_owned(),
                log: codec::encode_log(document.graph()),
            })
        });
        open.release();
        contents
    }
}
