//! Between the core's scalars and the browser's UTF-16: patches, changes and positions. The
//! counting itself is done by the core's `Text`.

use js_sys::Array;
use palimpsest_core::{Changes, Patch, Text, TextChange};
use wasm_bindgen::JsValue;

/// A patch as the bridge wants it, given the text before the patch.
pub(crate) fn flat(patch: &Patch, before: &Text) -> Array {
    let flat = Array::new();
    for edit in patch.edits() {
        let from = before.utf16_of(edit.pos);
        let to = from + edit.deleted.encode_utf16().count();
        flat.push(&from.into());
        flat.push(&to.into());
        flat.push(&edit.inserted.as_str().into());
    }
    flat
}

/// The bridge's changes as a command wants them, given the text before them. `None` when a
/// change lies past the end or cuts a surrogate pair in two.
pub(crate) fn changes(flat: &Array, before: &Text) -> Option<Changes> {
    let mut changes = Changes::new();
    for i in (0..flat.length()).step_by(3) {
        let from = before.pos_of_utf16(index(&flat.get(i))?)?;
        let to = before.pos_of_utf16(index(&flat.get(i + 1))?)?;
        let insert = flat.get(i + 2).as_string()?.into();
        changes.push(TextChange { pos: from, delete: to.checked_sub(from)?, insert });
    }
    Some(changes)
}

fn index(value: &JsValue) -> Option<usize> {
    value.as_f64().filter(|n| *n >= 0.0).map(|n| n as usize)
}

/// A position that may lie past the end of a text that has changed since.
pub(crate) fn utf16_within(text: &Text, pos: usize) -> usize {
    text.utf16_of(pos.min(text.len()))
}
