//! Somebody who types, jumps and deletes for ever, the same in every run: histories that need
//! no recording. What is done with them is others' business.

use palimpsest_core::{
    Command, Document, Event, Intent, Ordered, Patch, Revision, TextChange, Timestamp,
};

use crate::engine::palimpsest;
use crate::history::typed_at;

/// What is written, letter by letter: real words, so that what is stored packs as writing does.
const PROSE: &str = include_str!("../../LICENSE-APACHE");

/// One writer at one document.
pub struct Typist<R> {
    /// What it writes in.
    pub document: Document,
    /// How many keys it has struck.
    pub edits: usize,
    random: R,
    caret: usize,
    letters: std::iter::Cycle<std::str::Chars<'static>>,
    now: Timestamp,
}

impl<R> std::fmt::Debug for Typist<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a typist after {} edits", self.edits)
    }
}

/// A typist at a new document, as an agent. The seed decides what they do.
pub fn typist(agent: u64, seed: u64) -> Typist<impl FnMut() -> usize> {
    let mut document = palimpsest::document(agent);
    document.merge(palimpsest::birth());
    typist_at(document, seed)
}

/// A typist at a document that is there.
pub fn typist_at(document: Document, seed: u64) -> Typist<impl FnMut() -> usize> {
    // Each writer starts elsewhere.
    let start = random(seed)() % PROSE.len();
    let start = PROSE[start..].find(' ').map_or(0, |space| start + space);
    let letters = PROSE[start..].chars().cycle();
    Typist { document, edits: 0, random: random(seed), caret: 0, letters, now: typed_at(0) }
}

impl<R: FnMut() -> usize> Typist<R> {
    /// One keystroke, an event of its own: whoever writes so pauses longer than a burst lasts.
    /// Every twentieth is somewhere else.
    pub fn strike(&mut self) -> Vec<Patch> {
        self.strike_after(2_000)
    }

    /// One keystroke after about so many milliseconds.
    pub fn strike_after(&mut self, millis: usize) -> Vec<Patch> {
        let len = self.document.text().len();
        let random = &mut self.random;
        if random().is_multiple_of(20) {
            self.caret = random() % (len + 1);
        }
        let deletes = random().is_multiple_of(5) && self.caret < len;
        let letter = if deletes { None } else { self.letters.next() };
        let letter = letter.map(String::from).unwrap_or_default();
        let change = TextChange::new(self.caret, usize::from(deletes), &letter);
        self.caret += usize::from(!deletes);
        let command = Command::EditText { changes: [change].into(), intent: Intent::Typed };
        self.now.0 += (millis + random() % millis) as i64;
        self.edits += 1;
        let change = self.document.execute(command, self.now).expect("it is inside the text");
        change.patches.into_vec()
    }

    /// Strikes keys, and says which events came of them.
    pub fn write(&mut self, keys: usize) -> Vec<Event> {
        self.document.seal();
        let first = self.document.graph().len();
        (0..keys).for_each(|_| drop(self.strike()));
        self.document.seal();
        let graph = self.document.graph();
        (first..graph.len()).map(|lv| graph.event(lv)).collect()
    }
}

/// Every event of a document with its place, as a server gives it to events that come one after
/// the other.
pub fn ordered(document: &Document) -> Vec<Ordered> {
    let graph = document.graph();
    let place = |lv: usize| Ordered {
        revision: Revision(lv as u64 + 1),
        recorded: graph.time(lv),
        event: graph.event(lv),
    };
    (0..graph.len()).map(place).collect()
}

/// Numbers that are the same in every run.
pub fn random(seed: u64) -> impl FnMut() -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // The same where a word has 32 bits.
        (state >> 11) as u32 as usize
    }
}
