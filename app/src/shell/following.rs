//! Following somebody: the view goes where their caret is, until one does something oneself.
//! Who is here is the desk's knowledge.

use leptos::ev;
use leptos::prelude::*;
use palimpsest_core::{AuthorId, Origin, Selection};
use wasm_bindgen::JsCast;

use crate::actions::{Action, Actions};
use crate::aside::{Aside, Subject};
use crate::desk::Desk;
use crate::editor::Tools;
use crate::faces::{colour_class, colour_of};
use crate::timeline::Machine;
use crate::words::people as words;

/// Who is followed on a document's page. A context of that page; copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Following(RwSignal<Option<AuthorId>>);

impl Following {
    /// Nobody yet. Keeps the view with whoever is followed, until the page is left.
    pub(crate) fn keep(desk: Desk, machine: Machine, tools: Tools, aside: Aside) -> Self {
        let following = Self(RwSignal::new(None));
        let people = desk.people();
        Effect::new(move |_| {
            let Some(author) = following.0.get() else { return };
            if machine.at().get().is_some() {
                return following.stop();
            }
            let here = people.with(|people| people.iter().any(|person| person.author == author));
            if !here {
                return following.stop();
            }
            if let Some(selection) = place_of(desk, author) {
                tools.reveal(selection.head);
            }
        });
        desk.on_patches(move |patches, origin| {
            if origin == Origin::Local && !patches.is_empty() {
                following.stop();
            }
        });
        // Whoever scrolls or goes somewhere wants to look elsewhere.
        let own = [
            window_event_listener(ev::wheel, move |event| {
                following.stop_if_in_text(event.target())
            }),
            window_event_listener(ev::touchmove, move |event| {
                following.stop_if_in_text(event.target());
            }),
            window_event_listener(ev::pointerdown, move |event| {
                following.stop_if_in_text(event.target());
            }),
            window_event_listener(ev::keydown, move |event| {
                let key = event.key();
                if matches!(key.as_str(), "Shift" | "Control" | "Alt" | "Meta") {
                    return;
                }
                if key == "Escape" {
                    following.stop();
                } else {
                    following.stop_if_in_text(event.target());
                }
            }),
        ];
        on_cleanup(move || own.into_iter().for_each(|listener| listener.remove()));
        // The past has nobody to be followed.
        let anybody = Signal::derive(move || {
            machine.at().get().is_none() && people.with(|people| !people.is_empty())
        });
        expect_context::<Actions>().offer([
            Action {
                name: crate::words::PEOPLE_HERE,
                keys: "",
                possible: Signal::derive(|| true),
                act: Callback::new(move |()| aside.toggle(Subject::People)),
            },
            Action {
                name: words::FOLLOW_NEXT,
                keys: "",
                possible: anybody,
                act: Callback::new(move |()| following.next(desk)),
            },
            Action {
                name: words::STOP_FOLLOWING,
                keys: "Esc",
                possible: Signal::derive(move || following.0.get().is_some()),
                act: Callback::new(move |()| following.stop()),
            },
        ]);
        following
    }

    /// Who is followed.
    pub(crate) fn whom(self) -> Option<AuthorId> {
        self.0.get()
    }

    /// Follows somebody, or no longer if that is who is followed.
    pub(crate) fn toggle(self, author: AuthorId) {
        self.0.update(|whom| *whom = (*whom != Some(author)).then_some(author));
    }

    /// Follows nobody any more.
    pub(crate) fn stop(self) {
        if matches!(self.0.try_get_untracked(), Some(Some(_))) {
            self.0.set(None);
        }
    }

    fn next(self, desk: Desk) {
        let whom = self.0.get_untracked();
        let mut authors: Vec<AuthorId> =
            desk.people().with_untracked(|people| people.iter().map(|one| one.author).collect());
        authors.dedup();
        let at = authors.iter().position(|author| Some(*author) == whom);
        let next = at.map_or(0, |at| (at + 1) % authors.len());
        if let Some(author) = authors.get(next) {
            self.0.set(Some(*author));
        }
    }

    fn stop_if_in_text(self, target: Option<web_sys::EventTarget>) {
        let element = target.and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let sheet = element.and_then(|element| element.closest(".sheet").ok().flatten());
        if sheet.is_some() {
            self.stop();
        }
    }
}

/// Where a person is: of several tabs the one that has a caret in the text.
pub(crate) fn place_of(desk: Desk, author: AuthorId) -> Option<Selection> {
    desk.people().with(|people| {
        let theirs = people.iter().filter(|person| person.author == author);
        theirs.into_iter().find_map(|person| person.selection)
    })
}

/// Says who is followed, above the text.
#[component]
pub(crate) fn FollowChip(desk: Desk) -> impl IntoView {
    let following = expect_context::<Following>();
    let profiles = desk.profiles();
    move || {
        following.whom().map(|author| {
            let colour = profiles.with(|known| colour_class(colour_of(known, author)));
            view! {
                <div class=format!("follow-chip {colour}") role="status">
                    <span>{words::following(&desk.name_of(author))}</span>
                    <button type="button" on:click=move |_| following.stop()>{words::STOP}</button>
                </div>
            }
        })
    }
}
