//! Sittings: the stretches of a timeline in which people worked without a long pause. How much
//! was written inside of one is a matter of `activity`.

use std::ops::Range;

use crate::event::{AuthorId, Revision, Timestamp};
use crate::projection::activity::{IDLE_MS, Share, is_idle};
use crate::projection::read_model::{News, ReadModel};

/// The sittings of a document.
///
/// They are stretches of revisions. Where the clocks of two events that follow each other are
/// more than [`IDLE_MS`] apart, in either direction, a sitting ends: what
/// somebody wrote offline and sent much later is a sitting of its own, between the others.
///
/// # Laws
/// - The sittings cover all revisions, in order, none twice.
#[derive(Clone, Default, Debug)]
pub struct Sittings {
    sittings: Vec<Sitting>,
    last: i64,
}

/// A stretch of work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sitting {
    /// Its first revision.
    pub from: Revision,
    /// The first revision after it.
    pub to: Revision,
    /// The earliest time of an event in it, by its author's clock.
    pub start: Timestamp,
    /// The latest time of an event in it, by its author's clock.
    pub end: Timestamp,
    /// What each author did, in the order in which they first did something in it.
    pub by_author: Vec<(AuthorId, Share)>,
}

impl Sittings {
    /// All sittings, the oldest first.
    pub fn all(&self) -> &[Sitting] {
        &self.sittings
    }

    /// The number of the sitting that a revision is in, from 0; `None` if it is in none.
    pub fn of(&self, revision: Revision) -> Option<usize> {
        let at = self.sittings.partition_point(|sitting| sitting.to <= revision);
        self.sittings.get(at).filter(|sitting| sitting.from <= revision).map(|_| at)
    }

    /// Takes the next events in, of which each was made `step` after the one before.
    fn take(&mut self, places: Range<usize>, first: i64, step: i64) {
        let (from, to) = (Revision(places.start as u64 + 1), Revision(places.end as u64 + 1));
        let last = first.wrapping_add(step.wrapping_mul(places.len() as i64 - 1));
        let (start, end) = (Timestamp(first.min(last)), Timestamp(first.max(last)));
        match self.sittings.last_mut() {
            Some(sitting) if !is_idle(self.last, first) => {
                sitting.to = to;
                sitting.start = sitting.start.min(start);
                sitting.end = sitting.end.max(end);
            }
            _ => self.sittings.push(Sitting { from, to, start, end, by_author: Vec::new() }),
        }
        self.last = last;
    }
}

impl ReadModel for Sittings {
    fn extend(&mut self, news: &News<'_>) {
        let goes_on = self.sittings.len().saturating_sub(1);
        for (places, (first, step)) in news.timeline.times_of(news.graph, news.places.clone()) {
            if step.unsigned_abs() <= IDLE_MS || places.len() == 1 {
                self.take(places, first, step);
                continue;
            }
            for (nth, place) in places.enumerate() {
                let time = first.wrapping_add(step.wrapping_mul(nth as i64));
                self.take(place..place + 1, time, 0);
            }
        }
        // What is new of the sittings that are new or went on.
        let first = news.places.start;
        let ends = self.sittings[goes_on.min(self.sittings.len())..].iter();
        let ends = ends.map(|sitting| (sitting.to.0 as usize - 1).max(first));
        let bounds: Vec<usize> = std::iter::once(first).chain(ends).collect();
        let sittings = &mut self.sittings[goes_on..];
        news.timeline.tally(news.graph, &bounds, |stretch, author, share| {
            let by_author = &mut sittings[stretch].by_author;
            match by_author.iter_mut().find(|(known, _)| *known == author) {
                Some((_, all)) => all.add(share),
                None => by_author.push((author, share)),
            }
        });
    }
}
