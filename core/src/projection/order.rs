//! Which event stands where in the canonical order, as stretches of events that follow each
//! other in both orders.

use std::ops::Range;

use crate::graph::Lv;
use crate::headers::run_at;

/// Local versions by their place, from 0.
#[derive(Clone, Default, Debug)]
pub(super) struct Order {
    stretches: Vec<Stretch>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    place: u32,
    lv: u32,
}

impl Order {
    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The event at the last place.
    pub(super) fn last(&self) -> Option<Lv> {
        Some(self.lv(self.len.checked_sub(1)?))
    }

    /// Puts events, one after the other, behind the last place.
    pub(super) fn push(&mut self, events: Range<Lv>) {
        if self.last().is_none_or(|last| last + 1 != events.start) {
            self.stretches.push(Stretch { place: self.len as u32, lv: events.start as u32 });
        }
        self.len += events.len();
    }

    /// Forgets all places from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = len.min(self.len);
        let kept = self.stretches.partition_point(|stretch| (stretch.place as usize) < self.len);
        self.stretches.truncate(kept);
    }

    /// The event at a place, which must be one.
    pub(super) fn lv(&self, place: usize) -> Lv {
        let at = run_at(&self.stretches, |stretch| stretch.place as usize <= place);
        let stretch = self.stretches[at];
        stretch.lv as usize + (place - stretch.place as usize)
    }

    /// Where an event stands, if anywhere.
    pub(super) fn place_of(&self, lv: Lv) -> Option<usize> {
        let mut all = self.between(0..self.len);
        let (place, events) = all.find(|(_, events)| events.contains(&lv))?;
        Some(place + (lv - events.start))
    }

    /// The events at some places: each stretch of them, and its first place.
    pub(super) fn between(&self, places: Range<usize>) -> impl Iterator<Item = (usize, Range<Lv>)> {
        let mut place = places.start;
        std::iter::from_fn(move || {
            if place >= places.end {
                return None;
            }
            let at = run_at(&self.stretches, |stretch| stretch.place as usize <= place);
            let end = self.stretches.get(at + 1).map_or(self.len, |next| next.place as usize);
            let (start, lv) = (place, self.lv(place));
            place = end.min(places.end);
            Some((start, lv..lv + (place - start)))
        })
    }
}
