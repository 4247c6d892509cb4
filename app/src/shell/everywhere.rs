//! What can be done on every page.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use crate::actions::{Action, Actions};
use crate::panels::palette::Palette;
use crate::panels::profile::ProfileOpen;
use crate::panels::share::path_to;
use crate::panels::shortcuts::Shortcuts;
use crate::panels::theme::Theme;
use crate::words::{self, writing};
use crate::workspace::Workspace;

/// Offers it. Draws nothing.
#[component]
pub(crate) fn Everywhere() -> impl IntoView {
    let actions = expect_context::<Actions>();
    let palette = expect_context::<Palette>();
    let Shortcuts(shortcuts) = expect_context();
    let ProfileOpen(profile) = expect_context();
    let theme = expect_context::<RwSignal<Theme>>();
    let workspace = expect_context::<Workspace>();
    let always = Signal::stored(true);
    let of = |name, keys, act| Action { name, keys, possible: always, act };
    let navigate = use_navigate();
    let path = use_location().pathname;
    let elsewhere = Signal::derive(move || path.read().as_str() != "/");
    let make = {
        let navigate = navigate.clone();
        Callback::new(move |()| {
            let id = workspace.create("");
            navigate(&path_to(id, None), NavigateOptions::default());
        })
    };
    let all = Callback::new(move |()| navigate("/", NavigateOptions::default()));
    let colours = |one| Callback::new(move |()| theme.set(one));
    actions.offer_as(
        writing::GROUP_EVERYWHERE,
        [
            // In the palette itself it would lead nowhere, but the sheet of keys names it.
            Action {
                name: writing::PALETTE,
                keys: "Ctrl K",
                possible: Signal::derive(move || !palette.is_open().get()),
                act: Callback::new(move |()| palette.show()),
            },
            of(words::SHORTCUTS, "?", Callback::new(move |()| shortcuts.set(true))),
            of(words::NEW_DOCUMENT, "", make),
            Action { name: words::ALL_DOCUMENTS, keys: "", possible: elsewhere, act: all },
            of(words::PROFILE, "", Callback::new(move |()| profile.set(true))),
            of(words::THEME_LIGHT, "", colours(Theme::Light)),
            of(words::THEME_DARK, "", colours(Theme::Dark)),
            of(words::THEME_SYSTEM, "", colours(Theme::System)),
        ],
    );
}
