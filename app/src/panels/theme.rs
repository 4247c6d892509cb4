//! Light or dark: as the device says, or as the person chose. The colours themselves are the
//! style sheet's.

use leptos::prelude::*;

use crate::panels::menu::Item;
use crate::words;

const KEY: &str = "palimpsest.theme";

/// The choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Theme {
    /// As the device says, also when it changes.
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    fn key(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Theme::System => words::THEME_SYSTEM,
            Theme::Light => words::THEME_LIGHT,
            Theme::Dark => words::THEME_DARK,
        }
    }

    fn remembered() -> Self {
        let stored = window()
            .local_storage()
            .ok()
            .flatten()
            .and_then(|store| store.get_item(KEY).ok().flatten());
        Self::ALL
            .into_iter()
            .find(|theme| Some(theme.key()) == stored.as_deref())
            .unwrap_or(Theme::System)
    }
}

/// Reads the remembered choice, and keeps the page in step with it from now on.
pub(crate) fn provide_theme() {
    let theme = RwSignal::new(Theme::remembered());
    provide_context(theme);
    Effect::new(move |_| {
        let theme = theme.get();
        // A page without a root element or storage keeps the device's colours.
        if let Some(root) = document().document_element() {
            let _ = match theme {
                Theme::System => root.remove_attribute("data-theme"),
                Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.key()),
            };
        }
        if let Ok(Some(store)) = window().local_storage() {
            let _ = store.set_item(KEY, theme.key());
        }
    });
}

/// The items of a menu that choose it.
#[component]
pub(crate) fn ThemeItems() -> impl IntoView {
    let theme = expect_context::<RwSignal<Theme>>();
    Theme::ALL
        .map(|one| {
            let chosen = Signal::derive(move || theme.get() == one);
            view! { <Item name=one.name() chosen=chosen act=move |()| theme.set(one) /> }
        })
        .into_iter()
        .collect_view()
}
