//! The legend of authors: who has which colour and which line under the text. The text itself
//! is drawn by `editor`.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

use leptos::prelude::*;

use crate::faces::{colour_class, colour_of};
use crate::timeline::machine::Machine;
use crate::words::machine as words;

/// How many kinds of lines the style sheet has.
const LINES: usize = 5;
/// More names than this fill the page without helping.
const NAMES_MAX: usize = 12;

/// The style sheet's class for the line under the text of the n-th author: what tells authors
/// apart without their colours.
pub(crate) fn line_class(nth: usize) -> String {
    format!("u{}", nth % LINES + 1)
}

/// The button that colours the text by author.
#[component]
pub(crate) fn AuthorsButton(machine: Machine) -> impl IntoView {
    view! {
        <button
            class="authors"
            type="button"
            title=words::AUTHORS_HINT
            aria-pressed=move || machine.authors.get().to_string()
            on:click=move |_| machine.authors.update(|on| *on = !*on)
        >
            {words::AUTHORS}
        </button>
    }
}

/// Who is drawn how.
#[component]
pub(crate) fn Legend(machine: Machine) -> impl IntoView {
    let desk = machine.desk;
    let (profiles, past) = (desk.profiles(), desk.past());
    let authors = Memo::new(move |_| {
        machine.history().track();
        past.track();
        desk.with_timeline(|timeline, _| timeline.authors().to_vec())
    });
    view! {
        <Show when=move || machine.authors.get() && past.get()>
            <div class="legend">
                <h2>{words::WHO_WROTE}</h2>
                <ul>
                    {move || {
                        let known = profiles.get();
                        authors
                            .get()
                            .into_iter()
                            .take(NAMES_MAX)
                            .enumerate()
                            .map(|(nth, author)| {
                                let colour = colour_class(colour_of(&known, author));
                                let class = format!("cm-author {colour} {}", line_class(nth));
                                view! { <li><span class=class>{desk.name_of(author)}</span></li> }
                            })
                            .collect_view()
                    }}
                </ul>
            </div>
        </Show>
    }
}
