//! One metric on one history: the contestants take turns, so that whatever else the machine
//! does meets all of them alike.

/// How many quick steps are timed together. A machine's clock tells a single one; a page's ticks
/// in hundredths of a millisecond at best.
pub const AT_ONCE: usize = if cfg!(target_family = "wasm") { MANY } else { 1 };

/// How many steps that were timed one by one are held against a page's, which are timed together.
const MANY: usize = 25;

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
    /// The number in the middle of the means of neighbouring steps, as a page times them.
    pub together: f64,
    /// What the first turn came to, where the first is not like the others.
    pub first: Option<f64>,
    /// The figures of a browser, if it was measured there.
    pub browser: Option<Browser>,
}

/// What ours came to in a browser.
#[derive(Clone, Copy, Debug)]
pub struct Browser {
    /// The number in the middle, steps timed together.
    pub median: f64,
    /// The first turn, before its code is compiled well.
    pub first: f64,
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
    let first = warm_up(&mut contestants);
    let mut samples = vec![Vec::new(); contestants.len()];
    for _ in 0..turns {
        for (contestant, samples) in contestants.iter_mut().zip(&mut samples) {
            samples.extend((contestant.turn)());
        }
    }
    let figures = contestants.iter().zip(samples).map(|(contestant, mut samples)| {
        let many = if subject.unit == "µs" { MANY / AT_ONCE } else { 1 };
        let mean = |steps: &[f64]| steps.iter().sum::<f64>() / steps.len() as f64;
        let mut means: Vec<f64> = samples.chunks(many).map(mean).collect();
        means.sort_by(f64::total_cmp);
        samples.sort_by(f64::total_cmp);
        let at = |part: f64| samples[((samples.len() - 1) as f64 * part).round() as usize];
        Figure {
            metric: subject.metric,
            trace: subject.trace.to_owned(),
            unit: subject.unit,
            engine: contestant.name,
            median: at(0.5),
            p99: at(0.99),
            together: means[means.len() / 2],
            first,
            browser: None,
        }
    });
    figures.collect()
}

/// A browser compiles code well only once it has run for a while. Takes turns that do not count
/// until then; returns what the first came to.
#[cfg(target_family = "wasm")]
fn warm_up(contestants: &mut [Contestant<'_>]) -> Option<f64> {
    const WARM_MS: f64 = 1_500.0;
    let start = crate::clock::now();
    let mut first = None;
    while crate::clock::now() - start < WARM_MS {
        for contestant in contestants.iter_mut() {
            let steps = (contestant.turn)();
            first = first.or(Some(steps.iter().sum::<f64>() / steps.len() as f64));
        }
    }
    first
}

/// A machine's code is compiled.
#[cfg(not(target_family = "wasm"))]
fn warm_up(_: &mut [Contestant<'_>]) -> Option<f64> {
    None
}
