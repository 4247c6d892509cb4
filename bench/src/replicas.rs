//! Replicas with a recorded history in them, made as their users would have made them: by
//! edits, and by what replicas tell each other. Nothing here is measured.

use palimpsest_core::Text;

use crate::clock;
use crate::engine::Engine;
use crate::history::{Concurrent, Sequential, place};

/// How long an engine has for living a history, in milliseconds.
pub const LIVING_MAX: f64 = 150e3;

/// Types a whole history. `stops` are edits after which a version is asked for.
pub fn typed<E: Engine>(history: &Sequential, stops: &[usize]) -> (E::Replica, Vec<E::Version>) {
    let mut replica = E::new(0);
    let mut versions = Vec::new();
    let mut stops = stops.iter().peekable();
    for (nth, splice) in history.edits.iter().enumerate() {
        E::edit(&mut replica, splice);
        if E::KEYSTROKES {
            E::commit(&mut replica);
        }
        while stops.next_if(|&&stop| stop == nth).is_some() {
            versions.push(E::version(&mut replica));
        }
    }
    E::commit(&mut replica);
    assert!(E::text(&replica) == history.end, "{} typed it wrong", E::NAME);
    (replica, versions)
}

/// A copy of a document that knows some steps of a history.
struct Copy<E: Engine> {
    replica: E::Replica,
    agent: usize,
    known: Steps,
}

/// A set of steps, a bit for each.
#[derive(Clone)]
struct Steps(Vec<u64>);

impl Steps {
    fn none_of(history: &Concurrent) -> Self {
        Self(vec![0; history.steps.len().div_ceil(64)])
    }

    fn insert(&mut self, step: usize) {
        self.0[step / 64] |= 1 << (step % 64);
    }

    fn extend(&mut self, others: &Self) {
        self.0.iter_mut().zip(&others.0).for_each(|(word, other)| *word |= other);
    }

    fn is_subset(&self, others: &Self) -> bool {
        self.0.iter().zip(&others.0).all(|(word, other)| word & !other == 0)
    }

    fn without(&self, others: &Self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().zip(&others.0).enumerate();
        words.flat_map(|(at, (word, other))| {
            let word = word & !other;
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        })
    }
}

/// Lives a whole history: each step is made by a copy that knows exactly the step's past. The
/// result knows all of it. Also says whether every agent wrote under one name, so that names
/// decide between concurrent inserts as they did when it was recorded.
///
/// `None` if an engine takes longer than [`LIVING_MAX`].
pub fn lived<E: Engine>(history: &Concurrent) -> Option<(E::Replica, bool)> {
    if let Some(replica) = E::recorded(history) {
        return Some((replica, true));
    }
    let born = clock::now();
    let mut copies: Vec<Copy<E>> = Vec::new();
    let mut told: Vec<Vec<u8>> = Vec::with_capacity(history.steps.len());
    let mut pasts: Vec<Steps> = Vec::with_capacity(history.steps.len());
    for (nth, step) in history.steps.iter().enumerate() {
        if clock::now() - born > LIVING_MAX {
            return None;
        }
        let mut past = Steps::none_of(history);
        for &parent in &step.parents {
            past.extend(&pasts[parent]);
        }
        let fits = |copy: &Copy<E>| copy.agent == step.agent && copy.known.is_subset(&past);
        let copy = copies.iter().position(fits).unwrap_or_else(|| {
            // Each copy writes under a name of its own, which sorts as its agent does.
            let agent = (step.agent * 10_000 + copies.len()) as u64;
            let known = Steps::none_of(history);
            copies.push(Copy { replica: E::new(agent), agent: step.agent, known });
            copies.len() - 1
        });
        let Copy { replica, known, .. } = &mut copies[copy];
        let missing: Vec<&[u8]> = past.without(known).map(|step| &told[step][..]).collect();
        E::receive_all(replica, &missing);
        let mut text = Text::from(E::text(replica).as_str());
        for (pos, deleted, inserted) in &step.splices {
            E::edit(replica, &place(&mut text, *pos, *deleted, inserted));
        }
        told.push(E::news(replica));
        past.insert(nth);
        known.clone_from(&past);
        pasts.push(past);
    }
    let mut all = E::new(9_999_999);
    E::receive_all(&mut all, &told.iter().map(Vec::as_slice).collect::<Vec<_>>());
    Some((all, copies.len() <= history.agents))
}
