//! The round pictures in the header: who is here now, oneself last.

use std::collections::BTreeMap;

use leptos::prelude::*;
use palimpsest_core::AuthorId;

use crate::desk::Desk;
use crate::faces::{colour_class, initials};
use crate::panels::profile::{ProfileOpen, own_name};
use crate::words;
use crate::workspace::Workspace;

/// Everybody who has the document open, each once.
#[component]
pub(crate) fn People(desk: Desk) -> impl IntoView {
    let profile = expect_context::<Workspace>().profile();
    let ProfileOpen(open) = expect_context();
    let people = desk.people();
    let others = Memo::new(move |_| {
        let own = profile.with(|profile| profile.author);
        // Someone with several tabs or devices is still one person.
        people.with(|people| {
            let others = people.iter().filter(|person| person.author != own);
            let named = others.map(|person| {
                let name = person.name.trim();
                let name =
                    if name.is_empty() { desk.name_of(person.author) } else { name.to_owned() };
                (person.author, (name, person.colour))
            });
            named.collect::<BTreeMap<AuthorId, (String, u8)>>()
        })
    });
    let own = move || own_name(&profile.get().name);
    let own_label = move || format!("{} (you): {}", own(), words::PROFILE);
    view! {
        <ul class="people" aria-label=words::PEOPLE_HERE>
            {move || {
                others.get()
                    .into_values()
                    .map(|(name, colour)| {
                        let class = format!("avatar {}", colour_class(colour));
                        let letters = initials(&name);
                        let title = name.clone();
                        view! {
                            <li class=class title=title>
                                <span aria-hidden="true">{letters}</span>
                                <span class="unseen">{name}</span>
                            </li>
                        }
                    })
                    .collect_view()
            }}
            <li>
                <button
                    type="button"
                    class=move || format!("avatar {}", colour_class(profile.get().colour))
                    title=own_label
                    aria-label=own_label
                    on:click=move |_| open.set(true)
                >
                    {move || initials(&profile.get().name)}
                </button>
            </li>
        </ul>
    }
}
