//! All about events that is neither their content nor their place in the graph: who, when,
//! why. Most is the same as in the event before, so each is a column of runs.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::event::{AuthorId, CorrelationId, EventId, Header, Intent, Timestamp};

/// The headers of a graph's events, by local version.
#[derive(Clone, Default, Debug)]
pub(crate) struct Headers {
    len: usize,
    times: Times,
    authors: Runs<u32>,
    intents: Runs<Intent>,
    correlations: Runs<Correlated>,
    causations: BTreeMap<usize, EventId>,
    /// Who wrote, in the order in which they first did.
    known: Vec<AuthorId>,
}

/// A correlation as it repeats itself: the first event of an action gives its own name to all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Correlated {
    /// What the event's own name has to be combined with.
    ByName(u64),
    To(CorrelationId),
}

/// How many times there are, the first, and the step from each to the next.
pub(crate) type TimeRun = (usize, (i64, i64));

/// Columns as how long each value stays, and the value.
pub(crate) struct Lengths {
    pub(crate) times: Vec<TimeRun>,
    pub(crate) authors: Vec<(usize, u32)>,
    pub(crate) intents: Vec<(usize, Intent)>,
    pub(crate) correlations: Vec<(usize, Correlated)>,
}

/// Names further apart than that are no action of one replica.
const ACTION_EVENTS_MAX: u64 = 1 << 16;

impl Headers {
    /// The headers of `len` events; `None` if a column has another length.
    pub(crate) fn from_columns(
        len: usize,
        known: Vec<AuthorId>,
        lengths: Lengths,
        causations: BTreeMap<usize, EventId>,
    ) -> Option<Self> {
        let times = Times::from_lengths(len, &lengths.times)?;
        Some(Self {
            len,
            times,
            authors: Runs::from_lengths(len, lengths.authors)?,
            intents: Runs::from_lengths(len, lengths.intents)?,
            correlations: Runs::from_lengths(len, lengths.correlations)?,
            causations,
            known,
        })
    }

    /// No headers of the first `len` events, which are not here: later ones can be added.
    pub(crate) fn beyond(len: usize) -> Self {
        Self { len, times: Times { stretches: Vec::new(), len }, ..Self::default() }
    }

    /// Adds those of other events behind.
    pub(crate) fn append(&mut self, other: &Self) {
        if self.len == 0 {
            return self.clone_from(other);
        }
        for (count, (first, step)) in other.times() {
            self.times.push_stretch(count, first, step);
        }
        let start = self.len;
        let known: Vec<u32> = other.known.iter().map(|&author| self.place_of(author)).collect();
        self.authors.append(start, &other.authors, |author| known[author as usize]);
        self.intents.append(start, &other.intents, |intent| intent);
        self.correlations.append(start, &other.correlations, |correlated| correlated);
        self.causations.extend(other.causations().map(|(lv, cause)| (start + lv, cause)));
        self.len += other.len;
    }

    /// Those of some events.
    pub(crate) fn part(&self, events: Range<usize>) -> Self {
        self.ranges([events])
    }

    /// Those of some ranges of events, one behind the other.
    pub(crate) fn ranges(&self, ranges: impl IntoIterator<Item = Range<usize>>) -> Self {
        let mut taken = Self::default();
        // Where an author stands in what is taken, by where in all.
        let mut places: Vec<Option<u32>> = vec![None; self.known.len()];
        for events in ranges {
            let place = |own: &Range<usize>| taken.len + own.start - events.start;
            for (own, (first, step)) in self.times.between(events.clone()) {
                taken.times.push_stretch(own.len(), first, step);
            }
            for (own, author) in self.authors.between(events.clone(), self.len) {
                let author = author as usize;
                let known = *places[author].get_or_insert_with(|| {
                    taken.known.push(self.known[author]);
                    taken.known.len() as u32 - 1
                });
                taken.authors.push(place(&own), known);
            }
            for (own, intent) in self.intents.between(events.clone(), self.len) {
                taken.intents.push(place(&own), intent);
            }
            for (own, correlated) in self.correlations.between(events.clone(), self.len) {
                taken.correlations.push(place(&own), correlated);
            }
            let causes = self.causations.range(events.clone());
            let causes = causes.map(|(&lv, &cause)| (place(&(lv..lv + 1)), cause));
            taken.causations.extend(causes);
            taken.len += events.len();
        }
        taken
    }

    /// Where an author stands among the known ones.
    fn place_of(&mut self, author: AuthorId) -> u32 {
        let known = self.known.iter().rposition(|&known| known == author);
        let place = known.unwrap_or_else(|| {
            self.known.push(author);
            self.known.len() - 1
        });
        place as u32
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Stretches of equal steps: how long each is, its first time and its step.
    pub(crate) fn times(&self) -> impl Iterator<Item = TimeRun> {
        self.times.lengths()
    }

    /// Who wrote, as places among the authors.
    pub(crate) fn author_runs(&self) -> impl Iterator<Item = (usize, u32)> {
        self.authors.lengths(self.len)
    }

    pub(crate) fn intents(&self) -> impl Iterator<Item = (usize, Intent)> {
        self.intents.lengths(self.len)
    }

    pub(crate) fn correlations(&self) -> impl Iterator<Item = (usize, Correlated)> {
        self.correlations.lengths(self.len)
    }

    pub(crate) fn causations(&self) -> impl Iterator<Item = (usize, EventId)> {
        self.causations.iter().map(|(&lv, &cause)| (lv, cause))
    }

    /// When some events were made: stretches of equal steps.
    pub(crate) fn times_of(
        &self,
        events: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, (i64, i64))> {
        self.times.between(events)
    }

    /// Why some events came about, as ranges of them.
    pub(crate) fn intents_of(
        &self,
        events: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, Intent)> {
        self.intents.between(events, self.len)
    }

    /// Who wrote some events, as ranges of them.
    pub(crate) fn authors_of(
        &self,
        events: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, AuthorId)> {
        let runs = self.authors.between(events, self.len);
        runs.map(|(own, author)| (own, self.known[author as usize]))
    }

    /// Adds an event's; its parents are the graph's matter.
    pub(crate) fn push(&mut self, header: &Header) {
        let lv = self.len;
        self.len += 1;
        self.times.push(header.time);
        let author = self.place_of(header.author);
        self.authors.push(lv, author);
        self.intents.push(lv, header.intent);
        let by_name = header.correlation.0 ^ name(header.id);
        let correlated = match by_name {
            by_name if by_name < ACTION_EVENTS_MAX => Correlated::ByName(by_name),
            _ => Correlated::To(header.correlation),
        };
        self.correlations.push(lv, correlated);
        if let Some(cause) = header.causation {
            self.causations.insert(lv, cause);
        }
    }

    pub(crate) fn author(&self, lv: usize) -> AuthorId {
        self.known[self.authors.get(lv) as usize]
    }

    /// Who wrote, in the order in which they first did.
    pub(crate) fn authors(&self) -> &[AuthorId] {
        &self.known
    }

    pub(crate) fn time(&self, lv: usize) -> Timestamp {
        self.times.get(lv)
    }

    pub(crate) fn intent(&self, lv: usize) -> Intent {
        self.intents.get(lv)
    }

    pub(crate) fn causation(&self, lv: usize) -> Option<EventId> {
        self.causations.get(&lv).copied()
    }

    /// The correlation of an event, by its name.
    pub(crate) fn correlation(&self, lv: usize, id: EventId) -> CorrelationId {
        match self.correlations.get(lv) {
            Correlated::ByName(with) => CorrelationId(name(id) ^ with),
            Correlated::To(correlation) => correlation,
        }
    }
}

/// The correlation that an event gives to the action it begins.
pub(crate) fn name(id: EventId) -> u64 {
    id.replica.0.rotate_left(32) ^ id.counter
}

/// The last of some runs, in order, that has begun. Mostly the newest is asked for.
pub(crate) fn run_at<T>(runs: &[T], has_begun: impl Fn(&T) -> bool) -> usize {
    match runs.last() {
        Some(last) if has_begun(last) => runs.len() - 1,
        _ => runs.partition_point(has_begun) - 1,
    }
}

/// A column of values that stay the same for a while.
#[derive(Clone, Debug)]
struct Runs<T> {
    /// Where a value begins, and the value.
    runs: Vec<(u32, T)>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { runs: Vec::new() }
    }
}

impl<T: Copy + PartialEq> Runs<T> {
    fn push(&mut self, at: usize, value: T) {
        if self.runs.last().is_none_or(|&(_, last)| last != value) {
            self.runs.push((at as u32, value));
        }
    }

    fn from_lengths(len: usize, lengths: Vec<(usize, T)>) -> Option<Self> {
        let (mut runs, mut at) = (Self::default(), 0_usize);
        for (count, value) in lengths {
            runs.push(at, value);
            at = at.checked_add(count).filter(|&end| count > 0 && end <= len)?;
        }
        (at == len).then_some(runs)
    }

    fn lengths(&self, len: usize) -> impl Iterator<Item = (usize, T)> {
        let ends = self.runs.iter().skip(1).map(|&(start, _)| start as usize);
        let ends = ends.chain(std::iter::once(len));
        self.runs.iter().zip(ends).map(|(&(start, value), end)| (end - start as usize, value))
    }

    /// Adds the values of another column, from `start` on.
    fn append(&mut self, start: usize, other: &Self, value: impl Fn(T) -> T) {
        other.runs.iter().for_each(|&(at, own)| self.push(start + at as usize, value(own)));
    }

    /// The values at some places, and where each stands, in a column of `len`.
    fn between(&self, places: Range<usize>, len: usize) -> impl Iterator<Item = (Range<usize>, T)> {
        let first = if places.is_empty() { self.runs.len() } else { self.at(places.start) };
        let ends = self.runs[first..].iter().skip(1).map(|&(start, _)| start as usize);
        let ends = ends.chain(std::iter::once(len));
        let mut start = places.start;
        self.runs[first..].iter().zip(ends).map_while(move |(&(_, value), end)| {
            let own = start..end.min(places.end);
            start = own.end;
            (!own.is_empty()).then_some((own, value))
        })
    }

    fn get(&self, at: usize) -> T {
        self.runs[self.at(at)].1
    }

    fn at(&self, at: usize) -> usize {
        run_at(&self.runs, |&(start, _)| start as usize <= at)
    }
}

/// A column of times, as stretches of equal steps.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Times {
    stretches: Vec<Stretch>,
    len: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stretch {
    start: usize,
    first: i64,
    step: i64,
}

impl Stretch {
    fn at(&self, index: usize) -> i64 {
        self.first.wrapping_add(self.step.wrapping_mul((index - self.start) as i64))
    }
}

impl Times {
    /// A column of `len` times; `None` if the stretches are not as many.
    pub(crate) fn from_lengths(len: usize, lengths: &[TimeRun]) -> Option<Self> {
        let mut times = Self::default();
        for &(count, (first, step)) in lengths {
            times.stretches.push(Stretch { start: times.len, first, step });
            times.len = times.len.checked_add(count).filter(|_| count > 0)?;
        }
        (times.len == len).then_some(times)
    }

    /// Stretches of equal steps: how long each is, its first time and its step.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = TimeRun> {
        let ends = self.stretches.iter().skip(1).map(|stretch| stretch.start);
        let ends = ends.chain(std::iter::once(self.len));
        let stretches = self.stretches.iter().zip(ends);
        stretches.map(|(stretch, end)| (end - stretch.start, (stretch.first, stretch.step)))
    }

    /// The stretches of some places, each with its first time and its step.
    pub(crate) fn between(
        &self,
        places: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, (i64, i64))> {
        let begun = self.stretches.partition_point(|stretch| stretch.start <= places.start);
        let ends = self.stretches.iter().skip(begun).map(|stretch| stretch.start);
        let ends = ends.chain(std::iter::once(self.len));
        let mut start = places.start;
        let stretches = self.stretches.iter().skip(begun.saturating_sub(1)).zip(ends);
        stretches.map_while(move |(stretch, end)| {
            let own = start..end.min(places.end);
            start = own.end;
            (!own.is_empty()).then(|| (own.clone(), (stretch.at(own.start), stretch.step)))
        })
    }

    /// Adds times of equal steps; the column is as if each had been pushed.
    pub(crate) fn push_stretch(&mut self, count: usize, first: i64, step: i64) {
        // The first may still belong to the stretch before, and the second begin one whose
        // step the third tells: behind that all go on alike.
        let told = count.min(3);
        for nth in 0..told as i64 {
            self.push(Timestamp(first.wrapping_add(step.wrapping_mul(nth))));
        }
        self.len += count - told;
    }

    pub(crate) fn push(&mut self, time: Timestamp) {
        let index = self.len;
        self.len += 1;
        if let Some(last) = self.stretches.last_mut() {
            if index == last.start + 1 {
                last.step = time.0.wrapping_sub(last.first);
            }
            if last.at(index) == time.0 {
                return;
            }
        }
        self.stretches.push(Stretch { start: index, first: time.0, step: 0 });
    }

    /// How many times there are until one is later, if they never decrease.
    pub(crate) fn until(&self, time: Timestamp) -> usize {
        let begun = self.stretches.partition_point(|stretch| stretch.first <= time.0);
        let Some(last) = begun.checked_sub(1).map(|at| self.stretches[at]) else { return 0 };
        let end = self.stretches.get(begun).map_or(self.len, |next| next.start);
        let passed = time.0.abs_diff(last.first).checked_div(last.step.unsigned_abs());
        let passed = passed.and_then(|steps| usize::try_from(steps).ok()).unwrap_or(usize::MAX);
        last.start.saturating_add(passed).saturating_add(1).min(end)
    }

    pub(crate) fn get(&self, index: usize) -> Timestamp {
        let at = run_at(&self.stretches, |stretch| stretch.start <= index);
        Timestamp(self.stretches[at].at(index))
    }
}
