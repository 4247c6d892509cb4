//! How much memory a document takes that is loaded, can be edited and can be sought in. It is
//! counted by the allocator of a program of its own, so that counting slows nothing down that
//! is timed.

use std::process::Command;

use crate::contest::Figure;
use crate::engine::Engine;
use crate::engine::palimpsest::Palimpsest;
#[cfg(feature = "peers")]
use crate::engine::{automerge::Automerge, diamond::Diamond, loro::Loro, yrs::Yrs};
use crate::history::{History, Recorded, Sequential};
use crate::metrics::{Scope, key};
use crate::replicas::typed;

/// What it is called in tables.
const METRIC: &str = "memory";

/// The program that counts, beside the one that asks.
const COUNTER: &str = "palimpsest-memory";

/// What one engine takes, in bytes.
pub struct Counted {
    engine: &'static str,
    bytes: usize,
}

/// Bytes that a typed history takes in each engine. `live` tells how many are allocated.
pub fn count(history: &Sequential, live: fn() -> usize) -> Vec<Counted> {
    fn counted<E: Engine>(history: &Sequential, live: fn() -> usize) -> Counted {
        let bytes = E::save(&mut typed::<E>(history, &[]).0);
        let before = live();
        let mut replica = E::load(&bytes, 7);
        E::prepare_to_seek(&mut replica);
        E::edit(&mut replica, &key(0));
        let taken = live().saturating_sub(before);
        assert!(!E::text(&replica).is_empty(), "{}", E::NAME);
        Counted { engine: E::NAME, bytes: taken }
    }
    let all = [counted::<Palimpsest>(history, live)].into_iter();
    #[cfg(feature = "peers")]
    let all = all.chain([
        counted::<Diamond>(history, live),
        counted::<Loro>(history, live),
        counted::<Yrs>(history, live),
        counted::<Automerge>(history, live),
    ]);
    all.collect()
}

impl Counted {
    /// One line for the program that asked.
    pub fn line(&self) -> String {
        format!("{}\t{}", self.engine, self.bytes)
    }

    fn of_line(line: &str) -> Option<Self> {
        let (name, bytes) = line.split_once('\t')?;
        let names = [Palimpsest::NAME].into_iter();
        #[cfg(feature = "peers")]
        let names = names.chain([Diamond::NAME, Loro::NAME, Yrs::NAME, Automerge::NAME]);
        let mut names = names.filter(|&known| known == name);
        Some(Self { engine: names.next()?, bytes: bytes.parse().ok()? })
    }
}

/// Has a recorded history of one hand counted by the other program.
pub fn memory(recorded: &Recorded, folder: &std::path::Path, scope: &Scope) -> Vec<Figure> {
    if !scope.asks(METRIC) || !matches!(recorded.history, History::Sequential(_)) {
        return Vec::new();
    }
    eprintln!("{METRIC} on {}", recorded.name);
    let counter = std::env::current_exe().map(|own| own.with_file_name(COUNTER));
    let output =
        counter.and_then(|counter| Command::new(counter).arg(folder).arg(&recorded.name).output());
    let output = output.expect("the counting program is built with this one");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8_lossy(&output.stdout);
    let figure = |Counted { engine, bytes }| Figure {
        metric: METRIC,
        trace: recorded.name.clone(),
        unit: "bytes",
        engine,
        median: bytes as f64,
        p99: bytes as f64,
        together: bytes as f64,
        first: None,
        browser: None,
    };
    lines.lines().filter_map(Counted::of_line).map(figure).collect()
}
