//! Randomness that can be had again: a small generator, and the loop that runs a law with many
//! seeds. What is generated from the randomness is other files' business.
//!
//! A failing law prints its seed; `SEED=… cargo test -p palimpsest-tests …` runs just that one.

use std::env;
use std::ops::RangeInclusive;
use std::panic::Location;
use std::thread;

/// The generator: SplitMix64. Small, fast, and the same on every machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds must not give overlapping sequences.
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number smaller than `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.number() % end as u64) as usize }
    }

    /// A number of a range.
    pub fn within(&mut self, range: RangeInclusive<i64>) -> i64 {
        let span = range.end().wrapping_sub(*range.start()).wrapping_add(1);
        range.start() + (self.number() % span as u64) as i64
    }

    /// Yes, in so many of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    ///
    /// # Panics
    /// If there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Puts items into any order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            items.swap(index, self.below(index + 1));
        }
    }

    /// Any bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.number() as u8)
    }
}

/// The seed to replay, if one was asked for.
pub fn replayed() -> Option<u64> {
    let seed = env::var("SEED").ok()?;
    Some(seed.parse().unwrap_or_else(|_| panic!("SEED is a number, not {seed:?}")))
}

/// Checks a law with the seeds `1..=count`, or with the one in `SEED`.
#[track_caller]
pub fn check(count: u64, law: impl Fn(&mut Random)) {
    let location = Location::caller();
    let seeds = replayed().map_or(1..=count, |seed| seed..=seed);
    for seed in seeds {
        let _named = Named { seed, location };
        law(&mut Random::new(seed));
    }
}

/// Names the seed when a law breaks.
struct Named {
    seed: u64,
    location: &'static Location<'static>,
}

impl Drop for Named {
    fn drop(&mut self) {
        if thread::panicking() {
            let law = thread::current().name().unwrap_or("the law").to_owned();
            eprintln!("{law} ({}) breaks with SEED={}", self.location, self.seed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_again() {
        let numbers = |seed| (0..9).scan(Random::new(seed), |random, _| Some(random.number()));
        assert!(numbers(7).eq(numbers(7)));
        assert!(numbers(7).ne(numbers(8)));
    }

    #[test]
    fn every_item_is_picked_and_every_place_is_reached() {
        let mut random = Random::new(1);
        let mut seen = [[false; 4]; 4];
        for _ in 0..200 {
            let mut items = [0, 1, 2, 3];
            random.shuffle(&mut items);
            (0..4).for_each(|place| seen[items[place]][place] = true);
        }
        assert_eq!(seen, [[true; 4]; 4]);
        assert!((0..99).map(|_| random.within(-2..=2)).all(|number| (-2..=2).contains(&number)));
    }
}
