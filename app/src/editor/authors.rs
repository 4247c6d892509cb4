//! Who wrote what, drawn under the text of now or of a moment, and said of the character that
//! is pointed at. What an author looks like is `faces`'.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use palimpsest_core::{Authorship, Graph, ReadModel, Revision, Text, Timeline};

use crate::desk::Desk;
use crate::editor::bridge::{View, Who};
use crate::faces::{colour_class, colour_of};
use crate::later::Later;
use crate::timeline::Machine;
use crate::timeline::authors::line_class;
use crate::when;
use crate::words::machine as words;

/// The text of now is coloured again when nobody typed for this long.
const PAINT_AFTER: Duration = Duration::from_millis(300);

/// Who wrote the text of one moment, as it was read last.
pub(super) type Read = Rc<RefCell<Option<(Revision, Authorship)>>>;

/// Says who wrote a character of the text of now, and when.
pub(super) fn who_now(desk: Desk, machine: Machine) -> Who {
    Who::new(move |utf16: usize| {
        let Some(pos) = desk.with_document(|document| document.text().pos_of_utf16(utf16)) else {
            return String::new();
        };
        machine.read(|models, timeline, graph| {
            let revision = models.authorship(timeline, graph).revision_of(pos);
            say(desk, timeline, graph, revision)
        })
    })
}

/// Says who wrote a character of a text of the past, and when.
pub(super) fn who_then(desk: Desk, read: Read, text: impl Fn() -> Option<Text> + 'static) -> Who {
    Who::new(move |utf16: usize| {
        let pos = text().and_then(|text| text.pos_of_utf16(utf16));
        let read = read.borrow();
        let (Some(pos), Some((_, authorship))) = (pos, read.as_ref()) else {
            return String::new();
        };
        desk.with_timeline(|timeline, graph| {
            say(desk, timeline, graph, authorship.revision_of(pos))
        })
    })
}

fn say(desk: Desk, timeline: &Timeline, graph: &Graph, revision: Option<Revision>) -> String {
    let moment = revision.and_then(|revision| timeline.moment(graph, revision));
    moment.map_or_else(String::new, |moment| {
        words::written_by(&desk.name_of(moment.author), &when::brief(moment.time))
    })
}

/// Colours the text of a moment.
pub(super) fn paint_then(desk: Desk, view: &View, read: &Read, revision: Revision, text: &Text) {
    let mut read = read.borrow_mut();
    desk.with_timeline(|timeline, graph| {
        let known = read.take().filter(|(at, _)| *at == revision);
        let (_, authorship) = read
            .insert(known.unwrap_or_else(|| (revision, Authorship::at(timeline, graph, revision))));
        paint(desk, view, authorship, timeline, graph, text);
    });
}

/// Takes the colours away.
pub(super) fn unpaint(view: &View) {
    view.draw_authors([], &[]);
}

fn paint(
    desk: Desk,
    view: &View,
    authorship: &Authorship,
    timeline: &Timeline,
    graph: &Graph,
    text: &Text,
) {
    let authors = timeline.authors();
    let classes: Vec<String> = desk.profiles().with_untracked(|known| {
        let class = |(nth, author)| {
            format!("{} {}", colour_class(colour_of(known, author)), line_class(nth))
        };
        authors.iter().copied().enumerate().map(class).collect()
    });
    let stretches = authorship.authors(timeline, graph, 0..text.len());
    let drawn = stretches.into_iter().filter_map(|(range, author)| {
        let class = authors.iter().position(|known| *known == author)?;
        let utf16 = |pos: usize| text.utf16_of(pos.min(text.len()));
        Some((utf16(range.start), utf16(range.end), class))
    });
    view.draw_authors(drawn, &classes);
}

/// Keeps the text of now coloured while that is asked for.
pub(super) fn keep_now(
    desk: Desk,
    machine: Machine,
    view: impl Fn() -> Option<View> + Clone + 'static,
) {
    let later = Later::new(PAINT_AFTER);
    let (past, profiles) = (desk.past(), desk.profiles());
    Effect::new(move |before: Option<bool>| {
        let view_now = view();
        let on = machine.authors.get() && past.get();
        later.stop();
        let Some(view_now) = view_now else { return false };
        if !on {
            if before == Some(true) {
                unpaint(&view_now);
            }
            return false;
        }
        machine.history().track();
        profiles.track();
        let view = view.clone();
        let late = move || {
            let Some(view) = untrack(view) else { return };
            let text = desk.with_document(|document| document.text().clone());
            machine.read(|models, timeline, graph| {
                let authorship = models.authorship(timeline, graph);
                // Both are of one moment unless a change is just on its way.
                if authorship.len() == text.len() {
                    paint(desk, &view, authorship, timeline, graph, &text);
                }
            });
        };
        if before == Some(true) {
            later.start(late);
        } else {
            late();
        }
        true
    });
}
