//! Latencies, all of them kept, and what is said about many.

use std::time::Duration;

/// Latencies in microseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<u32>);

/// What is said about many latencies.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Spread {
    pub(crate) count: usize,
    /// Milliseconds, as all below.
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Samples {
    pub(crate) fn add(&mut self, latency: Duration) {
        self.0.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn append(&mut self, mut others: Samples) {
        self.0.append(&mut others.0);
    }

    /// `None` if there are none.
    pub(crate) fn spread(&mut self) -> Option<Spread> {
        self.0.sort_unstable();
        let last = self.0.len().checked_sub(1)?;
        // The smallest latency that this share of all does not exceed.
        let at = |share: f64| {
            let place = (share * self.0.len() as f64).ceil() as usize;
            f64::from(self.0[place.saturating_sub(1).min(last)]) / 1_000.0
        };
        let (p50, p95, p99, max) = (at(0.5), at(0.95), at(0.99), at(1.0));
        Some(Spread { count: self.0.len(), p50, p95, p99, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_latencies_that_were_measured() {
        let check = |millis: &[u64], expected: Option<[f64; 4]>| {
            let mut samples = Samples::default();
            millis.iter().for_each(|&ms| samples.add(Duration::from_millis(ms)));
            assert_eq!(samples.spread().map(|s| [s.p50, s.p95, s.p99, s.max]), expected);
        };
        check(&[], None);
        check(&[7], Some([7.0; 4]));
        check(&[4, 1, 3, 2], Some([2.0, 4.0, 4.0, 4.0]));
        check(&(1..=200).collect::<Vec<_>>(), Some([100.0, 190.0, 198.0, 200.0]));
    }
}
