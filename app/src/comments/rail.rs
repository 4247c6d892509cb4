//! The cards beside the text: open threads at the height of their passages, as far as there is
//! room on the page. Keeping them there is done by `app/js/comments.js`.

use leptos::prelude::*;
use palimpsest_core::{Passage, Thread};

use crate::comments::bridge::Sheet;
use crate::comments::card::{Card, DraftCard};
use crate::comments::talk::{Place, Talk};
use crate::parts;
use crate::words::comments as words;

/// The cards of now and those of then. They are put into the text's own scroller, so that they
/// move with it.
#[component]
pub(crate) fn Rails(talk: Talk) -> impl IntoView {
    view! {
        <Rail talk=talk sheet=Sheet::Now />
        <Rail talk=talk sheet=Sheet::Then />
    }
}

/// The list is there from the start, since the text makes room beside it; what is on it comes when
/// there is something.
#[component]
fn Rail(talk: Talk, sheet: Sheet) -> impl IntoView {
    let used = Memo::new(move |before: Option<&bool>| before == Some(&true) || talk.has_cards());
    let rail = talk.rails[usize::from(sheet == Sheet::Then)];
    let cards = move || {
        used.get().then(|| parts::shown(parts::load_cards, move || parts::cards(talk, sheet)))
    };
    view! { <ol class="rail" aria-label=words::COMMENTS node_ref=rail>{cards}</ol> }
}

/// The cards of a sheet. Their code is a part of its own.
#[component]
pub(crate) fn Cards(talk: Talk, sheet: Sheet) -> impl IntoView {
    let threads = talk.threads(sheet);
    let shown = Memo::new(move |_| {
        let chosen = talk.chosen();
        let fits = |thread: &&Thread| {
            let here = matches!(thread.passage, Some(Passage::Here(_)));
            here && (thread.resolved.is_none() || chosen == Some(thread.id))
        };
        threads.with(|all| all.iter().filter(fits).cloned().collect::<Vec<_>>())
    });
    let place = Place::Margin(sheet);
    let card =
        move |first: Thread| view! { <Card talk=talk first=first sheet=sheet place=place /> };
    view! {
        {(sheet == Sheet::Now).then(|| view! { <DraftCard talk=talk place=place /> })}
        <For each=move || shown.get() key=|thread| thread.id children=card />
    }
}
