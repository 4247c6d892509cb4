//! A difference to be read beside the text: each changed place with a few words around it.

use std::ops::Range;

use leptos::prelude::*;
use palimpsest_core::{Edit, Patch, Text};

/// How many scalars around a change are shown.
const AROUND: usize = 36;
/// Changes closer than this are one place.
const JOIN: usize = 24;
/// How many scalars of one insertion or deletion are shown.
const PART_MAX: usize = 400;
/// How many places are shown at most.
pub(crate) const HUNKS_MAX: usize = 200;

/// A part of a changed place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Same(String),
    Removed(String),
    Added(String),
}

/// A changed place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Hunk {
    pub(crate) parts: Vec<Part>,
    /// What it covers, in scalars of the text before and of the text after.
    pub(crate) before: Range<usize>,
    pub(crate) after: Range<usize>,
}

/// The changed places of a text, in order.
pub(crate) fn hunks_of(text: &Text, edits: &[Edit]) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    let len = text.len();
    let (mut end, mut shift) = (0, 0isize);
    for edit in edits {
        let goes_on = hunks.last().is_some() && edit.pos < end + JOIN;
        if !goes_on {
            if let Some(last) = hunks.last_mut() {
                last.parts.push(Part::Same(tail(text, end..(end + AROUND).min(len))));
            }
            if hunks.len() == HUNKS_MAX {
                return hunks;
            }
            let from = edit.pos.saturating_sub(AROUND).max(end);
            let start = edit.pos.saturating_add_signed(shift);
            hunks.push(Hunk {
                parts: vec![Part::Same(head(text, from..edit.pos))],
                before: edit.pos..edit.pos,
                after: start..start,
            });
        }
        let Some(hunk) = hunks.last_mut() else { continue };
        if goes_on && end < edit.pos {
            hunk.parts.push(Part::Same(text.slice(end..edit.pos)));
        }
        if !edit.deleted.is_empty() {
            hunk.parts.push(Part::Removed(clipped(&edit.deleted)));
        }
        if !edit.inserted.is_empty() {
            hunk.parts.push(Part::Added(clipped(&edit.inserted)));
        }
        let (deleted, inserted) = (edit.deleted.chars().count(), edit.inserted.chars().count());
        end = edit.pos + deleted;
        let start = edit.pos.saturating_add_signed(shift);
        shift += inserted as isize - deleted as isize;
        hunk.before.end = end;
        hunk.after.end = start + inserted;
    }
    if let Some(last) = hunks.last_mut() {
        last.parts.push(Part::Same(tail(text, end..(end + AROUND).min(len))));
    }
    hunks
}

/// What stands in front, from the beginning of its line.
fn head(text: &Text, range: Range<usize>) -> String {
    let cut = range.start > 0;
    let text = text.slice(range);
    match text.rsplit_once('\n') {
        Some((_, line)) => line.to_owned(),
        None if cut => format!("…{text}"),
        None => text,
    }
}

/// What stands behind, to the end of its line.
fn tail(text: &Text, range: Range<usize>) -> String {
    let cut = range.end < text.len();
    let text = text.slice(range);
    match text.split_once('\n') {
        Some((line, _)) => line.to_owned(),
        None if cut => format!("{text}…"),
        None => text,
    }
}

pub(crate) fn clipped(text: &str) -> String {
    match text.char_indices().nth(PART_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The parts of a place, drawn.
pub(crate) fn parts(parts: Vec<Part>) -> impl IntoView {
    parts
        .into_iter()
        .map(|part| match part {
            Part::Same(text) => text.into_any(),
            Part::Removed(text) => view! { <del>{text}</del> }.into_any(),
            Part::Added(text) => view! { <ins>{text}</ins> }.into_any(),
        })
        .collect_view()
}

/// A list of changed places; each leads to where it is.
#[component]
pub(crate) fn Hunks(
    hunks: Vec<Hunk>,
    /// What a click on one does.
    #[prop(into)]
    go: Callback<Hunk>,
) -> impl IntoView {
    let each = hunks.into_iter().map(|hunk| {
        let shown = parts(hunk.parts.clone());
        view! {
            <li>
                <button type="button" class="hunk quiet" on:click=move |_| go.run(hunk.clone())>
                    {shown}
                </button>
            </li>
        }
    });
    view! { <ul class="hunks">{each.collect_view()}</ul> }
}

/// A whole text with what a patch does to it.
pub(crate) fn whole_parts(text: &Text, patch: &Patch) -> Vec<Part> {
    let (mut parts, mut end) = (Vec::new(), 0);
    for edit in patch.edits() {
        if end < edit.pos {
            parts.push(Part::Same(text.slice(end..edit.pos)));
        }
        if !edit.deleted.is_empty() {
            parts.push(Part::Removed(clipped(&edit.deleted)));
        }
        if !edit.inserted.is_empty() {
            parts.push(Part::Added(clipped(&edit.inserted)));
        }
        end = edit.end();
    }
    if end < text.len() {
        parts.push(Part::Same(text.slice(end..text.len())));
    }
    parts
}
