//! The page of one document: header, banner, text and time machine; or why it is not there.

use leptos::ev;
use leptos::prelude::*;
use palimpsest_core::{Command, DocumentId};

use crate::desk::{Desk, Loading};
use crate::editor::{LiveEditor, PastText, Tools};
use crate::panels::toast::Toasts;
use crate::shell::address;
use crate::shell::header::Header;
use crate::timeline::{Banner, Machine, TimeMachine};
use crate::words;
use crate::workspace::Workspace;

#[component]
pub(crate) fn DocumentPage(id: DocumentId) -> impl IntoView {
    let desk = expect_context::<Workspace>().open(id);
    on_cleanup(move || desk.close());
    let machine = Machine::new(desk, None);
    address::keep(desk, machine);
    let tools = Tools::new();
    let loading = desk.loading();
    let ready = Memo::new(move |_| loading.get() == Loading::Ready);
    let keys = window_event_listener(ev::keydown, move |event| {
        let asked = event.key() == "Escape" && !event.default_prevented();
        if asked && machine.at().get_untracked().is_some() && !dialog_open() {
            machine.back_to_now();
        }
    });
    on_cleanup(move || keys.remove());
    view! {
        <section
            class="page"
            data-moment=move || if machine.at().get().is_some() { "past" } else { "now" }
        >
            <Header desk=desk machine=machine tools=tools ready=ready />
            <Show when=move || ready.get() fallback=move || view! { <NotReady desk=desk /> }>
                <div class="above">
                    <Archived desk=desk />
                    <Banner desk=desk machine=machine />
                </div>
                <div class="paper">
                    <LiveEditor
                        desk=desk
                        tools=tools
                        hidden=Signal::derive(move || machine.at().get().is_some())
                    />
                    <PastText desk=desk machine=machine live=tools />
                </div>
                <TimeMachine desk=desk machine=machine />
            </Show>
        </section>
    }
}

/// Says that the document was put away, and how to undo that.
#[component]
fn Archived(desk: Desk) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let archived = desk.archived();
    let bring_back = move |_| {
        if let Err(refused) = desk.dispatch(Command::RestoreDocument) {
            toasts.say(refused.to_string());
        }
    };
    view! {
        <Show when=move || archived.get()>
            <div class="notice" role="status">
                <p>{words::ARCHIVED_NOTE}</p>
                <button type="button" on:click=bring_back>{words::BRING_BACK}</button>
            </div>
        </Show>
    }
}

/// Whether the Escape key belongs to a dialog.
fn dialog_open() -> bool {
    document().query_selector("dialog[open]").is_ok_and(|found| found.is_some())
}

/// What stands in the text's place until it is there.
#[component]
fn NotReady(desk: Desk) -> impl IntoView {
    let loading = desk.loading();
    move || match loading.get() {
        Loading::Reading { done, total } => view! {
            <div class="state" role="status">
                <p>{words::opening(done, total)}</p>
                {(total > 0).then(|| view! {
                    <progress
                        aria-label=words::OPENING
                        value=done.to_string()
                        max=total.to_string()
                    ></progress>
                })}
            </div>
        }
        .into_any(),
        Loading::Missing => view! {
            <div class="state">
                <h2>{words::MISSING_TITLE}</h2>
                <p>{words::MISSING_TEXT}</p>
                <a class="button" href="/">{words::ALL_DOCUMENTS}</a>
            </div>
        }
        .into_any(),
        Loading::Failed(why) => view! {
            <div class="state" role="alert">
                <h2>{words::FAILED_TITLE}</h2>
                <p>{why} " " {words::FAILED_HELP}</p>
                <button
                    class="primary"
                    type="button"
                    on:click=move |_| {
                        // A page that cannot be reloaded is being left.
                        let _ = window().location().reload();
                    }
                >
                    {words::RELOAD}
                </button>
            </div>
        }
        .into_any(),
        Loading::Ready => ().into_any(),
    }
}
