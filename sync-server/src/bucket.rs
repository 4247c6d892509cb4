//! How fast replicas push: for each a bucket of tokens that fills with time, so that somebody who
//! comes back from a week offline is let in and somebody who never stops is not.

use std::collections::HashMap;

use palimpsest_core::{ReplicaId, Timestamp};

/// How many buckets are remembered at least before full ones are looked for and forgotten.
const BUCKETS_KEPT: usize = 4_096;

/// The buckets of all replicas that pushed lately.
#[derive(Debug)]
pub(crate) struct Buckets {
    per_second: f64,
    full: f64,
    buckets: HashMap<ReplicaId, Bucket>,
    /// So many buckets there may be before the next look for full ones.
    kept: usize,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

impl Buckets {
    /// Buckets that hold `at_once` tokens and get `per_second` more.
    pub(crate) fn new(per_second: usize, at_once: usize) -> Self {
        let (per_second, full) = (per_second as f64, at_once as f64);
        Self { per_second, full, buckets: HashMap::new(), kept: BUCKETS_KEPT }
    }

    /// Takes `events` tokens out of a replica's bucket; takes none and says no if there are not
    /// as many.
    pub(crate) fn take(&mut self, replica: ReplicaId, events: usize, now: Timestamp) -> bool {
        let (per_second, full) = (self.per_second, self.full);
        let new = Bucket { tokens: full, at: now };
        let bucket = self.buckets.entry(replica).or_insert(new);
        bucket.fill(per_second, full, now);
        let enough = bucket.tokens >= events as f64;
        if enough {
            bucket.tokens -= events as f64;
        }
        if self.buckets.len() > self.kept {
            // A full bucket is like none at all.
            self.buckets.retain(|_, bucket| {
                bucket.fill(per_second, full, now);
                bucket.tokens < full
            });
            self.kept = BUCKETS_KEPT.max(2 * self.buckets.len());
        }
        enough
    }
}

impl Bucket {
    fn fill(&mut self, per_second: f64, full: f64, now: Timestamp) {
        // The clock may be set back; nobody gains or loses by that.
        let millis = now.0.saturating_sub(self.at.0).max(0) as f64;
        self.tokens = full.min(self.tokens + millis / 1_000.0 * per_second);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_what_it_holds_and_fills_with_time() {
        let mut buckets = Buckets::new(10, 20);
        let mut check = |replica, events, millis, expected| {
            let taken = buckets.take(ReplicaId(replica), events, Timestamp(millis));
            assert_eq!(taken, expected, "{events} events of {replica} at {millis}");
        };
        check(1, 21, 0, false);
        check(1, 20, 0, true);
        check(1, 1, 0, false);
        check(2, 20, 0, true);
        check(1, 1, 99, false);
        check(1, 1, 100, true);
        check(1, 1, 50, false);
        check(1, 20, 10_000, true);
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let mut buckets = Buckets::new(1, 1);
        for replica in 0..3 * BUCKETS_KEPT as u64 {
            assert!(buckets.take(ReplicaId(replica), 1, Timestamp(replica as i64 * 1_000)));
        }
        assert!(buckets.buckets.len() <= BUCKETS_KEPT + 1);
    }
}
