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

/// Columns as how long each value stays, and the value.
pub(crate) struct Lengths {
    pub(crate) times: Vec<(usize, (i64, i64))>,
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
        let mut times = Times::default();
        for &(count, (first, step)) in &lengths.times {
            times.stretches.push(Stretch { start: times.len, first, step });
            times.len = times.len.checked_add(count).filter(|_| count > 0)?;
        }
        (times.len == len).then_some(())?;
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

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Stretches of equal steps: how long each is, its first time and its step.
    pub(crate) fn times(&self) -> impl Iterator<Item = (usize, (i64, i64))> {
        let ends = self.times.stretches.iter().skip(1).map(|stretch| stretch.start);
        let ends = ends.chain(std::iter::once(self.len));
        let stretches = self.times.stretches.iter().zip(ends);
        stretches.map(|(stretch, end)| (end - stretch.start, (stretch.first, stretch.step)))
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

    /// Who wrote some events, as ranges of them.
    pub(crate) fn authors_of(
        &self,
        events: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, AuthorId)> {
        let runs = &self.authors.runs;
        let at = if events.is_empty() { runs.len() } else { self.authors.at(events.start) };
        let ends = runs[at..].iter().skip(1).map(|&(start, _)| start as usize);
        let ends = ends.chain(std::iter::once(self.len));
        let mut start = events.start;
        let runs = runs[at..].iter().zip(ends).map_while(move |(&(_, author), end)| {
            let own = start..end.min(events.end);
            start = own.end;
            (!own.is_empty()).then_some((own, author))
        });
        runs.map(|(own, author)| (own, self.known[author as usize]))
    }

    /// Adds an event's; its parents are the graph's matter.
    pub(crate) fn push(&mut self, header: &Header) {
        let lv = self.len;
        self.len += 1;
        self.times.push(header.time);
        let known = self.known.iter().rposition(|&known| known == header.author);
        let author = known.unwrap_or_else(|| {
            self.known.push(header.author);
            self.known.len() - 1
        });
        self.authors.push(lv, author as u32);
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

    fn get(&self, at: usize) -> T {
        self.runs[self.at(at)].1
    }

    fn at(&self, at: usize) -> usize {
        run_at(&self.runs, |&(start, _)| start as usize <= at)
    }
}

/// A column of times, as stretches of equal steps.
#[derive(Clone, Default, Debug)]
pub(crate) struct Times {
    stretches: Vec<Stretch>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
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
