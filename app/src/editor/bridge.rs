//! The Rust side of `app/js/editor.js`: its functions by name, and how options, people and
//! marks are put into JavaScript objects. No positions are counted here.

use js_sys::{Array, Object, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use crate::words::writing;

#[wasm_bindgen]
extern "C" {
    /// One CodeMirror view.
    #[derive(Clone)]
    pub(crate) type View;

    /// Brings the editor's JavaScript, if it is not here yet.
    #[wasm_bindgen(catch, js_name = palimpsestEditorHere)]
    async fn editor_here() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = palimpsestEditor)]
    fn create(parent: &HtmlElement, options: &Object) -> View;

    /// Shows changes of the document: `[from, to, insert, …]`, sorted, in UTF-16 positions of
    /// the text before. With `follow` the caret goes where the last of them is.
    #[wasm_bindgen(method)]
    pub(crate) fn receive(this: &View, flat: &Array, follow: bool);

    /// Makes the whole text equal to `text`, by one change of the part that differs.
    #[wasm_bindgen(method)]
    pub(crate) fn replace(this: &View, text: &str);

    /// How many UTF-16 units the document has, as far as the view knows.
    #[wasm_bindgen(method)]
    pub(crate) fn length(this: &View) -> usize;

    /// The selection, `[from, to, text]`, in the view that contains an element; null if there is none.
    #[wasm_bindgen(js_namespace = palimpsestEditor, js_name = selectionOf)]
    fn selection_of(element: &HtmlElement) -> Option<Array>;

    #[wasm_bindgen(method, js_name = setCursors)]
    fn set_cursors(this: &View, people: &Array);

    #[wasm_bindgen(method, js_name = setMarks)]
    fn set_marks(this: &View, marks: &Array, reveal: f64, fade: bool);

    #[wasm_bindgen(method, js_name = showChange)]
    fn show_change(this: &View, from: f64, to: f64);

    #[wasm_bindgen(method, js_name = setAuthors)]
    fn set_authors(this: &View, flat: &Array, classes: &Array);

    /// Scrolls together with another view; `flat` leads from this text to that one.
    #[wasm_bindgen(method, js_name = linkScroll)]
    pub(crate) fn link_scroll(this: &View, other: &View, flat: &Array);

    /// What is selected, as `[from, to]`; nothing: empty.
    #[wasm_bindgen(method)]
    fn selected(this: &View) -> Array;

    #[wasm_bindgen(method)]
    fn caret(this: &View) -> f64;

    /// Where the view is scrolled to, as a fraction of its height.
    #[wasm_bindgen(method)]
    pub(crate) fn scroll(this: &View) -> f64;

    /// Scrolls to such a fraction.
    #[wasm_bindgen(method, js_name = scrollTo)]
    pub(crate) fn scroll_to(this: &View, fraction: f64);

    /// Scrolls to a position, if it cannot be seen.
    #[wasm_bindgen(method)]
    pub(crate) fn reveal(this: &View, pos: usize);

    /// Whether keys and buttons may change the text.
    #[wasm_bindgen(method)]
    pub(crate) fn lock(this: &View, locked: bool);

    /// Opens the panel to find and replace.
    #[wasm_bindgen(method)]
    pub(crate) fn find(this: &View);

    /// Does something to the text, by its name in `app/js/format.js`.
    #[wasm_bindgen(method)]
    pub(crate) fn run(this: &View, name: &str);

    /// Where one reads or writes: the caret if it can be seen, else the top of what is shown.
    #[wasm_bindgen(method)]
    pub(crate) fn place(this: &View) -> usize;

    /// Puts the caret at a position and brings it into view.
    #[wasm_bindgen(method, js_name = goTo)]
    pub(crate) fn go_to(this: &View, pos: usize);

    /// Selects a part of the text and brings it into view.
    #[wasm_bindgen(method)]
    pub(crate) fn select(this: &View, from: usize, to: usize);

    /// Puts the caret there.
    #[wasm_bindgen(method)]
    pub(crate) fn focus(this: &View);

    /// Lets it look at its size again, after it was hidden.
    #[wasm_bindgen(method)]
    pub(crate) fn measure(this: &View);

    /// Takes it out of the page.
    #[wasm_bindgen(method)]
    pub(crate) fn destroy(this: &View);
}

/// Whether CodeMirror is here: `None` as long as it is on its way. It comes when the first document
/// is opened, not with the list of them.
pub(crate) fn bring() -> Signal<Option<bool>> {
    let here = RwSignal::new(None);
    spawn_local(async move {
        here.try_set(Some(editor_here().await.is_ok()));
    });
    here.into()
}

/// What a view is made with.
pub(crate) struct Options<'a> {
    pub(crate) text: &'a str,
    pub(crate) read_only: bool,
    /// The accessible name.
    pub(crate) label: &'a str,
    /// What an empty text shows.
    pub(crate) hint: &'a str,
}

/// What a view of the present tells. The closures live as long as this does.
pub(crate) struct Listeners {
    change: Closure<dyn FnMut(Array, String)>,
    selection: Closure<dyn FnMut(usize, usize)>,
    action: Closure<dyn FnMut(String)>,
}

/// What a view asks while somebody points at its text: who wrote a character, and when.
pub(crate) type Who = Closure<dyn FnMut(usize) -> String>;

impl Listeners {
    /// `change` hears `[from, to, insert, …]` and "typed", "pasted" or "replaced";
    /// `selection` hears anchor and head, at most once a frame; `action` hears "undo", "redo"
    /// and "blur".
    pub(crate) fn new(
        change: impl Fn(Array, String) + 'static,
        selection: impl Fn(usize, usize) + 'static,
        action: impl Fn(String) + 'static,
    ) -> Self {
        Self {
            change: Closure::new(change),
            selection: Closure::new(selection),
            action: Closure::new(action),
        }
    }
}

/// Somebody's selection, in UTF-16 positions.
pub(crate) struct Cursor {
    pub(crate) name: String,
    /// A class of the style sheet.
    pub(crate) colour: String,
    pub(crate) anchor: usize,
    pub(crate) head: usize,
}

/// How a part of a text of the past is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MarkKind {
    /// This moment's edit wrote it.
    Changed,
    /// It was written later.
    Added,
    /// It is deleted, by this moment's edit or later.
    Removed,
    /// A task was ticked; its box hides the letter.
    Ticked,
    /// A task was opened again.
    Unticked,
    /// Somebody came to see it.
    Found,
}

/// One such part, in UTF-16 positions.
pub(crate) struct Mark {
    pub(crate) kind: MarkKind,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Text that stands at `from` without being in the shown text.
    pub(crate) text: Option<String>,
    /// A class of the style sheet.
    pub(crate) colour: Option<String>,
}

impl Mark {
    /// Whether it shows what came.
    pub(crate) fn is_added(&self) -> bool {
        self.kind == MarkKind::Added
    }
}

impl View {
    /// A view inside `parent`.
    pub(crate) fn new(
        parent: &HtmlElement,
        options: &Options<'_>,
        listeners: Option<&Listeners>,
        who: Option<&Who>,
    ) -> Self {
        let nothing = Closure::<dyn FnMut()>::new(|| ()).into_js_value();
        let js = Object::new();
        set(&js, "text", &options.text.into());
        set(&js, "readOnly", &options.read_only.into());
        set(&js, "label", &options.label.into());
        set(&js, "hint", &options.hint.into());
        set(&js, "words", &said());
        set(&js, "entries", &slash());
        set(&js, "onChange", listeners.map_or(&nothing, |l| l.change.as_ref()));
        set(&js, "onSelection", listeners.map_or(&nothing, |l| l.selection.as_ref()));
        set(&js, "onAction", listeners.map_or(&nothing, |l| l.action.as_ref()));
        set(&js, "onWho", who.map_or(&nothing, |who| who.as_ref()));
        create(parent, &js)
    }

    /// Draws the other people; whoever was drawn before and is not among them is gone.
    pub(crate) fn draw_cursors(&self, cursors: impl Iterator<Item = Cursor>) {
        let people = Array::new();
        for cursor in cursors {
            let js = Object::new();
            set(&js, "name", &cursor.name.into());
            set(&js, "colour", &cursor.colour.into());
            set(&js, "anchor", &cursor.anchor.into());
            set(&js, "head", &cursor.head.into());
            people.push(&js);
        }
        self.set_cursors(&people);
    }

    /// Draws what changed instead of what was drawn before, and scrolls to `reveal` unless it
    /// can be seen already. With `fade` what was drawn before is seen to fade.
    pub(crate) fn draw_marks(
        &self,
        marks: impl IntoIterator<Item = Mark>,
        reveal: Option<usize>,
        fade: bool,
    ) {
        let list = Array::new();
        for mark in marks {
            let js = Object::new();
            let kind = match mark.kind {
                MarkKind::Changed => "changed",
                MarkKind::Added => "added",
                MarkKind::Removed => "removed",
                MarkKind::Ticked => "ticked",
                MarkKind::Unticked => "unticked",
                MarkKind::Found => "found",
            };
            set(&js, "kind", &kind.into());
            set(&js, "from", &mark.from.into());
            set(&js, "to", &mark.to.into());
            if let Some(text) = mark.text {
                set(&js, "text", &text.into());
            }
            if let Some(colour) = mark.colour {
                set(&js, "colour", &colour.into());
            }
            list.push(&js);
        }
        self.set_marks(&list, reveal.map_or(-1.0, |pos| pos as f64), fade);
    }

    /// Marks a change of a comparison as the one where one stands, or none.
    pub(crate) fn draw_current(&self, change: Option<(usize, usize)>) {
        let (from, to) = change.map_or((-1.0, -1.0), |(from, to)| (from as f64, to as f64));
        self.show_change(from, to);
    }

    /// Draws who wrote what: stretches, each with the number of a class of the style sheet.
    pub(crate) fn draw_authors(
        &self,
        stretches: impl IntoIterator<Item = (usize, usize, usize)>,
        classes: &[String],
    ) {
        let flat = Array::new();
        for (from, to, class) in stretches {
            for number in [from, to, class] {
                flat.push(&number.into());
            }
        }
        self.set_authors(&flat, &classes.iter().map(JsValue::from).collect());
    }

    /// What is selected, in UTF-16 positions.
    pub(crate) fn selection(&self) -> Option<(usize, usize)> {
        let found = self.selected();
        let at = |nth| found.get(nth).as_f64().map(|pos| pos as usize);
        Some((at(0)?, at(1)?))
    }

    /// Where the caret is or was last, in UTF-16 units, if it ever was in the text.
    pub(crate) fn last_caret(&self) -> Option<usize> {
        let pos = self.caret();
        (pos >= 0.0).then_some(pos as usize)
    }
}

/// The words that the bridge shows.
fn said() -> Object {
    let js = Object::new();
    for (key, text) in writing::BRIDGE {
        set(&js, key, &text.into());
    }
    js
}

/// The entries of the slash menu.
fn slash() -> Array {
    let entries = Array::new();
    for (run, name, find, hint) in writing::SLASH {
        let js = Object::new();
        for (key, text) in [("run", run), ("name", name), ("find", find), ("hint", hint)] {
            set(&js, key, &text.into());
        }
        entries.push(&js);
    }
    entries
}

/// What is selected in the text that is shown, now or of the past.
pub(crate) fn selection() -> Option<(usize, usize)> {
    let shown = document().query_selector(".sheet:not([hidden]) .cm-content").ok()??;
    let ends = selection_of(shown.dyn_ref()?)?;
    let end = |nth| ends.get(nth).as_f64().map(|place| place as usize);
    Some((end(0)?, end(1)?))
}

/// The words that are selected in the text that is shown.
pub(crate) fn selected_text() -> Option<String> {
    let shown = document().query_selector(".sheet:not([hidden]) .cm-content").ok()??;
    selection_of(shown.dyn_ref()?)?.get(2).as_string()
}

fn set(object: &Object, key: &str, value: &JsValue) {
    // Setting a property of a fresh plain object cannot fail.
    let _ = Reflect::set(object, &key.into(), value);
}
