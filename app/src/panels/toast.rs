//! Short messages that go by themselves. Anything a person must not miss is a notice instead.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

const STAY: Duration = Duration::from_secs(6);
const STAY_WITH_ACTION: Duration = Duration::from_secs(12);

/// The messages shown now. A context of the whole app; copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

#[derive(Clone)]
struct Toast {
    id: u32,
    text: String,
    action: Option<Action>,
}

/// What is offered: its name, and what it does. It outlives the page that offered it.
type Action = (&'static str, Arc<dyn Fn() + Send + Sync>);

impl Toasts {
    /// No messages.
    pub(crate) fn new() -> Self {
        Self { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0) }
    }

    /// Says something.
    pub(crate) fn say(self, text: impl Into<String>) {
        self.show(text.into(), None);
    }

    /// Says something and offers one thing to do about it.
    pub(crate) fn offer(
        self,
        text: impl Into<String>,
        name: &'static str,
        act: impl Fn() + Send + Sync + 'static,
    ) {
        self.show(text.into(), Some((name, Arc::new(act))));
    }

    fn show(self, text: String, action: Option<Action>) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        let stay = if action.is_some() { STAY_WITH_ACTION } else { STAY };
        self.shown.update(|shown| {
            // The same words twice say nothing more.
            shown.retain(|toast| toast.text != text);
            shown.push(Toast { id, text, action });
        });
        set_timeout(move || self.remove(id), stay);
    }

    fn remove(self, id: u32) {
        self.shown.try_update(|shown| shown.retain(|toast| toast.id != id));
    }
}

/// Where they show.
#[component]
pub(crate) fn ToastList() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    view! {
        <div class="toasts" role="log" aria-live="polite" aria-label="Messages">
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                <div class="toast">
                    <span>{toast.text.clone()}</span>
                    {toast.action.map(|(name, act)| {
                        let id = toast.id;
                        view! {
                            <button
                                type="button"
                                on:click=move |_| {
                                    toasts.remove(id);
                                    act();
                                }
                            >
                                {name}
                            </button>
                        }
                    })}
                </div>
            </For>
        </div>
    }
}
