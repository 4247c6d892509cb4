//! Looking into the past: the life of a text, the search, what is new, taking back, the events.
//! What these share is here; each has a file of its own, and its panel is in `aside`.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

mod archive;
mod hunks;
mod look;
mod since;
mod spotlight;

use std::ops::Range;

use leptos::ev;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use palimpsest_core::Revision;

use crate::actions::{Action, Actions};
use crate::aside::{Aside, Subject};
use crate::desk::Desk;
use crate::editor::{self, Tools};
use crate::timeline::Machine;
use crate::words::insight as words;

pub(crate) use archive::Archive;
pub(crate) use hunks::{Hunk, Hunks, clipped, hunks_of, parts, whole_parts};
pub(crate) use look::SearchPage;
pub(crate) use since::{News, Since, SinceBanner, replay};
pub(crate) use spotlight::{Spot, Spotlight};

/// How many scalars of a selection are looked for.
const SOUGHT_MAX: usize = 120;

/// A stretch of the text at a revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stretch {
    pub(crate) at: Revision,
    pub(crate) range: Range<usize>,
}

/// Edits that somebody thinks of taking back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ask {
    /// Whose, or which, in words.
    pub(crate) label: String,
    pub(crate) revisions: Vec<Range<Revision>>,
}

/// What the panels of one document's page look at. A context of that page; copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Insight {
    pub(crate) desk: Desk,
    pub(crate) machine: Machine,
    pub(crate) tools: Tools,
    pub(crate) aside: Aside,
    pub(crate) spotlight: Spotlight,
    /// What the life panel tells of.
    pub(crate) stretch: RwSignal<Option<Stretch>>,
    /// What is to be taken back.
    pub(crate) ask: RwSignal<Option<Ask>>,
}

impl Insight {
    /// Everything that the panels need. Call inside the page's component.
    pub(crate) fn new(desk: Desk, machine: Machine, tools: Tools, aside: Aside) -> Self {
        let spotlight = expect_context::<Spotlight>();
        let (stretch, ask) = (RwSignal::new(None), RwSignal::new(None));
        Self { desk, machine, tools, aside, spotlight, stretch, ask }
    }

    /// Shows the life of what is selected, or of the sentence that the caret is in.
    pub(crate) fn show_life(self) {
        if let Some(stretch) = self.selected() {
            self.stretch.set(Some(stretch));
        }
        self.aside.show(Subject::Life);
    }

    fn selected(self) -> Option<Stretch> {
        let (from, to) = editor::selection()?;
        self.desk.seal();
        let past = self.machine.at().get_untracked();
        let at = past.unwrap_or_else(|| self.machine.history().get_untracked().1);
        let text = match past {
            Some(at) => self.desk.with_timeline(|timeline, _| timeline.text_at(at)),
            None => self.desk.with_document(|document| document.text().clone()),
        };
        let range = text.pos_of_utf16(from)?..text.pos_of_utf16(to)?;
        let range = if range.is_empty() { sentence(&text, range.start) } else { range };
        Some(Stretch { at, range })
    }

    /// Goes to a moment, with a stretch of it marked; from the last one on, that is now.
    pub(crate) fn go(self, at: Revision, range: Option<Range<usize>>) {
        self.uncover();
        let id = self.desk.id();
        let now = at >= self.machine.history().get_untracked().1;
        let spot_at = (!now).then_some(at);
        self.spotlight.shine(range.clone().map(|range| Spot { id, at: spot_at, range }));
        self.machine.open(spot_at);
        if let (true, Some(range)) = (now, range) {
            // The text of now is laid out when it is shown again.
            crate::clock::on_next_frame(move || {
                self.tools.select(&range);
            });
        }
    }

    /// Closes a panel that covers the text.
    pub(crate) fn uncover(self) {
        let covers = window().match_media("(max-width: 899px)");
        if covers.is_ok_and(|found| found.is_some_and(|found| found.matches())) {
            self.aside.close();
        }
    }

    /// Asks whether to take some edits back.
    pub(crate) fn think_of_taking_back(self, label: String, revisions: Vec<Range<Revision>>) {
        self.ask.set(Some(Ask { label, revisions }));
        self.aside.show(Subject::TakeBack);
    }

    /// Offers what can be looked at, and its keys.
    pub(crate) fn offer(self, ready: Memo<bool>) {
        let past = self.desk.past();
        let readable = Signal::derive(move || ready.get() && past.get());
        let show = |subject| Callback::new(move |()| self.aside.toggle(subject));
        let action = |name, keys, possible, act| Action { name, keys, possible, act };
        expect_context::<Actions>().offer([
            action(
                words::LIFE,
                "Ctrl Shift H",
                readable,
                Callback::new(move |()| self.show_life()),
            ),
            action(words::TAKE_BACK_TITLE, "", readable, show(Subject::TakeBack)),
            action(words::LEDGER, "", ready.into(), show(Subject::Ledger)),
            action(words::SINCE_TITLE, "", readable, show(Subject::Since)),
            action(words::EVENTS, "", readable, show(Subject::Events)),
        ]);
        let keys = window_event_listener(ev::keydown, move |event| {
            let chord = (event.ctrl_key() || event.meta_key()) && event.shift_key();
            if chord && event.key().eq_ignore_ascii_case("h") && readable.get_untracked() {
                event.prevent_default();
                self.show_life();
            }
        });
        on_cleanup(move || keys.remove());
        spotlight::follow(self);
    }
}

/// The sentence around a position: it does not go beyond its line.
fn sentence(text: &palimpsest_core::Text, pos: usize) -> Range<usize> {
    const REACH: usize = 600;
    let start = pos.saturating_sub(REACH);
    let around: Vec<char> = text.slice(start..(pos + REACH).min(text.len())).chars().collect();
    let ends = |nth: usize| {
        let next = around.get(nth + 1).is_none_or(|next| next.is_whitespace());
        around[nth] == '\n' || (matches!(around[nth], '.' | '!' | '?' | '…') && next)
    };
    let here = (pos - start).min(around.len());
    let from = (0..here).rev().find(|&nth| ends(nth)).map_or(0, |nth| nth + 1);
    let to = (here..around.len())
        .find(|&nth| ends(nth))
        .map_or(around.len(), |nth| if around[nth] == '\n' { nth } else { nth + 1 });
    let blank = around[from..to].iter().take_while(|one| one.is_whitespace()).count();
    start + from + blank.min(to - from)..start + to
}

/// The way to the search, for the side bar, the keys and every list of actions.
pub(crate) fn offer_search(actions: Actions) {
    let navigate = use_navigate();
    let go = Callback::new(move |words: String| {
        let query = String::from(js_sys::encode_uri_component(&words));
        let path = if words.is_empty() { "/search".into() } else { format!("/search?q={query}") };
        navigate(&path, NavigateOptions::default());
    });
    actions.search.set(Some(go));
    actions.offer([Action {
        name: words::SEARCH_PAST,
        keys: "Ctrl Shift F",
        possible: Signal::derive(|| true),
        act: Callback::new(move |()| go.run(String::new())),
    }]);
    let keys = window_event_listener(ev::keydown, move |event| {
        let chord = (event.ctrl_key() || event.meta_key()) && event.shift_key();
        if chord && event.key().eq_ignore_ascii_case("f") {
            event.prevent_default();
            // What is selected is what one looks for.
            let selected = editor::selected_text().unwrap_or_default();
            let short = selected.trim().chars().take(SOUGHT_MAX).collect();
            go.run(short);
        }
    });
    on_cleanup(move || keys.remove());
}
