//! Sets of events as ranges of local versions.

use std::ops::Range;

use crate::graph::{Graph, Lv};

/// Ranges of events while they are walked.
pub(crate) struct Ranges<'e> {
    events: &'e [Range<Lv>],
    /// How many events of the first range are passed.
    passed: usize,
}

impl<'e> Ranges<'e> {
    pub(crate) fn new(events: &'e [Range<Lv>]) -> Self {
        Self { events, passed: 0 }
    }

    /// The next events that follow each other in a straight line.
    pub(crate) fn straight(&mut self, graph: &Graph) -> Option<Range<Lv>> {
        while self.events.first().is_some_and(|range| range.start + self.passed >= range.end) {
            (self.events, self.passed) = (&self.events[1..], 0);
        }
        let range = self.events.first()?;
        let start = range.start + self.passed;
        Some(start..graph.straight_end(start).min(range.end))
    }

    pub(crate) fn pass(&mut self, end: Lv) {
        if let Some(range) = self.events.first() {
            self.passed = end - range.start;
        }
    }
}

/// What is in `ranges`, which ascend, and not in `taken`, which are in any order.
pub(crate) fn without(ranges: &[Range<Lv>], taken: &[Range<Lv>]) -> Vec<Range<Lv>> {
    let mut kept = Vec::new();
    let mut taken = taken.to_vec();
    taken.sort_unstable_by_key(|range| range.start);
    let mut taken = taken.into_iter().peekable();
    for range in ranges {
        let mut start = range.start;
        while start < range.end {
            while taken.next_if(|next| next.end <= start).is_some() {}
            let next = taken.peek().filter(|next| next.start < range.end);
            let end = next.map_or(range.end, |next| next.start.max(start));
            if start < end {
                kept.push(start..end);
            }
            start = next.map_or(range.end, |next| next.end);
        }
    }
    kept
}

/// A set of events, as ranges that ascend.
#[derive(Clone, Default, Debug)]
pub(crate) struct Lvs(Vec<Range<Lv>>);

impl From<Vec<Range<Lv>>> for Lvs {
    /// The ranges must ascend.
    fn from(ranges: Vec<Range<Lv>>) -> Self {
        Self(ranges)
    }
}

impl Lvs {
    pub(crate) fn contains(&self, lv: Lv) -> bool {
        let at = self.0.partition_point(|range| range.end <= lv);
        self.0.get(at).is_some_and(|range| range.start <= lv)
    }

    pub(crate) fn ranges(&self) -> &[Range<Lv>] {
        &self.0
    }

    /// How many events it has.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(Range::len).sum()
    }

    /// Adds events, none of which is here.
    pub(crate) fn insert(&mut self, events: Range<Lv>) {
        let at = self.0.partition_point(|range| range.end < events.start);
        let Some(next) = self.0.get_mut(at) else { return self.0.push(events) };
        if next.end == events.start {
            next.end = events.end;
            if self.0.get(at + 1).is_some_and(|behind| behind.start == events.end) {
                self.0[at].end = self.0.remove(at + 1).end;
            }
        } else if next.start == events.end {
            next.start = events.start;
        } else {
            self.0.insert(at, events);
        }
    }
}
