//! Who has the document open and where they are; to go there, or to follow them.

use leptos::prelude::*;
use palimpsest_core::{AuthorId, Text};

use crate::desk::Desk;
use crate::editor::Tools;
use crate::faces::Avatar;
use crate::panels::profile::own_name;
use crate::shell::{Following, others, place_of};
use crate::words::people as words;
use crate::workspace::Workspace;

/// A heading is looked for in so many scalars before a caret.
const LOOK_BACK_SCALARS: usize = 6_000;
/// So many letters of it are shown.
const HEADING_LETTERS_MAX: usize = 40;

#[component]
pub(crate) fn PeoplePanel(desk: Desk, tools: Tools) -> impl IntoView {
    let profile = expect_context::<Workspace>().profile();
    let others = others(desk);
    let row = move |(author, (name, colour)): (AuthorId, (String, u8))| {
        view! { <Person desk=desk tools=tools author=author name=name colour=colour /> }
    };
    view! {
        <ul class="who-is-here">
            <For each=move || others.get() key=|person| person.clone() children=row />
            <li>
                <Avatar
                    name=Signal::derive(move || profile.get().name)
                    colour=Signal::derive(move || profile.get().colour)
                />
                <span>
                    <b>{move || own_name(&profile.get().name)}</b>
                    <small>{words::YOU}</small>
                </span>
            </li>
        </ul>
        {move || others.with(|others| others.is_empty()).then(|| view! { <p class="none">{words::NOBODY_ELSE}</p> })}
    }
}

#[component]
fn Person(desk: Desk, tools: Tools, author: AuthorId, name: String, colour: u8) -> impl IntoView {
    let following = expect_context::<Following>();
    let place = Memo::new(move |_| place_of(desk, author).map(|selection| selection.head));
    let told = move || match place.get() {
        Some(pos) => desk.with_document(|document| told_place(document.text(), pos)),
        None => words::READS.to_owned(),
    };
    let go = move |_| {
        if let Some(pos) = place.get_untracked() {
            tools.go_to(pos);
        }
    };
    let shown = name.clone();
    let followed = move || (following.whom() == Some(author)).to_string();
    view! {
        <li>
            <Avatar name=name colour=colour />
            <span>
                <b>{shown}</b>
                <small>{told}</small>
            </span>
            <button
                class="quiet"
                type="button"
                disabled=move || place.get().is_none()
                on:click=go
            >
                {words::GO_THERE}
            </button>
            <button
                class="quiet"
                type="button"
                aria-pressed=followed
                on:click=move |_| following.toggle(author)
            >
                {words::FOLLOW}
            </button>
        </li>
    }
}

/// "Line 12 · Before the tag".
fn told_place(text: &Text, pos: usize) -> String {
    let pos = pos.min(text.len());
    let before = text.slice(pos.saturating_sub(LOOK_BACK_SCALARS)..pos);
    let heading = before.lines().rev().find_map(|line| {
        let name = line.trim_start_matches('#');
        let level = line.len() - name.len();
        let heading = (1..=6).contains(&level) && name.starts_with(' ');
        heading.then(|| name.trim().chars().take(HEADING_LETTERS_MAX).collect::<String>())
    });
    words::at_line(text.line_of(pos) + 1, heading.as_deref())
}
