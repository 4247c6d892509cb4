//! Which distance on the line of time means what: by sittings, by edits or by the clock, and
//! which part of the line is looked at. Nothing here is drawn.

use palimpsest_core::{Graph, Revision, Sitting, Timeline};

/// What equal distances mean.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Axis {
    /// Edits, with a gap wherever work was interrupted.
    #[default]
    Sessions,
    /// Edits, without gaps.
    Edits,
    /// Working time: of the pauses between sittings only a gap is left.
    Clock,
}

/// How much of the line the gaps between sittings take together, and each of them, at most.
const GAPS: f64 = 0.24;
const GAP: f64 = 0.03;
/// A sitting is at least this wide, compared with all of them.
const SITTING: f64 = 0.01;
/// A sitting of a single edit lasts this long on the clock.
const MOMENT_MS: f64 = 60_000.0;
/// How often the clock is read along the whole line.
const READINGS: u64 = 4_000;
/// Edits made at the same time still have places of their own: this part of the clock's axis
/// goes by edits.
const BY_EDITS: f64 = 0.04;

/// A line from 0 to 1 on which every revision has a place.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Scale {
    last: u64,
    stretches: Vec<Stretch>,
}

/// Revisions that follow each other without a gap: those after `before`, up to `last`.
#[derive(Clone, PartialEq, Debug)]
struct Stretch {
    before: u64,
    last: u64,
    left: f64,
    right: f64,
    /// Between its ends: how many revisions have gone by at which part of its width.
    knots: Vec<(u64, f64)>,
}

impl Stretch {
    fn fraction(&self, revision: u64) -> f64 {
        let gone = revision.clamp(self.before, self.last) - self.before;
        let next = self.knots.partition_point(|(knot, _)| *knot < gone);
        let (from, to) = self.between(next);
        let part = ratio((gone - from.0) as f64, (to.0 - from.0) as f64);
        from.1 + part * (to.1 - from.1)
    }

    /// How many of its revisions have gone by at a part of its width, with fractions.
    fn gone(&self, fraction: f64) -> f64 {
        let next = self.knots.partition_point(|(_, knot)| *knot < fraction);
        let (from, to) = self.between(next);
        let part = ratio(fraction - from.1, to.1 - from.1).clamp(0.0, 1.0);
        from.0 as f64 + part * (to.0 - from.0) as f64
    }

    /// The knot at an index and the one before it; the ends are knots too.
    fn between(&self, next: usize) -> ((u64, f64), (u64, f64)) {
        let from = next.checked_sub(1).and_then(|at| self.knots.get(at)).copied();
        let to = self.knots.get(next).copied();
        (from.unwrap_or((0, 0.0)), to.unwrap_or((self.last - self.before, 1.0)))
    }

    fn x(&self, revision: u64) -> f64 {
        self.left + self.fraction(revision) * (self.right - self.left)
    }
}

impl Scale {
    /// The line of a document of `last` revisions without gaps.
    pub(crate) fn even(last: u64) -> Self {
        let whole = Stretch { before: 0, last, left: 0.0, right: 1.0, knots: Vec::new() };
        Self { last, stretches: vec![whole] }
    }

    /// The line of a timeline that has these sittings.
    pub(crate) fn of(axis: Axis, timeline: &Timeline, graph: &Graph, sittings: &[Sitting]) -> Self {
        let last = timeline.last().0;
        match axis {
            Axis::Edits => Self::even(last),
            Axis::Sessions => Self::with_gaps(last, sittings, |sitting| {
                ((sitting.to.0 - sitting.from.0) as f64, Vec::new())
            }),
            Axis::Clock => {
                let time = |revision: u64| {
                    let moment = timeline.moment(graph, Revision(revision));
                    moment.map_or(0.0, |moment| moment.time.0 as f64)
                };
                Self::with_gaps(last, sittings, |sitting| {
                    let worked = (sitting.end.0 - sitting.start.0) as f64;
                    (worked + MOMENT_MS, readings(sitting, last, time))
                })
            }
        }
    }

    fn with_gaps(
        last: u64,
        sittings: &[Sitting],
        measure: impl Fn(&Sitting) -> (f64, Vec<(u64, f64)>),
    ) -> Self {
        let measured: Vec<_> = sittings.iter().map(measure).collect();
        let whole: f64 = measured.iter().map(|(weight, _)| weight).sum();
        if sittings.len() < 2 || whole <= 0.0 {
            let mut line = Self::even(last);
            line.stretches[0].knots = measured.into_iter().next().unwrap_or_default().1;
            return line;
        }
        let gaps = (sittings.len() - 1) as f64;
        let gap = (GAPS / gaps).min(GAP);
        let least = whole * SITTING.min(0.5 / sittings.len() as f64);
        let all: f64 = measured.iter().map(|(weight, _)| weight.max(least)).sum();
        let room = 1.0 - gap * gaps;
        let mut left = 0.0;
        let mut stretches: Vec<_> = sittings
            .iter()
            .zip(measured)
            .map(|(sitting, (weight, knots))| {
                let right = left + weight.max(least) / all * room;
                let (before, last) = (sitting.from.0 - 1, sitting.to.0 - 1);
                let stretch = Stretch { before, last, left, right, knots };
                left = right + gap;
                stretch
            })
            .collect();
        if let Some(end) = stretches.last_mut() {
            // Rounding must not keep the last revision from the end of the line.
            end.right = 1.0;
        }
        Self { last, stretches }
    }

    /// How many revisions the line has.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Where a revision ends: the place where one stands to read it.
    pub(crate) fn place(&self, revision: Revision) -> f64 {
        if revision.0 >= self.last {
            return 1.0;
        }
        let at = self.stretches.partition_point(|stretch| stretch.last < revision.0);
        self.stretches.get(at).map_or(1.0, |stretch| stretch.x(revision.0))
    }

    /// How many revisions have ended at a place of the line.
    pub(crate) fn gone(&self, x: f64) -> u64 {
        let at = self.stretches.partition_point(|stretch| stretch.right < x);
        let Some(stretch) = self.stretches.get(at) else { return self.last };
        if x < stretch.left {
            return stretch.before;
        }
        let fraction = ratio(x - stretch.left, stretch.right - stretch.left);
        stretch.before + (stretch.gone(fraction) + 1e-6) as u64
    }

    /// The revision whose end is nearest to a place of the line.
    pub(crate) fn revision(&self, x: f64) -> Revision {
        let x = x.clamp(0.0, 1.0);
        let low = self.gone(x);
        let high = (low + 1).min(self.last);
        let away = |revision: u64| (self.place(Revision(revision)) - x).abs();
        let nearest = if low >= 1 && away(low) <= away(high) { low } else { high };
        Revision(nearest.max(1).min(self.last.max(1)))
    }

    /// The revisions with which stretches begin, the first one left out.
    pub(crate) fn beginnings(&self) -> impl Iterator<Item = (Revision, f64)> {
        let later = self.stretches.iter().skip(1);
        later.map(|stretch| (Revision(stretch.before + 1), stretch.left))
    }
}

/// What the clock says along a sitting. Clocks of several people disagree; on the line time
/// never goes back.
fn readings(sitting: &Sitting, last: u64, time: impl Fn(u64) -> f64) -> Vec<(u64, f64)> {
    let edits = sitting.to.0 - sitting.from.0;
    let (start, worked) = (sitting.start.0 as f64, (sitting.end.0 - sitting.start.0) as f64);
    if edits < 2 || worked <= 0.0 {
        return Vec::new();
    }
    let step = (last / READINGS).max(1);
    let mut latest = 0.0f64;
    let reading = |gone: u64| {
        let read = ((time(sitting.from.0 + gone - 1) - start) / worked).clamp(0.0, 1.0);
        latest = latest.max(read);
        (gone, latest * (1.0 - BY_EDITS) + gone as f64 / edits as f64 * BY_EDITS)
    };
    (1..edits).step_by(step as usize).map(reading).collect()
}

/// The part of the line that is looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Window {
    /// Where it begins, on the line.
    pub(crate) low: f64,
    /// Where it ends.
    pub(crate) high: f64,
}

impl Window {
    /// The whole line.
    pub(crate) const WHOLE: Self = Self { low: 0.0, high: 1.0 };

    /// How much of the line it shows.
    pub(crate) fn width(self) -> f64 {
        self.high - self.low
    }

    /// Where a place of the line is seen: from 0, at the left edge, to 1.
    pub(crate) fn seen(self, x: f64) -> f64 {
        (x - self.low) / self.width()
    }

    /// Which place of the line is seen there.
    pub(crate) fn line(self, seen: f64) -> f64 {
        self.low + seen * self.width()
    }

    /// Closer by `factor`, or farther; what is seen at `seen` stays there.
    pub(crate) fn zoomed(self, seen: f64, factor: f64, least: f64) -> Self {
        let width = (self.width() / factor).clamp(least.min(1.0), 1.0);
        let low = self.line(seen) - seen * width;
        Self::at(low, width)
    }

    /// As close, farther along by a part of what is seen.
    pub(crate) fn moved(self, by: f64) -> Self {
        Self::at(self.low + by * self.width(), self.width())
    }

    /// As close, and so that a place of the line can be seen: moved only if it cannot.
    pub(crate) fn showing(self, x: f64) -> Self {
        let seen = self.seen(x);
        if (0.0..=1.0).contains(&seen) {
            self
        } else {
            Self::at(x - self.width() / 2.0, self.width())
        }
    }

    fn at(low: f64, width: f64) -> Self {
        let low = low.clamp(0.0, 1.0 - width);
        Self { low, high: low + width }
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use palimpsest_core::Timestamp;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn sitting(from: u64, to: u64, start: i64, end: i64) -> Sitting {
        let (start, end) = (Timestamp(start), Timestamp(end));
        Sitting { from: Revision(from), to: Revision(to), start, end, by_author: Vec::new() }
    }

    fn check(scale: &Scale) {
        let mut before = -1.0;
        for revision in 1..=scale.last() {
            let place = scale.place(Revision(revision));
            assert!(place > before, "{revision} is right of the one before: {place} {before}");
            assert_eq!(scale.revision(place), Revision(revision), "{scale:?}");
            assert_eq!(scale.gone(place), revision, "{scale:?}");
            before = place;
        }
        assert_eq!(before, 1.0);
        assert_eq!(scale.revision(0.0), Revision(1));
    }

    #[wasm_bindgen_test]
    fn every_revision_has_a_place_and_is_found_there() {
        check(&Scale::even(1));
        check(&Scale::even(1_000));
        let sittings = [sitting(1, 2, 0, 0), sitting(2, 90, 5_000, 9_000), sitting(90, 101, 0, 9)];
        let by_edits = |sitting: &Sitting| ((sitting.to.0 - sitting.from.0) as f64, Vec::new());
        check(&Scale::with_gaps(100, &sittings, by_edits));
        // All at once, then a long silence, then the last.
        let time = |revision: u64| if revision < 89 { 5_000.0 } else { 9_000.0 };
        let by_clock = |sitting: &Sitting| {
            ((sitting.end.0 - sitting.start.0) as f64 + MOMENT_MS, readings(sitting, 100, time))
        };
        check(&Scale::with_gaps(100, &sittings, by_clock));
    }

    #[wasm_bindgen_test]
    fn zooming_keeps_what_is_under_the_pointer_there() {
        let near = Window::WHOLE.zoomed(0.25, 4.0, 0.001);
        let same = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found}");
        same(near.line(0.25), 0.25);
        assert_eq!(near.zoomed(0.25, 0.001, 0.001), Window::WHOLE);
        same(near.zoomed(0.5, 1e9, 0.001).width(), 0.001);
        assert_eq!(Window::WHOLE.zoomed(1.0, 2.0, 0.1).high, 1.0);
        assert!(near.showing(0.9).seen(0.9) <= 1.0);
        assert_eq!(near.showing(near.line(0.3)), near);
    }
}
