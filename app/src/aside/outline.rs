//! The headings of the text that is shown, to go to; the one that is read or written under is
//! marked.

use std::time::Duration;

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use palimpsest_core::{Heading, Text, outline};
use wasm_bindgen::JsCast;

use crate::clock;
use crate::desk::Desk;
use crate::editor::Tools;
use crate::hear::hear;
use crate::later::Later;
use crate::timeline::Machine;
use crate::words;

/// The text is read again when nobody typed, and time stood still, for this long.
const READ_AFTER: Duration = Duration::from_millis(150);

/// The headings of a text, and the text they were read from: positions in it are counted there.
#[derive(Clone)]
struct Read {
    text: Text,
    headings: Vec<Heading>,
}

#[component]
pub(crate) fn OutlinePanel(desk: Desk, tools: Tools) -> impl IntoView {
    let machine = expect_context::<Machine>();
    let read = move || {
        let text = match machine.at().get_untracked() {
            Some(revision) => desk.with_timeline(|timeline, _| timeline.text_at(revision)),
            None => desk.with_document(|document| document.text().clone()),
        };
        Read { headings: outline(&text), text }
    };
    let shown = RwSignal::new_local(read());
    let here = RwSignal::new(None::<usize>);
    let list = NodeRef::<html::Ul>::new();
    let spy = move || {
        let Some(found) = shown.try_with_untracked(|shown| {
            let pos = shown.text.pos_of_utf16(tools.place()).unwrap_or_default();
            shown.headings.iter().rposition(|heading| heading.pos <= pos)
        }) else {
            return;
        };
        if here.get_untracked() != found {
            here.set(found);
        }
    };
    let history = desk.history();
    let later = Later::new(READ_AFTER);
    Effect::new(move |_| {
        history.track();
        machine.at().track();
        later.stop();
        let again = move || {
            if shown.try_set(read()).is_none() {
                spy();
            }
        };
        later.start(again);
    });
    // Once a frame at most, however often one scrolls or moves.
    let asked = StoredValue::new(false);
    let look = move || {
        if asked.try_get_value() != Some(false) {
            return;
        }
        asked.set_value(true);
        clock::on_next_frame(move || {
            if asked.try_set_value(false).is_none() {
                spy();
            }
        });
    };
    for event in ["scroll", "selectionchange"] {
        hear(event, look);
    }
    // The marked heading stays in view in a long list.
    Effect::new(move |_| {
        let (Some(list), Some(nth)) = (list.get(), here.get()) else { return };
        let Some(item) = list.children().item(nth as u32) else { return };
        let (item, frame) = (item.get_bounding_client_rect(), list.get_bounding_client_rect());
        if item.top() < frame.top() || item.bottom() > frame.bottom() {
            list.set_scroll_top(list.scroll_top() + (item.top() - frame.top()) as i32 - 40);
        }
    });
    let go = move |heading: &Heading| {
        let utf16 =
            shown.with_untracked(|shown| shown.text.utf16_of(heading.pos.min(shown.text.len())));
        tools.go_to_shown(utf16);
    };
    let keys = move |event: KeyboardEvent| {
        let Some(list) = list.get_untracked() else { return };
        let by = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            "Home" => i32::MIN,
            "End" => i32::MAX,
            _ => return,
        };
        event.prevent_default();
        step(&list, by);
    };
    view! {
        <Show
            when=move || shown.with(|shown| !shown.headings.is_empty())
            fallback=|| view! { <p class="none">{words::NO_HEADINGS}</p> }
        >
            <ul class="outline" node_ref=list on:keydown=keys>
                {move || shown
                    .with(|shown| shown.headings.clone())
                    .into_iter()
                    .enumerate()
                    .map(|(nth, heading)| {
                        let is_here = move || here.get() == Some(nth);
                        let (text, level) = (heading.text.clone(), heading.level);
                        view! {
                            <li data-level=level.to_string()>
                                <button
                                    class="quiet"
                                    type="button"
                                    aria-current=move || is_here().then_some("location")
                                    on:click=move |_| go(&heading)
                                >
                                    {text}
                                </button>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </Show>
    }
}

/// Moves the focus among the headings.
fn step(list: &web_sys::HtmlUListElement, by: i32) {
    let Ok(buttons) = list.query_selector_all("button") else { return };
    let buttons: Vec<web_sys::HtmlElement> =
        (0..buttons.length()).filter_map(|n| buttons.item(n)?.dyn_into().ok()).collect();
    let active = document().active_element();
    let at = buttons.iter().position(|one| active.as_ref() == Some(one.as_ref())).unwrap_or(0);
    let last = buttons.len().saturating_sub(1);
    let next = (at as i32).saturating_add(by).clamp(0, last as i32) as usize;
    if let Some(button) = buttons.get(next) {
        // Focus cannot be given to what is not shown; then it stays where it is.
        let _ = button.focus();
    }
}
