//! The dialog that gives a moment a name. Where the name is drawn is `track`'s business.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

use crate::panels::dialog::Dialog;
use crate::timeline::machine::Machine;
use crate::words;

#[component]
pub(crate) fn NameDialog(machine: Machine, open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open=open heading=words::NAME_THIS_VERSION>
            <NameForm machine=machine open=open />
        </Dialog>
    }
}

#[component]
fn NameForm(machine: Machine, open: RwSignal<bool>) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let trouble = RwSignal::new(None::<String>);
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        match machine.name(field.value().trim().to_owned()) {
            Ok(()) => open.set(false),
            Err(reason) => trouble.set(Some(reason)),
        }
    };
    view! {
        <form on:submit=save>
            <p>{words::NAME_TEXT}</p>
            <label>
                {words::VERSION_NAME}
                <input
                    class="field"
                    node_ref=field
                    placeholder=words::VERSION_HINT
                    maxlength="120"
                    required
                    autofocus
                />
            </label>
            {move || trouble.get().map(|reason| view! { <p class="trouble" role="alert">{reason}</p> })}
            <div class="ends">
                <button type="button" on:click=move |_| open.set(false)>{words::CANCEL}</button>
                <button class="primary" type="submit">{words::SAVE}</button>
            </div>
        </form>
    }
}
