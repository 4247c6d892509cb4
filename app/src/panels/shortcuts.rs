//! The list of keyboard shortcuts. What the keys do is where they are handled.

use leptos::prelude::*;

use crate::panels::dialog::Dialog;
use crate::words;

const KEYS: [(&str, &str); 13] = [
    ("Ctrl Z", "Undo your own last edit"),
    ("Ctrl Shift Z", "Redo it"),
    ("Ctrl F", "Find in the text"),
    ("Ctrl K", "Find a document"),
    ("Esc", "Back to now"),
    ("← →", "On the timeline: one edit"),
    ("Shift ← →", "On the timeline: ten edits"),
    ("Page Up, Page Down", "On the timeline: a twentieth of it"),
    ("↑ ↓", "On the timeline: where another author begins"),
    ("Home, End", "On the timeline: the first edit, now"),
    ("Space", "On the timeline: play, pause"),
    ("Tab", "In a list: one level in; elsewhere: the next control"),
    ("Shift Tab", "In a list: one level out"),
];

/// The dialog. On Apple keyboards, Ctrl is Cmd.
#[component]
pub(crate) fn ShortcutsDialog(open: RwSignal<bool>) -> impl IntoView {
    let apple = window().navigator().platform().is_ok_and(|name| name.contains("Mac"));
    view! {
        <Dialog open=open heading=words::SHORTCUTS>
            <dl>
                {KEYS
                    .map(|(keys, act)| {
                        let keys = if apple { keys.replace("Ctrl", "⌘") } else { keys.to_owned() };
                        view! {
                            <dt><kbd>{keys}</kbd></dt>
                            <dd>{act}</dd>
                        }
                    })
                    .into_iter()
                    .collect_view()}
            </dl>
            <div class="ends">
                <button type="button" autofocus on:click=move |_| open.set(false)>{words::CLOSE}</button>
            </div>
        </Dialog>
    }
}
