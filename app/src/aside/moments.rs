//! The named versions and whatever else stands out in the past, as a list to go by: what the
//! line of time shows as flags, for eyes and for ears.

use leptos::prelude::*;
use palimpsest_core::{EventId, Revision};

use crate::panels::toast::Toasts;
use crate::timeline::{Flag, FlagKind, Machine, NameForm};
use crate::when;
use crate::words;
use crate::words::machine as said;

/// More marks than this are not listed at once: nobody reads them.
const MARKS_MAX: usize = 200;

#[component]
pub(crate) fn MomentsPanel(machine: Machine) -> impl IntoView {
    let flags = machine.flags;
    let of = move |versions: bool| {
        let wanted = move |flag: &&Flag| (flag.kind == FlagKind::Version) == versions;
        flags.with(|flags| {
            // What happened last is looked for most.
            flags.iter().rev().filter(wanted).take(MARKS_MAX).cloned().collect::<Vec<_>>()
        })
    };
    let renaming = RwSignal::new(None::<EventId>);
    view! {
        <div class="moments">
            <h3>{said::VERSIONS}</h3>
            {move || {
                let versions = of(true);
                if versions.is_empty() {
                    return view! { <p class="none">{said::NO_VERSIONS}</p> }.into_any();
                }
                let items = versions.into_iter().map(|flag| {
                    view! { <Version machine=machine flag=flag renaming=renaming /> }
                });
                view! { <ul>{items.collect_view()}</ul> }.into_any()
            }}
            <h3>{said::MARKS}</h3>
            {move || {
                let marks = of(false);
                if marks.is_empty() {
                    return view! { <p class="none">{said::NO_MARKS}</p> }.into_any();
                }
                let items = marks.into_iter().map(|flag| view! { <Entry machine=machine flag=flag /> });
                view! { <ul>{items.collect_view()}</ul> }.into_any()
            }}
        </div>
    }
}

/// A line to go to a moment by.
#[component]
fn Entry(machine: Machine, flag: Flag) -> impl IntoView {
    let revision = flag.revision;
    view! {
        <li>
            <Go machine=machine flag=flag revision=revision />
        </li>
    }
}

#[component]
fn Go(machine: Machine, flag: Flag, revision: Revision) -> impl IntoView {
    let time = machine.moment_at(revision).map(|moment| when::brief(moment.time));
    let here = move || machine.at().get() == Some(revision);
    view! {
        <button
            class="quiet go"
            type="button"
            aria-current=move || here().then_some("true")
            on:click=move |_| machine.open(Some(revision))
        >
            <svg class=format!("flag {}", flag.kind.class()) viewBox="0 0 12 12" aria-hidden="true">
                <path d=flag.kind.drawing()></path>
            </svg>
            <span>{flag.label}</span>
            <small>{time}</small>
        </button>
    }
}

#[component]
fn Version(machine: Machine, flag: Flag, renaming: RwSignal<Option<EventId>>) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let revision = flag.revision;
    let moment = machine.moment_at(revision).map(|moment| moment.event);
    let name = flag.label.clone();
    let remove = {
        let name = name.clone();
        move |_| {
            let Some(moment) = moment else { return };
            let name = name.clone();
            match machine.rename(moment, String::new()) {
                Ok(()) => toasts.offer(said::NAME_REMOVED, words::UNDO, move || {
                    if let Err(refused) = machine.rename(moment, name.clone()) {
                        toasts.say(refused);
                    }
                }),
                Err(refused) => toasts.say(refused),
            }
        }
    };
    view! {
        <li class="named">
            <Go machine=machine flag=flag revision=revision />
            <button
                class="quiet"
                type="button"
                aria-label=said::rename(&name)
                aria-expanded=move || (renaming.get() == moment).to_string()
                on:click=move |_| renaming.update(|open| {
                    *open = if *open == moment { None } else { moment };
                })
            >
                {words::RENAME}
            </button>
            <button
                class="quiet"
                type="button"
                aria-label=said::remove_name(&name)
                on:click=remove
            >
                {said::REMOVE_SHORT}
            </button>
            {move || {
                let named = moment.filter(|moment| renaming.get() == Some(*moment))?;
                Some(view! {
                    <NameForm
                        machine=machine
                        named=(named, name.clone())
                        done=Callback::new(move |()| renaming.set(None))
                    />
                })
            }}
        </li>
    }
}
