//! The round pictures in the header: who is here now, oneself last. Pressing somebody's follows
//! them.

use std::collections::BTreeMap;

use leptos::prelude::*;
use palimpsest_core::AuthorId;

use crate::aside::{Aside, Subject};
use crate::desk::Desk;
use crate::faces::{colour_class, colour_of, initials};
use crate::panels::profile::{ProfileOpen, own_name};
use crate::shell::following::Following;
use crate::words;
use crate::words::people as said;
use crate::workspace::Workspace;

/// So many of the others have a picture in the header; the rest are counted.
const PICTURES_MAX: usize = 4;

/// The others who have a document open, each once whatever the tabs and devices they have.
pub(crate) fn others(desk: Desk) -> Memo<BTreeMap<AuthorId, (String, u8)>> {
    let profile = expect_context::<Workspace>().profile();
    let (people, profiles) = (desk.people(), desk.profiles());
    Memo::new(move |_| {
        let own = profile.with(|profile| profile.author);
        people.with(|people| {
            let others = people.iter().filter(|person| person.author != own);
            let named = others.map(|person| {
                let known = profiles.with(|known| known.contains_key(&person.author));
                let colour = match known {
                    true => profiles.with(|known| colour_of(known, person.author)),
                    false => person.colour,
                };
                (person.author, (desk.name_of(person.author), colour))
            });
            named.collect()
        })
    })
}

/// Everybody who has the document open, each once.
#[component]
pub(crate) fn People(desk: Desk) -> impl IntoView {
    let profile = expect_context::<Workspace>().profile();
    let ProfileOpen(open) = expect_context();
    let (aside, following) = (expect_context::<Aside>(), expect_context::<Following>());
    let others = others(desk);
    let own = move || own_name(&profile.get().name);
    let own_label = move || format!("{} (you): {}", own(), words::PROFILE);
    let picture = move |(author, (name, colour)): (AuthorId, (String, u8))| {
        let letters = initials(&name);
        let label = said::follow(&name);
        let title = label.clone();
        let pressed = move || (following.whom() == Some(author)).to_string();
        view! {
            <li>
                <button
                    type="button"
                    class=format!("avatar {}", colour_class(colour))
                    title=title
                    aria-pressed=pressed
                    on:click=move |_| following.toggle(author)
                >
                    <span aria-hidden="true">{letters}</span>
                    <span class="unseen">{label}</span>
                </button>
            </li>
        }
    };
    let rest = move || {
        let hidden = others.with(BTreeMap::len).saturating_sub(PICTURES_MAX);
        (hidden > 0).then(|| {
            view! {
                <li>
                    <button
                        type="button"
                        class="avatar rest"
                        aria-label=words::PEOPLE_HERE
                        on:click=move |_| aside.toggle(Subject::People)
                    >
                        {format!("+{hidden}")}
                    </button>
                </li>
            }
        })
    };
    view! {
        <ul class="people" aria-label=words::PEOPLE_HERE>
            <For
                each=move || others.get().into_iter().take(PICTURES_MAX)
                key=|person| person.clone()
                children=picture
            />
            {rest}
            <li class="own">
                <button
                    type="button"
                    class=move || format!("avatar {}", colour_class(profile.get().colour))
                    title=own_label
                    on:click=move |_| open.set(true)
                >
                    <span aria-hidden="true">{move || initials(&profile.get().name)}</span>
                    <span class="unseen">{own_label}</span>
                </button>
            </li>
        </ul>
    }
}
