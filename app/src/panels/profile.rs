//! The dialog for one's own name and colour.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

use crate::faces::{Avatar, COLOURS, colour_class};
use crate::panels::dialog::Dialog;
use crate::parts;
use crate::words;
use crate::workspace::Workspace;

/// Whether the profile dialog is open. A context, so that any button can open it.
#[derive(Clone, Copy)]
pub(crate) struct ProfileOpen(pub(crate) RwSignal<bool>);

/// What is shown for one's own name.
pub(crate) fn own_name(name: &str) -> String {
    if name.trim().is_empty() { words::NO_NAME.to_owned() } else { name.to_owned() }
}

/// The dialog. Exactly one is in the page.
#[component]
pub(crate) fn ProfileDialog() -> impl IntoView {
    let ProfileOpen(open) = expect_context();
    view! {
        <Dialog open=open heading=words::PROFILE>
            {parts::shown(parts::load_profile, move || parts::profile(open))}
        </Dialog>
    }
}

/// What is in it. Its code is a part of its own.
#[component]
pub(crate) fn ProfileForm(open: RwSignal<bool>) -> impl IntoView {
    let profile = expect_context::<Workspace>().profile();
    let before = profile.get_untracked();
    let name = NodeRef::<html::Input>::new();
    let colour = RwSignal::new(before.colour % COLOURS);
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(name) = name.get_untracked() else { return };
        profile.update(|profile| {
            profile.name = name.value().trim().to_owned();
            profile.colour = colour.get_untracked();
        });
        open.set(false);
    };
    view! {
        <form on:submit=save>
            <p>{words::PROFILE_TEXT}</p>
            <label>
                {words::YOUR_NAME}
                <input
                    class="field"
                    node_ref=name
                    prop:value=before.name.clone()
                    maxlength="60"
                    autocomplete="name"
                    autofocus
                />
            </label>
            <fieldset class="colours">
                <legend>{words::YOUR_COLOUR}</legend>
                {(0..COLOURS)
                    .map(|one| {
                        view! {
                            <label class=colour_class(one)>
                                <span class="unseen">{format!("Colour {}", one + 1)}</span>
                                <input
                                    type="radio"
                                    name="colour"
                                    prop:checked=move || colour.get() == one
                                    on:change=move |_| colour.set(one)
                                />
                            </label>
                        }
                    })
                    .collect_view()}
            </fieldset>
            <div class="ends">
                <button type="button" on:click=move |_| open.set(false)>{words::CANCEL}</button>
                <button class="primary" type="submit">{words::SAVE}</button>
            </div>
        </form>
    }
}

/// The button at the foot of the side bar that shows who writes here.
#[component]
pub(crate) fn Me() -> impl IntoView {
    let ProfileOpen(open) = expect_context();
    let profile = expect_context::<Workspace>().profile();
    let name = Signal::derive(move || own_name(&profile.get().name));
    view! {
        <button class="me" type="button" on:click=move |_| open.set(true)>
            <Avatar
                name=Signal::derive(move || profile.get().name)
                colour=Signal::derive(move || profile.get().colour)
            />
            <span>{name}<small>{words::PROFILE}</small></span>
        </button>
    }
}
