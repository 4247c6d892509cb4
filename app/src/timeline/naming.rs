//! The dialog that gives a moment a name. Where the name is drawn is `track`'s business.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use palimpsest_core::EventId;

use crate::panels::dialog::Dialog;
use crate::panels::toast::Toasts;
use crate::parts;
use crate::timeline::machine::Machine;
use crate::words;
use crate::words::machine as said;

#[component]
pub(crate) fn NameDialog(machine: Machine, open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open=open heading=Signal::derive(move || heading(machine))>
            {parts::shown(parts::load_naming, move || {
                parts::naming(machine, Callback::new(move |()| open.set(false)))
            })}
        </Dialog>
    }
}

/// What giving a name is called where the machine stands.
pub(super) fn heading(machine: Machine) -> &'static str {
    match machine.name_here() {
        Some(_) => said::RENAME_VERSION,
        None => words::NAME_THIS_VERSION,
    }
}

/// Asks for the name of the moment where one stands, or for another name of a named one. A name
/// that is made empty is taken away.
#[component]
pub(crate) fn NameForm(
    machine: Machine,
    /// The named moment and its name, if it has one already.
    #[prop(optional)]
    named: Option<(EventId, String)>,
    /// What to do when it is over.
    done: Callback<()>,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let trouble = RwSignal::new(None::<String>);
    let (moment, old) = named.unzip();
    let (elsewhere, toasts) = (moment.is_some(), expect_context::<Toasts>());
    let old = old.or_else(|| untrack(move || machine.name_here()));
    let renames = old.is_some();
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        let name = field.value().trim().to_owned();
        let gone = name.is_empty();
        let result = match moment {
            Some(moment) => machine.rename(moment, name),
            None => machine.name(name),
        };
        match result {
            Ok(()) => {
                if gone {
                    toasts.say(said::NAME_REMOVED);
                }
                done.run(());
            }
            Err(reason) => trouble.set(Some(reason)),
        }
    };
    view! {
        <form class="naming" on:submit=save>
            {(!elsewhere).then(|| {
                let text = if renames { said::RENAME_TEXT } else { words::NAME_TEXT };
                view! { <p>{text}</p> }
            })}
            <label>
                {words::VERSION_NAME}
                <input
                    class="field"
                    node_ref=field
                    placeholder=words::VERSION_HINT
                    value=old
                    maxlength="120"
                    required=!renames
                    autofocus
                />
            </label>
            {move || trouble.get().map(|reason| view! { <p class="trouble" role="alert">{reason}</p> })}
            <div class="ends">
                <button type="button" on:click=move |_| done.run(())>{words::CANCEL}</button>
                <button class="primary" type="submit">{words::SAVE}</button>
            </div>
        </form>
    }
}
