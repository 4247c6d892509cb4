//! The life of a span: every wording that a stretch of text ever had, from when nothing of it
//! was there until now.

use std::ops::Range;

use crate::event::Revision;
use crate::patch::scalars;
use crate::projection::read_model::Deed;
use crate::projection::timeline::Timeline;

/// One wording of a stretch of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wording {
    /// The first revision that has it.
    pub revision: Revision,
    /// Where it stands at that revision, in scalars.
    pub range: Range<usize>,
    /// How it reads.
    pub text: String,
}

/// Every wording of what stands in `range` at a revision, the oldest first. What was written
/// at its very edges is not part of it. Letters that somebody typed or deleted in one go make
/// one wording.
pub fn life(timeline: &Timeline, range: Range<usize>, revision: Revision) -> Vec<Wording> {
    let revision = revision.min(timeline.last());
    let len = timeline.text_at(revision).len();
    let range = range.start.min(len)..range.end.min(len).max(range.start.min(len));
    let at = revision.0 as usize;
    let mut stops = Vec::new();
    let mut past = range.clone();
    // Where the stretch was after each event that changed it.
    for event in by_event(&timeline.deeds(0..at).collect::<Vec<_>>()).rev() {
        let now = past.clone();
        let changed = event.iter().rev().fold(false, |any, deed| undone(&mut past, deed) | any);
        if changed {
            stops.push((event[0].last(), now));
        }
        if past.is_empty() {
            break;
        }
    }
    stops.reverse();
    let mut future = range;
    let all = timeline.last().0 as usize;
    for event in by_event(&timeline.deeds(at..all).collect::<Vec<_>>()) {
        if future.is_empty() {
            break;
        }
        let changed = event.iter().fold(false, |any, deed| done(&mut future, deed) | any);
        if changed {
            stops.push((event[0].last(), future.clone()));
        }
    }
    let wording = |(revision, range): (Revision, Range<usize>)| Wording {
        revision,
        text: timeline.text_at(revision).slice(range.clone()),
        range,
    };
    stops.into_iter().map(wording).collect()
}

/// The deeds of one event together: between them there is no revision.
fn by_event<'d, 't>(deeds: &'d [Deed<'t>]) -> impl DoubleEndedIterator<Item = &'d [Deed<'t>]> {
    deeds.chunk_by(|one, next| one.last() == next.last())
}

/// Where a stretch is after a deed; `true` if the deed changed what it says.
fn done(range: &mut Range<usize>, deed: &Deed<'_>) -> bool {
    replaced(range, deed.pos, deed.deleted, scalars(deed.inserted))
}

/// Where a stretch was before a deed; `true` if the deed changed what it says.
fn undone(range: &mut Range<usize>, deed: &Deed<'_>) -> bool {
    replaced(range, deed.pos, scalars(deed.inserted), deed.deleted)
}

/// Of `deleted` and `inserted` one is zero: a deed does one thing.
fn replaced(range: &mut Range<usize>, pos: usize, deleted: usize, inserted: usize) -> bool {
    let inside = pos < range.end && (pos + deleted > range.start);
    let left = |at: usize| at - deleted.min(at.saturating_sub(pos));
    *range = left(range.start)..left(range.end);
    if pos <= range.start && !inside {
        *range = range.start + inserted..range.end + inserted;
    } else if inside {
        range.end += inserted;
    }
    inside
}
