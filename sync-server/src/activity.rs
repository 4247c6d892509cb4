//! How much was written in each part of a log, counted event by event, so that a list can draw
//! a document's life without replaying it. Who wrote is not counted here.

use palimpsest_core::{Event, Op, Payload, Revision};

/// A log is told in so many parts at most; from two on, in more than half as many.
const PARTS_MAX: usize = 32;

/// What was inserted and deleted in each part. All parts but the last have the same number of
/// revisions, a power of two, which follows from how many revisions there are: so counting
/// goes on where it stopped, and ends as if it had begun anew.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Activity {
    head: u64,
    counts: Vec<u32>,
}

impl Activity {
    /// Counts the event of the next revision.
    pub(crate) fn count(&mut self, event: &Event) {
        if self.head == self.part() * PARTS_MAX as u64 {
            let pairs = self.counts.chunks(2);
            self.counts = pairs.map(|pair| pair.iter().fold(0, add)).collect();
        }
        self.head += 1;
        if self.counts.len() < parts(self.head) {
            self.counts.push(0);
        }
        let last = self.counts.last_mut().expect("a log with a revision has a part");
        *last = last.saturating_add(written(event));
    }

    /// How much was written in each part, in scalars.
    pub(crate) fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The counts as a store keeps them.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.counts.iter().flat_map(|count| count.to_le_bytes()).collect()
    }

    /// The other direction; `None` if they cannot be the counts of so many revisions.
    pub(crate) fn from_bytes(head: Revision, bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() || numbers.len() != parts(head.0) {
            return None;
        }
        let counts = numbers.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
        Some(Self { head: head.0, counts })
    }

    fn part(&self) -> u64 {
        part(self.head)
    }
}

/// How many revisions a part of a log of `head` revisions has.
fn part(head: u64) -> u64 {
    head.div_ceil(PARTS_MAX as u64).max(1).next_power_of_two()
}

fn parts(head: u64) -> usize {
    head.div_ceil(part(head)) as usize
}

fn add(sum: u32, count: &u32) -> u32 {
    sum.saturating_add(*count)
}

/// What the author did, not what became of it: two who delete the same word both worked.
fn written(event: &Event) -> u32 {
    let Payload::TextEdited { ops } = &event.payload else { return 0 };
    let sum = ops.iter().map(Op::len).fold(0, usize::saturating_add);
    u32::try_from(sum).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use palimpsest_core::{AuthorId, CorrelationId, EventId, Header, Intent, ReplicaId, Timestamp};

    use super::*;

    fn insert(nth: u64, text: &str) -> Event {
        let header = Header {
            id: EventId { replica: ReplicaId(1), counter: nth },
            parents: Vec::new(),
            author: AuthorId([1; 16]),
            time: Timestamp(0),
            intent: Intent::Typed,
            correlation: CorrelationId(0),
            causation: None,
        };
        let ops = vec![Op::Insert { pos: 0, text: text.into() }];
        Event { header, payload: Payload::TextEdited { ops } }
    }

    #[test]
    fn nothing_that_was_written_is_lost_and_the_parts_stay_few() {
        let mut activity = Activity::default();
        assert!(activity.counts().is_empty());
        let mut all = 0;
        for nth in 0..5_000_u64 {
            let text = "é".repeat(nth as usize % 7);
            all += nth as u32 % 7;
            activity.count(&insert(nth, &text));
            assert_eq!(activity.counts().iter().sum::<u32>(), all, "{nth}");
            let count = activity.counts().len();
            assert!(count <= PARTS_MAX && (nth < 1 || count > PARTS_MAX / 2 || nth < 32), "{nth}");
        }
    }

    #[test]
    fn counting_goes_on_from_what_was_kept() {
        let mut whole = Activity::default();
        for nth in 0..300_u64 {
            whole.count(&insert(nth, &"x".repeat(nth as usize)));
            let head = Revision(nth + 1);
            assert_eq!(Activity::from_bytes(head, &whole.to_bytes()), Some(whole.clone()));
        }
        let bytes = whole.to_bytes();
        assert_eq!(Activity::from_bytes(Revision(3), &bytes), None);
        assert_eq!(Activity::from_bytes(Revision(300), &bytes[1..]), None);
        assert_eq!(Activity::from_bytes(Revision(0), &[]), Some(Activity::default()));
    }
}
