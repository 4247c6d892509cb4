//! What a keystroke and a seek cost as a history grows. Ours alone: peers would take hours to
//! get there.

use palimpsest_core::{EventId, Revision, Timeline, Timestamp};

use crate::clock::milliseconds;
use crate::contest::{Contestant, Figure, Subject, contest};
use crate::engine::{Engine, palimpsest};
use crate::metrics::Scope;
use crate::typist::{Typist, random, typist};

/// How many edits the history has when it is measured.
const SIZES: [(usize, &str); 4] = [
    (10_000, "10,000 edits"),
    (100_000, "100,000 edits"),
    (1_000_000, "1,000,000 edits"),
    (10_000_000, "10,000,000 edits"),
];
/// How many keystrokes and seeks are measured at each size.
const SAMPLES: usize = 1_000;
/// How many events the timeline takes at once.
const BATCH: usize = 100_000;

/// Writes until there are so many edits, the timeline at the typist's heels.
fn grow<R: FnMut() -> usize>(typist: &mut Typist<R>, timeline: &mut Timeline, edits: usize) {
    while typist.edits < edits {
        let until = edits.min(typist.edits + BATCH);
        while typist.edits < until {
            typist.strike();
        }
        typist.document.seal();
        let graph = typist.document.graph();
        let new = timeline.last().0 as usize..graph.len();
        let new: Vec<(EventId, Timestamp)> =
            new.map(|lv| (graph.id_of(lv), graph.time(lv))).collect();
        timeline.extend(graph, &new);
    }
}

/// The cost of a keystroke and of a seek at each size.
pub fn growth(scope: &Scope) -> Vec<Figure> {
    if !scope.asks("growth") {
        return Vec::new();
    }
    let (mut typist, mut timeline) = (typist(1, 7), Timeline::new());
    let mut figures = Vec::new();
    for (edits, trace) in SIZES {
        grow(&mut typist, &mut timeline, edits);
        let last = timeline.last().0 as usize;
        let subject = |metric| Subject { metric, trace, unit: "µs" };
        let name = <palimpsest::Palimpsest as Engine>::NAME;
        let keys = || (0..SAMPLES).map(|_| milliseconds(|| typist.strike()).0 * 1e3).collect();
        figures.extend(contest(subject("growth: keystroke"), 1, vec![Contestant::new(name, keys)]));
        let mut random = random(3);
        let timeline = &timeline;
        let seeks = || {
            let seek = |revision| milliseconds(|| timeline.text_at(Revision(revision))).0 * 1e3;
            (0..SAMPLES).map(|_| seek((random() % last) as u64)).collect()
        };
        figures.extend(contest(subject("growth: seek"), 1, vec![Contestant::new(name, seeks)]));
    }
    figures
}
