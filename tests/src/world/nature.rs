//! What everybody in the simulated world is subject to: time, chance and the record of what
//! happened. It knows no servers, devices or wires.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::faults::{Counts, Fault, Weather};
use crate::seeds::Random;

/// Time, chance and the record. `Due` is what can be scheduled.
#[derive(Debug)]
pub(super) struct Nature<Due> {
    /// The world's time in milliseconds. Nobody in it has a clock that shows it.
    pub(super) now: i64,
    /// Where all chance comes from.
    pub(super) random: Random,
    /// Which faults are on.
    pub(super) weather: Weather,
    /// How often each struck.
    pub(super) counts: Counts,
    trace: Trace,
    due: BTreeMap<(i64, u64), Due>,
    scheduled: u64,
}

impl<Due> Nature<Due> {
    /// The beginning of a history. If it is `told`, every step of it is printed.
    pub(super) fn new(seed: u64, told: bool) -> Self {
        let mut random = Random::new(seed);
        let weather = Weather::any(&mut random);
        Self {
            now: 0,
            random,
            weather,
            counts: Counts::default(),
            trace: Trace { hash: 0xcbf2_9ce4_8422_2325, told },
            due: BTreeMap::new(),
            scheduled: 0,
        }
    }

    /// Schedules something; what is scheduled for one moment happens in the order of these calls.
    pub(super) fn after(&mut self, millis: i64, due: Due) {
        self.scheduled += 1;
        self.due.insert((self.now + millis.max(0), self.scheduled), due);
    }

    /// What happens next; time moves to it.
    pub(super) fn next(&mut self) -> Option<Due> {
        let ((time, _), due) = self.due.pop_first()?;
        self.now = time;
        Some(due)
    }

    /// Whether a fault strikes now. If so it is counted.
    pub(super) fn strikes(&mut self, fault: Fault) -> bool {
        let strikes = self.weather.strikes(fault, &mut self.random);
        if strikes {
            self.count(fault);
        }
        strikes
    }

    /// A fault struck.
    pub(super) fn count(&mut self, fault: Fault) {
        self.counts.count(fault);
        self.tell(format_args!("fault: {}", fault.words()));
    }

    /// Some milliseconds, most often few.
    pub(super) fn millis(&mut self, range: std::ops::RangeInclusive<i64>) -> i64 {
        self.random.within(range)
    }

    /// Puts something on record.
    pub(super) fn tell(&mut self, what: fmt::Arguments<'_>) {
        if self.trace.told {
            println!("{:>7} {what}", self.now);
        }
        writeln!(self.trace, "{} {what}", self.now).expect("hashing does not fail");
    }

    /// A number that stands for everything that was told.
    pub(super) fn trace_hash(&self) -> u64 {
        self.trace.hash
    }
}

/// FNV-1a over all that was told.
#[derive(Debug)]
struct Trace {
    hash: u64,
    told: bool,
}

impl Write for Trace {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        Ok(())
    }
}
