//! The time machine moving by itself: from where it stands to now, or through a range.

use leptos::prelude::*;
use palimpsest_core::Revision;

use crate::clock;
use crate::timeline::compare::Other;
use crate::timeline::machine::Machine;
use crate::timeline::pace::{Pace, Position};

/// A gap after a long frame counts as this many milliseconds at most, so that playback goes on
/// from where it was after the page was hidden.
const FRAME_MILLIS_MAX: f64 = 100.0;
/// How long a range is played that is to be seen at a glance.
const GLANCE_SECONDS: f64 = 10.0;

/// One stretch of playing.
#[derive(Clone, Copy)]
struct Run {
    pace: Option<Pace>,
    /// The last revision of the range that is played; `None` plays on to now.
    until: Option<Revision>,
    from: Revision,
}

impl Machine {
    /// Whether it moves by itself.
    pub(crate) fn playing(self) -> Signal<bool> {
        self.moving.into()
    }

    /// Starts or stops playing.
    pub(crate) fn toggle(self) {
        if self.moving.get_untracked() { self.pause() } else { self.play() }
    }

    /// Stops playing.
    pub(crate) fn pause(self) {
        if self.moving.get_untracked() {
            self.moving.set(false);
        }
    }

    /// Plays from where it stands; from now, it plays the whole story; the range, if two
    /// moments are compared.
    pub(crate) fn play(self) {
        match untrack(move || self.pair()) {
            Some((from, until)) => self.start(Run { pace: None, until, from }),
            None => {
                let at = self.at().get_untracked().filter(|at| *at < self.last_now());
                self.start(Run { pace: None, until: None, from: at.unwrap_or(Revision(1)) });
            }
        }
    }

    /// Plays the range between the two moments that are compared in ten seconds, or what lies
    /// between the shown moment and now.
    pub(crate) fn play_in_ten_seconds(self) {
        let range = untrack(move || self.pair());
        let from = self.at().get_untracked().unwrap_or(Revision(1));
        let (from, until) = range.unwrap_or((from, None));
        let edits = until.unwrap_or_else(|| self.last_now()).0.saturating_sub(from.0);
        let pace = Some(Pace::Edits(edits.max(1) as f64 / GLANCE_SECONDS));
        self.start(Run { pace, until, from });
    }

    fn start(self, run: Run) {
        if run.from >= run.until.unwrap_or_else(|| self.last_now()) {
            return;
        }
        self.arrive(Some(run.from));
        self.moving.set(true);
        self.play_on(run, Position { revision: run.from, since: 0.0 }, clock::elapsed());
    }

    fn play_on(self, run: Run, position: Position, since: f64) {
        clock::on_next_frame(move || {
            if self.moving.try_get_untracked() != Some(true) {
                return;
            }
            let now = clock::elapsed();
            let millis = (now - since).clamp(0.0, FRAME_MILLIS_MAX);
            let pace = run.pace.unwrap_or_else(|| self.pace.get_untracked());
            let until = run.until.unwrap_or_else(|| self.last_now());
            let skip_idle = self.skip_idle.get_untracked();
            let position = self.desk.with_timeline(|timeline, graph| {
                let time = |at| timeline.moment(graph, at).map(|moment| moment.time);
                position.after(millis, pace, skip_idle, until, time)
            });
            if position.revision >= until {
                return self.finish(run);
            }
            self.arrive(Some(position.revision));
            self.play_on(run, position, now);
        });
    }

    /// A range ends at its end, with the same two moments compared as before; the story now.
    fn finish(self, run: Run) {
        let comparing = self.compare.with.get_untracked().is_some();
        match (run.until, comparing) {
            (Some(until), true) => {
                self.compare.set(Some(Other::At(run.from)));
                self.arrive(Some(until));
            }
            (Some(until), false) => self.arrive(Some(until)),
            // The range was from a moment to the present: it is compared again.
            (None, true) => self.arrive(Some(run.from)),
            (None, false) => self.arrive(None),
        }
        self.moving.set(false);
    }
}
