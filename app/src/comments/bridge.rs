//! The Rust side of `app/js/comments.js`: its functions by name, and the two sheets of text that
//! they work on. No positions are counted here.

use js_sys::{Array, Object, Reflect};
use leptos::prelude::document;
use wasm_bindgen::prelude::*;
use web_sys::Element;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = palimpsestComments, js_name = draw)]
    fn js_draw(sheet: &Element, rail: &Element, list: &Array, length: usize) -> bool;

    #[wasm_bindgen(js_namespace = palimpsestComments, js_name = draft)]
    fn js_draft(sheet: &Element, range: &JsValue);

    #[wasm_bindgen(js_namespace = palimpsestComments, js_name = deselect)]
    fn js_deselect(sheet: &Element);

    #[wasm_bindgen(js_namespace = palimpsestComments, js_name = offer)]
    fn js_offer(sheet: &Element, words: &str);

    #[wasm_bindgen(js_namespace = palimpsestComments, js_name = selection)]
    fn js_selection(sheet: &Element) -> JsValue;

    #[wasm_bindgen(js_namespace = palimpsestComments, js_name = reveal)]
    fn js_reveal(sheet: &Element, id: &str);

    #[wasm_bindgen(js_namespace = palimpsestComments, js_name = lay)]
    fn js_lay(sheet: &Element);
}

/// One of the places where a text is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sheet {
    /// The text as it is.
    Now,
    /// The text as it was.
    Then,
}

/// A passage to be underlined, in UTF-16 positions.
pub(super) struct Underline {
    pub(super) id: String,
    pub(super) from: usize,
    pub(super) to: usize,
    /// "open", "resolved" or "chosen".
    pub(super) kind: &'static str,
}

impl Sheet {
    fn element(self) -> Option<Element> {
        let which = match self {
            Self::Now => ".sheet.live",
            Self::Then => ".sheet.past",
        };
        document().query_selector(which).ok().flatten()
    }

    /// Underlines passages in a text of so many UTF-16 units, with the cards of `rail` beside
    /// it; `false` if such a text is not shown (yet).
    pub(super) fn draw(self, rail: &Element, list: &[Underline], length: usize) -> bool {
        let Some(sheet) = self.element() else { return false };
        let all = Array::new();
        for Underline { id, from, to, kind } in list {
            let js = Object::new();
            // Setting a property of a fresh plain object cannot fail.
            let _ = Reflect::set(&js, &"id".into(), &id.into());
            let _ = Reflect::set(&js, &"from".into(), &(*from).into());
            let _ = Reflect::set(&js, &"to".into(), &(*to).into());
            let _ = Reflect::set(&js, &"kind".into(), &(*kind).into());
            all.push(&js);
        }
        js_draw(&sheet, rail, &all, length)
    }

    /// Underlines what a comment is being written about; with `None` nothing any more.
    pub(super) fn draft(self, range: Option<(usize, usize)>) {
        let Some(sheet) = self.element() else { return };
        let range = range.map(|(from, to)| Array::of2(&from.into(), &to.into()));
        js_draft(&sheet, &range.map_or(JsValue::NULL, JsValue::from));
    }

    /// Puts the caret behind what is selected.
    pub(super) fn deselect(self) {
        if let Some(sheet) = self.element() {
            js_deselect(&sheet);
        }
    }

    /// Offers a button with these words beside every selection; none without words.
    pub(super) fn offer(self, words: &str) {
        if let Some(sheet) = self.element() {
            js_offer(&sheet, words);
        }
    }

    /// What is selected there, or else the word or line at the caret.
    pub(super) fn selection(self) -> Option<(usize, usize)> {
        let pair: Array = js_selection(&self.element()?).dyn_into().ok()?;
        let at = |nth| pair.get(nth).as_f64().map(|pos| pos as usize);
        Some((at(0)?, at(1)?))
    }

    /// Brings a passage into view.
    pub(super) fn reveal(self, id: &str) {
        if let Some(sheet) = self.element() {
            js_reveal(&sheet, id);
        }
    }

    /// Puts the cards beside their passages again.
    pub(super) fn lay(self) {
        if let Some(sheet) = self.element() {
            js_lay(&sheet);
        }
    }
}
