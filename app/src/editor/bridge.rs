//! The Rust side of `app/js/editor.js`: its functions by name, and how options, people and
//! marks are put into JavaScript objects. No positions are counted here.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

#[wasm_bindgen]
extern "C" {
    /// One CodeMirror view.
    #[derive(Clone)]
    pub(crate) type View;

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

    #[wasm_bindgen(method, js_name = setCursors)]
    fn set_cursors(this: &View, people: &Array);

    #[wasm_bindgen(method, js_name = setMarks)]
    fn set_marks(this: &View, marks: &Array, reveal: f64);

    /// Where the view is scrolled to, as a fraction of its height.
    #[wasm_bindgen(method)]
    pub(crate) fn scroll(this: &View) -> f64;

    /// Scrolls to such a fraction.
    #[wasm_bindgen(method, js_name = scrollTo)]
    pub(crate) fn scroll_to(this: &View, fraction: f64);

    /// Opens the search panel.
    #[wasm_bindgen(method)]
    pub(crate) fn find(this: &View);

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

impl View {
    /// A view inside `parent`.
    pub(crate) fn new(
        parent: &HtmlElement,
        options: &Options<'_>,
        listeners: Option<&Listeners>,
    ) -> Self {
        let nothing = Closure::<dyn FnMut()>::new(|| ()).into_js_value();
        let js = Object::new();
        set(&js, "text", &options.text.into());
        set(&js, "readOnly", &options.read_only.into());
        set(&js, "label", &options.label.into());
        set(&js, "hint", &options.hint.into());
        set(&js, "onChange", listeners.map_or(&nothing, |l| l.change.as_ref()));
        set(&js, "onSelection", listeners.map_or(&nothing, |l| l.selection.as_ref()));
        set(&js, "onAction", listeners.map_or(&nothing, |l| l.action.as_ref()));
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
    /// can be seen already.
    pub(crate) fn draw_marks(&self, marks: impl IntoIterator<Item = Mark>, reveal: Option<usize>) {
        let list = Array::new();
        for mark in marks {
            let js = Object::new();
            let kind = match mark.kind {
                MarkKind::Changed => "changed",
                MarkKind::Added => "added",
                MarkKind::Removed => "removed",
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
        self.set_marks(&list, reveal.map_or(-1.0, |pos| pos as f64));
    }
}

fn set(object: &Object, key: &str, value: &JsValue) {
    // Setting a property of a fresh plain object cannot fail.
    let _ = Reflect::set(object, &key.into(), value);
}
