//! Hearing what happens anywhere on the page, also where it does not bubble up from.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Calls `act` at every event of this name until the caller's owner is cleaned up.
pub(crate) fn hear(name: &'static str, act: impl Fn() + 'static) {
    let listener = Closure::<dyn Fn()>::new(act);
    let function = listener.as_ref().unchecked_ref::<js_sys::Function>().clone();
    // The document is there as long as the page is.
    let _ = document().add_event_listener_with_callback_and_bool(name, &function, true);
    let kept = StoredValue::new_local(Some((listener, function)));
    on_cleanup(move || {
        let Some(Some((_, function))) = kept.try_update_value(Option::take) else { return };
        let _ = document().remove_event_listener_with_callback_and_bool(name, &function, true);
    });
}
