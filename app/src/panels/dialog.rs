//! A modal dialog on the browser's own `<dialog>`, which keeps the focus inside and gives it
//! back afterwards. What is asked is the children's business.

use leptos::html;
use leptos::prelude::*;

/// A dialog with a heading, which is also its accessible name. It shows while `open` is true.
#[component]
pub(crate) fn Dialog(
    /// Whether it shows. Set to false again when the person closes it.
    open: RwSignal<bool>,
    #[prop(into)] heading: Signal<String>,
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    view! {
        <Modal open=open name=heading>
            <div>
                <h2>{heading}</h2>
                {children.with_value(|children| children())}
            </div>
        </Modal>
    }
}

/// The frame of whatever covers the page. Its children are made anew at each opening.
#[component]
pub(crate) fn Modal(
    /// Whether it shows. Set to false again when the person closes it.
    open: RwSignal<bool>,
    /// Its accessible name.
    #[prop(into)]
    name: Signal<String>,
    /// A class of the style sheet.
    #[prop(optional)]
    class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let children = StoredValue::new(children);
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if open.get() && !dialog.open() {
            // It fails only when the element is not in the page, and then nobody sees it.
            let _ = dialog.show_modal();
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog
            class=class
            node_ref=dialog
            aria-label=name
            on:close=move |_| open.set(false)
            on:click=move |event| {
                // A click on the dialog element itself is one on its backdrop.
                if event.target() == event.current_target() {
                    open.set(false);
                }
            }
        >
            <Show when=move || open.get()>
                {children.with_value(|children| children())}
            </Show>
        </dialog>
    }
}
