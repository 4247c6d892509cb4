//! Every comment of the document, open, resolved or all: those too whose text is gone.

use leptos::prelude::*;
use palimpsest_core::Thread;

use crate::comments::{Card, DraftCard, Place, Talk};
use crate::words::comments as words;

/// Which threads are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Which {
    Open,
    Resolved,
    All,
}

impl Which {
    const ALL: [Self; 3] = [Self::Open, Self::Resolved, Self::All];

    fn name(self) -> &'static str {
        match self {
            Self::Open => words::OPEN,
            Self::Resolved => words::RESOLVED,
            Self::All => words::ALL,
        }
    }

    fn fits(self, thread: &Thread) -> bool {
        match self {
            Self::Open => thread.resolved.is_none(),
            Self::Resolved => thread.resolved.is_some(),
            Self::All => true,
        }
    }
}

#[component]
pub(crate) fn CommentsPanel(talk: Talk) -> impl IntoView {
    let which = RwSignal::new(Which::Open);
    // One who looks at a resolved thread sees it.
    Effect::new(move |_| {
        let Some(id) = talk.chosen() else { return };
        let hidden = untrack(move || {
            talk.shown().iter().any(|thread| thread.id == id && !which.get().fits(thread))
        });
        if hidden {
            which.set(Which::All);
        }
    });
    let listed = Memo::new(move |_| {
        let mut threads = talk.shown();
        threads.retain(|thread| which.get().fits(thread));
        threads
    });
    let nothing = move || {
        let words = match which.get() {
            _ if talk.machine_is_past() => words::NONE_THEN,
            Which::Resolved => words::NO_RESOLVED,
            Which::Open | Which::All => words::NO_OPEN,
        };
        listed.with(Vec::is_empty).then(|| view! { <p class="none">{words}</p> })
    };
    let choices = Which::ALL.map(|one| {
        view! {
            <label>
                <input
                    type="radio"
                    name="which-comments"
                    prop:checked=move || which.get() == one
                    on:change=move |_| which.set(one)
                />
                <span>{one.name()}</span>
            </label>
        }
    });
    let sheet = Memo::new(move |_| talk.sheet());
    view! {
        <fieldset class="which">
            <legend class="unseen">{words::WHICH}</legend>
            {choices.into_iter().collect_view()}
        </fieldset>
        {move || {
            let sheet = sheet.get();
            let card = move |first: Thread| {
                view! { <Card talk=talk first=first sheet=sheet place=Place::Panel /> }
            };
            view! {
                <ol class="threads">
                    <DraftCard talk=talk place=Place::Panel />
                    <For each=move || listed.get() key=|thread| thread.id children=card />
                </ol>
            }
        }}
        {nothing}
    }
}
