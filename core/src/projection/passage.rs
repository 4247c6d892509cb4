//! Passages: where the characters that two anchors name stand while the text changes around
//! them. What a passage is for is not known here.

use std::ops::Range;

use ecow::EcoString;

use crate::event::{Anchor, EventId, Intent, Revision, Side};
use crate::graph::{Graph, Lv};
use crate::patch::scalars;
use crate::projection::read_model::Deed;
use crate::projection::timeline::Timeline;

/// Where a passage stands, or stood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Passage {
    /// It is there.
    Here(
        /// Where, in scalars. Never empty.
        Range<usize>,
    ),
    /// Nothing is left of it.
    Gone {
        /// Where it would stand, in scalars.
        pos: usize,
        /// The last revision that had anything of it.
        last: Revision,
    },
}

/// A passage that is followed from deed to deed.
///
/// What is written at its very edges is not part of it, what is written inside is. Once it is
/// gone it comes back only if what went last is put there again by taking something back: by
/// undo, redo or the restoring of a version. Those are other characters, but to people they are
/// the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Followed {
    start: End,
    end: End,
    gone: Option<Gone>,
}

/// What is known of a passage that is gone.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Gone {
    last: Revision,
    /// How it read then.
    text: EcoString,
}

/// One end of a passage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct End {
    /// The revision that inserts its character, and which of the scalars of that it is.
    revision: u64,
    offset: usize,
    side: Side,
    point: Point,
}

/// Where the character of an end is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Point {
    /// It was not inserted yet, or never will be.
    Awaited,
    /// It stands here.
    At(usize),
    /// It stood here. What comes at the very place is outside, once the other end is known: as
    /// long as that is awaited, it may be what lies between.
    Left(usize),
}

impl Followed {
    /// A passage named by an event; `None` if the event's author did not know the events that
    /// the anchors name, so that it does not matter which events are here beside.
    pub(super) fn new(
        timeline: &Timeline,
        graph: &Graph,
        by: Lv,
        [start, end]: [&Anchor; 2],
    ) -> Option<Self> {
        let end_of = |anchor: &Anchor| {
            let lv = graph.lv_of(anchor.event)?;
            let place = timeline.place_of(lv).filter(|_| graph.version_contains(&[by], lv))?;
            let Anchor { offset, side, .. } = *anchor;
            Some(End { revision: place as u64 + 1, offset, side, point: Point::Awaited })
        };
        Some(Self { start: end_of(start)?, end: end_of(end)?, gone: None })
    }

    /// The first revision that has something to do with it.
    pub(super) fn from(&self) -> Revision {
        Revision(self.start.revision.min(self.end.revision))
    }

    /// Where it is now; `None` if its anchors name no character.
    pub(super) fn passage(&self) -> Option<Passage> {
        let range = self.range()?;
        Some(match &self.gone {
            Some(Gone { last, .. }) => Passage::Gone { pos: range.start, last: *last },
            None => Passage::Here(range),
        })
    }

    fn range(&self) -> Option<Range<usize>> {
        let start = self.start.pos()?;
        Some(start..self.end.pos()?.max(start))
    }

    /// Whether a deed is behind all of it, or before anything of it was there.
    fn is_before(&self, deed: &Deed<'_>) -> bool {
        let end_is_before = |end: &End| match end.point {
            Point::Awaited => deed.last().0 < end.revision,
            Point::At(pos) | Point::Left(pos) => pos + 1 < deed.pos,
        };
        end_is_before(&self.start) && end_is_before(&self.end)
    }

    /// Moves it as a whole, if a deed is before all of it.
    fn moves_by(&mut self, deed: &Deed<'_>, len: usize) -> bool {
        let (Some(start), Some(end)) = (self.start.known(), self.end.known()) else { return false };
        if start.min(end) <= deed.pos + deed.deleted {
            return false;
        }
        for end in [&mut self.start, &mut self.end] {
            if let Point::At(pos) | Point::Left(pos) = &mut end.point {
                *pos = *pos + len - deed.deleted;
            }
        }
        true
    }

    /// Takes a deed in; returns what was left of it, if that is gone now: where it stood before
    /// the deed.
    fn take(&mut self, deed: &Deed<'_>, len: usize, before: usize) -> Option<Range<usize>> {
        if self.is_before(deed) || self.moves_by(deed, len) {
            return None;
        }
        let was = self.range().filter(|was| !was.is_empty());
        let parted = self.start.pos().is_none() || self.end.pos().is_none();
        let (start, end) = (self.start.point, self.end.point);
        self.start.take(deed, len, before, !parted);
        self.end.take(deed, len, before, parted);
        if deed.revisions > 1
            && let (Point::Awaited, Point::At(pos)) = (start, self.start.point)
            && end == Point::Left(deed.pos)
        {
            // Of several keystrokes those behind the first character came when it was known.
            self.end.point = Point::Left(pos + 1);
        }
        if self.gone.is_some() || self.range().is_none_or(|range| !range.is_empty()) {
            return None;
        }
        let (removed, left) = match was {
            Some(was) if deed.revisions == 1 => (deed.revision, was),
            // Key by key the last letter goes last.
            Some(was) => {
                let last = if deed.backwards { was.start } else { was.end - 1 };
                (deed.removal_of(last), last..last + 1)
            }
            // Its anchors are the wrong way round: there never was anything between them.
            None => (Revision(self.start.revision.max(self.end.revision)), 0..0),
        };
        self.gone = Some(Gone { last: Revision(removed.0 - 1), text: EcoString::new() });
        Some(left).filter(|left| !left.is_empty())
    }

    /// Whether an insert brings it back, which puts it there.
    fn comes_back(&mut self, timeline: &Timeline, graph: &Graph, deed: &Deed<'_>) -> bool {
        let Some(Gone { text, .. }) = self.gone.as_ref().filter(|gone| !gone.text.is_empty())
        else {
            return false;
        };
        let [start, end] = [self.start.known(), self.end.known()];
        if start != Some(deed.pos) && end != Some(deed.pos) {
            return false;
        }
        let takes_back = |nth: usize| {
            let revision = Revision(deed.revision.0 + nth as u64);
            match graph.intent(timeline.lv_at(revision)) {
                Intent::Undone | Intent::Redone | Intent::Restored(_) => true,
                Intent::Typed
                | Intent::Pasted
                | Intent::Imported
                | Intent::Replaced
                | Intent::Accepted
                | Intent::Other(_) => false,
            }
        };
        let before = if deed.revisions > 1 {
            // Keystrokes bring it back one by one; each pushes its start on.
            let reach = if start == Some(deed.pos) { deed.revisions } else { 1 };
            let mut keys = deed.inserted.chars().take(reach).enumerate();
            let same = |letter: char| text.chars().eq([letter]);
            keys.find(|&(nth, letter)| same(letter) && takes_back(nth)).map(|(nth, _)| nth)
        } else {
            let found = deed.inserted.split_once(text.as_str());
            found.filter(|_| takes_back(0)).map(|(before, _)| scalars(before))
        };
        let Some(before) = before else { return false };
        let start = deed.pos + before;
        let last = start + scalars(text) - 1;
        (self.start.side, self.start.point) = (Side::Front, Point::At(start));
        (self.end.side, self.end.point) = (Side::Back, Point::At(last));
        self.gone = None;
        true
    }
}

impl End {
    /// Where its character stands or stood.
    fn known(&self) -> Option<usize> {
        match self.point {
            Point::Awaited => None,
            Point::At(pos) | Point::Left(pos) => Some(pos),
        }
    }

    fn pos(&self) -> Option<usize> {
        match (self.point, self.side) {
            (Point::Awaited, _) => None,
            (Point::At(pos), Side::Back) => Some(pos + 1),
            (Point::At(pos), Side::Front) | (Point::Left(pos), _) => Some(pos),
        }
    }

    /// `behind` says where it goes if its character is gone and something comes at that place.
    fn take(&mut self, deed: &Deed<'_>, len: usize, before: usize, behind: bool) {
        let gone = deed.pos..deed.pos + deed.deleted;
        self.point = match self.point {
            Point::Awaited => self.found(deed, len, before).map_or(Point::Awaited, Point::At),
            Point::At(pos) if gone.contains(&pos) => Point::Left(gone.start),
            Point::At(pos) if gone.start <= pos => Point::At(pos + len - gone.len()),
            Point::Left(pos) if gone.start < pos => {
                Point::Left(pos + len - gone.len().min(pos - gone.start))
            }
            Point::Left(pos) if gone.start == pos && behind => Point::Left(pos + len),
            still => still,
        };
    }

    /// Where the character is, if a deed inserts it. The event had inserted `before` scalars.
    fn found(&self, deed: &Deed<'_>, len: usize, before: usize) -> Option<usize> {
        let nth = self.revision.checked_sub(deed.revision.0)? as usize;
        let within = match deed.revisions {
            1 if nth == 0 => self.offset.checked_sub(before)?,
            several if several > 1 && self.offset == 0 => nth,
            _ => return None,
        };
        (within < len).then_some(deed.pos + within)
    }
}

/// Follows passages over deeds that come one after the other. The deeds of an event must not be
/// parted.
pub(super) fn follow<'t>(
    timeline: &Timeline,
    graph: &Graph,
    passages: &mut [Followed],
    deeds: impl Iterator<Item = Deed<'t>>,
) {
    if passages.is_empty() {
        return;
    }
    // What the same event inserted before, and where the passages were before it, if it has
    // several deeds.
    let (mut revision, mut before, mut ranges) = (Revision(0), 0, Vec::new());
    let mut deeds = deeds.peekable();
    while let Some(deed) = deeds.next() {
        if deed.revision != revision {
            (revision, before) = (deed.revision, 0);
            ranges.clear();
            if deeds.peek().is_some_and(|next| next.revision == revision) {
                ranges.extend(passages.iter().map(Followed::range));
            }
        }
        let len = deed.inserted_len();
        for (at, passage) in passages.iter_mut().enumerate() {
            if deed.deleted == 0 && passage.comes_back(timeline, graph, &deed) {
                continue;
            }
            let left = passage.take(&deed, len, before);
            if let (Some(left), Some(gone)) = (left, &mut passage.gone) {
                let left = ranges.get(at).map_or(Some(left), Option::clone).unwrap_or_default();
                let text = timeline.text_at(Revision(revision.0 - 1));
                gone.text = text.slice(left).into();
            }
        }
        before += len;
    }
}

impl Timeline {
    /// The anchor of a character's side, for a place in the text at a revision: the front side
    /// of the character that stands at `pos`, or the back side of the one before. `None` if
    /// there is no such character. Costs as much as happened since the character was written.
    pub fn anchor(
        &self,
        graph: &Graph,
        revision: Revision,
        pos: usize,
        side: Side,
    ) -> Option<Anchor> {
        let revision = revision.min(self.last());
        let mut pos = match side {
            Side::Front => pos,
            Side::Back => pos.checked_sub(1)?,
        };
        let mut deeds = self.deeds_back(0..revision.0 as usize);
        if pos >= self.text_at(revision).len() {
            return None;
        }
        let (deed, nth) = loop {
            let deed = deeds.next()?;
            let len = deed.inserted_len();
            match pos.checked_sub(deed.pos) {
                None => {}
                Some(nth) if nth < len => break (deed, nth),
                Some(_) => pos = pos - len + deed.deleted,
            }
        };
        let event = |revision: Revision| -> EventId { graph.id_of(self.lv_at(revision)) };
        if deed.revisions > 1 {
            let event = event(Revision(deed.revision.0 + nth as u64));
            return Some(Anchor { event, offset: 0, side });
        }
        // What the event inserted by the ops before counts too.
        let same = deeds.take_while(|other| other.revision == deed.revision);
        let before: usize = same.map(|other| other.inserted_len()).sum();
        Some(Anchor { event: event(deed.revision), offset: before + nth, side })
    }
}
