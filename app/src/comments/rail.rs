//! The cards beside the text: open threads at the height of their passages, as far as there is
//! room on the page. Keeping them there is done by `app/js/comments.js`.

use leptos::prelude::*;
use palimpsest_core::{Passage, Thread};

use crate::comments::bridge::Sheet;
use crate::comments::card::{Card, DraftCard};
use crate::comments::talk::{Place, Talk};
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

#[component]
fn Rail(talk: Talk, sheet: Sheet) -> impl IntoView {
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
    let rail = talk.rails[usize::from(sheet == Sheet::Then)];
    let card =
        move |first: Thread| view! { <Card talk=talk first=first sheet=sheet place=place /> };
    view! {
        <ol class="rail" aria-label=words::COMMENTS node_ref=rail>
            {(sheet == Sheet::Now).then(|| view! { <DraftCard talk=talk place=place /> })}
            <For each=move || shown.get() key=|thread| thread.id children=card />
        </ol>
    }
}
