//! Focus mode: the text, and of it the paragraph one is in. What is hidden is the style sheet's
//! decision.

use leptos::prelude::*;

use crate::words::writing;

/// Whether there is nothing but the text. A context of the whole app; copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct FocusMode(RwSignal<bool>);

impl FocusMode {
    /// Everything is shown. Call once, under the root owner.
    pub(crate) fn new() -> Self {
        let on = RwSignal::new(false);
        Effect::new(move |_| {
            // A page without a root element shows everything.
            if let Some(root) = document().document_element() {
                let _ = if on.get() {
                    root.set_attribute("data-focus", "")
                } else {
                    root.remove_attribute("data-focus")
                };
            }
        });
        Self(on)
    }

    /// Into it, or out of it.
    pub(crate) fn toggle(self) {
        self.0.update(|on| *on = !*on);
    }

    /// Out of it; says whether it was on.
    pub(crate) fn leave(self) -> bool {
        let was = self.0.get_untracked();
        if was {
            self.0.set(false);
        }
        was
    }
}

/// The way out, which is in the page only then.
#[component]
pub(crate) fn LeaveFocus() -> impl IntoView {
    let focus = expect_context::<FocusMode>();
    view! {
        <Show when=move || focus.0.get()>
            <button class="leave-focus" type="button" on:click=move |_| {
                focus.leave();
            }>
                {writing::LEAVE_FOCUS}
                " "
                <kbd aria-hidden="true">"Esc"</kbd>
            </button>
        </Show>
    }
}
