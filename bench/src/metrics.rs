//! What is measured. Each metric asks every engine the same thing.

use std::hint::black_box;

use palimpsest_core::Text;

use crate::clock::milliseconds;
use crate::contest::{AT_ONCE, Contestant, Figure, Subject, contest};
#[cfg(feature = "peers")]
use crate::engine::ropes::{self, Crop, Rope};
use crate::engine::{Engine, palimpsest::Palimpsest};
#[cfg(feature = "peers")]
use crate::engine::{automerge::Automerge, diamond::Diamond, loro::Loro, yrs::Yrs};
use crate::history::{Sequential, Splice, Units, place};
use crate::replicas::typed;
use crate::stored;
use crate::typist::random;

/// One of these for each engine that takes part, as `$contestant::<Engine>(…)` makes them.
macro_rules! every_engine {
    ($contestant:ident($($argument:expr),*)) => {{
        let ours = std::iter::once($contestant::<Palimpsest>($($argument),*));
        #[cfg(feature = "peers")]
        let ours = ours.chain([
            $contestant::<Diamond>($($argument),*),
            $contestant::<Loro>($($argument),*),
            $contestant::<Yrs>($($argument),*),
            $contestant::<Automerge>($($argument),*),
        ]);
        ours.collect::<Vec<_>>()
    }};
}
pub(crate) use every_engine;

/// What to measure, and how often.
#[derive(Clone, Debug)]
pub struct Scope {
    /// How often; the median counts.
    pub turns: usize,
    /// Words; only metrics that contain one of them are measured. None: all are.
    pub metrics: Vec<String>,
}

impl Scope {
    /// Whether a metric is to be measured.
    pub fn asks(&self, metric: &str) -> bool {
        self.metrics.is_empty() || self.metrics.iter().any(|word| metric.contains(word.as_str()))
    }
}

/// How many versions a history is read at.
const SEEKS: usize = 100;
/// How many edits each side makes while apart.
const APART: usize = 500;
/// How many edits each of two long branches has.
const BRANCH: usize = 10_000;

/// Typing a whole history.
pub fn typing(trace: &str, history: &Sequential, scope: &Scope) -> Vec<Figure> {
    if !scope.asks("local typing") {
        return Vec::new();
    }
    fn contestant<E: Engine>(history: &Sequential) -> Contestant<'_> {
        Contestant::new(E::NAME, || {
            let (time, replica) = milliseconds(|| {
                let mut replica = E::new(0);
                history.edits.iter().for_each(|splice| E::edit(&mut replica, splice));
                E::commit(&mut replica);
                replica
            });
            assert!(E::text(&replica) == history.end, "{}", E::NAME);
            vec![time]
        })
    }
    #[cfg(feature = "peers")]
    fn floor<R: Rope>(history: &Sequential) -> Contestant<'_> {
        Contestant::new(R::NAME, || {
            let (time, rope) = milliseconds(|| ropes::replay::<R>(&history.edits));
            assert!(rope.text() == history.end, "{}", R::NAME);
            vec![time]
        })
    }
    let contestants = every_engine!(contestant(history)).into_iter();
    #[cfg(feature = "peers")]
    let contestants = contestants.chain([
        floor::<jumprope::JumpRopeBuf>(history),
        floor::<jumprope::JumpRope>(history),
        floor::<Crop>(history),
        floor::<ropey::Rope>(history),
    ]);
    contest(
        Subject { metric: "local typing", trace, unit: "ms" },
        scope.turns,
        contestants.collect(),
    )
}

/// All that is measured on a history of one hand but its typing.
pub fn sequential(trace: &str, history: &Sequential, scope: &Scope) -> Vec<Figure> {
    fn seek<'a, E: Engine + 'a>(
        history: &'a Sequential,
        stops: &[usize],
        texts: &[String],
    ) -> Option<Contestant<'a>> {
        let (mut replica, versions) = typed::<E>(history, stops);
        E::prepare_to_seek(&mut replica);
        // Who does not find every text takes no part.
        let mut found = versions.iter().map(|version| E::text_at(&mut replica, version));
        if !texts.iter().all(|text| found.next().flatten().as_ref() == Some(text)) {
            eprintln!("  {} finds wrong texts", E::NAME);
            return None;
        }
        drop(found);
        Some(Contestant::new(E::NAME, move || {
            let seeks = versions.chunks(AT_ONCE).map(|versions| {
                let (time, ()) = milliseconds(|| {
                    versions.iter().for_each(|at| drop(black_box(E::text_at(&mut replica, at))));
                });
                time * 1e3 / versions.len() as f64
            });
            seeks.collect()
        }))
    }
    fn remote<'a, E: Engine + 'a>(history: &'a Sequential, apart: usize) -> Contestant<'a> {
        let bytes = E::save(&mut typed::<E>(history, &[]).0);
        let len = history.end.chars().count();
        Contestant::new(E::NAME, move || {
            let (mut here, mut there) = (E::load(&bytes, 1), E::load(&bytes, 2));
            for nth in 0..apart {
                E::edit(&mut here, &key(len / 3 + nth));
            }
            drop(E::news(&mut here));
            let mut times = Vec::new();
            for first in (0..SEEKS.max(apart)).step_by(AT_ONCE) {
                let strike = |nth| {
                    E::edit(&mut there, &key(2 * len / 3 + first + nth));
                    E::news(&mut there)
                };
                let news: Vec<Vec<u8>> = (0..AT_ONCE).map(strike).collect();
                let (time, ()) =
                    milliseconds(|| news.iter().for_each(|news| E::receive(&mut here, news)));
                times.push(time * 1e3 / AT_ONCE as f64);
            }
            let expected = len + apart + SEEKS.max(apart);
            assert_eq!(E::text(&here).chars().count(), expected, "{}", E::NAME);
            times
        })
    }
    let mut figures = stored::typed(trace, history, scope);
    let subject = |metric| Subject { metric, trace, unit: "µs" };
    if scope.asks("seek") {
        let stops = stops(history.edits.len());
        let texts = texts_at(history, &stops);
        let contestants = every_engine!(seek(history, &stops, &texts)).into_iter().flatten();
        figures.extend(contest(subject("seek"), scope.turns, contestants.collect()));
    }
    for (metric, apart) in
        [("remote keystroke, in sync", 0), ("remote keystroke, 500 apart", APART)]
    {
        if scope.asks(metric) {
            let contestants = every_engine!(remote(history, apart));
            figures.extend(contest(subject(metric), scope.turns, contestants));
        }
    }
    figures
}

/// A letter at a place of a text without anything wide in front of it.
pub(crate) fn key(pos: usize) -> Splice {
    let pos = Units { scalars: pos, utf16: pos };
    Splice { pos, deleted: Units::default(), inserted: "x".into() }
}

/// Edits after which a history is read, drawn once for all engines, in no order of theirs.
fn stops(edits: usize) -> Vec<usize> {
    let mut random = random(42);
    let mut stops: Vec<usize> = (0..SEEKS).map(|_| random() % edits).collect();
    stops.sort_unstable();
    stops
}

/// The texts after some edits, by plain replay.
fn texts_at(history: &Sequential, stops: &[usize]) -> Vec<String> {
    let mut text = Text::default();
    let mut done = 0;
    let text_at = |&stop: &usize| {
        for Splice { pos, deleted, inserted } in &history.edits[done..stop + 1] {
            place(&mut text, pos.scalars, deleted.scalars, inserted);
        }
        done = stop + 1;
        text.to_string()
    };
    stops.iter().map(text_at).collect()
}

/// Two branches of [`BRANCH`] edits each, made apart, merged at once.
pub fn branches(scope: &Scope) -> Vec<Figure> {
    if !scope.asks("merge") {
        return Vec::new();
    }
    fn contestant<E: Engine>() -> Contestant<'static> {
        let base = "A line of a text that two people know.\n".repeat(500);
        let mut first = E::new(0);
        let whole = Splice { inserted: base.clone(), ..key(0) };
        E::edit(&mut first, &whole);
        let bytes = E::save(&mut first);
        let branch = |agent| {
            let mut replica = E::load(&bytes, agent);
            let mut text = Text::from(base.as_str());
            let mut random = random(agent);
            let mut caret = 0;
            for _ in 0..BRANCH {
                if random().is_multiple_of(20) {
                    caret = random() % text.len();
                }
                let deleted = usize::from(random().is_multiple_of(5) && caret < text.len());
                let inserted = if deleted == 0 { "k" } else { "" };
                let splice = place(&mut text, caret, deleted, inserted);
                E::edit(&mut replica, &splice);
                if E::KEYSTROKES {
                    E::commit(&mut replica);
                }
                caret += inserted.len();
            }
            let news = E::news(&mut replica);
            (E::save(&mut replica), news)
        };
        let (here, _) = branch(1);
        let (_, news) = branch(2);
        Contestant::new(E::NAME, move || {
            let mut replica = E::load(&here, 3);
            let before = E::text(&replica);
            let (time, ()) = milliseconds(|| E::receive(&mut replica, &news));
            assert_ne!(E::text(&replica), before, "{}", E::NAME);
            vec![time]
        })
    }
    let subject = Subject { metric: "merge", trace: "two branches of 10,000", unit: "ms" };
    contest(subject, scope.turns, every_engine!(contestant()))
}
