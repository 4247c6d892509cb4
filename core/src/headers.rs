//! All about events that is neither their content nor their place in the graph: who, when,
//! why. Most is the same as in the event before, so each is a column of runs.

use std::collections::BTreeMap;

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
enum Correlated {
    /// What the event's own name has to be combined with.
    ByName(u64),
    To(CorrelationId),
}

/// Names further apart than that are no action of one replica.
const ACTION_EVENTS_MAX: u64 = 1 << 16;

impl Headers {
    pub(crate) fn len(&self) -> usize {
        self.len
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

    fn get(&self, at: usize) -> T {
        self.runs[self.runs.partition_point(|&(start, _)| start as usize <= at) - 1].1
    }
}

/// A column of times, as stretches of equal steps.
#[derive(Clone, Default, Debug)]
struct Times {
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
    fn push(&mut self, time: Timestamp) {
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

    fn get(&self, index: usize) -> Timestamp {
        let after = self.stretches.partition_point(|stretch| stretch.start <= index);
        Timestamp(self.stretches[after - 1].at(index))
    }
}
