//! What it takes until those who were away have everything: bytes on the wire beside the size
//! of what was missing, work for each event, and the longest single step. Ours alone, by the
//! real sessions and the real server.

use palimpsest_core::Document;
use palimpsest_core::codec::{decode_log, encode_log};

use crate::clock::{longest, milliseconds};
use crate::contest::{Contestant, Figure, Subject, contest};
use crate::engine::{Engine, palimpsest};
use crate::metrics::Scope;
use crate::typist::{typist, typist_at};
use crate::wire::{Line, Replica, Toll};

/// How many events everybody has before.
const KNOWN: usize = 1_000;
/// How far behind somebody is.
const BEHIND: [(usize, &str); 4] = [
    (1_000, "1,000 behind"),
    (10_000, "10,000 behind"),
    (100_000, "100,000 behind"),
    (1_000_000, "1,000,000 behind"),
];
/// How many edits each of two made offline.
const OFFLINE: [(usize, &str); 3] = [
    (1_000, "both 1,000 offline"),
    (10_000, "both 10,000 offline"),
    (100_000, "both 100,000 offline"),
];

/// What a talk came to, and what there was to say.
#[derive(Clone, Debug)]
pub struct Talk {
    /// What was counted.
    pub toll: Toll,
    /// Events that came to somebody.
    pub events: usize,
    /// The size of what was missing, as the log stores it, at every place where it was.
    pub missing: usize,
    /// Milliseconds that the first keystroke takes afterwards, of somebody who had written before.
    pub keystroke: f64,
}

/// One number of a talk.
type Part = fn(&Talk) -> f64;

/// Everything that is measured.
const PARTS: [(&str, &str, Part); 6] = [
    ("sync: bytes on the wire", "bytes", |talk| talk.toll.bytes as f64),
    ("sync: the same to the size of what is missing", "times", Talk::bytes_to_missing),
    ("sync: work for an event", "µs", |talk| talk.toll.work() * 1e3 / talk.events as f64),
    ("sync: longest step of a replica", "ms", |talk| longest(&talk.toll.replica_steps)),
    ("sync: longest step of the server", "ms", |talk| longest(&talk.toll.server_steps)),
    ("sync: first keystroke afterwards", "ms", |talk| talk.keystroke),
];

/// Somebody far behind, and two who were both away.
pub fn sync(scope: &Scope) -> Vec<Figure> {
    let parts = PARTS.iter().filter(|(metric, ..)| scope.asks(metric));
    let parts: Vec<_> = parts.collect();
    let mut figures = Vec::new();
    let mut talk = |trace, turns, talk: &dyn Fn() -> Talk| {
        if parts.is_empty() {
            return;
        }
        let mut whole = talk();
        for again in (1..turns).map(|_| talk()) {
            whole.toll.keep_shorter(&again.toll);
            whole.keystroke = whole.keystroke.min(again.keystroke);
        }
        for &&(metric, unit, part) in &parts {
            let numbers = || vec![part(&whole)];
            let name = <palimpsest::Palimpsest as Engine>::NAME;
            let subject = Subject { metric, trace, unit };
            figures.extend(contest(subject, 1, vec![Contestant::new(name, numbers)]));
        }
    };
    for (events, trace) in BEHIND {
        let turns = if events > 100_000 { scope.turns.min(3) } else { scope.turns };
        talk(trace, turns, &|| behind(events));
    }
    for (edits, trace) in OFFLINE {
        talk(trace, scope.turns, &|| both_offline(edits));
    }
    figures
}

impl Talk {
    /// How many bytes went over the wire for one that was missing.
    pub fn bytes_to_missing(&self) -> f64 {
        self.toll.bytes as f64 / self.missing as f64
    }
}

/// Somebody comes back after others wrote so many events.
pub fn behind(events: usize) -> Talk {
    let mut typist = typist(1, 7);
    typist.write(KNOWN - 1);
    let known = encode_log(typist.document.graph());
    (0..events).for_each(|_| drop(typist.strike()));
    typist.document.seal();
    let whole = encode_log(typist.document.graph());
    let mut line = Line::new(&typist.document);
    let mut late = Replica::new(opened(&known, 2), 0);
    line.connect(&mut late);
    line.settle(&mut [&mut late]);
    assert!(late.document.text() == typist.document.text(), "everybody has the same text");
    let missing = whole.len() - known.len();
    Talk { toll: line.toll, events, missing, keystroke: keystroke(late.document) }
}

/// Two come back who each made so many edits.
pub fn both_offline(edits: usize) -> Talk {
    let mut typist = typist(1, 7);
    typist.write(KNOWN - 1);
    let known = encode_log(typist.document.graph());
    let mut line = Line::new(&typist.document);
    let side = |agent, seed| {
        let mut side = typist_at(opened(&known, agent), seed);
        side.write(edits);
        // What it made is missing at the server and at the other one.
        let missing = encode_log(side.document.graph()).len() - known.len();
        (Replica::new(side.document, edits), 2 * missing)
    };
    let (mut first, from_first) = side(2, 11);
    let (mut second, from_second) = side(3, 13);
    line.connect(&mut first);
    line.connect(&mut second);
    line.settle(&mut [&mut first, &mut second]);
    assert!(first.document.text() == second.document.text(), "everybody has the same text");
    assert_eq!(first.session.ledger().pending + second.session.ledger().pending, 0);
    let missing = from_first + from_second;
    Talk { toll: line.toll, events: 2 * edits, missing, keystroke: keystroke(first.document) }
}

fn keystroke(document: Document) -> f64 {
    let mut typist = typist_at(document, 17);
    milliseconds(|| typist.strike()).0
}

fn opened(bytes: &[u8], agent: u64) -> Document {
    let graph = decode_log(bytes).expect("bytes of the codec");
    let empty = palimpsest::document(agent);
    Document::open(empty.id(), empty.replica(), empty.author(), graph)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bytes may go over the wire for one of the log's: a log packs all events together,
    /// a page those that are in it.
    const BYTES_MAX: f64 = 1.5;

    #[test]
    fn what_goes_over_the_wire_grows_as_what_is_missing_and_no_faster() {
        let (less, more) = (behind(1_000), behind(8_000));
        for talk in [&less, &more] {
            assert!(talk.bytes_to_missing() < BYTES_MAX, "{talk:?}");
        }
        let times = more.toll.bytes as f64 / less.toll.bytes as f64;
        assert!(times < 8.4, "{times} times the bytes for eight times the events");
        let steps = |talk: &Talk| talk.toll.replica_steps.len() - 1;
        assert!(steps(&more) <= 8 * steps(&less), "eight times the pages");
    }

    #[test]
    fn two_who_were_away_are_told_what_they_lack_and_nothing_twice() {
        let (less, more) = (both_offline(500), both_offline(4_000));
        for talk in [&less, &more] {
            assert!(talk.bytes_to_missing() < BYTES_MAX, "{talk:?}");
        }
        let times = more.toll.bytes as f64 / less.toll.bytes as f64;
        assert!(times < 8.4, "{times} times the bytes for eight times the events");
    }
}
