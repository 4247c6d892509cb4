//! How fast people push: for each sender a bucket of tokens that fills with time, so that somebody
//! who comes back from a week offline is let in and somebody who never stops is not.

use std::collections::HashMap;
use std::net::IpAddr;

use palimpsest_core::Timestamp;

use crate::guard::Caller;
use crate::guard::book::KeyHash;
use crate::hub::ConnectionId;

/// How many buckets are remembered at least before full ones are looked for and forgotten.
const BUCKETS_KEPT: usize = 4_096;

/// Whose bucket: somebody who cannot make themselves another by writing another replica into what
/// they push, or by connecting again.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Sender {
    /// Whom a proxy names, wherever they are.
    User(String),
    /// Whoever comes by a link from an address.
    Link(KeyHash, IpAddr),
    /// One socket of this machine's, where everybody has one address: of a program's, or of a proxy's
    /// that the server was not told of.
    Socket(ConnectionId),
}

impl Sender {
    /// Who sends on a connection from `address` with what was shown.
    pub(crate) fn of(caller: &Caller, address: IpAddr, connection: ConnectionId) -> Self {
        match (&caller.user, caller.key) {
            (Some(user), _) => Self::User(user.clone()),
            (None, Some(key)) if !address.is_loopback() => Self::Link(key, address),
            (None, _) => Self::Socket(connection),
        }
    }
}

/// The buckets of all who pushed lately.
#[derive(Debug)]
pub(crate) struct Buckets {
    per_second: f64,
    full: f64,
    buckets: HashMap<Sender, Bucket>,
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

    /// Takes `events` tokens out of a sender's bucket; takes none and says no if there are not as
    /// many.
    pub(crate) fn take(&mut self, sender: Sender, events: usize, now: Timestamp) -> bool {
        let (per_second, full) = (self.per_second, self.full);
        let new = Bucket { tokens: full, at: now };
        let bucket = self.buckets.entry(sender).or_insert(new);
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
    use std::sync::Arc;

    use super::*;
    use crate::guard::Guard;
    use crate::hub::Hub;

    fn user(n: u64) -> Sender {
        Sender::User(n.to_string())
    }

    #[test]
    fn nobody_gets_another_bucket_by_connecting_again() {
        let mut hub = Hub::new(Arc::new(Guard::open()));
        let (one, other) = (hub.connect(None), hub.connect(None));
        let [far, near]: [IpAddr; 2] = ["203.0.113.9", "::1"].map(|text| text.parse().unwrap());
        let check = |caller: Caller, address, same| {
            let first = Sender::of(&caller, address, one);
            assert_eq!(first == Sender::of(&caller, address, other), same, "{caller:?} {address}");
        };
        let linked = Caller { key: Some(KeyHash([1; 32])), user: None };
        check(Caller { user: Some("ada".into()), ..linked.clone() }, far, true);
        check(Caller { user: Some("ada".into()), key: None }, near, true);
        check(linked.clone(), far, true);
        // Behind one address of this machine may be everybody.
        check(linked, near, false);
        check(Caller::default(), near, false);
    }

    #[test]
    fn a_bucket_gives_what_it_holds_and_fills_with_time() {
        let mut buckets = Buckets::new(10, 20);
        let mut check = |sender, events, millis, expected| {
            let taken = buckets.take(user(sender), events, Timestamp(millis));
            assert_eq!(taken, expected, "{events} events of {sender} at {millis}");
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
        for sender in 0..3 * BUCKETS_KEPT as u64 {
            assert!(buckets.take(user(sender), 1, Timestamp(sender as i64 * 1_000)));
        }
        assert!(buckets.buckets.len() <= BUCKETS_KEPT + 1);
    }
}
