//! A block: some events in a row on their own, in columns. It is what goes to a disk and over
//! a wire; what it says of events before its first is said by name. It takes no part in merging.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::content::Content;
use crate::event::{Event, EventId, Header, Ordered, ReplicaId, Revision, Timestamp};
use crate::graph::{Graph, Lv};
use crate::headers::{Headers, Times};

/// How many events are taken in at once where the page or a server must stay alive. Few where
/// assertions are on, so that the small histories of the tests are cut, too.
pub const SLICE_EVENTS: usize = if cfg!(debug_assertions) { 3 } else { 250 };

/// How often these go from branch to branch at most, which is what takes time: on the nastiest
/// recorded history a slice takes 13 ms at most, against a frame's 16, and 20 without this.
const SLICE_STRETCHES: usize = if cfg!(debug_assertions) { 2 } else { 12 };

/// Events in a row.
///
/// # Laws
/// - [`Block::from_iter`] and [`Block::events`] are inverse.
/// - A graph that takes a block in holds what it would hold if it took the events one by one.
#[derive(Clone, Default, Debug)]
pub struct Block {
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) headers: Headers,
    pub(crate) content: Content,
    /// Their places, for those that have one.
    pub(crate) places: Option<Places>,
}

/// Events of one replica with counters in a row, each made on the one before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stretch {
    pub(crate) len: usize,
    pub(crate) first: EventId,
    /// What the first of them was made on.
    pub(crate) parents: Vec<Parent>,
}

impl Stretch {
    /// The name of the `nth` of its events, from 0.
    fn id(&self, nth: usize) -> EventId {
        EventId { counter: self.first.counter.wrapping_add(nth as u64), ..self.first }
    }
}

/// An event that another was made on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Parent {
    /// The event at this place of the block.
    Here(usize),
    /// One that is not in the block, or not before it.
    Before(EventId),
}

/// Revisions, as how many follow each other and the first of them, and when each was recorded.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Places {
    pub(crate) revisions: Vec<(usize, u64)>,
    pub(crate) recorded: Times,
}

impl Places {
    fn push(&mut self, revision: Revision, recorded: Timestamp) {
        match self.revisions.last_mut() {
            Some((len, first)) if first.wrapping_add(*len as u64) == revision.0 => *len += 1,
            _ => self.revisions.push((1, revision.0)),
        }
        self.recorded.push(recorded);
    }

    fn part(&self, events: Range<usize>) -> Self {
        let mut part = Self::default();
        let mut start = 0;
        for &(len, first) in &self.revisions {
            let own = events.start.max(start)..events.end.min(start + len);
            if own.start < own.end {
                part.revisions.push((own.len(), first.wrapping_add((own.start - start) as u64)));
            }
            start += len;
        }
        for (own, (first, step)) in self.recorded.between(events) {
            part.recorded.push_stretch(own.len(), first, step);
        }
        part
    }

    fn iter(&self) -> impl Iterator<Item = (Revision, Timestamp)> {
        let runs = self.revisions.iter();
        let revisions =
            runs.flat_map(|&(len, first)| (0..len as u64).map(move |nth| first.wrapping_add(nth)));
        revisions.enumerate().map(|(at, revision)| (Revision(revision), self.recorded.get(at)))
    }
}

/// Where events stand in a block, by name.
#[derive(Default)]
struct Index {
    /// By replica and first counter: the place of the first, and how many.
    stretches: BTreeMap<(ReplicaId, u64), (usize, usize)>,
}

impl Index {
    fn find(&self, id: EventId) -> Option<usize> {
        let (&(replica, first), &(start, len)) =
            self.stretches.range(..=(id.replica, id.counter)).next_back()?;
        let within = usize::try_from(id.counter.checked_sub(first)?).ok()?;
        (replica == id.replica && within < len).then_some(start + within)
    }
}

/// The names of a block's events, by place.
struct Names(Vec<(usize, EventId)>);

impl Names {
    fn of(stretches: &[Stretch]) -> Self {
        let mut start = 0;
        let starts = stretches.iter().map(|stretch| {
            start += stretch.len;
            (start - stretch.len, stretch.first)
        });
        Self(starts.collect())
    }

    /// Which stretch an event is in, if there are any.
    fn stretch_at(&self, place: usize) -> usize {
        self.0.partition_point(|&(start, _)| start <= place).saturating_sub(1)
    }

    fn at(&self, place: usize) -> EventId {
        let (start, first) = self.0[self.stretch_at(place)];
        EventId { counter: first.counter.wrapping_add((place - start) as u64), ..first }
    }
}

impl Block {
    /// How many events it has.
    pub fn len(&self) -> usize {
        self.headers.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The revisions of the first and the last event, if it has events and these have places.
    pub fn revisions(&self) -> Option<(Revision, Revision)> {
        let places = &self.places.as_ref()?.revisions;
        let (&(_, first), &(len, last)) = (places.first()?, places.last()?);
        Some((Revision(first), Revision(last.wrapping_add(len as u64 - 1))))
    }

    /// Whether its events have places, and these follow each other.
    pub fn is_gapless(&self) -> bool {
        self.places.as_ref().is_some_and(|places| places.revisions.len() <= 1)
    }

    /// Whether a graph has all of its events.
    pub(crate) fn is_in(&self, graph: &Graph) -> bool {
        self.stretches.iter().all(|Stretch { len, first, .. }| {
            let counter = first.counter.saturating_add(*len as u64 - 1);
            graph.contains(EventId { counter, ..*first })
        })
    }

    /// Some events of a graph.
    pub fn of(graph: &Graph, events: Range<Lv>) -> Self {
        let parent = |id: EventId| match graph.lv_of(id) {
            Some(lv) if lv >= events.start => Parent::Here(lv - events.start),
            _ => Parent::Before(id),
        };
        let stretch = |own: Range<Lv>| {
            let parents = graph.ids_of(&graph.parents(own.start));
            let parents = parents.into_iter().map(parent).collect();
            Stretch { len: own.len(), first: graph.id_of(own.start), parents }
        };
        Self {
            stretches: graph.stretches(events.clone()).map(stretch).collect(),
            headers: graph.headers().part(events.clone()),
            content: graph.content.part(events.clone()),
            places: None,
        }
    }

    /// This block in pieces of at most [`SLICE_EVENTS`], for whoever has other things to do in
    /// between; of fewer where they go back and forth between branches. What nobody wrote at the
    /// same time as anything else is quick, and stays whole.
    pub fn slices(self) -> Vec<Self> {
        if self.stretches.len() < 2 {
            return vec![self];
        }
        let mut cuts = vec![0];
        let (mut start, mut stretches) = (0, 0);
        for Stretch { len, .. } in &self.stretches {
            let end = start + len;
            while start < end {
                let cut = cuts[cuts.len() - 1];
                if start - cut == SLICE_EVENTS || stretches == SLICE_STRETCHES {
                    cuts.push(start);
                    stretches = 0;
                    continue;
                }
                start = end.min(cut + SLICE_EVENTS);
                stretches += 1;
            }
        }
        if cuts.len() == 1 {
            return vec![self];
        }
        cuts.push(self.len());
        let names = Names::of(&self.stretches);
        cuts.windows(2).map(|cut| self.part(cut[0]..cut[1], &names)).collect()
    }

    /// Some of its events as a block.
    fn part(&self, events: Range<usize>, names: &Names) -> Self {
        let seen = |parent: &Parent| match *parent {
            Parent::Here(place) if place >= events.start => Parent::Here(place - events.start),
            Parent::Here(place) => Parent::Before(names.at(place)),
            Parent::Before(id) => Parent::Before(id),
        };
        let mut stretches = Vec::new();
        let places = names.0.iter().zip(&self.stretches).skip(names.stretch_at(events.start));
        for (&(start, _), stretch) in places.take_while(|((start, _), _)| *start < events.end) {
            let own = events.start.max(start)..events.end.min(start + stretch.len);
            if own.start < own.end {
                let skipped = own.start - start;
                let parents = match skipped {
                    0 => stretch.parents.iter().map(seen).collect(),
                    _ => vec![seen(&Parent::Here(own.start - 1))],
                };
                stretches.push(Stretch { len: own.len(), first: stretch.id(skipped), parents });
            }
        }
        Self {
            stretches,
            headers: self.headers.part(events.clone()),
            content: self.content.part(events.clone()),
            places: self.places.as_ref().map(|places| places.part(events.clone())),
        }
    }

    /// Its events as their authors made them.
    pub fn events(&self) -> impl Iterator<Item = Event> {
        let names = Names::of(&self.stretches);
        let places = self
            .stretches
            .iter()
            .flat_map(|stretch| (0..stretch.len).map(move |nth| (stretch, nth)));
        let payloads = self.content.payloads(0..self.len());
        places.zip(payloads).enumerate().map(move |(place, ((stretch, nth), payload))| {
            let id = stretch.id(nth);
            let name = |parent: &Parent| match *parent {
                Parent::Here(place) => names.at(place),
                Parent::Before(id) => id,
            };
            let parents = match nth {
                0 => stretch.parents.iter().map(name).collect(),
                _ => vec![stretch.id(nth - 1)],
            };
            let headers = &self.headers;
            let header = Header {
                id,
                parents,
                author: headers.author(place),
                time: headers.time(place),
                intent: headers.intent(place),
                correlation: headers.correlation(place, id),
                causation: headers.causation(place),
            };
            Event { header, payload }
        })
    }

    /// The names of its events and when each was recorded; none if they have no places.
    pub fn places(&self) -> impl Iterator<Item = (EventId, Timestamp)> {
        let stretches = self.stretches.iter();
        let ids = stretches.flat_map(|stretch| (0..stretch.len).map(|nth| stretch.id(nth)));
        let places = self.places.iter().flat_map(Places::iter);
        ids.zip(places).map(|(id, (_, recorded))| (id, recorded))
    }

    /// Its events with their places; none if they have no places.
    pub fn ordered(&self) -> impl Iterator<Item = Ordered> {
        let places = self.places.iter().flat_map(Places::iter);
        self.events().zip(places).map(|(event, (revision, recorded))| Ordered {
            revision,
            recorded,
            event,
        })
    }

    /// The block of some events with their places.
    pub fn from_ordered<'e>(events: impl IntoIterator<Item = &'e Ordered>) -> Self {
        let mut places = Places::default();
        let events = events.into_iter().inspect(|one| places.push(one.revision, one.recorded));
        let mut block = Self::from_iter(events.map(|one| &one.event));
        block.places = Some(places);
        block
    }

    fn push(&mut self, index: &mut Index, event: &Event) {
        let place = self.len();
        let Header { id, parents, .. } = &event.header;
        let last = self.stretches.last_mut().filter(|last| {
            let before = last.id(last.len - 1);
            before.replica == id.replica
                && before.counter.checked_add(1) == Some(id.counter)
                && *parents == [before]
        });
        if let Some(last) = last {
            last.len += 1;
            let key = (last.first.replica, last.first.counter);
            if let Some((_, len)) =
                index.stretches.get_mut(&key).filter(|(start, len)| start + *len == place)
            {
                *len += 1;
            }
        } else {
            let parent = |&id: &EventId| index.find(id).map_or(Parent::Before(id), Parent::Here);
            let parents = parents.iter().map(parent).collect();
            self.stretches.push(Stretch { len: 1, first: *id, parents });
            index.stretches.entry((id.replica, id.counter)).or_insert((place, 1));
        }
        self.headers.push(&event.header);
        self.content.push(place, event.payload.clone());
    }
}

impl<'e> FromIterator<&'e Event> for Block {
    fn from_iter<I: IntoIterator<Item = &'e Event>>(events: I) -> Self {
        let (mut block, mut index) = (Self::default(), Index::default());
        events.into_iter().for_each(|event| block.push(&mut index, event));
        block
    }
}

impl Graph {
    /// Takes a block in: what [`Graph::add`] does with each of its events, in a few steps if
    /// all of them are new and nothing is missing. Returns the local versions of what was added.
    pub fn add_block(&mut self, mut block: Block) -> Range<Lv> {
        let first = self.len();
        if self.append_block(&mut block).is_none() {
            for event in block.events() {
                self.add(event);
            }
        }
        first..self.len()
    }

    /// Takes a block in, out of which its content goes; `None`, and nothing is changed, if some
    /// event is not new or misses something that it was made on.
    pub(crate) fn append_block(&mut self, block: &mut Block) -> Option<Range<Lv>> {
        let first = self.len();
        let stretches = self.all_next(block)?;
        self.append_stretches(&block.headers, &stretches);
        self.content.append(first, std::mem::take(&mut block.content));
        Some(first..self.len())
    }

    /// A block's stretches: the first event, how many, and the local versions that the first
    /// was made on. `None` if some event is not the next of its replica or misses a parent.
    fn all_next(&self, block: &Block) -> Option<Vec<(EventId, usize, Vec<Lv>)>> {
        if self.has_parked() {
            return None;
        }
        let first = self.len();
        let mut next: BTreeMap<ReplicaId, u64> = BTreeMap::new();
        let mut passed = 0;
        let mut stretches = Vec::with_capacity(block.stretches.len());
        for Stretch { len, first: id, parents } in &block.stretches {
            let due = next.entry(id.replica).or_insert_with(|| self.next_counter(id.replica));
            if *due != id.counter {
                return None;
            }
            *due = due.checked_add(*len as u64)?;
            let (mut here, mut before) = (Vec::new(), Vec::new());
            for parent in parents {
                match *parent {
                    Parent::Here(place) if place < passed => here.push(first + place),
                    Parent::Here(_) => return None,
                    Parent::Before(id) => before.push(id),
                }
            }
            // What is made on an event of the block is made on what that was made on, but
            // only the graph can tell whether that is everything unread.
            if here.is_empty() || self.unread() == 0 {
                here.extend(self.version_of(&before)?);
            } else if !before.iter().all(|&id| self.contains(id)) {
                return None;
            } else {
                here.extend(before.iter().filter_map(|&id| self.lv_of(id)));
            }
            stretches.push((*id, *len, here));
            passed += len;
        }
        Some(stretches)
    }
}
