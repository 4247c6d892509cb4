//! The page of one document: header, banner, text and time machine; or why it is not there.

use leptos::ev;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use palimpsest_core::{Command, DocumentId, Role};

use crate::actions::{Action, Actions};
use crate::aside::{Aside, AsidePanel, Subject};
use crate::comments::{self, Rails, Talk};
use crate::desk::{Desk, Loading};
use crate::editor::{self, LiveEditor, Tools, WordCount};
use crate::insight::{Insight, Since, SinceBanner};
use crate::panels::focus::{FocusMode, LeaveFocus};
use crate::panels::palette::Palette;
use crate::panels::reload::Reload;
use crate::panels::toast::Toasts;
use crate::parts;
use crate::shell::access::AccessNotice;
use crate::shell::address;
use crate::shell::following::{FollowChip, Following};
use crate::shell::header::Header;
use crate::timeline::{Banner, Machine, Panes, TimeMachine, Unread, Waiting};
use crate::words::{self, writing};
use crate::workspace::Workspace;

#[component]
pub(crate) fn DocumentPage(id: DocumentId) -> impl IntoView {
    let desk = expect_context::<Workspace>().open(id);
    on_cleanup(move || desk.close());
    let machine = Machine::new(desk, None);
    address::keep(desk, machine);
    let tools = Tools::new(desk);
    let aside = Aside::new();
    provide_context(aside);
    provide_context(machine);
    let talk = Talk::keep(desk, machine, tools, aside);
    comments::offer(talk, aside);
    provide_context(Following::keep(desk, machine, tools, aside));
    expect_context::<Palette>().read(desk, tools);
    let focus = expect_context::<FocusMode>();
    // The text of another moment stays on the page once it was wanted.
    let travels = Memo::new(move |before: Option<&bool>| {
        before == Some(&true) || machine.at().get().is_some()
    });
    let loading = desk.loading();
    let editor_here = editor::bring();
    let ready =
        Memo::new(move |_| loading.get() == Loading::Ready && editor_here.get() == Some(true));
    let past = desk.past();
    let hidden = Signal::derive(move || !matches!(machine.panes(), Panes::Now | Panes::PastAndNow));
    Effect::new(move |_| {
        if ready.get() {
            // Who only reads is here too.
            desk.present(None);
        }
    });
    let actions = expect_context::<Actions>();
    let action = |name, keys, act| Action { name, keys, possible: ready.into(), act };
    actions.offer([
        action(
            words::OUTLINE,
            "Ctrl Shift O",
            Callback::new(move |()| aside.toggle(Subject::Outline)),
        ),
        action(writing::FIND_AND_REPLACE, "Ctrl F", Callback::new(move |()| tools.find())),
        action(writing::FOCUS_MODE, "F8", Callback::new(move |()| focus.toggle())),
    ]);
    let may_edit = desk.may(Role::Editor);
    let writable =
        Signal::derive(move || ready.get() && may_edit.get() && machine.at().get().is_none());
    editor::offer(actions, tools, writable);
    on_cleanup(move || {
        focus.leave();
    });
    let insight = Insight::new(desk, machine, tools, aside);
    provide_context(insight);
    insight.offer(ready);
    let since = Since::follow(desk);
    provide_context(since);
    let keys = window_event_listener(ev::keydown, move |event| {
        if event.default_prevented() || dialog_open() {
            return;
        }
        if event.key() == "Escape" {
            if machine.is_away_now() {
                machine.back_to_now();
            } else {
                focus.leave();
            }
            return;
        }
        let asked = asked(&event);
        if ready.get_untracked()
            && let Some(asked) = asked
        {
            event.prevent_default();
            match asked {
                Asked::Find => tools.find(),
                Asked::Focus => focus.toggle(),
                Asked::Outline => aside.toggle(Subject::Outline),
            }
        }
    });
    on_cleanup(move || keys.remove());
    view! {
        <section
            class="page"
            data-moment=move || if machine.is_away() { "past" } else { "now" }
        >
            <Header desk=desk machine=machine tools=tools talk=talk ready=ready />
            <Show when=move || ready.get() fallback=move || view! { <NotReady desk=desk editor_here=editor_here /> }>
                <div class="above">
                    <AccessNotice desk=desk />
                    <Archived desk=desk />
                    <Banner desk=desk machine=machine />
                    <SinceBanner insight=insight since=since />
                </div>
                <div class="spread">
                    <div
                        class="paper"
                        class:bare=move || aside.shown().get() == Some(Subject::Comments)
                        data-panes=move || machine.panes().name()
                    >
                        <LiveEditor desk=desk machine=machine tools=tools hidden=hidden />
                        {move || {
                            let text = move || parts::past_text(desk, machine, tools);
                            travels.get().then(|| parts::shown(parts::load_past_text, text))
                        }}
                        <Waiting machine=machine />
                        <Rails talk=talk />
                        <FollowChip desk=desk />
                        <WordCount desk=desk tools=tools />
                        <LeaveFocus />
                    </div>
                    <AsidePanel desk=desk machine=machine tools=tools talk=talk />
                </div>
                <Show when=move || past.get() fallback=move || view! { <Unread machine=machine /> }>
                    <TimeMachine machine=machine />
                </Show>
            </Show>
        </section>
    }
}

/// What keys ask of a document's page wherever the focus is.
enum Asked {
    Find,
    Focus,
    Outline,
}

fn asked(event: &KeyboardEvent) -> Option<Asked> {
    let command = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
    match (event.key().to_lowercase().as_str(), command, event.shift_key()) {
        ("f", true, false) => Some(Asked::Find),
        ("o", true, true) => Some(Asked::Outline),
        ("f8", false, false) => Some(Asked::Focus),
        _ => None,
    }
}

/// Says that the document was put away, and how to undo that.
#[component]
fn Archived(desk: Desk) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let archived = desk.archived();
    let bring_back = move |_| {
        if let Err(refused) = desk.dispatch(Command::RestoreDocument) {
            toasts.say(refused.to_string());
        }
    };
    view! {
        <Show when=move || archived.get()>
            <div class="notice" role="status">
                <p>{words::ARCHIVED_NOTE}</p>
                <button type="button" on:click=bring_back>{words::BRING_BACK}</button>
            </div>
        </Show>
    }
}

/// Whether the Escape key belongs to a dialog.
fn dialog_open() -> bool {
    document().query_selector("dialog[open]").is_ok_and(|found| found.is_some())
}

/// What stands in the text's place until it is there.
#[component]
fn NotReady(desk: Desk, editor_here: Signal<Option<bool>>) -> impl IntoView {
    let loading = desk.loading();
    move || match (loading.get(), editor_here.get()) {
        (Loading::Ready | Loading::Denied, Some(false)) => view! {
            <div class="state" role="alert">
                <p>{words::PART_MISSING}</p>
                <Reload />
            </div>
        }
        .into_any(),
        (Loading::Ready | Loading::Denied, None) => {
            view! { <p class="state late" role="status">{words::OPENING}</p> }.into_any()
        }
        (Loading::Reading { done, total }, _) => view! {
            <div class="state" role="status">
                <p>{words::opening(done, total)}</p>
                {(total > 0).then(|| view! {
                    <progress
                        aria-label=words::OPENING
                        value=done.to_string()
                        max=total.to_string()
                    ></progress>
                })}
            </div>
        }
        .into_any(),
        (Loading::Missing, _) => view! {
            <div class="state">
                <h2>{words::MISSING_TITLE}</h2>
                <p>{words::MISSING_TEXT}</p>
                <a class="button" href="/">{words::ALL_DOCUMENTS}</a>
            </div>
        }
        .into_any(),
        (Loading::Failed(why), _) => view! {
            <div class="state" role="alert">
                <h2>{words::FAILED_TITLE}</h2>
                <p>{why} " " {words::FAILED_HELP}</p>
                <Reload />
            </div>
        }
        .into_any(),
        (Loading::Denied, _) => {
            parts::shown(parts::load_reading, move || parts::reading(desk)).into_any()
        }
        (Loading::Ready, _) => ().into_any(),
    }
}
