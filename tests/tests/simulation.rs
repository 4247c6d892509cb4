//! Thousands of histories in the simulated world: people write, everything that can fail fails,
//! and in the end everybody has the same text and nothing is lost. The world is in `src/world`.
//!
//! `SEED=17 cargo test -p palimpsest-tests --test simulation -- --nocapture` lives one history
//! through and prints its every step; `HISTORIES=100000` asks for that many.

use std::env;
use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use palimpsest_tests::seeds;
use palimpsest_tests::world::{self, Counts, Fault};

/// How many histories the everyday run lives through.
const HISTORIES: u64 = 2_500;

/// So many are enough for every kind of fault to strike.
const ENOUGH: u64 = 1_000;

#[test]
fn everybody_ends_with_the_same_text_and_nothing_is_lost() {
    if let Some(seed) = seeds::replayed() {
        let outcome = world::history(seed, true);
        println!("{}{} events, healed in {} ms", outcome.counts, outcome.events, outcome.healing);
        return;
    }
    let histories = env::var("HISTORIES")
        .map_or(HISTORIES, |number| number.parse().expect("HISTORIES is a number of histories"));
    let started = Instant::now();
    let next = AtomicU64::new(1);
    let threads = thread::available_parallelism().map_or(2, NonZero::get);
    let (counts, events, slowest) = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| work(&next, histories))).collect();
        let mut total = (Counts::default(), 0, 0);
        for worker in workers {
            let (counts, events, slowest) = worker.join().expect("a history went wrong; see above");
            total.0 += &counts;
            total.1 += events;
            total.2 = slowest.max(total.2);
        }
        total
    });
    println!("Seeds 1 to {histories}: every history ended well.");
    println!("{events} events; all was well at most {slowest} ms after the last fault.");
    println!("{:.0} s of real time. What struck:\n{counts}", started.elapsed().as_secs_f64());
    if histories >= ENOUGH {
        let never: Vec<&str> = counts.never().into_iter().map(Fault::words).collect();
        assert!(never.is_empty(), "never struck: {never:?}");
    }
}

/// Takes seeds until there are none.
fn work(next: &AtomicU64, histories: u64) -> (Counts, u64, i64) {
    let (mut counts, mut events, mut slowest) = (Counts::default(), 0, 0);
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed > histories {
            return (counts, events, slowest);
        }
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| world::history(seed, false)));
        let outcome = outcome.unwrap_or_else(|failure| {
            eprintln!("This was the history with SEED={seed}.");
            // The others need not go on.
            next.store(u64::MAX / 2, Ordering::Relaxed);
            panic::resume_unwind(failure)
        });
        counts += &outcome.counts;
        events += outcome.events;
        slowest = outcome.healing.max(slowest);
    }
}

#[test]
fn a_seed_gives_the_same_history_again() {
    for seed in 1..=12 {
        assert_eq!(world::history(seed, false), world::history(seed, false), "SEED={seed}");
    }
    assert_ne!(world::history(1, false).trace, world::history(2, false).trace);
}
