//! What the editor offers to the palette and to the sheet of keys. What each of it does to the
//! text is the bridge's knowledge.

use leptos::prelude::*;

use crate::actions::{Action, Actions};
use crate::editor::live::Tools;
use crate::words::writing;

/// Offers everything that can be done to the text while it can be written in.
pub(crate) fn offer(actions: Actions, tools: Tools, writable: Signal<bool>) {
    let of = |(run, name, keys): (&'static str, &'static str, &'static str)| Action {
        name,
        keys,
        possible: writable,
        act: Callback::new(move |()| tools.run(run)),
    };
    actions.offer_as(writing::GROUP_WORDS, writing::ON_WORDS.map(of));
    actions.offer_as(writing::HEADINGS, writing::HEADING_LEVELS.map(of));
    actions.offer_as(writing::GROUP_LINES, writing::ON_LINES.map(of));
    actions.offer_as(writing::GROUP_INSERT, writing::INSERTED.map(of));
}
