//! Handing out what is shown: the text of now or of the moment one reads, as a Markdown file or
//! as a web page of its own, and the log with everything in it. Other forms of export are the
//! server's.

use palimpsest_core::Document;
use wasm_bindgen::prelude::*;

use crate::desk::Desk;
use crate::files;
use crate::timeline::Machine;
use crate::when;
use crate::words;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = palimpsestWebpage, js_name = of)]
    fn js_webpage(text: &str, title: &str, told: &str) -> String;
}

/// What is shown, and what it is called.
struct Shown {
    title: String,
    /// What tells its moment apart in the name of a file: empty now.
    moment: String,
    /// Its moment in a sentence.
    told: String,
    text: String,
}

fn shown(desk: Desk, machine: Machine) -> Shown {
    let Some(at) = machine.shown() else {
        let title = desk.with_document(Document::name);
        let title = words::titled(&title).to_owned();
        let text = desk.with_document(|document| document.text().to_string());
        let told = words::exported_now(&title, &when::full(crate::clock::now()));
        return Shown { title, moment: String::new(), told, text };
    };
    let time = machine.moment_at(at).map(|moment| moment.time);
    let date = time.map_or_else(String::new, |time| format!("{}, ", when::sorted(time)));
    let title = words::titled(&desk.titles_at(at).1).to_owned();
    let full = time.map(when::full).unwrap_or_default();
    Shown {
        told: words::exported_then(&title, &full, at.0),
        title,
        moment: format!(" ({date}edit {})", at.0),
        text: desk.with_timeline(|timeline, _| timeline.text_at(at).to_string()),
    }
}

/// Lets the browser save the text that is shown.
pub(crate) fn save(desk: Desk, machine: Machine) {
    let Shown { title, moment, text, .. } = shown(desk, machine);
    let name = format!("{}.md", file_name(&format!("{title}{moment}")));
    files::save(&name, "text/markdown;charset=utf-8", text.as_bytes());
}

/// Lets the browser save the text that is shown as a page that needs nothing else.
pub(crate) fn save_webpage(desk: Desk, machine: Machine) {
    let Shown { title, moment, told, text } = shown(desk, machine);
    let page = js_webpage(&text, &title, &told);
    let name = format!("{}.html", file_name(&format!("{title}{moment}")));
    files::save(&name, "text/html;charset=utf-8", page.as_bytes());
}

/// Lets the browser save a document's log, as it can be imported again.
pub(crate) fn save_bytes(title: &str, bytes: &[u8]) {
    files::save(&format!("{}.pllg", file_name(title)), "application/octet-stream", bytes);
}

/// A title without what file systems refuse.
fn file_name(title: &str) -> String {
    let clean = |c: char| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '-' } else { c };
    words::titled(title).trim().chars().map(clean).take(120).collect()
}
