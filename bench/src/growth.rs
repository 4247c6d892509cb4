//! What a keystroke and a seek cost as a history grows. Ours alone: peers would take hours to
//! get there.

use palimpsest_core::{
    Command, Document, EventId, Intent, Patch, Revision, TextChange, Timeline, Timestamp,
};

use crate::contest::{Contestant, Figure, Subject, contest, milliseconds};
use crate::engine::{Engine, palimpsest};
use crate::history::typed_at;
use crate::metrics::{Scope, random};

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

/// Somebody who types, jumps and deletes for ever.
struct Typist<R> {
    document: Document,
    timeline: Timeline,
    random: R,
    caret: usize,
    edits: usize,
}

impl<R: FnMut() -> usize> Typist<R> {
    /// One keystroke, an event of its own, somewhere else every twentieth time.
    fn strike(&mut self) -> Vec<Patch> {
        let len = self.document.text().len();
        let random = &mut self.random;
        if random().is_multiple_of(20) {
            self.caret = random() % (len + 1);
        }
        let deletes = random().is_multiple_of(5) && self.caret < len;
        let letter = if deletes { "" } else { "k" };
        let change = TextChange::new(self.caret, usize::from(deletes), letter);
        self.caret += letter.len();
        let command = Command::EditText { changes: [change].into(), intent: Intent::Typed };
        let now = typed_at(20 * self.edits);
        self.edits += 1;
        let change = self.document.execute(command, now).expect("it is inside the text");
        change.patches.into_vec()
    }

    /// Writes until there are `edits`, the timeline at its heels.
    fn grow(&mut self, edits: usize) {
        while self.edits < edits {
            let until = edits.min(self.edits + BATCH);
            while self.edits < until {
                self.strike();
            }
            self.follow();
        }
    }

    fn follow(&mut self) {
        self.document.seal();
        let graph = self.document.graph();
        let new = self.timeline.last().0 as usize..graph.len();
        let new: Vec<(EventId, Timestamp)> =
            new.map(|lv| (graph.id_of(lv), graph.time(lv))).collect();
        self.timeline.extend(graph, &new);
    }
}

/// The cost of a keystroke and of a seek at each size.
pub fn growth(scope: &Scope) -> Vec<Figure> {
    if !scope.asks("growth") {
        return Vec::new();
    }
    let mut document = palimpsest::document(1);
    document.merge(palimpsest::birth());
    let timeline = Timeline::new();
    let mut typist = Typist { document, timeline, random: random(7), caret: 0, edits: 0 };
    let mut figures = Vec::new();
    for (edits, trace) in SIZES {
        typist.grow(edits);
        let last = typist.timeline.last().0 as usize;
        let subject = |metric| Subject { metric, trace, unit: "µs" };
        let name = <palimpsest::Palimpsest as Engine>::NAME;
        let keys = || (0..SAMPLES).map(|_| milliseconds(|| typist.strike()).0 * 1e3).collect();
        figures.extend(contest(subject("growth: keystroke"), 1, vec![Contestant::new(name, keys)]));
        let mut random = random(3);
        let timeline = &typist.timeline;
        let seeks = || {
            let seek = |revision| milliseconds(|| timeline.text_at(Revision(revision))).0 * 1e3;
            (0..SAMPLES).map(|_| seek((random() % last) as u64)).collect()
        };
        figures.extend(contest(subject("growth: seek"), 1, vec![Contestant::new(name, seeks)]));
    }
    figures
}
