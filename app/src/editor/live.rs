//! The editor of the present: what is typed becomes commands, what others do becomes small
//! changes of the view. How the past is shown is in `past`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Array;
use leptos::html;
use leptos::prelude::*;
use palimpsest_core::{Command, Intent, Origin, Patch, Presence, Selection, Text};

use crate::desk::Desk;
use crate::editor::bridge::{Cursor, Listeners, Options, View};
use crate::editor::units;
use crate::faces::colour_class;
use crate::panels::toast::Toasts;
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
        for patch in patches.iter().filter(|patch| !patch.is_empty()) {
            let flat = units::flat(patch, &self.shown.borrow());
            self.shown.borrow_mut().apply(patch);
            if !self.sending.get()
                && let Some(view) = self.view()
            {
                view.receive(&flat, origin == Origin::Local);
            }
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
    view: StoredValue<Option<View>, LocalStorage>,
}

impl Tools {
    /// Tools without an editor yet.
    pub(crate) fn new() -> Self {
        Self { view: StoredValue::new_local(None) }
    }

    /// Opens the search panel.
    pub(crate) fn find(self) {
        self.with(View::find);
    }

    /// Puts the caret into the text.
    pub(crate) fn focus(self) {
        self.with(View::focus);
    }

    /// Where the text is scrolled to, as a fraction of its height.
    pub(crate) fn scroll(self) -> f64 {
        self.view.with_value(|view| view.as_ref().map_or(0.0, View::scroll))
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
            let view = View::new(&place, &options, Some(&listeners));
            *live.listeners.borrow_mut() = Some(listeners);
            *live.view.borrow_mut() = Some(view.clone());
            if !hidden.get_untracked() && has_keyboard() {
                view.focus();
            }
            tools.view.set_value(Some(view));
            ready.set(true);
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
    view! { <div class="sheet live" node_ref=place hidden=hidden></div> }
}

/// Whether the caret may be put into the text unasked: on a touch screen that would cover half
/// of the page with a keyboard.
fn has_keyboard() -> bool {
    window()
        .match_media("(pointer: fine)")
        .is_ok_and(|found| found.is_some_and(|found| found.matches()))
}
