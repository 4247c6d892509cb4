//! The editor of the present: what is typed becomes commands, what others do becomes small
//! changes of the view. How the past is shown is in `past`.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use js_sys::Array;
use leptos::html;
use leptos::prelude::*;
use palimpsest_core::{Command, Intent, Origin, Patch, Presence, Role, Selection, Text};

use crate::desk::Desk;
use crate::editor::authors;
use crate::editor::bridge::{Cursor, Listeners, Options, View, Who};
use crate::editor::units;
use crate::faces::colour_class;
use crate::panels::toast::Toasts;
use crate::timeline::Machine;
use crate::words;

/// One CodeMirror view and the text it shows.
struct Live {
    desk: Desk,
    toasts: Toasts,
    /// Whether there is something to undo, and to redo.
    possible: Signal<(bool, bool)>,
    view: RefCell<Option<View>>,
    /// The document's text as of the last patch heard: the "text before" of the next one.
    shown: RefCell<Text>,
    /// Set while the view's own change is on its way through the document.
    sending: Cell<bool>,
    listeners: RefCell<Option<Listeners>>,
    who: RefCell<Option<Who>>,
}

impl Live {
    fn view(&self) -> Option<View> {
        self.view.borrow().clone()
    }

    /// What was typed, pasted or replaced goes to the document.
    fn send(&self, flat: &Array, intent: &str) {
        let changes = units::changes(flat, &self.shown.borrow());
        let intent = match intent {
            "pasted" => Intent::Pasted,
            "replaced" => Intent::Replaced,
            _ => Intent::Typed,
        };
        if let Some(changes) = changes {
            self.sending.set(true);
            let done = self.desk.dispatch(Command::EditText { changes, intent });
            self.sending.set(false);
            if let Err(refused) = done {
                self.toasts.say(refused.to_string());
            }
        }
        // A refused change, or one that cut a character in two, is still in the view; the
        // document is the truth.
        let Some(view) = self.view() else { return };
        let shown = self.shown.borrow().clone();
        if view.length() != shown.utf16_len() {
            view.replace(&shown.to_string());
        }
    }

    /// What happened to the document goes to the view, unless it came from there.
    fn receive(&self, patches: &[Patch], origin: Origin) {
        // The view parses what it shows after every change: a page of events is one.
        let patch = Patch::compose_all(patches);
        if patch.is_empty() {
            return;
        }
        let view = self.view().filter(|_| !self.sending.get());
        let flat = view.is_some().then(|| units::flat(&patch, &self.shown.borrow()));
        self.shown.borrow_mut().apply(&patch);
        if let (Some(view), Some(flat)) = (view, flat) {
            view.receive(&flat, origin == Origin::Local);
        }
    }

    fn present(&self, anchor: usize, head: usize) {
        let text = self.shown.borrow().clone();
        // Positions inside a change that is still held back are told with the next one.
        if let (Some(anchor), Some(head)) = (text.pos_of_utf16(anchor), text.pos_of_utf16(head)) {
            self.desk.present(Some(Selection { anchor, head }));
        }
    }

    fn act(&self, action: &str) {
        let command = match action {
            "undo" => Command::Undo,
            "redo" => Command::Redo,
            _ => return self.desk.seal(),
        };
        let (undo, redo) = self.possible.get_untracked();
        if (action == "undo" && !undo) || (action == "redo" && !redo) {
            return;
        }
        if let Err(refused) = self.desk.dispatch(command) {
            self.toasts.say(refused.to_string());
        }
    }

    fn draw(&self, people: &[Presence]) {
        let Some(view) = self.view() else { return };
        let text = self.shown.borrow().clone();
        view.draw_cursors(people.iter().filter_map(|person| {
            let selection = person.selection?;
            let name = if person.name.trim().is_empty() {
                self.desk.name_of(person.author)
            } else {
                person.name.clone()
            };
            Some(Cursor {
                name,
                colour: colour_class(person.colour),
                anchor: units::utf16_within(&text, selection.anchor),
                head: units::utf16_within(&text, selection.head),
            })
        }));
    }
}

/// What buttons and menus elsewhere can ask of the editor.
#[derive(Clone, Copy)]
pub(crate) struct Tools {
    desk: Desk,
    view: StoredValue<Option<View>, LocalStorage>,
    /// The view of the past, while that is shown in the place of the present.
    past: StoredValue<Option<View>, LocalStorage>,
}

impl Tools {
    /// Tools without an editor yet.
    pub(crate) fn new(desk: Desk) -> Self {
        Self { desk, view: StoredValue::new_local(None), past: StoredValue::new_local(None) }
    }

    /// Opens the panel to find and replace, in the text that is shown.
    pub(crate) fn find(self) {
        self.with_shown(View::find);
    }

    /// Does something to the text, by its name in `words::writing`.
    pub(crate) fn run(self, name: &str) {
        self.with(|view| view.run(name));
    }

    /// Where one reads or writes in the text that is shown, in UTF-16 positions.
    pub(crate) fn place(self) -> usize {
        let mut place = 0;
        self.with_shown(|view| place = view.place());
        place
    }

    /// What is selected, from and to, in UTF-16 positions.
    pub(crate) fn selection(self) -> (usize, usize) {
        let mut selection = (0, 0);
        self.with(|view| selection = view.selection().unwrap_or_default());
        selection
    }

    /// The past is shown by this view now, or by none.
    pub(crate) fn show_past(self, view: Option<View>) {
        self.past.try_set_value(view);
    }

    /// Puts the caret at a UTF-16 position of the text that is shown.
    pub(crate) fn go_to_shown(self, utf16: usize) {
        self.with_shown(|view| view.go_to(utf16));
    }

    /// Puts the caret into the text.
    pub(crate) fn focus(self) {
        self.with(View::focus);
    }

    /// Puts the caret at a scalar of the text and brings it into view.
    pub(crate) fn go_to(self, pos: usize) {
        let utf16 = self.desk.with_document(|document| units::utf16_within(document.text(), pos));
        self.with(|view| view.go_to(utf16));
    }

    /// Where the caret is, or was last, if it ever was in the text.
    pub(crate) fn caret(self) -> Option<usize> {
        let utf16 = self.view.get_value()?.last_caret()?;
        self.desk.with_document(|document| document.text().pos_of_utf16(utf16))
    }

    /// Brings a scalar of the text into view, and leaves the caret where it is.
    pub(crate) fn reveal(self, pos: usize) {
        let utf16 = self.desk.with_document(|document| units::utf16_within(document.text(), pos));
        self.with(|view| view.reveal(utf16));
    }

    /// Selects some scalars of the text and brings them into view; `false` while there is no
    /// editor yet.
    pub(crate) fn select(self, range: &Range<usize>) -> bool {
        let (from, to) = self.desk.with_document(|document| {
            let place = |pos| units::utf16_within(document.text(), pos);
            (place(range.start), place(range.end))
        });
        self.with(|view| view.select(from, to));
        self.view.with_value(Option::is_some)
    }

    /// Where the text is scrolled to, as a fraction of its height.
    pub(crate) fn scroll(self) -> f64 {
        self.view.with_value(|view| view.as_ref().map_or(0.0, View::scroll))
    }

    fn with_shown(self, act: impl FnOnce(&View)) {
        match self.past.get_value() {
            Some(view) => act(&view),
            None => self.with(act),
        }
    }

    fn with(self, act: impl FnOnce(&View)) {
        if let Some(view) = self.view.get_value() {
            act(&view);
        }
    }
}

/// The editor of an open document that is ready.
#[component]
pub(crate) fn LiveEditor(
    desk: Desk,
    machine: Machine,
    tools: Tools,
    /// Whether the past is shown in its place.
    #[prop(into)]
    hidden: Signal<bool>,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let live = Rc::new(Live {
        desk,
        toasts: expect_context(),
        possible: desk.undo_state(),
        view: RefCell::new(None),
        shown: RefCell::new(desk.with_document(|document| document.text().clone())),
        sending: Cell::new(false),
        listeners: RefCell::new(None),
        who: RefCell::new(None),
    });
    desk.on_patches({
        let live = Rc::downgrade(&live);
        move |patches, origin| {
            if let Some(live) = live.upgrade() {
                live.receive(patches, origin);
            }
        }
    });
    let ready = RwSignal::new(false);
    Effect::new({
        let live = live.clone();
        move |_| {
            let Some(place) = place.get() else { return };
            if live.view().is_some() {
                return;
            }
            // The listeners belong to `live`; they must not keep it alive in turn.
            let [changed, moved, asked] = [(); 3].map(|()| Rc::downgrade(&live));
            let listeners = Listeners::new(
                move |flat, intent| {
                    if let Some(live) = changed.upgrade() {
                        live.send(&flat, &intent);
                    }
                },
                move |anchor, head| {
                    if let Some(live) = moved.upgrade() {
                        live.present(anchor, head);
                    }
                },
                move |action| {
                    if let Some(live) = asked.upgrade() {
                        live.act(&action);
                    }
                },
            );
            let text = live.shown.borrow().to_string();
            let options = Options {
                text: &text,
                read_only: false,
                label: words::DOCUMENT_TEXT,
                hint: words::WRITE_HERE,
            };
            let who = authors::who_now(desk, machine);
            let view = View::new(&place, &options, Some(&listeners), Some(&who));
            *live.who.borrow_mut() = Some(who);
            *live.listeners.borrow_mut() = Some(listeners);
            *live.view.borrow_mut() = Some(view.clone());
            if !hidden.get_untracked() && has_keyboard() {
                view.focus();
            }
            tools.view.set_value(Some(view));
            ready.set(true);
        }
    });
    authors::keep_now(desk, machine, move || {
        ready.get().then(|| tools.view.try_get_value()).flatten().flatten()
    });
    let may_edit = desk.may(Role::Editor);
    Effect::new(move |_| {
        let may_edit = may_edit.get();
        if let Some(view) = ready.get().then(|| tools.view.try_get_value()).flatten().flatten() {
            view.lock(!may_edit);
        }
    });
    let people = desk.people();
    Effect::new({
        let live = live.clone();
        move |_| {
            if ready.get() {
                people.with(|people| live.draw(people));
            }
        }
    });
    Effect::new({
        let live = live.clone();
        move |was_hidden: Option<bool>| {
            let hidden = hidden.get();
            if let (Some(view), true, false) = (live.view(), was_hidden.unwrap_or(false), hidden) {
                view.measure();
            }
            hidden
        }
    });
    on_cleanup({
        let live = StoredValue::new_local(live);
        move || {
            tools.view.try_set_value(None);
            if let Some(live) = live.try_get_value()
                && let Some(view) = live.view.borrow_mut().take()
            {
                view.destroy();
            }
        }
    });
    view! {
        <div class="sheet live" data-pane=words::machine::NOW_PANE node_ref=place hidden=hidden></div>
    }
}

/// Whether the caret may be put into the text unasked: on a touch screen that would cover half
/// of the page with a keyboard.
fn has_keyboard() -> bool {
    window()
        .match_media("(pointer: fine)")
        .is_ok_and(|found| found.is_some_and(|found| found.matches()))
}
