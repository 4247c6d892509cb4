//! Where in time a desk stands: now or at a revision, alone or compared with another. Seeks
//! are gathered to one an animation frame. How it moves by itself is in `play`, what it asks of
//! the document in `deeds`. Nothing here is drawn.

use leptos::prelude::*;
use palimpsest_core::{Graph, Moment, Revision, Timeline};

use crate::clock;
use crate::desk::Desk;
use crate::timeline::axis::{Axis, Scale, Window};
use crate::timeline::compare::{Compare, Layout, Other};
use crate::timeline::flags::{self, Flag};
use crate::timeline::links::Place;
use crate::timeline::models::Models;
use crate::timeline::pace::Pace;

/// The time machine of one desk. Copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Machine {
    /// Whose past it is.
    pub(crate) desk: Desk,
    history: Signal<(Revision, Revision)>,
    at: RwSignal<Option<Revision>>,
    awaited: RwSignal<Option<Place>>,
    /// Where the next frame goes, when a frame is on its way.
    target: StoredValue<Option<Target>>,
    models: StoredValue<Models, LocalStorage>,
    /// Whether it moves by itself; written by `play` alone.
    pub(super) moving: RwSignal<bool>,
    /// How fast it plays.
    pub(crate) pace: RwSignal<Pace>,
    /// Whether pauses are skipped when it plays by the clock.
    pub(crate) skip_idle: RwSignal<bool>,
    /// What the shown moment is compared with.
    pub(crate) compare: Compare,
    /// Whether the view follows what changes.
    pub(crate) follow: RwSignal<bool>,
    /// Whether the text is coloured by who wrote it.
    pub(crate) authors: RwSignal<bool>,
    /// Whether the present is shown beside the past.
    pub(crate) beside_now: RwSignal<bool>,
    /// Whether something of the past's text is selected.
    pub(crate) selected: RwSignal<bool>,
    /// What distances on the line mean.
    pub(crate) axis: RwSignal<Axis>,
    /// Where each revision is on the line.
    pub(crate) scale: RwSignal<Scale>,
    /// The part of the line that is looked at.
    pub(crate) window: RwSignal<Window>,
    /// What stands out on the line.
    pub(crate) flags: RwSignal<Vec<Flag>>,
}

#[derive(Clone, Copy)]
enum Target {
    Now,
    At(Revision),
}

/// Which texts are in the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Panes {
    /// The present alone.
    Now,
    /// A moment alone, or what changed between two.
    Past,
    /// A moment, and the present going on beside it.
    PastAndNow,
    /// Two moments.
    Two,
}

impl Panes {
    /// What the style sheet calls them.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Past => "past",
            Self::PastAndNow => "past-now",
            Self::Two => "two",
        }
    }
}

impl Machine {
    /// A machine that stands at `at`, or at now.
    pub(crate) fn new(desk: Desk, at: Option<Revision>) -> Self {
        Self {
            desk,
            history: desk.history(),
            at: RwSignal::new(at),
            awaited: RwSignal::new(None),
            target: StoredValue::new(None),
            models: StoredValue::new_local(Models::default()),
            moving: RwSignal::new(false),
            pace: RwSignal::new(Pace::Edits(8.0)),
            skip_idle: RwSignal::new(true),
            compare: Compare::new(),
            follow: RwSignal::new(true),
            authors: RwSignal::new(false),
            beside_now: RwSignal::new(false),
            selected: RwSignal::new(false),
            axis: RwSignal::new(Axis::default()),
            scale: RwSignal::new(Scale::even(0)),
            window: RwSignal::new(Window::WHOLE),
            flags: RwSignal::new(Vec::new()),
        }
    }

    /// The revision whose text is shown; `None` is now.
    pub(crate) fn at(self) -> RwSignal<Option<Revision>> {
        self.at
    }

    /// Where it is to stand as soon as the past is read.
    pub(crate) fn awaited(self) -> Signal<Option<Place>> {
        self.awaited.into()
    }

    /// Whether somebody is in the past or on the way there.
    pub(crate) fn is_away(self) -> bool {
        self.at.get().is_some() || self.awaited.get().is_some()
    }

    /// The same, for those who only look once.
    pub(crate) fn is_away_now(self) -> bool {
        self.at.get_untracked().is_some() || self.awaited.get_untracked().is_some()
    }

    /// Whether two moments are compared and shown so.
    pub(crate) fn is_comparing(self) -> bool {
        self.compare.on() && !self.moving.get() && self.at.get().is_some()
    }

    /// Which texts are in the page.
    pub(crate) fn panes(self) -> Panes {
        if !self.is_away() {
            Panes::Now
        } else if self.is_comparing() && self.compare.layout.get() == Layout::Beside {
            Panes::Two
        } else if self.beside_now.get() && self.at.get().is_some() {
            Panes::PastAndNow
        } else {
            Panes::Past
        }
    }

    /// The last ordered revision, and the last one with pending events.
    pub(crate) fn history(self) -> Signal<(Revision, Revision)> {
        self.history
    }

    /// The last revision there is, pending ones included.
    pub(crate) fn last(self) -> Revision {
        self.history.get().1
    }

    /// The same, for those who only look once.
    pub(crate) fn last_now(self) -> Revision {
        self.history.get_untracked().1
    }

    /// Where it stands or is about to stand; now is the last revision.
    pub(crate) fn standing(self) -> Revision {
        match self.target.get_value() {
            Some(Target::At(revision)) => revision,
            Some(Target::Now) => self.last_now(),
            None => self.at.get_untracked().unwrap_or_else(|| self.last_now()),
        }
    }

    /// What happened at some revision.
    pub(crate) fn moment_at(self, revision: Revision) -> Option<Moment> {
        self.desk.with_timeline(|timeline, graph| timeline.moment(graph, revision))
    }

    /// Reads something off the timeline with the models that keep up with it.
    pub(crate) fn read<R: Default>(
        self,
        read: impl FnOnce(&mut Models, &Timeline, &Graph) -> R,
    ) -> R {
        let models = |models: &mut Models| {
            self.desk.with_timeline(|timeline, graph| read(models, timeline, graph))
        };
        self.models.try_update_value(models).unwrap_or_default()
    }

    /// The two moments that are compared, the earlier one first. `None` as the later one is the
    /// present.
    pub(crate) fn pair(self) -> Option<(Revision, Option<Revision>)> {
        let (at, with) = (self.at.get()?, self.compare.with.get()?);
        Some(match with {
            Other::Now => (at, None),
            Other::At(other) => (at.min(other), Some(at.max(other))),
        })
    }

    /// Goes to a revision in the next frame; from the last one on, that is now.
    pub(crate) fn seek(self, revision: Revision) {
        let last = self.last_now();
        if revision < last {
            self.go(Target::At(revision.max(Revision(1))));
        } else if self.compare.with.get_untracked().is_some() {
            // Who compares wants to see the last moment, not to leave.
            self.go(Target::At(last));
        } else {
            self.go(Target::Now);
        }
    }

    /// Goes `by` edits on, or back.
    pub(crate) fn step(self, by: i64) {
        self.pause();
        self.seek(Revision(self.standing().0.saturating_add_signed(by)));
    }

    /// Goes to where the next or the previous author begins to write.
    pub(crate) fn step_author(self, forward: bool) {
        self.pause();
        let (from, last) = (self.standing().0, self.last_now().0);
        let found = self.desk.with_timeline(|timeline, graph| {
            let author = |n: u64| timeline.moment(graph, Revision(n)).map(|moment| moment.author);
            if timeline.authors().len() < 2 {
                return if forward { last } else { 1 };
            }
            if forward {
                let here = author(from);
                (from + 1..=last).find(|n| author(*n) != here).unwrap_or(last)
            } else {
                // To the beginning of this author's run, or, from there, of the one before.
                let before = from.saturating_sub(1);
                let there = author(before);
                (1..before).rev().find(|n| author(*n) != there).map_or(1, |n| n + 1)
            }
        });
        self.seek(Revision(found));
    }

    /// Goes to where the next sitting begins, or this one, or the one before.
    pub(crate) fn step_sitting(self, forward: bool) {
        self.pause();
        let from = self.standing();
        let found = self.read(|models, timeline, graph| {
            let sittings = models.sittings(timeline, graph).all();
            let mut beginnings = sittings.iter().map(|sitting| sitting.from);
            if forward {
                beginnings.find(|begins| *begins > from)
            } else {
                beginnings.rfind(|begins| *begins < from)
            }
        });
        match (found, forward) {
            (Some(revision), _) => self.seek(revision),
            (None, true) => self.seek(self.last_now()),
            (None, false) => self.seek(Revision(1)),
        }
    }

    /// Goes to the next thing that stands out, or to the one before.
    pub(crate) fn step_flag(self, forward: bool) {
        self.pause();
        let from = self.standing();
        let found = self
            .flags
            .with_untracked(|flags| flags::next(flags, from, forward).map(|flag| flag.revision));
        match (found, forward) {
            (Some(revision), _) => self.seek(revision),
            (None, true) => self.seek(self.last_now()),
            (None, false) => self.seek(Revision(1)),
        }
    }

    /// Comes back to the present.
    pub(crate) fn back_to_now(self) {
        self.pause();
        self.awaited.set(None);
        self.go(Target::Now);
    }

    /// Stands at a revision at once, also at the last one: what a link to a moment means.
    pub(crate) fn open(self, at: Option<Revision>) {
        self.pause();
        self.awaited.set(None);
        self.target.set_value(None);
        self.arrive(at);
    }

    /// Is about to stand where the text cannot be read yet. Leaving is possible.
    pub(crate) fn await_place(self, place: Place) {
        if self.awaited.get_untracked() != Some(place) {
            self.awaited.set(Some(place));
        }
    }

    /// Compares the shown moment with another; from now on, the last sitting with the present.
    pub(crate) fn compare_with(self, other: Option<Other>) {
        self.pause();
        if other.is_some() && self.at.get_untracked().is_none() {
            let last = self.last_now();
            let begins = self.read(|models, timeline, graph| {
                models.sittings(timeline, graph).all().last().map(|sitting| sitting.from)
            });
            let from = begins.map_or(1, |from| from.0.saturating_sub(1)).clamp(1, last.0.max(1));
            self.open(Some(Revision(from)));
        }
        self.compare.set(other);
    }

    /// Puts the other handle of a comparison somewhere; from the last revision on, that is now.
    pub(crate) fn put_other(self, revision: Revision) {
        let now = revision >= self.last_now();
        self.compare.set(Some(if now { Other::Now } else { Other::At(revision.max(Revision(1))) }));
    }

    fn go(self, target: Target) {
        let waiting = self.target.get_value().is_some();
        self.target.set_value(Some(target));
        if waiting {
            return;
        }
        clock::on_next_frame(move || {
            // The desk may have been closed in the meantime.
            let Some(Some(target)) = self.target.try_update_value(Option::take) else { return };
            self.arrive(match target {
                Target::Now => None,
                Target::At(revision) => Some(revision),
            });
        });
    }

    pub(super) fn arrive(self, at: Option<Revision>) {
        let was = self.at.get_untracked();
        if was == at {
            return;
        }
        if was.is_none() {
            // What was typed until now is an edit of its own, and nobody's caret stays behind.
            self.desk.seal();
            self.desk.present(None);
        }
        if at.is_none() {
            self.compare.set(None);
            self.selected.set(false);
        }
        self.at.set(at);
        if let Some(revision) = at {
            let place = self.scale.with_untracked(|scale| scale.place(revision));
            let (seen, moved) = {
                let window = self.window.get_untracked();
                (window, window.showing(place))
            };
            if seen != moved {
                self.window.set(moved);
            }
        }
    }
}
