//! The sheet of keys: every action that has some, by what it is about, and the keys that mean
//! something only where one is. What they do is where they are handled.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::actions::Actions;
use crate::panels::dialog::Modal;
use crate::panels::signs::{Sign, sign};
use crate::parts;
use crate::words::{self, writing};

/// Whether the sheet is open. A context of the whole app, so that any menu can open it.
#[derive(Clone, Copy)]
pub(crate) struct Shortcuts(pub(crate) RwSignal<bool>);

/// Keys as they are on this keyboard: where there is a command key, it is meant.
pub(crate) fn on_this_keyboard(keys: &str) -> String {
    let apple = window().navigator().platform().is_ok_and(|name| name.contains("Mac"));
    if apple {
        keys.replace("Ctrl", "⌘").replace("Alt", "⌥").replace("Shift", "⇧")
    } else {
        keys.to_owned()
    }
}

/// Whether what is typed now goes into a text.
pub(crate) fn is_text(target: Option<web_sys::EventTarget>) -> bool {
    target.and_then(|target| target.dyn_into::<web_sys::Element>().ok()).is_some_and(|element| {
        element
            .closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable=true]")
            .is_ok_and(|found| found.is_some())
    })
}

/// The dialog. Exactly one is in the page; "?" opens it wherever no text is typed.
#[component]
pub(crate) fn ShortcutsSheet() -> impl IntoView {
    let Shortcuts(open) = expect_context();
    let keys = window_event_listener(ev::keydown, move |event| {
        let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        if event.key() == "?" && plain && !is_text(event.target()) && !event.default_prevented() {
            event.prevent_default();
            open.set(true);
        }
    });
    on_cleanup(move || keys.remove());
    view! {
        <Modal open=open name=words::SHORTCUTS class="keys">
                <div>
                    <header>
                        <h2>{words::SHORTCUTS}</h2>
                        <button
                            class="icon quiet"
                            type="button"
                            autofocus
                            aria-label=words::CLOSE
                            on:click=move |_| open.set(false)
                        >
                            {sign(Sign::Close)}
                        </button>
                    </header>
                    {parts::shown(parts::load_keys, parts::keys)}
                </div>
        </Modal>
    }
}

/// The keys by what they are about. Their code is a part of its own.
#[component]
pub(crate) fn Groups() -> impl IntoView {
    let offered = expect_context::<Actions>().keyed();
    let mut groups: Vec<(&str, Vec<(&str, &str)>)> = offered
        .into_iter()
        .map(|(group, actions)| {
            let mut keys: Vec<_> =
                actions.iter().map(|action| (action.keys, action.name)).collect();
            // Two rooms may offer the same.
            keys.dedup();
            (group, keys)
        })
        .collect();
    groups.push((writing::GROUP_TABLE, writing::TABLE_KEYS.to_vec()));
    groups.push((writing::GROUP_TIMELINE, writing::TIMELINE_KEYS.to_vec()));
    if let Some((_, keys)) =
        groups.iter_mut().find(|(group, _)| *group == writing::GROUP_EVERYWHERE)
    {
        keys.extend(writing::OTHER_KEYS);
    }
    let section = |(group, keys): (&'static str, Vec<(&'static str, &'static str)>)| {
        let rows = keys.into_iter().map(|(keys, name)| {
            view! {
                <dt>{name}</dt>
                <dd><kbd>{on_this_keyboard(keys)}</kbd></dd>
            }
        });
        view! {
            <section>
                <h3>{group}</h3>
                <dl>{rows.collect_view()}</dl>
            </section>
        }
    };
    view! { <div class="groups">{groups.into_iter().map(section).collect_view()}</div> }
}
