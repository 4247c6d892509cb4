//! Files that come from a person or go to one: the Rust side of `app/js/files.js`. What is in
//! them is not looked at here.

use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = palimpsestFiles, js_name = dropped)]
    fn js_dropped(transfer: &JsValue) -> Promise;

    #[wasm_bindgen(js_namespace = palimpsestFiles, js_name = chosen)]
    fn js_chosen(field: &HtmlInputElement) -> Array;

    #[wasm_bindgen(js_namespace = palimpsestFiles, js_name = bytes)]
    fn js_bytes(file: &JsValue) -> Promise;

    #[wasm_bindgen(js_namespace = palimpsestFiles, js_name = save)]
    fn js_save(name: &str, kind: &str, bytes: &Uint8Array);
}

/// A file and the path that it has below what was chosen.
pub(crate) struct Given {
    pub(crate) path: String,
    file: JsValue,
}

impl Given {
    /// How many bytes it has.
    pub(crate) fn size(&self) -> f64 {
        get(&self.file, "size").as_f64().unwrap_or_default()
    }

    /// What is in it; `None` if the browser cannot read it.
    pub(crate) async fn bytes(&self) -> Option<Vec<u8>> {
        let bytes = JsFuture::from(js_bytes(&self.file)).await.ok()?;
        Some(bytes.dyn_into::<Uint8Array>().ok()?.to_vec())
    }
}

/// What was dropped, whole folders too; asked for at once, while the event lasts.
pub(crate) fn dropped(event: &JsValue) -> impl Future<Output = Vec<Given>> + use<> {
    let promise = js_dropped(&get(event, "dataTransfer"));
    async move {
        let found = JsFuture::from(promise).await.ok();
        found.and_then(|found| found.dyn_into::<Array>().ok()).map(given).unwrap_or_default()
    }
}

/// What was chosen in a field.
pub(crate) fn chosen(field: &HtmlInputElement) -> Vec<Given> {
    given(js_chosen(field))
}

/// Lets the browser save a file.
pub(crate) fn save(name: &str, kind: &str, bytes: &[u8]) {
    js_save(name, kind, &Uint8Array::from(bytes));
}

/// Whether a drag brings files.
pub(crate) fn brings_files(event: &JsValue) -> bool {
    let types = get(&get(event, "dataTransfer"), "types");
    Array::from(&types).includes(&"Files".into(), 0)
}

fn given(list: Array) -> Vec<Given> {
    let one = |entry: JsValue| Given {
        path: get(&entry, "path").as_string().unwrap_or_default(),
        file: get(&entry, "file"),
    };
    list.iter().map(one).collect()
}

fn get(object: &JsValue, key: &str) -> JsValue {
    // What is not an object has no properties.
    Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED)
}
