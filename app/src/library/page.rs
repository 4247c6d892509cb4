//! The library's own page: every document in a table, in the folder and the order that are
//! wanted, those put away below. Files can be dropped anywhere on it.

use leptos::ev::DragEvent;
use leptos::html;
use leptos::prelude::*;

use crate::actions::{Action, Actions};
use crate::files;
use crate::library::import::{ImportProgress, Imports};
use crate::library::moving::{MoveDialog, Moving, folders};
use crate::library::order::{Order, OrderField};
use crate::library::rename::{RenameDialog, Renaming};
use crate::library::row::Row;
use crate::library::search::{Wanted, finds};
use crate::library::sidebar::NewDocument;
use crate::library::takeout::{Form, take_all};
use crate::panels::menu::{Item, Menu};
use crate::panels::profile::Me;
use crate::panels::share::ShareLibraryDialog;
use crate::panels::theme::ThemeItems;
use crate::panels::toast::Toasts;
use crate::words;
use crate::words::library as said;
use crate::workspace::{Listing, Workspace};

/// The page at "/".
#[component]
pub(crate) fn LibraryPage() -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let Wanted(wanted) = expect_context();
    let (renaming, moving, imports) = (Renaming::new(), Moving::new(), Imports::new());
    let (order, folder) = (Order::remembered(), RwSignal::new(None::<String>));
    workspace.refresh_library();
    document().set_title(words::PRODUCT);
    let library = workspace.library();
    let found = move |archived: bool| {
        Memo::new(move |_| {
            library.with(|library| {
                let (wanted, folder) = (wanted.get(), folder.get());
                let fits = |listing: &&Listing| {
                    let inside = folder.as_ref().is_none_or(|folder| is_in(listing, folder));
                    listing.archived == archived && inside && finds(&wanted, listing)
                };
                let mut found: Vec<Listing> = library.iter().filter(fits).cloned().collect();
                order.get().sort(&mut found);
                found
            })
        })
    };
    let (current, put_away) = (found(false), found(true));
    let nothing = Memo::new(move |_| library.with(Vec::is_empty));
    let nothing_found = Memo::new(move |_| current.with(Vec::is_empty));
    let nothing_put_away = Memo::new(move |_| put_away.with(Vec::is_empty));
    let read = workspace.library_read();
    let over = RwSignal::new(false);
    let drag = move |event: DragEvent| {
        if files::brings_files(event.as_ref()) {
            event.prevent_default();
            over.set(true);
        }
    };
    let drop = move |event: DragEvent| {
        if files::brings_files(event.as_ref()) {
            event.prevent_default();
            over.set(false);
            imports.drop(&event);
        }
    };
    let table = move |listings: Memo<Vec<Listing>>| {
        view! { <Table listings=listings wanted=wanted renaming=renaming moving=moving /> }
    };
    view! {
        <section
            class="library"
            class:over=over
            on:dragenter=drag
            on:dragover=drag
            on:dragleave=move |event| {
                if event.target() == event.current_target() {
                    over.set(false);
                }
            }
            on:drop=drop
        >
            <ImportProgress imports=imports />
            <header>
                <h1>{words::DOCUMENTS}</h1>
                <div class="me-line"><Me /></div>
                <div class="seek">
                    <input
                        class="field"
                        type="search"
                        aria-label=words::FIND_A_DOCUMENT
                        placeholder=words::FIND_A_DOCUMENT
                        prop:value=wanted
                        on:input=move |event| wanted.set(event_target_value(&event))
                    />
                </div>
                <OrderField order=order />
                <leptos_router::components::A href="/search" attr:class="button">
                    {words::insight::SEARCH_PAST}
                </leptos_router::components::A>
                <NewDocument primary=true />
                <LibraryMenu imports=imports />
            </header>
            <Show when=move || !nothing.get() fallback=move || view! { <Empty read=read /> }>
                <Folders folder=folder />
                <Show
                    when=move || !nothing_found.get()
                    fallback=|| view! { <p class="state">{words::NOTHING_FOUND}</p> }
                >
                    {table(current)}
                </Show>
                <Show when=move || !nothing_put_away.get()>
                    <details class="put-away">
                        <summary>
                            {move || format!("{} ({})", words::ARCHIVED, put_away.with(Vec::len))}
                        </summary>
                        {table(put_away)}
                    </details>
                </Show>
            </Show>
            <p class="drop-hint" aria-hidden="true">{said::DROP_HERE}</p>
        </section>
        <RenameDialog renaming=renaming />
        <MoveDialog moving=moving />
    }
}

/// Whether a document is in a folder or in one inside of it.
fn is_in(listing: &Listing, folder: &str) -> bool {
    let rest = listing.folder.strip_prefix(folder);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The folders, to look into one of them.
#[component]
fn Folders(folder: RwSignal<Option<String>>) -> impl IntoView {
    let folders = folders(expect_context());
    // A folder that nothing is in any more is not looked into any more.
    Effect::new(move |_| {
        let gone = folder.get().is_some_and(|one| {
            folders.with(|all| !all.iter().any(|known| known.starts_with(&one)))
        });
        if gone {
            folder.set(None);
        }
    });
    let choice = move |one: Option<String>| {
        let (name, this) =
            (one.clone().unwrap_or_else(|| said::EVERYTHING.to_owned()), one.clone());
        view! {
            <button
                type="button"
                aria-pressed=move || (folder.get() == this).to_string()
                on:click=move |_| folder.set(one.clone())
            >
                {name}
            </button>
        }
    };
    move || {
        let all = folders.get();
        (!all.is_empty()).then(|| {
            let each = all.into_iter().map(|one| choice(Some(one))).collect_view();
            view! {
                <div class="folders" role="group" aria-label=said::FOLDERS>
                    {choice(None)}
                    {each}
                </div>
            }
        })
    }
}

/// What can be done with the library as a whole.
#[component]
fn LibraryMenu(imports: Imports) -> impl IntoView {
    let (workspace, toasts) = (expect_context::<Workspace>(), expect_context::<Toasts>());
    let (some, whole) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let (leaving, sharing) = (RwSignal::new(None::<(usize, usize)>), RwSignal::new(false));
    let open = move |field: NodeRef<html::Input>| {
        if let Some(field) = field.get_untracked() {
            field.click();
        }
    };
    Effect::new(move |_| {
        if let Some(field) = whole.get() {
            // A browser that does not know it lets files be chosen instead.
            let _ = field.set_attribute("webkitdirectory", "");
        }
    });
    let take = move |field: NodeRef<html::Input>| {
        if let Some(field) = field.get_untracked() {
            imports.choose(&field);
        }
    };
    let out = move |form: Form| take_all(workspace, toasts, leaving, form);
    let action = |name: &'static str, act: Callback<()>| Action {
        name,
        keys: "",
        possible: Signal::derive(|| true),
        act,
    };
    expect_context::<Actions>().offer([
        action(said::IMPORT_FILES, Callback::new(move |()| open(some))),
        action(said::IMPORT_FOLDER, Callback::new(move |()| open(whole))),
        action(said::EXPORT_ALL, Callback::new(move |()| out(Form::Markdown))),
        action(said::EXPORT_ALL_HISTORIES, Callback::new(move |()| out(Form::History))),
        action(words::share::SHARE_LIBRARY, Callback::new(move |()| sharing.set(true))),
    ]);
    view! {
        <input
            node_ref=some
            type="file"
            multiple
            hidden
            aria-label=said::IMPORT_FILES
            accept=".md,.markdown,.mdown,.txt,.palimpsest,text/markdown,text/plain"
            on:change=move |_| take(some)
        />
        <input
            node_ref=whole
            type="file"
            hidden
            aria-label=said::IMPORT_FOLDER
            on:change=move |_| take(whole)
        />
        <Menu name=words::MORE>
            <Item name=said::IMPORT_FILES act=move |()| open(some) />
            <Item name=said::IMPORT_FOLDER act=move |()| open(whole) />
            <hr />
            <Item name=said::EXPORT_ALL act=move |()| out(Form::Markdown) />
            <Item name=said::EXPORT_ALL_HISTORIES act=move |()| out(Form::History) />
            <hr />
            <Item name=words::share::SHARE_LIBRARY act=move |()| sharing.set(true) />
            <hr />
            <ThemeItems />
        </Menu>
        <ShareLibraryDialog open=sharing />
        {move || leaving.get().map(|(done, total)| view! {
            <p class="leaving" role="status">{said::exporting(done, total)}</p>
        })}
    }
}

/// Nothing is there, or nothing is known yet.
#[component]
fn Empty(read: Signal<bool>) -> impl IntoView {
    view! {
        <Show
            when=move || read.get()
            fallback=|| view! { <p class="state" role="status">{words::OPENING}"…"</p> }
        >
            <div class="empty">
                <h2>{words::EMPTY_TITLE}</h2>
                <p>{words::EMPTY_TEXT}</p>
                <p>{said::DROP_HERE}"."</p>
            </div>
        </Show>
    }
}

#[component]
fn Table(
    listings: Memo<Vec<Listing>>,
    #[prop(into)] wanted: Signal<String>,
    renaming: Renaming,
    moving: Moving,
) -> impl IntoView {
    let row = move |first: Listing| {
        let id = first.id;
        // While a row is being taken away, it is as it was last.
        let listing = Memo::new(move |known: Option<&Listing>| {
            let now = listings.with(|all| all.iter().find(|one| one.id == id).cloned());
            now.or_else(|| known.cloned()).unwrap_or_else(|| first.clone())
        });
        view! { <Row listing=listing wanted=wanted renaming=renaming moving=moving /> }
    };
    view! {
        <table>
            <thead>
                <tr>
                    <th>{words::COLUMN_TITLE}</th>
                    <th class="activity"><span class="unseen">{said::ACTIVITY}</span></th>
                    <th class="edits">{words::COLUMN_EDITS}</th>
                    <th class="authors">{words::COLUMN_AUTHORS}</th>
                    <th class="when">{words::COLUMN_CHANGED}</th>
                    <th class="more"><span class="unseen">{words::COLUMN_MORE}</span></th>
                </tr>
            </thead>
            <tbody>
                <For each=move || listings.get() key=|listing| listing.id children=row />
            </tbody>
        </table>
    }
}
