//! Bringing files in: Markdown becomes a document each, in the folder it lay in; an exported
//! history becomes the document that it is of, again. How files are given is `files`.

use leptos::prelude::*;
use palimpsest_core::{DocumentId, Event, FILE_BYTES_MAX, NotText, Payload, codec, text_of_file};
use wasm_bindgen_futures::spawn_local;

use crate::clock;
use crate::files::{self, Given};
use crate::panels::dialog::Dialog;
use crate::panels::toast::Toasts;
use crate::words;
use crate::words::library as said;
use crate::workspace::Workspace;

/// What an exported history is called at its end.
pub(super) const HISTORY: &str = ".palimpsest";
/// What text may be called at its end.
const TEXTS: [&str; 4] = [".md", ".markdown", ".mdown", ".txt"];
/// Each event of an imported history waits on its own for the server.
const HISTORY_EVENTS_MAX: usize = 50_000;

/// An import that goes on, and what went wrong in the last one. Copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Imports {
    workspace: Workspace,
    toasts: Toasts,
    /// How many files are done, and how many there are.
    progress: RwSignal<Option<(usize, usize)>>,
    problems: RwSignal<Vec<String>>,
    told: RwSignal<bool>,
}

impl Imports {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self {
            workspace: expect_context(),
            toasts: expect_context(),
            progress: RwSignal::new(None),
            problems: RwSignal::default(),
            told: RwSignal::new(false),
        }
    }

    /// Takes in what was dropped.
    pub(crate) fn drop(self, event: &web_sys::Event) {
        let found = files::dropped(event.as_ref());
        spawn_local(async move { self.take(found.await).await });
    }

    /// Takes in what was chosen in a field.
    pub(crate) fn choose(self, field: &web_sys::HtmlInputElement) {
        let found = files::chosen(field);
        spawn_local(async move { self.take(found).await });
    }

    async fn take(self, given: Vec<Given>) {
        let fits = |given: &Given| {
            let name = given.path.to_lowercase();
            name.ends_with(HISTORY) || TEXTS.iter().any(|end| name.ends_with(end))
        };
        let wanted: Vec<Given> = given.into_iter().filter(fits).collect();
        if wanted.is_empty() {
            return self.toasts.say(said::NOTHING_TO_IMPORT);
        }
        let total = wanted.len();
        let (mut done, mut problems) = (0, Vec::new());
        for (nth, given) in wanted.iter().enumerate() {
            self.progress.set(Some((nth + 1, total)));
            match self.take_one(given).await {
                Ok(_) => done += 1,
                Err(why) => problems.push(format!("{}: {why}.", given.path)),
            }
            clock::breathe().await;
        }
        self.progress.set(None);
        self.toasts.say(said::imported(done));
        if !problems.is_empty() {
            self.problems.set(problems);
            self.told.set(true);
        }
    }

    async fn take_one(self, given: &Given) -> Result<DocumentId, String> {
        if given.size() > FILE_BYTES_MAX as f64 {
            return Err(said::TOO_LARGE.to_owned());
        }
        let bytes = given.bytes().await.ok_or(said::UNREADABLE)?;
        let (folder, name) = given.path.rsplit_once('/').unwrap_or(("", &given.path));
        if name.to_lowercase().ends_with(HISTORY) {
            let graph = codec::decode_log(&bytes).map_err(|_| said::NOT_A_HISTORY)?;
            if graph.len() > HISTORY_EVENTS_MAX {
                return Err(said::HISTORY_TOO_LONG.to_owned());
            }
            let events: Vec<Event> = (0..graph.len()).map(|lv| graph.event(lv)).collect();
            if !events.iter().any(|one| matches!(one.payload, Payload::DocumentCreated { .. })) {
                return Err(said::NOT_A_HISTORY.to_owned());
            }
            return self.workspace.take_history(events).await;
        }
        let text = text_of_file(bytes).map_err(|why| match why {
            NotText::NotUtf8 => said::NOT_TEXT,
            NotText::TooLong => said::TOO_LARGE,
        })?;
        let title = name.rsplit_once('.').map_or(name, |(title, _)| title);
        self.workspace.import(title, folder, text).await
    }
}

/// How far an import is, and what went wrong in it.
#[component]
pub(crate) fn ImportProgress(imports: Imports) -> impl IntoView {
    let Imports { progress, problems, told, .. } = imports;
    view! {
        {move || progress.get().map(|(done, total)| view! {
            <div class="notice" role="status">
                <p>{said::importing(done, total)}</p>
                <progress
                    aria-label=said::importing(done, total)
                    value=done.to_string()
                    max=total.to_string()
                ></progress>
            </div>
        })}
        <Dialog open=told heading=said::NOT_IMPORTED>
            <ul class="problems">
                {problems.get().into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}
            </ul>
            <div class="ends">
                <button type="button" autofocus on:click=move |_| told.set(false)>
                    {words::CLOSE}
                </button>
            </div>
        </Dialog>
    }
}
