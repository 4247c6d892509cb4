//! A button that opens a list of actions. Which actions is decided where it is used.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::panels::signs::{Sign, sign};

/// A menu behind a "more" button. The children are [`Item`]s and `<hr>`s.
#[component]
pub(crate) fn Menu(
    /// The accessible name of the button.
    #[prop(into)]
    name: Signal<String>,
    children: ChildrenFn,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let button = NodeRef::<html::Button>::new();
    let list = NodeRef::<html::Div>::new();
    let children = StoredValue::new(children);
    provide_context(Close(open, button));
    Effect::new(move |_| {
        if open.get()
            && let Some(list) = list.get()
        {
            step(&list, 0);
        }
    });
    let keys = move |event: KeyboardEvent| {
        let Some(list) = list.get_untracked() else { return };
        match event.key().as_str() {
            "ArrowDown" => step(&list, 1),
            "ArrowUp" => step(&list, -1),
            "Home" => step(&list, 0),
            "Escape" | "Tab" => Close(open, button).close(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    view! {
        <div class="menu">
            <button
                class="icon quiet"
                type="button"
                node_ref=button
                aria-label=name
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {sign(Sign::More)}
            </button>
            <Show when=move || open.get()>
                <button
                    class="menu-veil"
                    type="button"
                    tabindex="-1"
                    aria-hidden="true"
                    on:click=move |_| open.set(false)
                ></button>
                <div class="menu-list" role="menu" aria-label=name node_ref=list on:keydown=keys>
                    {children.with_value(|children| children())}
                </div>
            </Show>
        </div>
    }
}

/// Closes the menu around an item and gives the focus back to its button.
#[derive(Clone, Copy)]
struct Close(RwSignal<bool>, NodeRef<html::Button>);

impl Close {
    fn close(self) {
        self.0.set(false);
        if let Some(button) = self.1.get_untracked() {
            // Focus cannot be given to what is not shown; then it stays where it is.
            let _ = button.focus();
        }
    }
}

/// One action of a menu.
#[component]
pub(crate) fn Item(
    /// What it is called.
    #[prop(into)]
    name: Signal<String>,
    /// Its keyboard shortcut, if it has one.
    #[prop(optional, into)]
    keys: String,
    /// Whether it cannot be used now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// For items of which one is chosen: whether this is it.
    #[prop(optional, into)]
    chosen: Option<Signal<bool>>,
    /// What it does, after the menu has closed.
    #[prop(into)]
    act: Callback<()>,
) -> impl IntoView {
    let menu = use_context::<Close>();
    let hint = (!keys.is_empty()).then(|| view! { <kbd>{keys}</kbd> });
    view! {
        <button
            type="button"
            role=if chosen.is_some() { "menuitemradio" } else { "menuitem" }
            aria-checked=move || chosen.map(|chosen| chosen.get().to_string())
            disabled=disabled
            on:click=move |_| {
                if let Some(menu) = menu {
                    menu.close();
                }
                act.run(());
            }
        >
            {name}
            {hint}
            {move || chosen.is_some_and(|chosen| chosen.get()).then(|| view! { <kbd>"✓"</kbd> })}
        </button>
    }
}

/// Moves the focus to the next or previous item; by 0, to the first.
fn step(list: &web_sys::HtmlDivElement, by: i32) {
    let Ok(items) = list.query_selector_all("button:not(:disabled)") else { return };
    let items: Vec<web_sys::HtmlElement> =
        (0..items.length()).filter_map(|i| items.item(i)?.dyn_into().ok()).collect();
    if items.is_empty() {
        return;
    }
    let active = document().active_element();
    let at = items.iter().position(|item| active.as_ref() == Some(item.as_ref()));
    let next = match (at, by) {
        (Some(at), 1) => (at + 1) % items.len(),
        (Some(at), -1) => (at + items.len() - 1) % items.len(),
        (None, -1) => items.len() - 1,
        _ => 0,
    };
    // Focus cannot be given to what is not shown; then it stays where it is.
    let _ = items[next].focus();
}
