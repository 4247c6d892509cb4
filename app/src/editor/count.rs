//! How long the text is, in a quiet corner: counted when nobody types, of what is selected if
//! something is.

use std::time::Duration;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use palimpsest_core::{Counts, Text, counts};

use crate::desk::Desk;
use crate::editor::live::Tools;
use crate::hear::hear;
use crate::later::Later;
use crate::words::{self, writing};

/// Counting five million characters takes a frame, so it waits for a pause.
const COUNT_AFTER: Duration = Duration::from_millis(400);

#[component]
pub(crate) fn WordCount(desk: Desk, tools: Tools) -> impl IntoView {
    let all = RwSignal::new(desk.with_document(|document| counts(document.text())));
    let selected = RwSignal::new(None::<Counts>);
    let open = RwSignal::new(false);
    let count_selected = move || {
        let (from, to) = tools.selection();
        let found = (from < to).then(|| {
            desk.with_document(|document| {
                let text = document.text();
                let from = text.pos_of_utf16(from)?;
                let to = text.pos_of_utf16(to)?;
                Some(counts(&Text::from(text.slice(from..to).as_str())))
            })
        });
        let found = found.flatten();
        if selected.try_get_untracked().is_some_and(|known| known != found) {
            selected.set(found);
        }
    };
    let history = desk.history();
    let text_timer = Later::new(COUNT_AFTER);
    Effect::new(move |first: Option<()>| {
        history.track();
        if first.is_some() {
            text_timer.start(move || {
                let found = desk.with_document(|document| counts(document.text()));
                all.try_set(found);
            });
        }
    });
    let selection_timer = Later::new(COUNT_AFTER);
    hear("selectionchange", move || selection_timer.start(count_selected));
    let told = move || match selected.get() {
        Some(selected) => writing::words_of(selected.words, all.get().words),
        None => writing::words(all.get().words),
    };
    let more = move || {
        let shown = selected.get().unwrap_or_else(|| all.get());
        let number = |n: usize| words::number(n as u64);
        let of = selected.get().map(|_| view! { <dt>{writing::SELECTED}</dt><dd></dd> });
        view! {
            <dl>
                {of}
                <dt>{writing::WORDS}</dt>
                <dd>{number(shown.words)}</dd>
                <dt>{writing::CHARACTERS}</dt>
                <dd>{number(shown.characters)}</dd>
                <dt>{writing::LINES}</dt>
                <dd>{number(shown.lines)}</dd>
                <dt>{writing::READING_TIME}</dt>
                <dd>{writing::reading_time(shown.reading_seconds)}</dd>
            </dl>
        }
    };
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.prevent_default();
            open.set(false);
        }
    };
    view! {
        <div class="count" on:keydown=keys>
            <button
                type="button"
                title=writing::WORD_COUNT
                aria-expanded=move || open.get().to_string()
                // The selection that is counted stays where it is.
                on:mousedown=|event| event.prevent_default()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {told}
            </button>
            {move || open.get().then(more)}
        </div>
    }
}
