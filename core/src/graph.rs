//! The event graph: which events there are and what each was made on, append-only and
//! run-length encoded. It never interprets what an event says; that is `walker`'s.
//!
//! Inside one process an event is named by its **local version** ([`Lv`]): its index in
//! the order in which this process learnt of the events. Parents always have a smaller
//! one. It never leaves the process; [`EventId`] does.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::ops::Range;

use crate::content::Content;
use crate::event::{
    AuthorId, Event, EventId, Header, Intent, Payload, ReplicaId, TEXT_EDITED, Timestamp,
};

use crate::headers::{Headers, run_at};
use crate::version::build_on;

pub use crate::content::Lv;

/// How many events may wait for missing parents at once; what comes beyond is forgotten,
/// since whoever sent it will send it again.
pub const PARKED_MAX: usize = 10_000;

/// All events of one document.
///
/// # Laws
/// - Every event's parents, and its replica's previous event, come before it.
/// - Adding events in any order, any number of times, ends in the same set.
#[derive(Clone, Default, Debug)]
pub struct Graph {
    base: Base,
    /// Runs of events of one replica with consecutive counters.
    ids: Vec<IdRun>,
    /// For each replica, its runs in counter order, as indices into `ids`.
    replicas: BTreeMap<ReplicaId, Vec<u32>>,
    /// Runs in which every event but the first has exactly the previous one as its parent.
    parents: Vec<ParentRun>,
    headers: Headers,
    pub(crate) content: Content,
    /// Events nobody has built on yet, ascending.
    frontier: Vec<Lv>,
    parked: BTreeMap<EventId, Event>,
}

/// The first events of a graph, of which only the version is known until they are read.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Base {
    /// How many there are.
    pub(crate) len: usize,
    /// Those that none of them was made on, sorted.
    pub(crate) heads: Vec<EventId>,
    /// How many of each replica, sorted.
    pub(crate) counters: Vec<(ReplicaId, u64)>,
}

impl Base {
    fn counter(&self, replica: ReplicaId) -> u64 {
        let found = self.counters.binary_search_by_key(&replica, |&(replica, _)| replica);
        found.map_or(0, |at| self.counters[at].1)
    }
}

#[derive(Clone, Copy, Debug)]
struct IdRun {
    start: Lv,
    replica: ReplicaId,
    counter: u64,
}

#[derive(Clone, Debug)]
struct ParentRun {
    start: Lv,
    parents: Vec<Lv>,
}

impl Graph {
    /// A graph whose first events are not here. They stand for a straight line: whatever is
    /// added knows all of them, and what does not waits until they are read.
    pub(crate) fn beyond(base: Base) -> Self {
        let mut graph = Self { headers: Headers::beyond(base.len), ..Self::default() };
        for &(replica, _) in &base.counters {
            graph.replicas.insert(replica, Vec::new());
        }
        if let Some(last) = base.len.checked_sub(1) {
            graph.parents.push(ParentRun { start: 0, parents: Vec::new() });
            graph.frontier.push(last);
        }
        Self { base, ..graph }
    }

    /// How many events are not here, though others were made on them. They are the first.
    pub fn unread(&self) -> usize {
        self.base.len
    }

    /// What a graph has to know of these events to be added to without having them.
    pub(crate) fn as_base(&self) -> Base {
        let counters = self.replicas().map(|replica| (replica, self.next_counter(replica)));
        let heads = self.ids_of(&self.frontier);
        Base { len: self.len(), heads, counters: counters.collect() }
    }

    /// What is known of the events that are not here.
    pub(crate) fn base(&self) -> &Base {
        &self.base
    }

    /// Takes out the events that wait for others.
    pub(crate) fn take_parked(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.parked).into_values().collect()
    }

    /// How many events it has.
    pub fn len(&self) -> usize {
        self.headers.len()
    }

    /// Whether it has no events.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an event, or parks it until its parents are here. Returns the local versions of
    /// what was added: this event and all that waited for it. An event already here adds
    /// nothing, so every message may arrive twice.
    pub fn add(&mut self, event: Event) -> Range<Lv> {
        let first = self.len();
        let mut ready = vec![event];
        while let Some(event) = ready.pop() {
            if self.contains(event.header.id) {
                continue;
            }
            if !self.is_ready(&event.header) {
                if self.parked.len() < PARKED_MAX {
                    self.parked.insert(event.header.id, event);
                }
                continue;
            }
            self.push(event);
            if !self.parked.is_empty() {
                self.unpark(&mut ready);
            }
        }
        first..self.len()
    }

    fn is_ready(&self, header: &Header) -> bool {
        self.next_counter(header.id.replica) == header.id.counter
            && self.version_of(&header.parents).is_some()
    }

    fn unpark(&mut self, ready: &mut Vec<Event>) {
        let mut parked = std::mem::take(&mut self.parked);
        parked.retain(|_, event| {
            let wanted = self.is_ready(&event.header);
            if wanted {
                ready.push(event.clone());
            }
            !wanted && !self.contains(event.header.id)
        });
        self.parked = parked;
    }

    fn push(&mut self, event: Event) {
        let parents = self.version_of(&event.header.parents).expect("it is ready");
        self.push_on(parents, event.header, event.payload);
    }

    /// Adds an event that was made on everything here; what its header says of parents does
    /// not count.
    pub(crate) fn append(&mut self, header: Header, payload: Payload) -> Lv {
        let parents = self.frontier.clone();
        self.push_on(parents, header, payload);
        self.len() - 1
    }

    /// Adds an event of a keystroke that was made on everything here, which deletes, inserts or
    /// does both, within the text. Does what [`Graph::append`] does with such an event.
    pub(crate) fn append_typed(
        &mut self,
        header: &Header,
        pos: usize,
        deleted: usize,
        inserted: &str,
    ) {
        let lv = self.len();
        self.push_id(lv, header.id);
        match self.frontier[..] {
            // It goes on in the straight line that it stands in.
            [head] if head + 1 == lv => self.frontier[0] = lv,
            _ => self.push_parents(lv, self.frontier.clone()),
        }
        self.headers.push(header);
        self.content.push_typed(lv, pos, deleted, inserted);
    }

    fn push_on(&mut self, parents: Vec<Lv>, header: Header, payload: Payload) {
        let lv = self.len();
        self.push_id(lv, header.id);
        self.push_parents(lv, parents);
        self.headers.push(&header);
        self.content.push(lv, payload);
    }

    /// Adds events whose predecessors and parents are here, without their content: stretches
    /// in which each was made on the one before, and what the first was made on.
    pub(crate) fn append_stretches(
        &mut self,
        headers: &Headers,
        stretches: &[(EventId, usize, Vec<Lv>)],
    ) {
        let mut start = self.len();
        // The graph is as long as it will be: what is looked up below is here already.
        self.headers.append(headers);
        for (first, len, parents) in stretches {
            let parents = self.heads_of(parents.clone());
            self.push_id(start, *first);
            self.push_parents(start, parents);
            if let Some(head) = self.frontier.last_mut() {
                *head = start + len - 1;
            }
            start += len;
        }
    }

    /// Whether events wait for others.
    pub(crate) fn has_parked(&self) -> bool {
        !self.parked.is_empty()
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Some events, as ranges of one replica in which each was made on the one before.
    pub(crate) fn stretches(&self, all: Range<Lv>) -> impl Iterator<Item = Range<Lv>> {
        let mut start = all.start;
        std::iter::from_fn(move || {
            let next = self.ids.partition_point(|run| run.start <= start);
            let next = self.ids.get(next).map_or(self.len(), |run| run.start);
            let events = start..self.straight_end(start).min(next).min(all.end);
            start = events.end;
            (!events.is_empty()).then_some(events)
        })
    }

    fn push_id(&mut self, lv: Lv, id: EventId) {
        let continues = self.ids.last().is_some_and(|run| {
            run.replica == id.replica && run.counter + (lv - run.start) as u64 == id.counter
        });
        if !continues {
            self.replicas.entry(id.replica).or_default().push(self.ids.len() as u32);
            self.ids.push(IdRun { start: lv, replica: id.replica, counter: id.counter });
        }
    }

    fn push_parents(&mut self, lv: Lv, parents: Vec<Lv>) {
        build_on(&mut self.frontier, &parents);
        self.frontier.push(lv);
        if lv == 0 || parents != [lv - 1] {
            self.parents.push(ParentRun { start: lv, parents });
        }
    }

    /// Makes the newest event longer by a keystroke, which deletes or inserts. Only for an
    /// event that has not been handed out as sealed and that nothing was built on.
    pub(crate) fn extend_last(&mut self, pos: usize, deleted: usize, inserted: &str) {
        self.content.extend_last(self.len() - 1, pos, deleted, inserted);
    }

    /// Whether the event is here or unread (parked ones are neither).
    pub fn contains(&self, id: EventId) -> bool {
        id.counter < self.next_counter(id.replica)
    }

    /// The counter of a replica's next event; 0 for an unknown replica. Over all replicas
    /// this is the version vector: since counters have no gaps, it says exactly what is here.
    pub fn next_counter(&self, replica: ReplicaId) -> u64 {
        let last = self.replicas.get(&replica).and_then(|runs| runs.last());
        last.map_or_else(
            || self.base.counter(replica),
            |&run| {
                let end = self.ids.get(run as usize + 1).map_or(self.len(), |next| next.start);
                let run = self.ids[run as usize];
                run.counter + (end - run.start) as u64
            },
        )
    }

    /// The replicas that wrote here, in the order of their ids.
    pub fn replicas(&self) -> impl Iterator<Item = ReplicaId> {
        self.replicas.keys().copied()
    }

    /// The authors, in the order in which they first wrote.
    pub fn authors(&self) -> &[AuthorId] {
        self.headers.authors()
    }

    /// The local version of an event, if it is here and not unread.
    pub fn lv_of(&self, id: EventId) -> Option<Lv> {
        if !self.contains(id) {
            return None;
        }
        let runs = self.replicas.get(&id.replica)?;
        let at = runs.partition_point(|&run| self.ids[run as usize].counter <= id.counter);
        let run = self.ids[runs[at.checked_sub(1)?] as usize];
        Some(run.start + (id.counter - run.counter) as usize)
    }

    /// The name of an event.
    pub fn id_of(&self, lv: Lv) -> EventId {
        let run = self.ids[run_at(&self.ids, |run| run.start <= lv)];
        EventId { replica: run.replica, counter: run.counter + (lv - run.start) as u64 }
    }

    /// What an event was made on, ascending.
    pub fn parents(&self, lv: Lv) -> Cow<'_, [Lv]> {
        let run = self.run_of(lv);
        if run.start == lv { Cow::Borrowed(&run.parents) } else { Cow::Owned(vec![lv - 1]) }
    }

    /// The run of events, each made on the one before it, that an event stands in.
    fn run_of(&self, lv: Lv) -> &ParentRun {
        &self.parents[run_at(&self.parents, |run| run.start <= lv)]
    }

    /// Where the straight line that an event stands in ends: every event before there but the
    /// first was made on exactly the one before it.
    pub(crate) fn straight_end(&self, lv: Lv) -> Lv {
        let next = self.parents.partition_point(|run| run.start <= lv);
        self.parents.get(next).map_or(self.len(), |run| run.start)
    }

    /// Whether an event was made on exactly this version.
    pub(crate) fn was_made_on(&self, lv: Lv, version: &[Lv]) -> bool {
        let run = self.run_of(lv);
        if run.start == lv { run.parents == version } else { version == [lv - 1] }
    }

    /// Events nobody has built on yet, ascending.
    pub fn frontier(&self) -> &[Lv] {
        &self.frontier
    }

    /// A version's names for the outside.
    pub fn ids_of(&self, version: &[Lv]) -> Vec<EventId> {
        let mut ids = Vec::with_capacity(version.len());
        for &lv in version {
            match lv < self.base.len {
                true => ids.extend(&self.base.heads),
                false => ids.push(self.id_of(lv)),
            }
        }
        ids.sort_unstable();
        ids
    }

    /// The version that some events stand for; `None` if it is not known here. Strangers may
    /// name an event twice, or an ancestor of another.
    pub fn version_of(&self, ids: &[EventId]) -> Option<Vec<Lv>> {
        if self.base.len == 0 {
            let lvs: Option<Vec<Lv>> = ids.iter().map(|&id| self.lv_of(id)).collect();
            return lvs.map(|lvs| self.heads_of(lvs));
        }
        if !ids.iter().all(|&id| self.contains(id)) {
            return None;
        }
        // Whoever knows an event that is here knows all that are not.
        let here: Vec<Lv> = ids.iter().filter_map(|&id| self.lv_of(id)).collect();
        if !here.is_empty() {
            return Some(self.heads_of(here));
        }
        let knows_all = self.base.heads.iter().all(|head| ids.contains(head));
        knows_all.then(|| vec![self.base.len - 1])
    }

    /// How many events wait for parents that are not here.
    pub fn parked(&self) -> usize {
        self.parked.len()
    }

    /// All about an event but its content.
    pub fn header(&self, lv: Lv) -> Header {
        let id = self.id_of(lv);
        Header {
            id,
            parents: self.ids_of(&self.parents(lv)),
            author: self.author(lv),
            time: self.time(lv),
            intent: self.intent(lv),
            correlation: self.headers.correlation(lv, id),
            causation: self.headers.causation(lv),
        }
    }

    /// Who made an event.
    pub fn author(&self, lv: Lv) -> AuthorId {
        self.headers.author(lv)
    }

    /// Who made some events, as ranges of them.
    pub(crate) fn author_runs(
        &self,
        events: Range<Lv>,
    ) -> impl Iterator<Item = (Range<Lv>, AuthorId)> {
        self.headers.authors_of(events)
    }

    /// When an event was made, by its author's clock.
    pub fn time(&self, lv: Lv) -> Timestamp {
        self.headers.time(lv)
    }

    /// Why an event came about.
    pub fn intent(&self, lv: Lv) -> Intent {
        self.headers.intent(lv)
    }

    /// An event as its author made it.
    pub fn event(&self, lv: Lv) -> Event {
        Event { header: self.header(lv), payload: self.content.payload(lv) }
    }

    /// Some events as their authors made them.
    pub(crate) fn events(&self, events: Range<Lv>) -> impl Iterator<Item = Event> {
        let payloads = self.content.payloads(events.clone());
        events.zip(payloads).map(|(lv, payload)| Event { header: self.header(lv), payload })
    }

    /// What an event says, if it is not about text.
    pub fn fact(&self, lv: Lv) -> Option<&Payload> {
        self.content.fact(lv)
    }

    /// What kind of event it is, as [`Payload::kind`] says it.
    pub fn kind(&self, lv: Lv) -> &'static str {
        self.fact(lv).map_or(TEXT_EDITED, Payload::kind)
    }

    /// Drops from a set of events all that are ancestors of others in it: the version that
    /// the set stands for. Ascending.
    pub fn heads_of(&self, mut events: Vec<Lv>) -> Vec<Lv> {
        events.sort_unstable();
        events.dedup();
        if events.len() < 2 {
            return events;
        }
        // One way down the history for all of them, however many a stranger names.
        let (least, mut heads) = (events[0], Vec::new());
        let mut known: BTreeSet<Lv> = BTreeSet::new();
        while let Some(&next) = events.last() {
            let head = known.last().copied().filter(|&known| known >= next).unwrap_or(next);
            if !known.remove(&head) {
                heads.push(head);
            }
            // Inside a run all that is below is known to its end.
            let run = self.run_of(head);
            while events.pop_if(|event| (run.start..=head).contains(event)).is_some() {}
            while known.last().is_some_and(|&known| known >= run.start) {
                known.pop_last();
            }
            known.extend(run.parents.iter().copied().filter(|&parent| parent >= least));
        }
        heads.reverse();
        heads
    }

    /// Whether an event is part of a version's history.
    pub fn version_contains(&self, version: &[Lv], lv: Lv) -> bool {
        let mut queue: BTreeSet<Lv> = version.iter().copied().filter(|&head| head >= lv).collect();
        while let Some(head) = queue.pop_last() {
            if head == lv {
                return true;
            }
            // Inside a run the way down is a straight line.
            let run = self.run_of(head);
            if run.start <= lv {
                return true;
            }
            queue.extend(run.parents.iter().copied().filter(|&parent| parent >= lv));
        }
        false
    }

    /// The events in the history of `left` only and of `right` only, as ranges, the newest
    /// range first.
    pub fn diff(&self, left: &[Lv], right: &[Lv]) -> (Vec<Range<Lv>>, Vec<Range<Lv>>) {
        let mut heads: BinaryHeap<(Lv, Side)> = BinaryHeap::new();
        heads.extend(left.iter().map(|&lv| (lv, Side::Left)));
        heads.extend(right.iter().map(|&lv| (lv, Side::Right)));
        let mut one_sided = heads.len();
        let (mut only_left, mut only_right) = (Vec::new(), Vec::new());
        let mut note = |events: Range<Lv>, side: Side| match side {
            _ if events.is_empty() => {}
            Side::Left => push_range(&mut only_left, events),
            Side::Right => push_range(&mut only_right, events),
            Side::Both => {}
        };
        while one_sided > 0 {
            let Some((mut head, mut side)) = heads.pop() else { break };
            one_sided -= usize::from(side != Side::Both);
            let run = self.run_of(head);
            // Others may join on the straight way down to the start of the run.
            while let Some(&(other, other_side)) = heads.peek()
                && other >= run.start
            {
                heads.pop();
                one_sided -= usize::from(other_side != Side::Both);
                if side != other_side {
                    note(other + 1..head + 1, side);
                    (head, side) = (other, Side::Both);
                }
            }
            note(run.start..head + 1, side);
            heads.extend(run.parents.iter().map(|&parent| (parent, side)));
            one_sided += if side == Side::Both { 0 } else { run.parents.len() };
        }
        (only_left, only_right)
    }

    /// The last version that all of `events` and of `version` were made on, or after, and
    /// every event that is not part of it, oldest first, as ranges: what a merge has to replay.
    ///
    /// The queue holds versions, not events: when only one is left, all that was passed
    /// hangs on that whole version, even if it has several heads.
    pub fn conflict(&self, version: &[Lv], events: &[Range<Lv>]) -> (Vec<Lv>, Vec<Range<Lv>>) {
        let descending = |mut version: Vec<Lv>| {
            version.sort_unstable_by(|a, b| b.cmp(a));
            version
        };
        let mut queue: BTreeSet<Vec<Lv>> = BTreeSet::from([descending(version.to_vec())]);
        queue.extend(self.heads_of_runs(events).into_iter().map(|lv| vec![lv]));
        let mut zone: Vec<Range<Lv>> = Vec::new();
        while queue.len() > 1 {
            let Some(mut heads) = queue.pop_last() else { break };
            let head = heads.remove(0);
            if !heads.is_empty() {
                queue.insert(heads);
            }
            let next = queue.last().and_then(|next| next.first()).copied();
            if next == Some(head) {
                // It is passed when its other mention is.
                continue;
            }
            // Down to the start of its run, or to the next head in that run.
            let run = self.run_of(head);
            match next.filter(|&next| next >= run.start) {
                Some(next) => {
                    push_range(&mut zone, next + 1..head + 1);
                    queue.insert(vec![next]);
                }
                None => {
                    push_range(&mut zone, run.start..head + 1);
                    queue.insert(descending(run.parents.clone()));
                }
            }
        }
        zone.reverse();
        let mut common = queue.pop_last().unwrap_or_default();
        common.reverse();
        (common, zone)
    }

    /// The last event of every straight line that some events are in: the others are in its
    /// history.
    fn heads_of_runs(&self, events: &[Range<Lv>]) -> Vec<Lv> {
        let mut heads: Vec<Lv> = Vec::new();
        for events in events {
            let mut start = events.start;
            while start < events.end {
                let end = self.straight_end(start).min(events.end);
                if heads.last().is_some_and(|&last| self.was_made_on(start, &[last])) {
                    heads.pop();
                }
                heads.push(end - 1);
                start = end;
            }
        }
        heads
    }
}

/// Adds a range in front of those that follow it.
fn push_range(ranges: &mut Vec<Range<Lv>>, range: Range<Lv>) {
    match ranges.last_mut() {
        Some(last) if last.start == range.end => last.start = range.start,
        _ => ranges.push(range),
    }
}

/// Whose history an event is part of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
    Both,
}
