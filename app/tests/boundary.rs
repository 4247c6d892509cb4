//! The boundary between the browser, which counts UTF-16 units, and the core, which counts
//! Unicode scalars: both count the same text, and nothing lands inside a character.

use palimpsest_core::Text;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Plain, accented, combining, outside the basic plane, joined, right to left.
const TEXTS: &[&str] = &[
    "",
    "plain\ntext\n",
    "na\u{ef}ve cafe\u{301}",
    "\u{1d11e} clef \u{10ffff}",
    "family \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} and flag \u{1f1f5}\u{1f1f1}",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{65e5}\u{672c}\u{8a9e}",
];

#[wasm_bindgen_test]
fn the_core_counts_units_as_the_browser_does() {
    for text in TEXTS {
        let browser = js_sys::JsString::from(*text);
        let core = Text::from(*text);
        assert_eq!(core.utf16_len(), browser.length() as usize, "{text:?}");
        for pos in 0..=core.len() {
            let units = core.utf16_of(pos);
            let before: String = text.chars().take(pos).collect();
            let head = browser.slice(0, units as u32);
            assert_eq!(String::from(head), before, "{text:?} at {pos}");
            assert_eq!(core.pos_of_utf16(units), Some(pos), "{text:?} at {pos}");
        }
    }
}

#[wasm_bindgen_test]
fn no_position_is_inside_a_surrogate_pair_or_past_the_end() {
    for text in TEXTS {
        let browser = js_sys::JsString::from(*text);
        let core = Text::from(*text);
        for unit in 0..browser.length() {
            let low = (0xdc00..0xe000).contains(&(browser.char_code_at(unit) as u32));
            assert_eq!(core.pos_of_utf16(unit as usize).is_none(), low, "{text:?} at {unit}");
        }
        assert_eq!(core.pos_of_utf16(browser.length() as usize + 1), None, "{text:?}");
    }
}
