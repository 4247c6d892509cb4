//! In which order documents are listed, and the field that says so. It is remembered on this
//! device.

use std::cmp::Reverse;

use leptos::prelude::*;

use crate::words;
use crate::words::library as said;
use crate::workspace::Listing;

const KEY: &str = "palimpsest.order";

/// An order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    /// What changed last comes first.
    Change,
    /// By the alphabet.
    Title,
    /// What has the most edits comes first.
    Edits,
}

impl Order {
    const ALL: [Self; 3] = [Self::Change, Self::Title, Self::Edits];

    fn key(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Title => "title",
            Self::Edits => "edits",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Change => said::BY_CHANGE,
            Self::Title => said::BY_TITLE,
            Self::Edits => said::BY_EDITS,
        }
    }

    fn named(key: &str) -> Self {
        Self::ALL.into_iter().find(|order| order.key() == key).unwrap_or(Self::Change)
    }

    /// The order that was chosen last, and from now on the one that is chosen.
    pub(super) fn remembered() -> RwSignal<Self> {
        let store = || window().local_storage().ok().flatten();
        let known = store().and_then(|store| store.get_item(KEY).ok().flatten());
        let order = RwSignal::new(Self::named(&known.unwrap_or_default()));
        Effect::new(move |_| {
            if let Some(store) = store() {
                // Where nothing can be kept, it is chosen again.
                let _ = store.set_item(KEY, order.get().key());
            }
        });
        order
    }

    /// Puts listings, newest change first, into this order.
    pub(super) fn sort(self, listings: &mut [Listing]) {
        match self {
            Self::Change => {}
            Self::Title => {
                listings.sort_by_cached_key(|one| words::titled(&one.name).to_lowercase());
            }
            Self::Edits => listings.sort_by_key(|one| Reverse(one.edits)),
        }
    }
}

#[component]
pub(super) fn OrderField(order: RwSignal<Order>) -> impl IntoView {
    view! {
        <label class="order">
            <span>{said::SORT_BY}</span>
            <select
                prop:value=move || order.get().key()
                on:change=move |event| order.set(Order::named(&event_target_value(&event)))
            >
                {Order::ALL
                    .map(|one| view! { <option value=one.key()>{one.name()}</option> })
                    .into_iter()
                    .collect_view()}
            </select>
        </label>
    }
}
