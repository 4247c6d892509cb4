//! The longest time that a document keeps a page from being painted while a large concurrent
//! history comes in: slice by slice, as it does from a server. Ours alone.

use palimpsest_core::codec::{decode_log, encode_log};
use palimpsest_core::{Block, Document, Event, PAGE_EVENTS_MAX};

use crate::clock::{self, milliseconds, shorter};
use crate::contest::{Contestant, Figure, Subject, contest};
use crate::engine::{Engine, palimpsest};
use crate::metrics::Scope;
use crate::stored::Log;
use crate::typist::{typist, typist_at};

/// What it is called in tables.
const METRIC: &str = "merge, longest step in slices";
/// How many edits each of two long branches has.
const BRANCH: usize = 10_000;

/// Whether it is asked for.
pub fn asked(scope: &Scope) -> bool {
    scope.asks(METRIC)
}

/// A whole history of many hands, into an empty document.
pub fn history(trace: &str, log: &Log, scope: &Scope) -> Vec<Figure> {
    if !asked(scope) {
        return Vec::new();
    }
    let graph = decode_log(&log.bytes).expect("bytes of the codec");
    let events: Vec<Event> = (0..graph.len()).map(|lv| graph.event(lv)).collect();
    longest(trace, scope, &palimpsest::document(1), &events)
}

/// Somebody's ten thousand edits, into a document with as many made meanwhile.
pub fn branches(scope: &Scope) -> Vec<Figure> {
    if !asked(scope) {
        return Vec::new();
    }
    let mut known = typist(1, 7);
    known.write(2_000);
    let bytes = encode_log(known.document.graph());
    let copy = |agent| {
        let graph = decode_log(&bytes).expect("bytes of the codec");
        let empty = palimpsest::document(agent);
        Document::open(empty.id(), empty.replica(), empty.author(), graph)
    };
    let mut here = typist_at(copy(2), 11);
    here.write(BRANCH);
    let events = typist_at(copy(3), 13).write(BRANCH);
    longest("two branches of 10,000", scope, &here.document, &events)
}

fn longest(trace: &str, scope: &Scope, before: &Document, events: &[Event]) -> Vec<Figure> {
    let pages = events.chunks(PAGE_EVENTS_MAX).map(Block::from_iter);
    let slices: Vec<Block> = pages.flat_map(Block::slices).collect();
    let merged = || {
        let mut document = before.clone();
        let merge = |slice: &Block| {
            let slice = slice.clone();
            milliseconds(|| document.merge_block(slice)).0
        };
        let steps: Vec<f64> = slices.iter().map(merge).collect();
        assert_eq!(document.parked(), 0, "every event has its parents");
        steps
    };
    let turn = || {
        let mut steps = merged();
        (1..scope.turns).for_each(|_| shorter(&mut steps, &merged()));
        vec![clock::longest(&steps)]
    };
    let ours = Contestant::new(<palimpsest::Palimpsest as Engine>::NAME, turn);
    contest(Subject { metric: METRIC, trace, unit: "ms" }, 1, vec![ours])
}
