//! What is measured of a history as engines store it: its size, and how long it takes from the
//! bytes to a text that can be edited.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::clock::milliseconds;
use crate::contest::{Contestant, Figure, Subject, contest};
use crate::engine::{Engine, palimpsest::Palimpsest};
#[cfg(feature = "peers")]
use crate::engine::{automerge::Automerge, diamond::Diamond, loro::Loro, yrs::Yrs};
use crate::history::{Concurrent, Sequential};
use crate::metrics::{Scope, every_engine, key};
use crate::replicas;

/// A history as its engine stores it: the bytes, the bytes to open fast, and the text in it.
struct Stored {
    name: &'static str,
    small: Vec<u8>,
    fast: Vec<u8>,
    load: fn(&[u8]) -> String,
    open: fn(&[u8]) -> String,
    text: String,
}

fn stored_of<E: Engine>(mut replica: E::Replica) -> Stored {
    fn usable<E: Engine>(mut replica: E::Replica) -> String {
        // A text that can be read but not written yet is not open.
        E::edit(&mut replica, &key(0));
        E::text(&replica)
    }
    let small = E::save(&mut replica);
    let fast = E::save_to_open(&mut replica).unwrap_or_else(|| small.clone());
    E::edit(&mut replica, &key(0));
    Stored {
        name: E::NAME,
        small,
        fast,
        load: |bytes| usable::<E>(E::load(bytes, 1)),
        open: |bytes| usable::<E>(E::open(bytes, 1)),
        text: E::text(&replica),
    }
}

fn stored_typed<E: Engine>(history: &Sequential) -> Stored {
    stored_of::<E>(replicas::typed::<E>(history, &[]).0)
}

fn stored_lived<E: Engine>(history: &Concurrent) -> Option<Stored> {
    // An engine that fails at a history takes no part in it; the others do.
    let live = || milliseconds(|| replicas::lived::<E>(history));
    let Ok((time, lived)) = catch_unwind(AssertUnwindSafe(live)) else {
        eprintln!("  {} fails at it", E::NAME);
        return None;
    };
    let Some((replica, by_name)) = lived else {
        eprintln!("  {} had not lived it after {:.0} s", E::NAME, time / 1e3);
        return None;
    };
    eprintln!("  {} lived it in {:.1} s", E::NAME, time / 1e3);
    if E::NAME == Palimpsest::NAME && by_name {
        assert!(E::text(&replica) == history.end, "the order of concurrent text");
    }
    Some(stored_of::<E>(replica))
}

impl Stored {
    /// How long it takes to read the text from some of the bytes, which must be the right one.
    fn timed(&self, bytes: &[u8], read: fn(&[u8]) -> String) -> f64 {
        let (time, text) = milliseconds(|| read(black_box(bytes)));
        assert!(text == self.text, "{}", self.name);
        time
    }
}

/// What is measured on a history as engines store it.
const STORED: [&str; 3] = ["size", "load, log only", "open, with snapshot"];

fn stored(trace: &str, scope: &Scope, all: &[Stored]) -> Vec<Figure> {
    fn each(all: &[Stored], turn: fn(&Stored) -> f64) -> Vec<Contestant<'_>> {
        let turns = all.iter().map(|stored| (stored.name, move || vec![turn(stored)]));
        turns.map(|(name, turn)| Contestant::new(name, turn)).collect()
    }
    let subject = |metric, unit| Subject { metric, trace, unit };
    let sizes = each(all, |stored| stored.small.len() as f64);
    let loads = each(all, |stored| stored.timed(&stored.small, stored.load));
    let opens = each(all, |stored| stored.timed(&stored.fast, stored.open));
    let [size, load, open] = STORED;
    let contests = [
        (size, "bytes", 1, sizes),
        (load, "ms", scope.turns, loads),
        (open, "ms", scope.turns, opens),
    ];
    let asked = contests.into_iter().filter(|(metric, ..)| scope.asks(metric));
    asked
        .flat_map(|(metric, unit, turns, all)| contest(subject(metric, unit), turns, all))
        .collect()
}

/// All that is measured of a history of one hand as it is stored.
pub fn typed(trace: &str, history: &Sequential, scope: &Scope) -> Vec<Figure> {
    if !asked(scope) {
        return Vec::new();
    }
    stored(trace, scope, &every_engine!(stored_typed(history)))
}

/// A history of many hands as ours stores it. To live it again would take a minute.
#[derive(Clone, Debug)]
pub struct Log {
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// All that is measured of a history of many hands as it is stored: the log's load is its merge.
/// Also gives ours, for what is measured of ours alone.
pub fn lived(trace: &str, history: &Concurrent, scope: &Scope) -> (Vec<Figure>, Option<Log>) {
    if !asked(scope) {
        let ours = stored_lived::<Palimpsest>(history);
        return (Vec::new(), ours.map(|ours| Log { bytes: ours.small }));
    }
    let all = every_engine!(stored_lived(history)).into_iter().flatten();
    let all: Vec<Stored> = all.collect();
    let ours = all.iter().find(|stored| stored.name == Palimpsest::NAME);
    let log = ours.map(|ours| Log { bytes: ours.small.clone() });
    (stored(trace, scope, &all), log)
}

/// The same of ours alone, from its log.
pub fn logged(trace: &str, log: &Log, scope: &Scope) -> Vec<Figure> {
    if !asked(scope) {
        return Vec::new();
    }
    stored(trace, scope, &[stored_of::<Palimpsest>(Palimpsest::load(&log.bytes, 0))])
}

/// Whether any of it is asked for.
pub fn asked(scope: &Scope) -> bool {
    STORED.iter().any(|metric| scope.asks(metric))
}
