//! The header of a document: its title, the save status, who is here, and what can be done
//! with the document as a whole.

use std::time::Duration;

use leptos::ev::{Event, KeyboardEvent};
use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos_router::components::A;
use palimpsest_core::{Command, Revision};

use crate::desk::Desk;
use crate::editor::Tools;
use crate::library::put_away;
use crate::panels::menu::{Item, Menu};
use crate::panels::share::{self, ShareDialog};
use crate::panels::shortcuts::ShortcutsDialog;
use crate::panels::signs::{Sign, sign};
use crate::panels::theme::ThemeItems;
use crate::panels::toast::Toasts;
use crate::shell::export;
use crate::shell::people::People;
use crate::shell::status::Status;
use crate::timeline::Machine;
use crate::words;
use crate::workspace::Workspace;

/// A title of the past is looked up when time stood still for this long.
const TITLE_AFTER: Duration = Duration::from_millis(150);

#[component]
pub(crate) fn Header(
    desk: Desk,
    machine: Machine,
    tools: Tools,
    /// Whether the document is there.
    #[prop(into)]
    ready: Signal<bool>,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let sharing = RwSignal::new(false);
    let shortcuts = RwSignal::new(false);
    let shared = Signal::derive(move || machine.history().get().0 > Revision(0));
    view! {
        <header class="bar">
            <A href="/" attr:class="button home" attr:aria-label=words::ALL_DOCUMENTS>
                {sign(Sign::Back)}
            </A>
            <TitleField desk=desk machine=machine field=field tools=tools ready=ready />
            <Show when=move || ready.get()>
                <Status desk=desk />
                <People desk=desk />
                <button class="primary" type="button" on:click=move |_| sharing.set(true)>
                    {words::SHARE}
                </button>
                <DocumentMenu desk=desk machine=machine tools=tools title=field shortcuts=shortcuts />
            </Show>
        </header>
        <ShareDialog open=sharing id=desk.id() shared=shared />
        <ShortcutsDialog open=shortcuts />
    }
}

/// The title, editable in place; in the past, what it was then.
#[component]
fn TitleField(
    desk: Desk,
    machine: Machine,
    field: NodeRef<html::Input>,
    tools: Tools,
    ready: Signal<bool>,
) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let past = Signal::derive(move || machine.at().get().is_some());
    let title_now = desk.title();
    let title = RwSignal::new(String::new());
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let show = move |new: String| {
        if title.with_untracked(|title| *title != new) {
            title.set(new);
        }
    };
    Effect::new(move |_| {
        if let Some(handle) = waiting.get_value() {
            handle.clear();
        }
        let Some(revision) = machine.at().get() else { return show(title_now.get()) };
        let late = move || show(desk.title_at(revision));
        waiting.set_value(set_timeout_with_handle(late, TITLE_AFTER).ok());
    });
    on_cleanup(move || {
        if let Some(Some(handle)) = waiting.try_get_value() {
            handle.clear();
        }
    });
    Effect::new(move |_| {
        let title = title.get();
        document().set_title(&format!("{} · {}", words::titled(&title), words::PRODUCT));
    });
    let rename = move |event: Event| {
        let new = event_target_value(&event).trim().to_owned();
        if past.get_untracked() || new == title_now.get_untracked() {
            return;
        }
        if let Err(refused) = desk.dispatch(Command::ChangeTitle { title: new }) {
            toasts.say(refused.to_string());
        }
    };
    let keys = move |event: KeyboardEvent| {
        let Some(field) = field.get_untracked() else { return };
        match event.key().as_str() {
            "Enter" => tools.focus(),
            "Escape" if !past.get_untracked() => {
                field.set_value(&title.get_untracked());
                tools.focus();
            }
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <input
            class="title"
            node_ref=field
            aria-label=words::TITLE
            placeholder=move || if ready.get() { words::UNTITLED } else { "" }
            maxlength="300"
            autocomplete="off"
            prop:value=title
            readonly=move || past.get() || !ready.get()
            on:change=rename
            on:keydown=keys
        />
    }
}

#[component]
fn DocumentMenu(
    desk: Desk,
    machine: Machine,
    tools: Tools,
    title: NodeRef<html::Input>,
    shortcuts: RwSignal<bool>,
) -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let toasts = expect_context::<Toasts>();
    let now = Signal::derive(move || machine.at().get().is_none());
    let past = Signal::derive(move || !now.get());
    let dispatch = move |command: Command| {
        if let Err(refused) = desk.dispatch(command) {
            toasts.say(refused.to_string());
        }
    };
    let (possible, archived, title_now) = (desk.undo_state(), desk.archived(), desk.title());
    let cannot_undo = Signal::derive(move || !now.get() || !possible.get().0);
    let cannot_redo = Signal::derive(move || !now.get() || !possible.get().1);
    let copy_moment = move |()| {
        desk.seal();
        let (head, last) = machine.history().get_untracked();
        let done = if last > head { words::LINK_MAY_MOVE } else { words::LINK_COPIED };
        share::copy(share::link_to(desk.id(), Some(last)), toasts, done);
    };
    let rename = move |()| {
        if let Some(title) = title.get_untracked() {
            // The field is always in the page while its menu is.
            let _ = title.focus();
            title.select();
        }
    };
    let archive = move || {
        if archived.get() {
            view! { <Item name=words::BRING_BACK act=move |()| dispatch(Command::RestoreDocument) /> }
        } else {
            let act = move |()| put_away(workspace, toasts, desk.id(), &title_now.get_untracked());
            view! { <Item name=words::ARCHIVE act=act /> }
        }
    };
    let copy_item =
        move || now.get().then(|| view! { <Item name=words::COPY_MOMENT act=copy_moment /> });
    view! {
        <Menu name=words::MORE>
            <Item
                name=words::UNDO
                keys="Ctrl Z"
                disabled=cannot_undo
                act=move |()| dispatch(Command::Undo)
            />
            <Item
                name=words::REDO
                keys="Ctrl Y"
                disabled=cannot_redo
                act=move |()| dispatch(Command::Redo)
            />
            <Item
                name=words::FIND_IN_TEXT
                keys="Ctrl F"
                disabled=past
                act=move |()| tools.find()
            />
            <hr />
            {copy_item}
            <Item name=words::RENAME disabled=past act=rename />
            <Item name=words::EXPORT act=move |()| export::save(desk, machine) />
            <Item
                name=words::PRINT
                act=move |()| {
                    // A browser that does not print says so itself.
                    let _ = window().print();
                }
            />
            {archive}
            <hr />
            <ThemeItems />
            <hr />
            <Item name=words::SHORTCUTS act=move |()| shortcuts.set(true) />
        </Menu>
    }
}
