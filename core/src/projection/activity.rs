//! Activity: how much was written in stretches of a timeline, and by whom, over revisions or
//! over the time that was worked. When work was interrupted is a matter of `sittings`, too.

use std::ops::Range;

use crate::event::{AuthorId, Revision, Timestamp};
use crate::graph::Graph;
use crate::projection::timeline::Timeline;

/// A pause that parts two sittings, in milliseconds: longer than it takes to read something up
/// or to drink a coffee, shorter than a lunch or a lesson. It is also what parts visits in the
/// counting of web pages, so people know stretches of work of this kind.
pub const IDLE_MS: u64 = 30 * 60 * 1_000;

/// How long a sitting lasts beyond its last edit on the axis of time, so that one of a single
/// edit has a place there.
const AFTER_MS: u64 = 60 * 1_000;

/// How much was written in a stretch of revisions, and by whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bucket {
    /// The first revision of the stretch.
    pub from: Revision,
    /// The first revision after it.
    pub to: Revision,
    /// The author's time of its first event; of a stretch without events, of the one before.
    pub start: Timestamp,
    /// The author's time of its last event; of a stretch without events, of the one before.
    pub end: Timestamp,
    /// Scalars inserted and deleted, per author, in the order in which authors first wrote.
    pub by_author: Vec<(AuthorId, usize)>,
}

/// What some events did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Share {
    /// How many there were, those included that are not about text.
    pub events: usize,
    /// Scalars that they put in.
    pub inserted: usize,
    /// Scalars that they took out.
    pub deleted: usize,
}

impl Share {
    /// Takes another share in.
    pub(super) fn add(&mut self, other: Self) {
        self.events += other.events;
        self.inserted += other.inserted;
        self.deleted += other.deleted;
    }
}

/// How long was worked until an event, without the pauses.
#[derive(Clone, Copy)]
struct Worked {
    /// In sittings that are over.
    before: u64,
    start: i64,
    latest: i64,
    last: i64,
}

impl Worked {
    fn from(first: i64) -> Self {
        Self { before: 0, start: first, latest: first, last: first }
    }

    /// The working time of the next event, which never decreases.
    fn until(&mut self, time: i64) -> u64 {
        if is_idle(self.last, time) {
            self.before = self.all();
            (self.start, self.latest) = (time, time);
        }
        self.last = time;
        self.latest = self.latest.max(time);
        self.before.saturating_add(self.latest.abs_diff(self.start))
    }

    /// The same of the last of several events in equal steps.
    fn until_last(&mut self, events: usize, first: i64, step: i64) -> u64 {
        let nth = |nth: usize| first.wrapping_add(step.wrapping_mul(nth as i64));
        if step < 0 || step.unsigned_abs() > IDLE_MS {
            return (0..events).fold(0, |_, at| self.until(nth(at)));
        }
        // Forwards without a pause: what is between changes nothing.
        self.until(first);
        self.until(nth(events - 1))
    }

    fn all(&self) -> u64 {
        self.before.saturating_add(self.latest.abs_diff(self.start)).saturating_add(AFTER_MS)
    }
}

/// Whether nobody worked between two events that follow each other, by the clocks of their
/// authors. A step back in time is a pause as well: then come edits that were made offline.
pub(super) fn is_idle(before: i64, after: i64) -> bool {
    before.abs_diff(after) > IDLE_MS
}

impl Timeline {
    /// The whole timeline in at most `buckets` stretches of equal numbers of revisions.
    pub fn activity(&self, graph: &Graph, buckets: usize) -> Vec<Bucket> {
        self.activity_in(graph, Revision(1)..Revision(self.last().0 + 1), buckets)
    }

    /// Some revisions in at most `buckets` stretches of equal numbers of revisions.
    pub fn activity_in(
        &self,
        graph: &Graph,
        revisions: Range<Revision>,
        buckets: usize,
    ) -> Vec<Bucket> {
        let places = self.places(revisions);
        let (first, all) = (places.start, places.len());
        let buckets = buckets.min(all);
        let bound = |bucket: usize| first + bucket * all / buckets.max(1);
        self.buckets(graph, &(0..=buckets).map(bound).collect::<Vec<_>>())
    }

    /// Some revisions in `buckets` stretches of equal working time, by the authors' clocks: the
    /// pauses of more than [`IDLE_MS`] are left out. Stretches in which nobody wrote are empty.
    /// None at all if there are no revisions.
    pub fn activity_over_time(
        &self,
        graph: &Graph,
        revisions: Range<Revision>,
        buckets: usize,
    ) -> Vec<Bucket> {
        let places = self.places(revisions);
        let mut times = self.times_of(graph, places.clone());
        let Some((_, (first, _))) = times.next().filter(|_| buckets > 0) else {
            return Vec::new();
        };
        let mut worked = Worked::from(first);
        for (stretch, (first, step)) in self.times_of(graph, places.clone()) {
            worked.until_last(stretch.len(), first, step);
        }
        let (all, count) = (u128::from(worked.all()), buckets as u128);
        let end_of = |bucket: usize| (bucket as u128 + 1) * all / count;
        let (mut bounds, mut worked) = (vec![places.start], Worked::from(first));
        let mut next = end_of(0);
        for (stretch, (first, step)) in self.times_of(graph, places.clone()) {
            let before = worked;
            if u128::from(worked.until_last(stretch.len(), first, step)) < next {
                continue;
            }
            worked = before;
            for (nth, place) in stretch.enumerate() {
                let time = first.wrapping_add(step.wrapping_mul(nth as i64));
                let until = u128::from(worked.until(time));
                while until >= next {
                    bounds.push(place);
                    next = end_of(bounds.len() - 1);
                }
            }
        }
        bounds.resize(buckets + 1, places.end);
        self.buckets(graph, &bounds)
    }

    /// The stretches between bounds, which must not decrease: the first has the revisions after
    /// the first bound up to the second, and so on. For whoever has an axis of their own.
    pub fn activity_between(&self, graph: &Graph, bounds: &[Revision]) -> Vec<Bucket> {
        if self.last() == Revision(0) {
            return Vec::new();
        }
        let place = |bound: &Revision| bound.0.min(self.last().0) as usize;
        self.buckets(graph, &bounds.iter().map(place).collect::<Vec<_>>())
    }

    fn buckets(&self, graph: &Graph, bounds: &[usize]) -> Vec<Bucket> {
        let time = |place: usize| graph.time(self.lv_at(Revision(place as u64 + 1)));
        let stretches = bounds.windows(2).map(|bound| bound[0]..bound[1]);
        let mut buckets: Vec<Bucket> = stretches
            .map(|places| Bucket {
                from: Revision(places.start as u64 + 1),
                to: Revision(places.end as u64 + 1),
                start: time(places.start.min(places.end.saturating_sub(1))),
                end: time(places.end.saturating_sub(1)),
                by_author: Vec::new(),
            })
            .collect();
        self.tally(graph, bounds, |stretch, author, share| {
            let written = share.inserted + share.deleted;
            let by_author = &mut buckets[stretch].by_author;
            match by_author.iter_mut().find(|(known, _)| *known == author) {
                Some((_, all)) => *all += written,
                None if written > 0 => by_author.push((author, written)),
                None => {}
            }
        });
        let first_wrote = |author| self.authors().iter().position(|&known| known == author);
        for bucket in buckets.iter_mut().filter(|bucket| bucket.by_author.len() > 1) {
            bucket.by_author.sort_by_key(|&(author, _)| first_wrote(author));
        }
        buckets
    }

    /// Who did how much between bounds, which are places that do not decrease: passes on the
    /// number of the stretch, an author, and a part of what that author did in it. Costs a few
    /// nanoseconds for each run of the timeline and each change of author.
    pub(super) fn tally(
        &self,
        graph: &Graph,
        bounds: &[usize],
        mut add: impl FnMut(usize, AuthorId, Share),
    ) {
        let (Some(&first), Some(&last)) = (bounds.first(), bounds.last()) else { return };
        let mut runs = self.runs(first..last).peekable();
        let mut stretch = 0;
        for (places, author) in self.authors_of(graph, first..last) {
            let mut start = places.start;
            while start < places.end {
                while bounds[stretch + 1] <= start {
                    stretch += 1;
                }
                let end = places.end.min(bounds[stretch + 1]);
                let mut share = Share { events: end - start, ..Share::default() };
                while let Some(run) = runs.peek().filter(|run| run.range().start < end) {
                    let range = run.range();
                    let part = run.part(range.start.max(start)..range.end.min(end));
                    match part.inserts() {
                        true => share.inserted += part.len as usize,
                        false => share.deleted += part.len as usize,
                    }
                    if range.end > end {
                        break;
                    }
                    runs.next();
                }
                add(stretch, author, share);
                start = end;
            }
        }
    }
}
