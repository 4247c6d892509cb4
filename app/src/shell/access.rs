//! What a link allows, said on the page of a document: that it is less than everything, that
//! edits are kept from the server, or that the document itself is. Whoever may not see the
//! history reads the text here, as the server gives it out.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use palimpsest_core::{Admission, DocumentId, LinkKey, Role, Text, called};
use serde_json::Value;

use crate::api;
use crate::clock;
use crate::desk::Desk;
use crate::editor::{Options, View};
use crate::panels::share::path_to;
use crate::panels::toast::Toasts;
use crate::words::{self, share as said};
use crate::workspace::Workspace;

/// How often the page of somebody who only reads asks for what is new.
const READ_EVERY_MILLIS: u32 = 3_000;

/// Says what the link to an open document does not allow.
#[component]
pub(super) fn AccessNotice(desk: Desk) -> impl IntoView {
    let (workspace, toasts) = (expect_context::<Workspace>(), expect_context::<Toasts>());
    let (admission, status) = (desk.admission(), desk.status());
    let withheld = Memo::new(move |_| status.with(|status| status.withheld));
    let words = move || match admission.get() {
        _ if withheld.get() => Some(said::WITHHELD_NOTE),
        Admission::Denied => Some(said::DENIED_NOTE),
        Admission::Granted(access) if access.role == Role::Reader => Some(said::READ_ONLY),
        Admission::Granted(access) if access.role == Role::Commenter => Some(said::COMMENT_ONLY),
        Admission::Granted(_) | Admission::Unknown => None,
    };
    let navigate = use_navigate();
    let keep = Callback::new(move |()| {
        let (title, text) = desk.with_document(|document| {
            (said::copy_of(&document.name()), document.text().to_string())
        });
        let navigate = navigate.clone();
        spawn_local(async move {
            match workspace.import(&title, "", text).await {
                Ok(id) => navigate(&path_to(id, None), NavigateOptions::default()),
                Err(why) => toasts.say(why),
            }
        });
    });
    move || {
        words().map(|words| {
            view! {
                <div class="notice" role="status">
                    <p>{words}</p>
                    <Show when=move || withheld.get() || admission.get() == Admission::Denied>
                        <button type="button" on:click=move |_| keep.run(())>{said::KEEP_COPY}</button>
                    </Show>
                </div>
            }
        })
    }
}

/// What the server gives out of a document whose log it does not.
#[derive(Clone, PartialEq)]
struct Page {
    title: String,
    /// What it is called, with or without a title.
    name: String,
    text: String,
    /// The versions with a name and their revisions; `None` for whoever may not see them.
    versions: Option<Vec<(u64, String)>>,
}

/// The page of a document that this device may not follow: its text if the link allows that,
/// and otherwise why there is none.
#[component]
pub(crate) fn Unfollowed(desk: Desk) -> impl IntoView {
    // Outer: whether the server was asked.
    let page = RwSignal::new(None::<Option<Page>>);
    let version = RwSignal::new(None::<u64>);
    let alive = StoredValue::new(());
    let id = desk.id();
    Effect::new(move |_| {
        let wanted = version.get();
        spawn_local(async move {
            // Until the page is left, or another version is wanted.
            while alive.try_get_value().is_some() && version.try_get_untracked() == Some(wanted) {
                let found = read(id, &desk.keys(), wanted).await;
                // Without an answer, what was read before stays.
                if let Some(found) = found
                    && page.try_with_untracked(|shown| shown.as_ref() != Some(&found)) == Some(true)
                {
                    page.try_set(Some(found));
                }
                clock::sleep(READ_EVERY_MILLIS).await;
            }
        });
    });
    let title = move || page.get().flatten().map(|page| page.title);
    let name = move || page.get().flatten().map(|page| page.name);
    Effect::new(move |_| {
        if let Some(name) = name() {
            document().set_title(&format!("{} · {}", words::titled(&name), words::PRODUCT));
        }
    });
    let text = Memo::new(move |_| page.get().flatten().map(|page| page.text));
    let versions = Memo::new(move |_| page.get().flatten().map(|page| page.versions));
    let is_read = Memo::new(move |_| page.get().map(|page| page.is_some()));
    move || match is_read.get() {
        None => view! { <div class="state" role="status"><p>{words::OPENING}</p></div> }.into_any(),
        Some(false) => view! {
            <div class="state">
                <h2>{said::DENIED_TITLE}</h2>
                <p>{said::DENIED_TEXT}</p>
                <a class="button" href="/">{words::ALL_DOCUMENTS}</a>
            </div>
        }
        .into_any(),
        Some(true) => view! {
            <div class="above">
                <div class="notice" role="status">
                    <p>
                        {move || match versions.get().flatten() {
                            Some(_) => said::VERSIONS_ONLY,
                            None => said::PRESENT_ONLY,
                        }}
                    </p>
                    {move || versions.get().flatten().map(|all| choice(version, all))}
                </div>
            </div>
            <div class="spread">
                <div class="paper bare" data-panes="now">
                    <h1
                        class="reading-title"
                        class:unseen=move || title().unwrap_or_default().trim().is_empty()
                    >
                        {move || words::titled(&name().unwrap_or_default()).to_owned()}
                    </h1>
                    {move || text.get().map(|text| view! { <Shown text=text /> })}
                </div>
            </div>
        }
        .into_any(),
    }
}

/// The versions, to choose one.
fn choice(version: RwSignal<Option<u64>>, all: Vec<(u64, String)>) -> impl IntoView {
    let option = |(revision, name): (u64, String)| {
        let chosen = move || version.get() == Some(revision);
        view! { <option value=revision.to_string() selected=chosen>{name}</option> }
    };
    view! {
        <label>
            <span class="unseen">{said::VERSION}</span>
            <select
                class="field"
                on:change=move |event| version.set(event_target_value(&event).parse().ok())
            >
                <option value="" selected=move || version.get().is_none()>{said::AS_IT_IS}</option>
                {all.into_iter().map(option).collect_view()}
            </select>
        </label>
    }
}

/// A text that can be read only.
#[component]
fn Shown(text: String) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let view = StoredValue::new_local(None::<View>);
    Effect::new(move |_| {
        let Some(place) = place.get() else { return };
        let options =
            Options { text: &text, read_only: true, label: words::DOCUMENT_TEXT, hint: "" };
        view.set_value(Some(View::new(&place, &options, None, None)));
    });
    on_cleanup(move || {
        if let Some(Some(view)) = view.try_get_value() {
            view.destroy();
        }
    });
    view! { <div class="sheet" node_ref=place></div> }
}

/// Asks with each key: what one of them opens, `Some(None)` when that is nothing, and `None`
/// when the server cannot be reached.
async fn read(id: DocumentId, keys: &[LinkKey], version: Option<u64>) -> Option<Option<Page>> {
    let path = format!("/api/v1/documents/{id}");
    for &key in keys {
        let told = api::ask("GET", &path, Some(key), None).await?;
        let Ok(told) = told.json() else { continue };
        let at = version.map_or_else(String::new, |revision| format!("?at_revision={revision}"));
        let text = api::ask("GET", &format!("{path}/text{at}"), Some(key), None).await?;
        if !text.is_ok() {
            continue;
        }
        let versions = api::ask("GET", &format!("{path}/versions"), Some(key), None).await?;
        let title = told["title"].as_str().unwrap_or_default().to_owned();
        let versions = versions.json().ok().map(|told| read_versions(&told));
        let name = called(&title, &Text::from(&*text.text));
        return Some(Some(Page { title, name, text: text.text, versions }));
    }
    Some(None)
}

fn read_versions(told: &Value) -> Vec<(u64, String)> {
    let versions = told["versions"].as_array().into_iter().flatten();
    versions
        .filter_map(|one| Some((one["revision"].as_u64()?, one["name"].as_str()?.to_owned())))
        .collect()
}
