//! The palette: one box in which everything can be found by its words, to go there or to do it.
//! Actions come from whatever offers them, documents from the library, headings from the text.

mod fits;
mod recent;

use std::cmp::Reverse;

use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use palimpsest_core::{DocumentId, Heading, outline};

use crate::actions::{Action, Actions};
use crate::desk::Desk;
use crate::editor::Tools;
use crate::panels::dialog::Modal;
use crate::panels::palette::fits::fits;
use crate::panels::share::path_to;
use crate::panels::shortcuts::on_this_keyboard;
use crate::parts;
use crate::when;
use crate::words::{self, writing};
use crate::workspace::{Listing, Workspace};

/// How many entries of a kind are shown; typing another letter shows the rest.
const SHOWN: usize = 8;
const LIST: &str = "palette-list";

/// The palette of the page. A context of the whole app; copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Palette {
    open: RwSignal<bool>,
    /// The document on the page, whose headings are found.
    document: RwSignal<Option<(Desk, Tools)>>,
    /// What is typed.
    wanted: RwSignal<String>,
    /// Keys that mean the list and were not heard there yet: it may come after them.
    pressed: RwSignal<Vec<String>>,
    /// The entry at which one is, by its id.
    active: RwSignal<Option<String>>,
}

impl Palette {
    /// A closed palette.
    pub(crate) fn new() -> Self {
        Self {
            open: RwSignal::new(false),
            document: RwSignal::new(None),
            wanted: RwSignal::new(String::new()),
            pressed: RwSignal::new(Vec::new()),
            active: RwSignal::new(None),
        }
    }

    /// Opens it.
    pub(crate) fn show(self) {
        self.open.set(true);
    }

    /// Whether it is open.
    pub(crate) fn is_open(self) -> Signal<bool> {
        self.open.into()
    }

    /// Finds headings in this document until the caller's owner is cleaned up.
    pub(crate) fn read(self, desk: Desk, tools: Tools) {
        self.document.set(Some((desk, tools)));
        on_cleanup(move || {
            let other =
                |shown: &Option<(Desk, Tools)>| shown.is_some_and(|(of, _)| of.id() != desk.id());
            if self.document.try_with_untracked(other) == Some(false) {
                self.document.try_set(None);
            }
        });
    }
}

/// What an entry leads to.
#[derive(Clone)]
enum Goal {
    Act(Action),
    Open(DocumentId),
    Heading(usize),
    Search(Callback<String>, String),
}

#[derive(Clone)]
struct Entry {
    goal: Goal,
    name: String,
    hint: String,
    keys: &'static str,
}

impl Entry {
    fn new(goal: Goal, name: String) -> Self {
        Self { goal, name, hint: String::new(), keys: "" }
    }
}

/// The dialog. Exactly one is in the page; Ctrl K opens it.
#[component]
pub(crate) fn PaletteDialog() -> impl IntoView {
    let palette = expect_context::<Palette>();
    let keys = window_event_listener(ev::keydown, move |event| {
        let modified = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        if modified && !event.shift_key() && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            palette.open.update(|open| *open = !*open);
        }
    });
    on_cleanup(move || keys.remove());
    view! {
        <Modal open=palette.open name=writing::PALETTE class="palette">
            <div>
                <Field palette=palette />
                {parts::shown(parts::load_entries, parts::entries)}
            </div>
        </Modal>
    }
}

/// Where one types. It is there at once, so that no key is lost while the list is on its way.
#[component]
fn Field(palette: Palette) -> impl IntoView {
    palette.wanted.set(String::new());
    palette.pressed.set(Vec::new());
    let keys = move |event: KeyboardEvent| {
        let key = event.key();
        let meant = match key.as_str() {
            "ArrowDown" | "ArrowUp" | "PageDown" | "PageUp" => true,
            "Enter" => !event.is_composing(),
            _ => false,
        };
        if meant {
            event.prevent_default();
            palette.pressed.update(|pressed| pressed.push(key));
        }
    };
    view! {
        <input
            type="text"
            role="combobox"
            aria-label=writing::PALETTE
            aria-expanded="true"
            aria-controls=LIST
            aria-autocomplete="list"
            aria-activedescendant=palette.active
            placeholder=writing::PALETTE_HINT
            autocomplete="off"
            spellcheck="false"
            autofocus
            on:input=move |event| palette.wanted.set(event_target_value(&event))
            on:keydown=keys
        />
    }
}

/// What was found. Its code is a part of its own.
#[component]
pub(crate) fn PaletteEntries() -> impl IntoView {
    let palette = expect_context::<Palette>();
    let navigate = use_navigate();
    let chosen = RwSignal::new(0usize);
    let groups = gather(palette);
    let flat = Memo::new(move |_| {
        groups.with(|groups| groups.iter().map(|(_, entries)| entries.len()).sum::<usize>())
    });
    let nth = move |n: usize| {
        groups.with_untracked(|groups| groups.iter().flat_map(|(_, all)| all).nth(n).cloned())
    };
    let take = Callback::new(move |entry: Entry| {
        palette.open.set(false);
        let tools = palette.document.get_untracked().map(|(_, tools)| tools);
        let navigate = navigate.clone();
        // The dialog gives the focus back first; then the action may put it elsewhere.
        request_animation_frame(move || match entry.goal {
            Goal::Act(action) => {
                recent::remember(action.name);
                action.act.run(());
            }
            Goal::Open(id) => navigate(&path_to(id, None), NavigateOptions::default()),
            Goal::Heading(pos) => {
                if let Some(tools) = tools {
                    tools.go_to(pos);
                }
            }
            Goal::Search(search, words) => search.run(words),
        });
    });
    let press = move |key: &str| {
        let count = flat.get_untracked().max(1);
        let step = |by: usize| chosen.update(|chosen| *chosen = (*chosen + by) % count);
        match key {
            "ArrowDown" => step(1),
            "ArrowUp" => step(count - 1),
            "PageDown" => chosen.update(|chosen| *chosen = (*chosen + SHOWN).min(count - 1)),
            "PageUp" => chosen.update(|chosen| *chosen = chosen.saturating_sub(SHOWN)),
            _ => {
                if let Some(entry) = nth(chosen.get_untracked()) {
                    take.run(entry);
                }
            }
        }
    };
    Effect::new(move |before: Option<String>| {
        let wanted = palette.wanted.get();
        if before.is_some_and(|before| before != wanted) {
            chosen.set(0);
        }
        wanted
    });
    Effect::new(move |_| {
        if !palette.pressed.with(Vec::is_empty) {
            for key in palette.pressed.try_update(std::mem::take).unwrap_or_default() {
                press(&key);
            }
        }
    });
    Effect::new(move |_| {
        palette.active.set((flat.get() > 0).then(|| option_id(chosen.get())));
    });
    // What is chosen by keys is scrolled to.
    Effect::new(move |_| {
        let id = option_id(chosen.get());
        if let Some(option) = document().get_element_by_id(&id) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            option.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    view! {
        <div id=LIST role="listbox" aria-label=writing::PALETTE>
            {move || options(groups.get(), chosen, take)}
        </div>
        <p class="unseen" role="status">
            {move || words::counted(flat.get() as u64, "entry", "entries")}
        </p>
        {move || (flat.get() == 0).then(|| view! { <p>{writing::PALETTE_NOTHING}</p> })}
    }
}

fn option_id(n: usize) -> String {
    format!("{LIST}-{n}")
}

fn options(
    groups: Vec<(&'static str, Vec<Entry>)>,
    chosen: RwSignal<usize>,
    take: Callback<Entry>,
) -> impl IntoView {
    let mut n = 0;
    let mut drawn = Vec::new();
    for (heading, entries) in groups {
        drawn.push(view! { <div role="presentation">{heading}</div> }.into_any());
        for entry in entries {
            let at = n;
            n += 1;
            let keys = (!entry.keys.is_empty())
                .then(|| view! { <kbd>{on_this_keyboard(entry.keys)}</kbd> });
            let hint =
                (!entry.hint.is_empty()).then(|| view! { <small>{entry.hint.clone()}</small> });
            let name = entry.name.clone();
            drawn.push(
                view! {
                    <div
                        role="option"
                        id=option_id(at)
                        aria-selected=move || (chosen.get() == at).to_string()
                        on:click=move |_| take.run(entry.clone())
                    >
                        <span>{name}</span>
                        {hint}
                        {keys}
                    </div>
                }
                .into_any(),
            );
        }
    }
    drawn.collect_view()
}

/// Entries of one kind, with how well each fits.
struct Group {
    name: &'static str,
    entries: Vec<(u32, Entry)>,
}

impl Group {
    fn new(name: &'static str, entries: impl IntoIterator<Item = (u32, Entry)>) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by_key(|(fit, _)| Reverse(*fit));
        Self { name, entries }
    }

    fn best(&self) -> u32 {
        self.entries.first().map_or(0, |(fit, _)| *fit)
    }
}

/// Everything that fits, by kind, the kind with the best fit first.
fn gather(palette: Palette) -> Signal<Vec<(&'static str, Vec<Entry>)>> {
    let actions = expect_context::<Actions>();
    let library = expect_context::<Workspace>().library();
    let recent = recent::recent();
    let document = palette.document.get_untracked();
    let here = document.map(|(desk, _)| desk.id());
    // The text cannot change while the palette lies over it, but for what others write.
    let headings = document
        .map_or_else(Vec::new, |(desk, _)| desk.with_document(|document| outline(document.text())));
    Signal::derive(move || {
        let wanted = palette.wanted.get().trim().to_owned();
        let (lately, others) = acts(&wanted, actions.possible(), &recent);
        let documents = library.with(|library| documents(&wanted, library, here));
        let mut groups = vec![lately, documents, titles(&wanted, &headings), others];
        groups.retain(|group| !group.entries.is_empty());
        if !wanted.is_empty() {
            groups.sort_by_key(|group| Reverse(group.best()));
        }
        let shown = |group: Group| {
            let most = if wanted.is_empty() && group.name == writing::ACTIONS {
                usize::MAX
            } else {
                SHOWN
            };
            let entries = group.entries.into_iter().take(most).map(|(_, entry)| entry);
            (group.name, entries.collect())
        };
        let mut shown: Vec<(&'static str, Vec<Entry>)> = groups.into_iter().map(shown).collect();
        if let Some(search) = actions.search.get().filter(|_| !wanted.is_empty()) {
            let name = writing::search_everything(&wanted);
            shown.push((writing::SEARCH, vec![Entry::new(Goal::Search(search, wanted), name)]));
        }
        shown
    })
}

/// The actions that fit: those chosen lately, as long as nothing is typed, and the others.
fn acts(wanted: &str, possible: Vec<Action>, recent: &[String]) -> (Group, Group) {
    let (mut lately, mut others) = (Vec::new(), Vec::new());
    let mut known = Vec::new();
    for action in possible {
        // Two rooms may offer the same.
        if known.contains(&action.name) {
            continue;
        }
        known.push(action.name);
        let Some(fit) = fits(wanted, action.name) else { continue };
        let place = recent.iter().position(|name| name == action.name);
        let bonus = place.map_or(0, |at| 6u32.saturating_sub(at as u32));
        let entry =
            Entry { keys: action.keys, ..Entry::new(Goal::Act(action), action.name.to_owned()) };
        let group = if wanted.is_empty() && place.is_some() { &mut lately } else { &mut others };
        group.push((fit + bonus, entry));
    }
    (Group::new(writing::RECENT, lately), Group::new(writing::ACTIONS, others))
}

/// The documents that fit, the newest first; what was put away only if it is asked for.
fn documents(wanted: &str, library: &[Listing], here: Option<DocumentId>) -> Group {
    let shown = library
        .iter()
        .filter(|listing| Some(listing.id) != here && !(listing.archived && wanted.is_empty()));
    let entries = shown.filter_map(|listing| {
        let name = words::titled(&listing.name);
        let hint =
            if listing.archived { words::ARCHIVED.to_owned() } else { when::ago(listing.changed) };
        let entry = Entry { hint, ..Entry::new(Goal::Open(listing.id), name.to_owned()) };
        Some((fits(wanted, name)?, entry))
    });
    Group::new(words::DOCUMENTS, entries)
}

/// The headings that fit; none before something is typed.
fn titles(wanted: &str, headings: &[Heading]) -> Group {
    let shown = headings.iter().filter(|_| !wanted.is_empty());
    let entries = shown.filter_map(|heading| {
        let entry = Entry::new(Goal::Heading(heading.pos), heading.text.clone());
        Some((fits(wanted, &heading.text)?, entry))
    });
    Group::new(writing::HEADINGS, entries)
}
