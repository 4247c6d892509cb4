//! The field in which a comment or reply is written, with names to choose from after an "@".
//! What becomes of the words is the asker's business.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use palimpsest_core::COMMENT_SCALARS_MAX;
use web_sys::{Element, HtmlTextAreaElement};

use crate::clock;
use crate::comments::mention::offered;
use crate::comments::talk::Talk;
use crate::words;
use crate::words::comments as said;

/// For so many frames a field that wants the focus waits for a place on the page.
const FRAMES_MAX: u32 = 10;

/// The field and its buttons.
#[component]
pub(super) fn Say(
    talk: Talk,
    /// Its accessible name.
    label: &'static str,
    hint: &'static str,
    /// What the button says that sends it.
    send: &'static str,
    /// What stands in it at first.
    #[prop(optional)]
    text: String,
    /// Whether it takes the focus when it appears.
    focus: bool,
    /// Takes the words; `false` keeps them in the field.
    done: Callback<String, bool>,
    cancel: Callback<()>,
) -> impl IntoView {
    let field = NodeRef::<html::Textarea>::new();
    let names = RwSignal::new(None::<(usize, Vec<String>)>);
    let picked = RwSignal::new(0_usize);
    let empty = RwSignal::new(text.trim().is_empty());
    let list_id = format!("names-{}", nonce());
    Effect::new(move |_| {
        if let Some(field) = field.get()
            && focus
        {
            focus_once_placed(field, FRAMES_MAX);
        }
    });
    let finish = move || {
        let Some(field) = field.get_untracked() else { return };
        let words = field.value().trim().to_owned();
        if !words.is_empty() && done.run(words) {
            field.set_value("");
            empty.try_set(true);
        }
    };
    let look = move || {
        let Some(field) = field.get_untracked() else { return };
        let (before, _) = parted(&field);
        empty.set(field.value().trim().is_empty());
        names.set(offered(&before, &untrack(move || talk.names())));
        picked.set(0);
    };
    let pick = move |nth: usize| {
        let Some(field) = field.get_untracked() else { return };
        let Some((at, found)) = names.get_untracked() else { return };
        let Some(name) = found.get(nth) else { return };
        let (before, after) = parted(&field);
        let begun = format!("{}@{name} ", &before[..at]);
        let caret = begun.encode_utf16().count() as u32;
        field.set_value(&format!("{begun}{}", after.trim_start_matches(' ')));
        // A field without a caret keeps it at the end.
        let _ = field.set_selection_range(caret, caret);
        let _ = field.focus();
        names.set(None);
    };
    let keys = move |event: KeyboardEvent| {
        let count = names.with_untracked(|names| names.as_ref().map_or(0, |(_, all)| all.len()));
        let key = event.key();
        match key.as_str() {
            "ArrowDown" if count > 0 => picked.update(|at| *at = (*at + 1) % count),
            "ArrowUp" if count > 0 => picked.update(|at| *at = (*at + count - 1) % count),
            "Enter" | "Tab" if count > 0 && !event.ctrl_key() && !event.meta_key() => {
                pick(picked.get_untracked());
            }
            "Escape" if count > 0 => names.set(None),
            "Enter" if event.ctrl_key() || event.meta_key() => finish(),
            "Escape" => cancel.run(()),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let options = {
        let list_id = list_id.clone();
        move || {
            let (_, found) = names.get()?;
            let list_id = list_id.clone();
            let option = move |(nth, name): (usize, String)| {
                let chosen = move || (picked.get() == nth).to_string();
                let press = move |event: leptos::ev::PointerEvent| {
                    // The field keeps the focus.
                    event.prevent_default();
                    pick(nth);
                };
                view! {
                    <li
                        id=format!("{list_id}-{nth}")
                        role="option"
                        aria-selected=chosen
                        on:pointerdown=press
                    >
                        {name}
                    </li>
                }
            };
            Some(found.into_iter().enumerate().map(option).collect_view())
        }
    };
    let active = {
        let list_id = list_id.clone();
        move || names.with(Option::is_some).then(|| format!("{list_id}-{}", picked.get()))
    };
    view! {
        <div class="say">
            <textarea
                class="field"
                node_ref=field
                rows="1"
                aria-autocomplete="list"
                aria-haspopup="listbox"
                aria-controls=list_id.clone()
                aria-activedescendant=active
                aria-label=label
                placeholder=hint
                maxlength=COMMENT_SCALARS_MAX.to_string()
                prop:value=text
                on:input=move |_| look()
                on:keydown=keys
                on:blur=move |_| names.set(None)
            ></textarea>
            <ul
                class="names"
                id=list_id
                role="listbox"
                aria-label=said::PEOPLE_TO_NAME
                hidden=move || names.with(Option::is_none)
            >
                {options}
            </ul>
            <div class="ends">
                <button class="quiet" type="button" on:click=move |_| cancel.run(())>
                    {words::CANCEL}
                </button>
                <button
                    class="primary"
                    type="button"
                    disabled=move || empty.get()
                    on:click=move |_| finish()
                >
                    {send}
                </button>
            </div>
        </div>
    }
}

/// The text of a field before its caret and behind it.
fn parted(field: &HtmlTextAreaElement) -> (String, String) {
    let text: Vec<u16> = field.value().encode_utf16().collect();
    let caret = field.selection_end().ok().flatten().map_or(text.len(), |at| at as usize);
    let (before, after) = text.split_at(caret.min(text.len()));
    (String::from_utf16_lossy(before), String::from_utf16_lossy(after))
}

/// A name for an element that no other has.
fn nonce() -> u64 {
    (crate::clock::fraction() * 9e15) as u64
}

/// Gives a field the focus. It is in the page by the next frame; its card has a place by the one
/// after that or a little later, and what has none cannot be given the focus.
fn focus_once_placed(field: HtmlTextAreaElement, frames: u32) {
    clock::on_next_frame(move || {
        let focused = field.focus().is_ok()
            && document().active_element().as_ref() == Some(AsRef::<Element>::as_ref(&field));
        if !focused && field.is_connected() && frames > 0 {
            focus_once_placed(field, frames - 1);
        }
    });
}
