//! How fast the past is played: by edits or by the clock. Nothing here moves.

use palimpsest_core::{Revision, Timestamp};

/// A pause that is skipped takes this long.
const PAUSE_MS: f64 = 1_000.0;

/// How fast.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Pace {
    /// Edits a second, whatever lay between them.
    Edits(f64),
    /// As it was, so many times as fast.
    Clock(f64),
}

impl Pace {
    /// What can be chosen by edits.
    pub(crate) const BY_EDITS: [f64; 9] = [0.5, 1.0, 2.0, 4.0, 8.0, 20.0, 50.0, 100.0, 200.0];
    /// What can be chosen by the clock.
    pub(crate) const BY_CLOCK: [f64; 4] = [1.0, 5.0, 20.0, 100.0];

    /// A short form for addresses and lists: "8", "real", "real5".
    pub(crate) fn key(self) -> String {
        match self {
            Self::Edits(rate) => rate.to_string(),
            Self::Clock(1.0) => "real".to_owned(),
            Self::Clock(times) => format!("real{times}"),
        }
    }

    /// What a short form means. Speeds nobody offers are brought into bounds.
    pub(crate) fn read(key: &str) -> Option<Self> {
        let number = |text: &str| text.parse().ok().filter(|n: &f64| n.is_finite() && *n > 0.0);
        match key.strip_prefix("real") {
            Some("") => Some(Self::Clock(1.0)),
            Some(times) => number(times).map(|times| Self::Clock(times.clamp(1.0, 1_000.0))),
            None => number(key).map(|rate| Self::Edits(rate.clamp(0.5, 200.0))),
        }
    }
}

/// Where playing is: a revision and how much of the way to the next one has gone by.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Position {
    /// The revision that is shown.
    pub(crate) revision: Revision,
    /// By edits: a part of an edit. By the clock: milliseconds since the revision.
    pub(crate) since: f64,
}

impl Position {
    /// The position `millis` later. `time` says when an edit was made.
    pub(crate) fn after(
        mut self,
        millis: f64,
        pace: Pace,
        skip_idle: bool,
        until: Revision,
        time: impl Fn(Revision) -> Option<Timestamp>,
    ) -> Self {
        match pace {
            Pace::Edits(rate) => {
                let gone = self.since + millis / 1000.0 * rate;
                self.revision = Revision(self.revision.0.saturating_add(gone as u64).min(until.0));
                self.since = gone.fract();
            }
            Pace::Clock(times) => {
                self.since += millis * times;
                while self.revision < until {
                    let next = Revision(self.revision.0 + 1);
                    let (Some(before), Some(after)) = (time(self.revision), time(next)) else {
                        break;
                    };
                    // Clocks of several people disagree, and nobody waits for the past.
                    let mut gap = (after.0 - before.0).max(0) as f64;
                    if skip_idle {
                        gap = gap.min(PAUSE_MS * times);
                    }
                    if self.since < gap {
                        break;
                    }
                    self.since -= gap;
                    self.revision = next;
                }
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn played(pace: Pace, skip_idle: bool, millis: f64) -> u64 {
        let times = [0, 0, 500, 900, 60_900, 61_000];
        let time = |revision: Revision| times.get(revision.0 as usize).map(|&at| Timestamp(at));
        let start = Position { revision: Revision(1), since: 0.0 };
        start.after(millis, pace, skip_idle, Revision(5), time).revision.0
    }

    #[wasm_bindgen_test]
    fn time_goes_by_as_it_did_or_without_pauses() {
        assert_eq!(played(Pace::Edits(2.0), false, 1_000.0), 3);
        assert_eq!(played(Pace::Edits(200.0), false, 1_000.0), 5);
        assert_eq!(played(Pace::Clock(1.0), false, 899.0), 2);
        assert_eq!(played(Pace::Clock(1.0), false, 900.0), 3);
        assert_eq!(played(Pace::Clock(1.0), false, 30_000.0), 3);
        assert_eq!(played(Pace::Clock(1.0), true, 1_900.0), 4);
        assert_eq!(played(Pace::Clock(100.0), false, 609.0), 4);
    }

    #[wasm_bindgen_test]
    fn a_speed_is_read_as_it_is_written() {
        for pace in [Pace::Edits(0.5), Pace::Edits(200.0), Pace::Clock(1.0), Pace::Clock(20.0)] {
            assert_eq!(Pace::read(&pace.key()), Some(pace));
        }
        assert_eq!(Pace::read("1e99"), Some(Pace::Edits(200.0)));
        assert_eq!(Pace::read("fast"), None);
    }
}
