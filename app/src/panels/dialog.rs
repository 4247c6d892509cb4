//! A modal dialog on the browser's own `<dialog>`, which keeps the focus inside and gives it
//! back afterwards. What is asked is the children's business.

use leptos::html;
use leptos::prelude::*;

/// A dialog that shows while `open` is true. Its children are made anew at each opening.
#[component]
pub(crate) fn Dialog(
    /// Whether it shows. Set to false again when the person closes it.
    open: RwSignal<bool>,
    /// Its heading, which is also its accessible name.
    #[prop(into)]
    heading: Signal<String>,
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
            node_ref=dialog
            aria-label=heading
            on:close=move |_| open.set(false)
            on:click=move |event| {
                // A click on the dialog element itself is one on its backdrop.
                if event.target() == event.current_target() {
                    open.set(false);
                }
            }
        >
            <Show when=move || open.get()>
                <div>
                    <h2>{heading}</h2>
                    {children.with_value(|children| children())}
                </div>
            </Show>
        </dialog>
    }
}
