//! Questions to the server over HTTP, with the key of a link. What is asked and what answers mean
//! is known to who asks.

use palimpsest_core::LinkKey;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

/// An answer, whatever it says.
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) text: String,
}

impl Answer {
    /// Whether what was asked was done.
    pub(crate) fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON, if what was asked was done; otherwise the sentence that says why not.
    pub(crate) fn json(&self) -> Result<serde_json::Value, String> {
        let value: serde_json::Value = serde_json::from_str(&self.text).unwrap_or_default();
        if self.is_ok() {
            return Ok(value);
        }
        let detail = value["detail"].as_str();
        Err(detail.map_or_else(|| crate::words::NO_ANSWER.to_owned(), str::to_owned))
    }
}

/// Asks; `None` when the server cannot be reached. A body is JSON.
pub(crate) async fn ask(
    method: &str,
    path: &str,
    key: Option<LinkKey>,
    body: Option<&str>,
) -> Option<Answer> {
    let headers = Headers::new().ok()?;
    if let Some(key) = key {
        headers.set("authorization", &format!("Bearer {}", key.reveal())).ok()?;
    }
    let request = RequestInit::new();
    request.set_method(method);
    if let Some(body) = body {
        headers.set("content-type", "application/json").ok()?;
        request.set_body(&JsValue::from_str(body));
    }
    request.set_headers(&headers);
    let window = web_sys::window()?;
    let answer = JsFuture::from(window.fetch_with_str_and_init(path, &request)).await.ok()?;
    let answer: Response = answer.dyn_into().ok()?;
    let text = JsFuture::from(answer.text().ok()?).await.ok()?.as_string()?;
    Some(Answer { status: answer.status(), text })
}
