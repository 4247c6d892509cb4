//! One metric on one history: the contestants take turns, so that whatever else the machine
//! does meets all of them alike.

use std::time::Instant;

/// Who takes part and what one turn of theirs is. A turn returns what it measured: one number,
/// or one for each of many equal steps.
pub struct Contestant<'a> {
    name: &'static str,
    turn: Box<dyn FnMut() -> Vec<f64> + 'a>,
}

impl<'a> Contestant<'a> {
    /// A contestant by name.
    pub fn new(name: &'static str, turn: impl FnMut() -> Vec<f64> + 'a) -> Self {
        Self { name, turn: Box::new(turn) }
    }
}

impl std::fmt::Debug for Contestant<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What one engine came to.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was measured.
    pub metric: &'static str,
    /// On which history.
    pub trace: String,
    /// In what: the smaller number is the better one.
    pub unit: &'static str,
    /// Whose it is.
    pub engine: &'static str,
    /// The number in the middle.
    pub median: f64,
    /// The number that one in a hundred exceeds.
    pub p99: f64,
}

/// What is contested.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What is measured.
    pub metric: &'static str,
    /// On which history.
    pub trace: &'a str,
    /// In what.
    pub unit: &'static str,
}

/// Lets all contestants take `turns` turns.
pub fn contest(
    subject: Subject<'_>,
    turns: usize,
    mut contestants: Vec<Contestant<'_>>,
) -> Vec<Figure> {
    eprintln!("{} on {}", subject.metric, subject.trace);
    let mut samples = vec![Vec::new(); contestants.len()];
    for _ in 0..turns {
        for (contestant, samples) in contestants.iter_mut().zip(&mut samples) {
            samples.extend((contestant.turn)());
        }
    }
    let figures = contestants.iter().zip(samples).map(|(contestant, mut samples)| {
        samples.sort_by(f64::total_cmp);
        let at = |part: f64| samples[((samples.len() - 1) as f64 * part).round() as usize];
        Figure {
            metric: subject.metric,
            trace: subject.trace.to_owned(),
            unit: subject.unit,
            engine: contestant.name,
            median: at(0.5),
            p99: at(0.99),
        }
    });
    figures.collect()
}

/// How many milliseconds something takes, and what it gives.
pub fn milliseconds<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let done = std::hint::black_box(work());
    (start.elapsed().as_secs_f64() * 1e3, done)
}
