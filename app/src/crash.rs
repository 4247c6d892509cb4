//! What a person sees when the app itself breaks: plain words and a way on. A panic leaves
//! the app unusable, but every edit is in the store, so that reloading loses nothing.

use wasm_bindgen::prelude::*;

use crate::words;

/// The overlay's id; a second panic does not put up a second one.
const OVERLAY: &str = "palimpsest-crash";

/// From now on a panic is shown instead of a page that no longer answers.
pub fn show_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.to_string();
        report(&message.as_str().into());
        // Without a page there is nobody to tell.
        let _ = show(&message);
    }));
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn report(message: &JsValue);
}

/// Builds the overlay with plain DOM calls: the framework may be what broke.
fn show(message: &str) -> Result<(), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let document = window.document().ok_or(JsValue::NULL)?;
    if document.get_element_by_id(OVERLAY).is_some() {
        return Ok(());
    }
    let overlay = document.create_element("div")?;
    overlay.set_id(OVERLAY);
    overlay.set_attribute("role", "alertdialog")?;
    overlay.set_attribute("aria-label", words::STOPPED)?;
    overlay.set_attribute(
        "style",
        "position:fixed;inset:0;z-index:2147483647;display:grid;place-content:center;gap:1rem;\
         padding:2rem;text-align:center;font:1rem/1.5 system-ui,sans-serif;\
         background:#1b1815;color:#f4efe6",
    )?;
    let title = document.create_element("h1")?;
    title.set_text_content(Some(words::STOPPED));
    let told = document.create_element("p")?;
    told.set_text_content(Some(words::STOPPED_TEXT));
    let reload = document.create_element("button")?;
    reload.set_text_content(Some(words::RELOAD));
    reload.set_attribute(
        "style",
        "justify-self:center;padding:.6rem 1.4rem;font:inherit;border:0;border-radius:.5rem;\
         background:#f4efe6;color:#1b1815;cursor:pointer",
    )?;
    let on_click = Closure::<dyn FnMut()>::new(move || {
        let _ = window.location().reload();
    });
    reload.add_event_listener_with_callback("click", on_click.as_ref().unchecked_ref())?;
    // The page ends with this button; the closure may live as long.
    on_click.forget();
    let details = document.create_element("pre")?;
    details.set_text_content(Some(message));
    details.set_attribute("style", "max-width:90vw;overflow:auto;opacity:.7;font-size:.8rem")?;
    for child in [&title, &told, &reload, &details] {
        overlay.append_child(child)?;
    }
    document.body().ok_or(JsValue::NULL)?.append_child(&overlay)?;
    Ok(())
}
