//! A histogram that many threads add to, as Prometheus wants it told.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of latencies' buckets, in seconds.
pub(crate) const SECONDS: &[f64] =
    &[0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
/// The upper bounds of counts' buckets.
pub(crate) const COUNTS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];

/// Counts of values by size.
#[derive(Debug)]
pub(crate) struct Histogram {
    bounds: &'static [f64],
    /// One more than there are bounds: what is larger than all.
    counts: Vec<AtomicU64>,
    /// In millionths, since there is no atomic number with a fraction.
    sum: AtomicU64,
}

impl Histogram {
    pub(crate) fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    pub(crate) fn add(&self, value: f64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add((value * 1e6) as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_time(&self, time: Duration) {
        self.add(time.as_secs_f64());
    }

    /// Writes it under `name`, which has the program's prefix already.
    pub(crate) fn render(&self, text: &mut String, name: &str, help: &str) {
        let mut line = |words: String| writeln!(text, "{words}").expect("a string takes all");
        line(format!("# HELP {name} {help}\n# TYPE {name} histogram"));
        let mut below = 0;
        for (place, count) in self.counts.iter().enumerate() {
            below += count.load(Ordering::Relaxed);
            let bound = self.bounds.get(place).map_or("+Inf".to_owned(), f64::to_string);
            line(format!("{name}_bucket{{le=\"{bound}\"}} {below}"));
        }
        let sum = self.sum.load(Ordering::Relaxed) as f64 / 1e6;
        line(format!("{name}_sum {sum}\n{name}_count {below}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_at_a_bound_is_below_it() {
        let histogram = Histogram::new(&[1.0, 2.0]);
        [0.5, 1.0, 1.5, 2.0, 3.0].into_iter().for_each(|value| histogram.add(value));
        let mut text = String::new();
        histogram.render(&mut text, "x", "Some values");
        assert_eq!(
            text,
            "# HELP x Some values\n# TYPE x histogram\nx_bucket{le=\"1\"} 2\n\
             x_bucket{le=\"2\"} 4\nx_bucket{le=\"+Inf\"} 5\nx_sum 8\nx_count 5\n"
        );
    }
}
