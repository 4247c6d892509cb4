//! The panel beside the text. It shows one thing at a time, and is closed until asked for.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

mod moments;
mod comments;
mod outline;
mod people;
mod events;
mod lanes;
mod ledger;
mod life;
mod since;
mod take_back;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::aside::comments::CommentsPanel;
use crate::aside::events::EventsPanel;
use crate::aside::ledger::LedgerPanel;
use crate::aside::life::LifePanel;
use crate::aside::moments::MomentsPanel;
use crate::aside::outline::OutlinePanel;
use crate::aside::people::PeoplePanel;
use crate::aside::since::SincePanel;
use crate::aside::take_back::TakeBackPanel;
use crate::comments::Talk;
use crate::desk::Desk;
use crate::editor::Tools;
use crate::insight::Insight;
use crate::panels::signs::{Sign, sign};
use crate::parts;
use crate::timeline::Machine;
use crate::words;

/// What the panel can show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Subject {
    /// The headings of the text.
    Outline,
    /// Named versions, and what else stands out in the past.
    Moments,
    /// What people say about the text.
    Comments,
    /// Who is here, and where.
    People,
    /// Who wrote a stretch of the text, and every wording it had.
    Life,
    /// What others did since the reader was here last.
    Since,
    /// Edits to take back, and what that would change.
    TakeBack,
    /// Where this device's edits are.
    Ledger,
    /// The raw events.
    Events,
}

impl Subject {
    fn heading(self) -> &'static str {
        match self {
            Self::Outline => words::OUTLINE,
            Self::Moments => words::machine::MOMENTS,
            Self::Comments => words::comments::COMMENTS,
            Self::People => words::PEOPLE_HERE,
            Self::Life => words::insight::LIFE,
            Self::Since => words::insight::SINCE_TITLE,
            Self::TakeBack => words::insight::TAKE_BACK_TITLE,
            Self::Ledger => words::insight::LEDGER,
            Self::Events => words::insight::EVENTS,
        }
    }
}

/// What the panel of a document's page shows. A context of that page; copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Aside(RwSignal<Option<Subject>>);

impl Aside {
    /// A closed panel.
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// What is shown.
    pub(crate) fn shown(self) -> Signal<Option<Subject>> {
        self.0.into()
    }

    /// Shows a subject in the place of what was shown.
    pub(crate) fn show(self, subject: Subject) {
        self.0.set(Some(subject));
    }

    /// Shows a subject, or closes the panel that shows it.
    pub(crate) fn toggle(self, subject: Subject) {
        self.0.update(|shown| *shown = (*shown != Some(subject)).then_some(subject));
    }

    /// Closes the panel.
    pub(crate) fn close(self) {
        self.0.set(None);
    }
}

/// The panel, if something is to be shown in it. On a narrow screen it lies over the text.
#[component]
pub(crate) fn AsidePanel(desk: Desk, machine: Machine, tools: Tools, talk: Talk) -> impl IntoView {
    let aside = expect_context::<Aside>();
    let close = move || {
        aside.close();
        tools.focus();
    };
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.default_prevented() {
            event.prevent_default();
            close();
        }
    };
    move || {
        let subject = aside.shown().get()?;
        let body = parts::shown(parts::load_panel, move || {
            parts::panel(subject, desk, machine, tools, talk)
        });
        Some(view! {
            <aside class="aside" class:wide=subject == Subject::Events aria-label=subject.heading() on:keydown=keys>
                <header>
                    <h2>{subject.heading()}</h2>
                    <button
                        class="icon quiet"
                        type="button"
                        aria-label=words::CLOSE
                        on:click=move |_| close()
                    >
                        {sign(Sign::Close)}
                    </button>
                </header>
                {body}
            </aside>
        })
    }
}

/// What the panel shows of a subject. Its code is a part of its own.
pub(crate) fn body(
    subject: Subject,
    desk: Desk,
    machine: Machine,
    tools: Tools,
    talk: Talk,
) -> AnyView {
    let insight = expect_context::<Insight>();
    match subject {
        Subject::Outline => view! { <OutlinePanel desk=desk tools=tools /> }.into_any(),
        Subject::Moments => view! { <MomentsPanel machine=machine /> }.into_any(),
        Subject::People => view! { <PeoplePanel desk=desk tools=tools /> }.into_any(),
        Subject::Comments => view! { <CommentsPanel talk=talk /> }.into_any(),
        Subject::Life => view! { <LifePanel insight=insight /> }.into_any(),
        Subject::Since => view! { <SincePanel insight=insight /> }.into_any(),
        Subject::TakeBack => view! { <TakeBackPanel insight=insight /> }.into_any(),
        Subject::Ledger => view! { <LedgerPanel insight=insight /> }.into_any(),
        Subject::Events => view! { <EventsPanel insight=insight /> }.into_any(),
    }
}
