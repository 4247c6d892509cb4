//! Typing takes a short way through the engine: it must come to what the long way comes to,
//! and to what it is to a plain list of characters.

use palimpsest_core::{
    Change, Command, Document, DocumentId, Event, Header, Intent, Patch, ReplicaId, Text,
    TextChange, Timestamp,
};
use palimpsest_tests::graphs;
use palimpsest_tests::seeds::{self, Random};

/// Plain letters above all, and some that are long in one encoding or another.
const PIECES: [&str; 8] = ["a", "b", "c", "word ", "\n", "é", "𝄞", "日本"];

fn text(random: &mut Random, pieces: usize) -> String {
    (0..random.below(pieces)).map(|_| *random.pick(&PIECES)).collect()
}

struct Writer {
    document: Document,
    now: i64,
    /// The text, as a list.
    twin: Vec<char>,
    caret: usize,
}

impl Writer {
    fn new(replica: u64) -> Self {
        let replica = ReplicaId(replica);
        let mut document = Document::new(DocumentId([1; 16]), replica, graphs::author(replica));
        let now = 1_760_000_000_000;
        let create = Command::CreateDocument { title: "Minutes".into() };
        document.execute(create, Timestamp(now)).expect("there is none yet");
        Self { document, now, twin: Vec::new(), caret: 0 }
    }

    fn edit(&mut self, change: TextChange, intent: Intent) -> Change {
        let (pos, end) = (change.pos, change.pos + change.delete);
        self.twin.splice(pos..end, change.insert.chars());
        self.caret = pos + change.insert.chars().count();
        let command = Command::EditText { changes: [change].into(), intent };
        self.document.execute(command, Timestamp(self.now)).expect("it fits the text")
    }

    /// Types on, or deletes in front of the caret or behind it.
    fn strike(&mut self, random: &mut Random) -> Change {
        let (before, behind) = (self.caret, self.twin.len() - self.caret);
        let key = match random.below(5) {
            0 | 1 if before > 0 => {
                let len = 1 + random.below(before.min(3));
                TextChange::new(before - len, len, "")
            }
            2 if behind > 0 => TextChange::new(before, 1 + random.below(behind.min(2)), ""),
            _ => TextChange::new(before, 0, *random.pick(&PIECES)),
        };
        self.edit(key, Intent::Typed)
    }
}

#[test]
fn going_back_and_forth_in_a_paragraph_equals_splicing() {
    seeds::check(150, |random| {
        let mut writer = Writer::new(1);
        let whole = text(random, 1_500);
        writer.edit(TextChange::new(0, 0, whole), Intent::Pasted);
        for _ in 0..random.below(10) {
            // Far away, so that what stands beside the rope is put back.
            let home = random.below(writer.twin.len() + 1);
            for _ in 0..random.below(40) {
                let near = (home + random.below(200)).saturating_sub(100);
                writer.caret = near.min(writer.twin.len());
                for _ in 0..1 + random.below(4) {
                    writer.strike(random);
                }
                // What is deleted and written again has changed nothing.
                let behind = writer.twin.len() - writer.caret;
                if random.chance(20) && behind > 0 {
                    let same = String::from(writer.twin[writer.caret]);
                    writer.edit(TextChange::new(writer.caret, 1, ""), Intent::Typed);
                    writer.edit(TextChange::new(writer.caret, 0, same), Intent::Typed);
                }
            }
            let twin: String = writer.twin.iter().collect();
            assert_eq!(writer.document.text().to_string(), twin);
            let start = random.below(writer.twin.len() + 1);
            let end = writer.twin.len().min(start + random.below(300));
            let part: String = writer.twin[start..end].iter().collect();
            assert_eq!(writer.document.text().slice(start..end), part);
        }
    });
}

#[test]
fn typing_and_deleting_in_a_long_text_equals_splicing() {
    seeds::check(150, |random| {
        let mut writer = Writer::new(1);
        let whole = text(random, 1_500);
        writer.edit(TextChange::new(0, 0, whole), Intent::Pasted);
        let mut view = writer.document.text().clone();
        for _ in 0..random.below(12) {
            writer.caret = random.below(writer.twin.len() + 1);
            // Whoever deletes goes on deleting, past what stands beside the rope.
            let (backwards, forwards) = (random.chance(40), random.chance(20));
            for _ in 0..random.below(120) {
                let change = match writer.caret {
                    caret @ 1.. if backwards => {
                        writer.edit(TextChange::new(caret - 1, 1, ""), Intent::Typed)
                    }
                    caret if forwards && caret < writer.twin.len() => {
                        writer.edit(TextChange::new(caret, 1, ""), Intent::Typed)
                    }
                    _ => writer.strike(random),
                };
                for patch in &change.patches {
                    assert!(view.fits(patch), "{patch:?}");
                    view.apply(patch);
                }
            }
            let twin: String = writer.twin.iter().collect();
            assert_eq!(writer.document.text().to_string(), twin);
            assert_eq!(*writer.document.text(), Text::from(twin.as_str()));
            assert_eq!(view, *writer.document.text(), "the patches say all that happened");
        }
    });
}

#[test]
fn a_burst_is_taken_back_as_its_keystrokes_put_together() {
    seeds::check(800, |random| {
        let mut writer = Writer::new(1);
        let whole = text(random, 30);
        writer.edit(TextChange::new(0, 0, whole), Intent::Pasted);
        writer.caret = random.below(writer.twin.len() + 1);
        let before = writer.document.text().to_string();
        // What is typed may replace something first.
        let replaced = random.below(3).min(writer.twin.len() - writer.caret);
        let first = TextChange::new(writer.caret, replaced, *random.pick(&PIECES));
        let events = writer.document.graph().len();
        let mut patches: Vec<Patch> = writer.edit(first, Intent::Typed).patches.into_vec();
        for _ in 0..random.below(14) {
            writer.now += random.within(0..=60);
            patches.extend(writer.strike(random).patches);
        }
        assert_eq!(writer.document.graph().len(), events + 1, "it is one burst");
        let inverse = Patch::compose_all(&patches).invert();
        if inverse.is_empty() {
            return;
        }
        let mut twin = writer.document.text().clone();
        twin.apply(&inverse);
        writer.document.execute(Command::Undo, Timestamp(writer.now)).expect("there is a step");
        assert_eq!(*writer.document.text(), twin);
        assert_eq!(twin.to_string(), before);
    });
}

#[test]
fn a_typed_event_is_what_the_long_way_makes_of_it() {
    seeds::check(800, |random| {
        let (mut typed, mut decided) = (Writer::new(1), Writer::new(1));
        for _ in 0..1 + random.below(12) {
            let pos = random.below(typed.twin.len() + 1);
            let delete = random.below(4).min(typed.twin.len() - pos);
            // Sometimes more than a burst may have.
            let pieces = if random.chance(10) { 300 } else { 3 };
            let key = TextChange::new(pos, delete, text(random, pieces));
            // Longer than any burst, so that every key is an event.
            typed.now += 2_000;
            decided.now += 2_000;
            let mut sealed = typed.edit(key.clone(), Intent::Typed).events;
            let open = typed.document.open_event();
            let rest = typed.document.seal().events;
            assert_eq!(rest.first(), open.as_ref(), "what was open is what is sealed");
            sealed.extend(rest);
            let change = decided.edit(key, Intent::Pasted);
            let payloads = |events: &[Event]| {
                events.iter().map(|event| event.payload.clone()).collect::<Vec<_>>()
            };
            assert_eq!(payloads(&sealed), payloads(&change.events));
            for (typed, decided) in sealed.iter().zip(&change.events) {
                let as_typed = Header { intent: Intent::Typed, ..decided.header.clone() };
                assert_eq!(typed.header, as_typed);
            }
        }
        assert_eq!(typed.document.text(), decided.document.text());
        while decided.document.can_undo() {
            let (now, other) = (Timestamp(typed.now), Timestamp(decided.now));
            let (one, two) = (
                typed.document.execute(Command::Undo, now),
                decided.document.execute(Command::Undo, other),
            );
            assert_eq!(
                one.map(|change| change.patches.len()),
                two.map(|change| change.patches.len())
            );
            assert_eq!(typed.document.text(), decided.document.text());
        }
        assert!(!typed.document.can_undo());
    });
}
