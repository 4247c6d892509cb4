//! Where in time a desk stands: now or at a revision, standing still or playing. Seeks are
//! gathered to one an animation frame. Nothing here is drawn.

use leptos::prelude::*;
use palimpsest_core::{Command, Moment, Revision};

use crate::clock;
use crate::desk::Desk;

/// A gap after a long frame counts as this many milliseconds at most, so that playback goes on
/// from where it was after the page was hidden.
const FRAME_MILLIS_MAX: f64 = 100.0;

/// How fast the past is played, in edits a second.
pub(crate) const SPEEDS: [u32; 4] = [1, 8, 50, 200];

/// The time machine of one desk. Copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Machine {
    desk: Desk,
    history: Signal<(Revision, Revision)>,
    at: RwSignal<Option<Revision>>,
    playing: RwSignal<bool>,
    speed: RwSignal<u32>,
    comparing: RwSignal<bool>,
    difference: RwSignal<Option<(usize, usize)>>,
    /// Where the next frame goes, when a frame is on its way.
    target: StoredValue<Option<Target>>,
}

#[derive(Clone, Copy)]
enum Target {
    Now,
    At(Revision),
}

impl Machine {
    /// A machine that stands at `at`, or at now.
    pub(crate) fn new(desk: Desk, at: Option<Revision>) -> Self {
        Self {
            desk,
            history: desk.history(),
            at: RwSignal::new(at),
            playing: RwSignal::new(false),
            speed: RwSignal::new(SPEEDS[1]),
            comparing: RwSignal::new(false),
            difference: RwSignal::new(None),
            target: StoredValue::new(None),
        }
    }

    /// The revision whose text is shown; `None` is now.
    pub(crate) fn at(self) -> RwSignal<Option<Revision>> {
        self.at
    }

    /// Whether it moves by itself.
    pub(crate) fn playing(self) -> Signal<bool> {
        self.playing.into()
    }

    /// Edits a second.
    pub(crate) fn speed(self) -> RwSignal<u32> {
        self.speed
    }

    /// Whether the shown moment is compared with now.
    pub(crate) fn comparing(self) -> RwSignal<bool> {
        self.comparing
    }

    /// How many characters were added and removed since the shown moment, while comparing.
    pub(crate) fn difference(self) -> Signal<Option<(usize, usize)>> {
        self.difference.into()
    }

    /// The view of the past tells what it found.
    pub(crate) fn tell_difference(self, difference: Option<(usize, usize)>) {
        if self.difference.get_untracked() != difference {
            self.difference.set(difference);
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

    fn last_untracked(self) -> Revision {
        self.history.get_untracked().1
    }

    /// Where it stands or is about to stand; now is the last revision.
    pub(crate) fn standing(self) -> Revision {
        match self.target.get_value() {
            Some(Target::At(revision)) => revision,
            Some(Target::Now) => self.last_untracked(),
            None => self.at.get_untracked().unwrap_or_else(|| self.last_untracked()),
        }
    }

    /// What happened at the revision where it stands, now being the last one.
    pub(crate) fn moment(self) -> Option<Moment> {
        let revision = self.at.get().unwrap_or_else(|| self.last());
        self.moment_at(revision)
    }

    /// What happened at some revision.
    pub(crate) fn moment_at(self, revision: Revision) -> Option<Moment> {
        self.desk.with_timeline(|timeline, graph| timeline.moment(graph, revision))
    }

    /// Goes to a revision in the next frame; from the last one on, that is now.
    pub(crate) fn seek(self, revision: Revision) {
        let last = self.last_untracked();
        if revision >= last {
            self.go(Target::Now);
        } else {
            self.go(Target::At(revision.max(Revision(1))));
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
        let (from, last) = (self.standing().0, self.last_untracked().0);
        let found = self.desk.with_timeline(|timeline, graph| {
            let author = |n: u64| timeline.moment(graph, Revision(n)).map(|moment| moment.author);
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

    /// Comes back to the present.
    pub(crate) fn back_to_now(self) {
        self.pause();
        self.go(Target::Now);
    }

    /// Stands at a revision at once, also at the last one: what a link to a moment means.
    pub(crate) fn open(self, at: Option<Revision>) {
        self.pause();
        self.arrive(at);
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

    fn arrive(self, at: Option<Revision>) {
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
            self.comparing.set(false);
        }
        self.at.set(at);
    }

    /// Starts or stops playing.
    pub(crate) fn toggle(self) {
        if self.playing.get_untracked() { self.pause() } else { self.play() }
    }

    /// Stops playing.
    pub(crate) fn pause(self) {
        if self.playing.get_untracked() {
            self.playing.set(false);
        }
    }

    /// Plays from where it stands; from now, it plays the whole story.
    fn play(self) {
        if self.last_untracked() <= Revision(1) {
            return;
        }
        let from = match self.at.get_untracked() {
            Some(at) if at < self.last_untracked() => at,
            Some(_) | None => Revision(1),
        };
        self.arrive(Some(from));
        self.playing.set(true);
        self.play_on(from.0 as f64, clock::elapsed());
    }

    /// One frame of playing: `position` is the revision with the part of the next one that
    /// has gone by.
    fn play_on(self, position: f64, since: f64) {
        clock::on_next_frame(move || {
            if self.playing.try_get_untracked() != Some(true) {
                return;
            }
            let now = clock::elapsed();
            let seconds = (now - since).clamp(0.0, FRAME_MILLIS_MAX) / 1000.0;
            let position = position + seconds * f64::from(self.speed.get_untracked());
            let revision = Revision(position as u64);
            if revision >= self.last_untracked() {
                self.playing.set(false);
                self.arrive(None);
                return;
            }
            self.arrive(Some(revision));
            self.play_on(position, now);
        });
    }

    /// Makes the document say again what it said at the shown moment, as a new edit. Returns
    /// the reason when that is refused.
    pub(crate) fn restore(self) -> Result<(), String> {
        let Some(revision) = self.at.get_untracked() else { return Ok(()) };
        let text = self.desk.with_timeline(|timeline, _| timeline.text_at(revision));
        self.desk
            .dispatch(Command::RestoreVersion { revision, text })
            .map_err(|refused| refused.to_string())?;
        self.pause();
        self.arrive(None);
        Ok(())
    }

    /// Gives a name to where it stands. Returns the reason when that is refused.
    pub(crate) fn name(self, name: String) -> Result<(), String> {
        let revision = self.at.get_untracked().unwrap_or_else(|| {
            self.desk.seal();
            self.last_untracked()
        });
        let Some(moment) = self.moment_at(revision) else {
            return Err(crate::words::NOTHING_TO_NAME.to_owned());
        };
        let command = Command::NameVersion { name, moment: moment.event };
        self.desk.dispatch(command).map_err(|refused| refused.to_string())
    }
}
