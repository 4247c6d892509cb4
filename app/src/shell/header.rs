//! The header of a document: its title, the save status, who is here, and what can be done
//! with the document as a whole.

use std::time::Duration;

use leptos::ev::{Event, KeyboardEvent};
use leptos::html;
use leptos::prelude::*;
use leptos_router::components::A;
use palimpsest_core::{Command, Revision};

use crate::actions::{Action, Actions};
use crate::aside::{Aside, Subject};
use crate::comments::Talk;
use crate::desk::Desk;
use crate::editor::Tools;
use crate::insight::Insight;
use crate::later::Later;
use crate::library::put_away;
use crate::panels::focus::FocusMode;
use crate::panels::menu::{Item, Menu};
use crate::panels::palette::Palette;
use crate::panels::share::{self, ShareDialog};
use crate::panels::shortcuts::Shortcuts;
use crate::panels::signs::{Sign, sign};
use crate::panels::theme::ThemeItems;
use crate::panels::toast::Toasts;
use crate::shell::export;
use crate::shell::people::People;
use crate::shell::status::Status;
use crate::timeline::Machine;
use crate::timeline::authors::AuthorsButton;
use crate::words::{self, writing};
use crate::workspace::Workspace;

/// A title of the past is looked up when time stood still for this long.
const TITLE_AFTER: Duration = Duration::from_millis(150);

#[component]
pub(crate) fn Header(
    desk: Desk,
    machine: Machine,
    tools: Tools,
    talk: Talk,
    /// Whether the document is there.
    #[prop(into)]
    ready: Signal<bool>,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let sharing = RwSignal::new(false);
    expect_context::<Actions>().offer([Action {
        name: words::SHARE,
        keys: "",
        possible: ready,
        act: Callback::new(move |()| sharing.set(true)),
    }]);
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
                <AuthorsButton machine=machine />
                <CommentsButton talk=talk />
                <button class="primary" type="button" on:click=move |_| sharing.set(true)>
                    {words::SHARE}
                </button>
                <DocumentMenu desk=desk machine=machine tools=tools title=field />
            </Show>
        </header>
        <ShareDialog open=sharing desk=desk shared=shared />
    }
}

/// Opens the panel of comments and says how many are open.
#[component]
fn CommentsButton(talk: Talk) -> impl IntoView {
    let aside = expect_context::<Aside>();
    let pressed = move || (aside.shown().get() == Some(Subject::Comments)).to_string();
    view! {
        <button
            class="talk"
            type="button"
            aria-pressed=pressed
            on:click=move |_| aside.toggle(Subject::Comments)
        >
            {move || words::comments::comments(talk.open())}
        </button>
    }
}

/// The title, editable in place, or what the text begins with as long as there is none; in the
/// past, what it was then.
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
    let (title_now, name_now) = (desk.title(), desk.name());
    let (title, name) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let later = Later::new(TITLE_AFTER);
    let show = move |(new, called): (String, String)| {
        for (shown, new) in [(title, new), (name, called)] {
            if shown.with_untracked(|shown| *shown != new) {
                shown.set(new);
            }
        }
    };
    Effect::new(move |_| {
        later.stop();
        let Some(revision) = machine.at().get() else {
            return show((title_now.get(), name_now.get()));
        };
        later.start(move || show(desk.titles_at(revision)));
    });
    Effect::new(move |_| {
        let name = name.get();
        document().set_title(&format!("{} · {}", words::titled(&name), words::PRODUCT));
    });
    let derived = move || title.with(|title| title.trim().is_empty()) && !name.get().is_empty();
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
        <h1 class="unseen">{move || words::titled(&name.get()).to_owned()}</h1>
        <input
            class="title"
            class:derived=derived
            node_ref=field
            aria-label=words::TITLE
            placeholder=move || match ready.get() {
                true => words::titled(&name.get()).to_owned(),
                false => String::new(),
            }
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
) -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let toasts = expect_context::<Toasts>();
    let aside = expect_context::<Aside>();
    let focus = expect_context::<FocusMode>();
    let palette = expect_context::<Palette>();
    let Shortcuts(shortcuts) = expect_context();
    let insight = expect_context::<Insight>();
    let now = Signal::derive(move || machine.at().get().is_none());
    let past = Signal::derive(move || !now.get());
    let dispatch = move |command: Command| {
        if let Err(refused) = desk.dispatch(command) {
            toasts.say(refused.to_string());
        }
    };
    let (possible, archived, name_now) = (desk.undo_state(), desk.archived(), desk.name());
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
    let copy_item =
        move || now.get().then(|| view! { <Item name=words::COPY_MOMENT act=copy_moment /> });
    let undo = Callback::new(move |()| dispatch(Command::Undo));
    let redo = Callback::new(move |()| dispatch(Command::Redo));
    let save = Callback::new(move |()| export::save(desk, machine));
    let save_page = Callback::new(move |()| export::save_webpage(desk, machine));
    let print = Callback::new(move |()| {
        // A browser that does not print says so itself.
        let _ = window().print();
    });
    let put_away =
        Callback::new(move |()| put_away(workspace, toasts, desk.id(), &name_now.get_untracked()));
    let bring_back = Callback::new(move |()| dispatch(Command::RestoreDocument));
    let archive = move || {
        if archived.get() {
            view! { <Item name=words::BRING_BACK act=bring_back /> }
        } else {
            view! { <Item name=words::ARCHIVE act=put_away /> }
        }
    };
    let action = |name, keys, possible, act| Action { name, keys, possible, act };
    let always = Signal::stored(true);
    expect_context::<Actions>().offer([
        action(words::UNDO, "Ctrl Z", Signal::derive(move || !cannot_undo.get()), undo),
        action(words::REDO, "Ctrl Y", Signal::derive(move || !cannot_redo.get()), redo),
        action(words::COPY_MOMENT, "", now, Callback::new(copy_moment)),
        action(words::RENAME, "", now, Callback::new(rename)),
        action(words::EXPORT, "", always, save),
        action(words::EXPORT_PAGE, "", always, save_page),
        action(words::PRINT, "", always, print),
        action(words::ARCHIVE, "", Signal::derive(move || !archived.get()), put_away),
        action(words::BRING_BACK, "", archived, bring_back),
    ]);
    view! {
        <Menu name=words::MORE>
            <Item name=words::UNDO keys="Ctrl Z" disabled=cannot_undo act=undo />
            <Item name=words::REDO keys="Ctrl Y" disabled=cannot_redo act=redo />
            <Item name=writing::PALETTE keys="Ctrl K" act=move |()| palette.show() />
            <Item name=words::FIND_IN_TEXT keys="Ctrl F" act=move |()| tools.find() />
            <Item
                name=words::OUTLINE
                keys="Ctrl Shift O"
                act=move |()| aside.toggle(Subject::Outline)
            />
            <Item
                name=writing::FOCUS_MODE
                keys="F8"
                disabled=past
                act=move |()| focus.toggle()
            />
            <Item
                name=words::machine::AUTHORS
                act=move |()| machine.authors.update(|on| *on = !*on)
            />
            <Item name=words::PEOPLE_HERE act=move |()| aside.toggle(Subject::People) />
            <Item name=words::comments::COMMENTS act=move |()| aside.toggle(Subject::Comments) />
            <Item
                name=words::insight::LIFE
                keys="Ctrl Shift H"
                act=move |()| insight.show_life()
            />
            <Item
                name=words::insight::TAKE_BACK_TITLE
                act=move |()| aside.toggle(Subject::TakeBack)
            />
            <Item name=words::insight::EVENTS act=move |()| aside.toggle(Subject::Events) />
            <hr />
            {copy_item}
            <Item name=words::RENAME disabled=past act=rename />
            <Item name=words::EXPORT act=save />
            <Item name=words::EXPORT_PAGE act=save_page />
            <Item name=words::PRINT act=print />
            {archive}
            <hr />
            <ThemeItems />
            <hr />
            <Item name=words::SHORTCUTS keys="?" act=move |()| shortcuts.set(true) />
        </Menu>
    }
}
