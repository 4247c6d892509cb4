//! Handing out the shown text as a Markdown file. Other forms of export are the server's.

use js_sys::Array;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use crate::desk::Desk;
use crate::timeline::Machine;
use crate::words;

/// Lets the browser save the text of the moment that is shown.
pub(crate) fn save(desk: Desk, machine: Machine) {
    let (title, text) = match machine.at().get_untracked() {
        None => desk
            .with_document(|document| (document.title().to_owned(), document.text().to_string())),
        Some(at) => (
            format!("{} (edit {})", words::titled(&desk.title_at(at)), at.0),
            desk.with_timeline(|timeline, _| timeline.text_at(at).to_string()),
        ),
    };
    // Each step fails only in a page that is being torn down; then there is nothing to save.
    let kind = BlobPropertyBag::new();
    kind.set_type("text/markdown;charset=utf-8");
    let Ok(blob) = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &kind) else {
        return;
    };
    let Ok(url) = Url::create_object_url_with_blob(&blob) else { return };
    if let Ok(link) = document().create_element("a")
        && let Ok(link) = link.dyn_into::<HtmlAnchorElement>()
    {
        link.set_href(&url);
        link.set_download(&format!("{}.md", file_name(&title)));
        link.click();
    }
    let _ = Url::revoke_object_url(&url);
}

/// A title without what file systems refuse.
fn file_name(title: &str) -> String {
    let clean = |c: char| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '-' } else { c };
    words::titled(title).trim().chars().map(clean).take(120).collect()
}
