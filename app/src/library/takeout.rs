//! Taking documents out: one as a Markdown file or with its history, or all of them in one zip
//! file, in their folders.

use std::collections::BTreeSet;

use js_sys::Date;
use leptos::prelude::*;
use palimpsest_core::Timestamp;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::files;
use crate::library::import::HISTORY;
use crate::library::zip::{Moment, Zip};
use crate::panels::toast::Toasts;
use crate::words;
use crate::words::library as said;
use crate::workspace::{Contents, Listing, Workspace};

/// In which form a document is taken out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// The text as it is.
    Markdown,
    /// Every edit.
    History,
}

impl Form {
    fn end(self) -> &'static str {
        match self {
            Self::Markdown => ".md",
            Self::History => HISTORY,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown;charset=utf-8",
            Self::History => "application/octet-stream",
        }
    }

    fn bytes(self, contents: Contents) -> Vec<u8> {
        match self {
            Self::Markdown => contents.text.into_bytes(),
            Self::History => contents.log,
        }
    }
}

/// Takes one document out.
pub(crate) fn take_one(workspace: Workspace, toasts: Toasts, listing: &Listing, form: Form) {
    let (id, title) = (listing.id, listing.name.clone());
    spawn_local(async move {
        match workspace.read(id).await {
            Some(contents) => {
                let name = format!("{}{}", file_name(words::titled(&title)), form.end());
                files::save(&name, form.kind(), &form.bytes(contents));
            }
            None => toasts.say(said::missing(1)),
        }
    });
}

/// Takes all documents out, one after the other, into one file.
pub(crate) fn take_all(
    workspace: Workspace,
    toasts: Toasts,
    progress: RwSignal<Option<(usize, usize)>>,
    form: Form,
) {
    let listings = workspace.library().get_untracked();
    if listings.is_empty() {
        return toasts.say(said::NOTHING_TO_EXPORT);
    }
    spawn_local(async move {
        let (mut zip, mut taken, mut missing) = (Zip::new(), BTreeSet::new(), 0);
        let total = listings.len();
        for (nth, listing) in listings.into_iter().enumerate() {
            progress.set(Some((nth + 1, total)));
            let Some(contents) = workspace.read(listing.id).await else {
                missing += 1;
                continue;
            };
            let name = path(&contents.folder, &listing, form, &mut taken);
            if !zip.add(&name, &moment(listing.changed), &form.bytes(contents)) {
                progress.set(None);
                return toasts.say(said::TOO_MUCH);
            }
        }
        progress.set(None);
        files::save("Palimpsest.zip", "application/zip", &zip.finish());
        if missing > 0 {
            toasts.say(said::missing(missing));
        }
    });
}

/// Where a document lies in the file: no two at one place.
fn path(folder: &str, listing: &Listing, form: Form, taken: &mut BTreeSet<String>) -> String {
    let mut place: String = folder
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| file_name(part) + "/")
        .collect();
    if listing.archived {
        place = format!("{}/{place}", words::ARCHIVED);
    }
    let title = file_name(words::titled(&listing.name));
    let mut nth = 1;
    loop {
        let number = if nth > 1 { format!(" ({nth})") } else { String::new() };
        let name = format!("{place}{title}{number}{}", form.end());
        // On some systems names that differ in case alone are the same.
        if taken.insert(name.to_lowercase()) {
            return name;
        }
        nth += 1;
    }
}

/// A title without what file systems refuse.
fn file_name(title: &str) -> String {
    let clean = |c: char| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '-' } else { c };
    let name: String = title.trim().chars().map(clean).take(120).collect();
    // "." and ".." lead elsewhere, and what begins with a dot is hidden.
    if name.starts_with('.') { format!("-{name}") } else { name }
}

fn moment(time: Timestamp) -> Moment {
    let date = Date::new(&JsValue::from_f64(time.0 as f64));
    Moment {
        year: date.get_full_year(),
        month: date.get_month() + 1,
        day: date.get_date(),
        hour: date.get_hours(),
        minute: date.get_minutes(),
        second: date.get_seconds(),
    }
}
