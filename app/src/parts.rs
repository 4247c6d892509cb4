//! What of the app is loaded only when somebody asks for it: each name below is a file of
//! WebAssembly of its own, taken out of the app after it was compiled (`xtask/src/bundle.rs`).
//! Whatever else one of them needs and nothing else does, of the core too, goes with it.
//!
//! Without the feature `parts`, as the tests are compiled, all of it is in one piece and there at
//! once.

use std::future::Future;
use std::pin::Pin;

use futures::FutureExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
#[cfg(feature = "parts")]
use wasm_split_helpers::wasm_split;
use web_sys::HtmlElement;

use crate::aside::{self, Subject};
use crate::clock;
use crate::comments::{Cards, Sheet, Talk};
use crate::desk::Desk;
use crate::editor::{PastText, Tools};
use crate::insight::SearchPage;
use crate::library::LibraryPage;
use crate::panels::palette::PaletteEntries;
use crate::panels::profile::ProfileForm;
use crate::panels::share::ShareBody;
use crate::panels::shortcuts::Groups;
use crate::shell::Unfollowed;
use crate::timeline::{Machine, NameForm, PastBanner};
use crate::words;

/// A part could not be loaded: there is no network, or no such build any more.
pub(crate) type Missing = wasm_split_helpers::SplitLoaderError;

/// What a part shows.
pub(crate) type Part = Result<AnyView, Missing>;

/// Functions of a part: how it is loaded, and what it shows then.
macro_rules! part {
    ($(#[$doc:meta])* $file:ident, $load:ident, $show:ident($($name:ident: $kind:ty),*) $view:block) => {
        $(#[$doc])*
        #[cfg_attr(feature = "parts", wasm_split($file, fallible, preload($load)))]
        #[cfg(feature = "parts")]
        pub(crate) fn $show($($name: $kind),*) -> Part {
            Ok($view.into_any())
        }

        #[cfg(not(feature = "parts"))]
        pub(crate) async fn $load() -> Result<(), Missing> {
            Ok(())
        }

        #[cfg(not(feature = "parts"))]
        pub(crate) async fn $show($($name: $kind),*) -> Part {
            Ok($view.into_any())
        }
    };
}

part! {
    /// The page of all documents.
    library, load_library, library() { view! { <LibraryPage /> } }
}

part! {
    /// The search in the past of all documents.
    search, load_search, search() { view! { <SearchPage /> } }
}

part! {
    /// What the panel beside the text shows.
    panels, load_panel, panel(subject: Subject, desk: Desk, machine: Machine, tools: Tools, talk: Talk) {
        aside::body(subject, desk, machine, tools, talk)
    }
}

part! {
    /// What the palette found.
    dialogs, load_entries, entries() { view! { <PaletteEntries /> } }
}

part! {
    /// The sheet of keys.
    dialogs, load_keys, keys() { view! { <Groups /> } }
}

part! {
    /// One's own name and colour.
    dialogs, load_profile, profile(open: RwSignal<bool>) { view! { <ProfileForm open=open /> } }
}

part! {
    /// Who can open a document, and links for others.
    dialogs, load_share, share(open: RwSignal<bool>, desk: Desk, shared: Signal<bool>) {
        view! { <ShareBody open=open desk=desk shared=shared /> }
    }
}

part! {
    /// A name for the moment where one stands.
    dialogs, load_naming, naming(machine: Machine, done: Callback<()>) {
        view! { <NameForm machine=machine done=done /> }
    }
}

part! {
    /// The cards of what people say about the text, beside it.
    cards, load_cards, cards(talk: Talk, sheet: Sheet) { view! { <Cards talk=talk sheet=sheet /> } }
}

part! {
    /// The text of another moment.
    past, load_past_text, past_text(desk: Desk, machine: Machine, live: Tools) {
        view! { <PastText desk=desk machine=machine live=live /> }
    }
}

part! {
    /// What one is reading then, and what one can do with it.
    past, load_banner, banner(desk: Desk, machine: Machine) {
        view! { <PastBanner desk=desk machine=machine /> }
    }
}

part! {
    /// The page of a document whose log this device may not have.
    reading, load_reading, reading(desk: Desk) { view! { <Unfollowed desk=desk /> } }
}

/// Shows what a part gives, at once if it is there, and otherwise as soon as it is.
pub(crate) fn shown<L, S>(load: fn() -> L, show: impl Fn() -> S + Send + 'static) -> AnyView
where
    L: Future<Output = Result<(), Missing>> + 'static,
    S: Future<Output = Part>,
{
    // One function for all parts: what differs is behind pointers, or each would be a copy.
    once_here(
        Box::new(move || Box::pin(load())),
        Box::new(move || show().now_or_never().and_then(Result::ok)),
    )
}

type Load = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), Missing>>>> + Send>;
type Show = Box<dyn Fn() -> Option<AnyView> + Send>;

fn once_here(load: Load, show: Show) -> AnyView {
    // Whether it came; none while it is on its way.
    let came = RwSignal::new(None::<bool>);
    let view = move || {
        let asked = came.get();
        if let Some(view) = show() {
            return view;
        }
        if asked == Some(false) {
            return view! {
                <div class="state" role="alert">
                    <p>{words::PART_MISSING}</p>
                    <button class="primary" type="button" on:click=move |_| came.set(None)>
                        {words::TRY_AGAIN}
                    </button>
                </div>
            }
            .into_any();
        }
        if asked.is_none() {
            let loading = load();
            spawn_local(async move {
                came.try_set(Some(loading.await.is_ok()));
                clock::on_next_frame(focus_in_dialog);
            });
        }
        view! { <p class="state late" role="status">{words::OPENING}</p> }.into_any()
    };
    view.into_any()
}

/// Gives what came into an open dialog the focus that it asks for, as if it had been there when the
/// dialog was opened.
fn focus_in_dialog() {
    let waiting = document().active_element().is_none_or(|one| {
        one.tag_name().eq_ignore_ascii_case("dialog") || one.tag_name().eq_ignore_ascii_case("body")
    });
    let wants = document().query_selector("dialog[open] [autofocus]").ok().flatten();
    if let Some(wants) =
        wants.filter(|_| waiting).and_then(|one| one.dyn_into::<HtmlElement>().ok())
    {
        // Focus cannot be given to what is not shown; then it stays where it is.
        let _ = wants.focus();
    }
}
