//! What can be done on the page that is shown: one list, whatever offers it. Each room adds its
//! own actions while it is there.

use leptos::prelude::*;

use crate::words::writing;

/// One thing that can be done.
#[derive(Clone, Copy)]
pub(crate) struct Action {
    /// What it is called, in the words of the menus.
    pub(crate) name: &'static str,
    /// Its keys as `panels::shortcuts` writes them; empty if it has none.
    pub(crate) keys: &'static str,
    /// Whether it makes sense now.
    pub(crate) possible: Signal<bool>,
    /// Does it.
    pub(crate) act: Callback<()>,
}

#[derive(Clone, Copy)]
struct Offer {
    token: u64,
    group: &'static str,
    action: Action,
}

/// Every action of the page. A context of the whole app; copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Actions {
    offers: RwSignal<Vec<Offer>>,
    /// Looks for words everywhere, if some room knows how: the palette offers it for whatever is
    /// typed there.
    pub(crate) search: RwSignal<Option<Callback<String>>>,
}

impl Actions {
    /// No actions.
    pub(crate) fn new() -> Self {
        Self { offers: RwSignal::new(Vec::new()), search: RwSignal::new(None) }
    }

    /// Offers these until the caller's owner is cleaned up.
    pub(crate) fn offer(self, actions: impl IntoIterator<Item = Action>) {
        self.offer_as(writing::GROUP_DOCUMENT, actions);
    }

    /// The same, under a heading of their own.
    pub(crate) fn offer_as(self, group: &'static str, actions: impl IntoIterator<Item = Action>) {
        let token = self.offers.with_untracked(|all| all.iter().map(|one| one.token + 1).max());
        let token = token.unwrap_or(0);
        let offers = actions.into_iter().map(|action| Offer { token, group, action });
        self.offers.update(|all| all.extend(offers));
        on_cleanup(move || {
            self.offers.try_update(|all| all.retain(|one| one.token != token));
        });
    }

    /// What can be done now.
    pub(crate) fn possible(self) -> Vec<Action> {
        let all = self.offers.get();
        all.into_iter().map(|one| one.action).filter(|action| action.possible.get()).collect()
    }

    /// What has keys, by its heading, in the order in which it was offered.
    pub(crate) fn keyed(self) -> Vec<(&'static str, Vec<Action>)> {
        let mut groups: Vec<(&'static str, Vec<Action>)> = Vec::new();
        for Offer { group, action, .. } in self.offers.get() {
            if action.keys.is_empty() {
                continue;
            }
            match groups.iter_mut().find(|(name, _)| *name == group) {
                Some((_, actions)) => actions.push(action),
                None => groups.push((group, vec![action])),
            }
        }
        groups
    }
}
