//! Taking back some events takes back these and nothing else, at the right place, and can be
//! taken back. The naive twin looks at every character and every event from the first on.

use std::collections::BTreeSet;
use std::ops::Range;

use palimpsest_core::{
    Command, Graph, Intent, Lv, Op, Payload, Revision, TakingBack, Text, TextChange, Timeline,
    readable::{self, Character},
    take_back,
};
use palimpsest_tests::graphs::Letters;
use palimpsest_tests::seeds::{self, Random};

use crate::desk::{Desk, talk};
use crate::timeline::History;

/// The text without some events, if nobody ever undid anything.
fn without_naively(graph: &Graph, chosen: &BTreeSet<Lv>) -> String {
    let stands = |one: &Character| {
        !chosen.contains(&one.by) && one.deleted_by.iter().all(|lv| chosen.contains(lv))
    };
    readable::characters(graph).iter().filter(|one| stands(one)).map(|one| one.character).collect()
}

/// Some revisions: those of one author, a stretch, single ones, or all.
fn choose(random: &mut Random, timeline: &Timeline, graph: &Graph) -> Vec<Range<Revision>> {
    let last = timeline.last().0;
    let author = *random.pick(timeline.authors());
    let from = random.below(last as usize) as u64 + 1;
    let to = from + random.below((last - from) as usize + 1) as u64;
    let part = random.below(5);
    let wanted = |revision: &u64| match part {
        0 | 1 => {
            timeline.moment(graph, Revision(*revision)).is_some_and(|one| one.author == author)
        }
        2 => (from..=to).contains(revision),
        3 => *revision == from,
        _ => true,
    };
    let each = (1..=last).filter(wanted);
    each.map(|number| Revision(number)..Revision(number + 1)).collect()
}

fn lvs(timeline: &Timeline, graph: &Graph, chosen: &[Range<Revision>]) -> BTreeSet<Lv> {
    let moments = chosen.iter().filter_map(|one| timeline.moment(graph, one.start));
    moments.filter_map(|moment| graph.lv_of(moment.event)).collect()
}

#[test]
fn the_text_without_some_events_is_the_text_without_their_characters() {
    seeds::check(2_000, |random| {
        let most = *random.pick(&[6, 14, 40]);
        let history = History::any(random, most);
        let graph = history.graph(random);
        let timeline = history.timeline(&graph);
        let chosen = choose(random, &timeline, &graph);
        let expected = without_naively(&graph, &lvs(&timeline, &graph, &chosen));
        let mut work = TakingBack::new(&timeline, &graph, &chosen).expect("the past is read");
        while !work.go_on(&graph, 1 + random.below(9)) {}
        let taken = work.finish(&timeline, &graph).expect("nothing happened meanwhile");
        assert_eq!(Some(&taken), take_back(&timeline, &graph, &chosen).as_ref());
        let mut text = timeline.text_at(timeline.last());
        assert!(text.fits(&taken.patch));
        text.apply(&taken.patch);
        assert_eq!(text.to_string(), expected);
        assert_eq!(taken.patch.inserted(), taken.returned);
        assert_eq!(taken.patch.deleted(), taken.removed);
    });
}

fn carry_out(desk: &mut Desk, chosen: &[Range<Revision>]) -> Option<Range<Revision>> {
    let taken = take_back(&desk.timeline, desk.document.graph(), chosen).expect("it is read");
    if taken.patch.is_empty() {
        return None;
    }
    let change = |edit: &palimpsest_core::Edit| {
        TextChange::new(edit.pos, edit.deleted.chars().count(), edit.inserted.clone())
    };
    let changes = taken.patch.edits().iter().map(change).collect();
    let before = desk.timeline.last();
    desk.ask(Command::EditText { changes, intent: Intent::Undone }).expect("it fits");
    Some(Revision(before.0 + 1)..Revision(desk.timeline.last().0 + 1))
}

/// Somebody who holds a random history of people who write, undo and redo.
fn reader(random: &mut Random, most: usize) -> (Desk, Letters) {
    let mut letters = Letters::default();
    let (events, _) = talk(random, most, |_, count| letters.next(count));
    let mut desk = Desk::new(77);
    desk.document.merge(events.clone());
    let graph = desk.document.graph();
    let places: Vec<_> = events.iter().map(|one| (one.header.id, one.header.time)).collect();
    desk.timeline.extend(graph, &places);
    desk.timeline.settle(desk.document.graph());
    (desk, letters)
}

fn text(desk: &Desk) -> String {
    desk.document.text().to_string()
}

#[test]
fn what_was_taken_back_can_be_undone_redone_and_taken_back_itself() {
    seeds::check(1_500, |random| {
        let (mut desk, _) = reader(random, 40);
        let chosen = choose(random, &desk.timeline, desk.document.graph());
        let before = text(&desk);
        if carry_out(&mut desk, &chosen).is_none() {
            return;
        }
        let after = text(&desk);
        assert_eq!(carry_out(&mut desk, &chosen), None, "it is taken back once");
        desk.ask(Command::Undo).expect("it can be undone");
        assert_eq!(text(&desk), before);
        let own = carry_out(&mut desk, &chosen).expect("once more");
        assert_eq!(text(&desk), after);
        desk.ask(Command::Undo).expect("it can be undone");
        desk.ask(Command::Redo).expect("it can be redone");
        assert_eq!(text(&desk), after);
        desk.ask(Command::Undo).expect("it can be undone");
        assert_eq!(text(&desk), before);
        // The taking back is an event like any other.
        desk.ask(Command::Redo).expect("it can be redone");
        carry_out(&mut desk, &[own]);
        assert_eq!(text(&desk), before);
    });
}

#[test]
fn every_letter_that_others_typed_stays() {
    seeds::check(1_500, |random| {
        let (mut desk, _) = reader(random, 50);
        let chosen = choose(random, &desk.timeline, desk.document.graph());
        let graph = desk.document.graph();
        // Each letter was typed once; all else is undo and redo.
        let taken = lvs(&desk.timeline, graph, &chosen);
        let mut own = BTreeSet::new();
        for lv in taken {
            let typed = !matches!(graph.intent(lv), Intent::Undone | Intent::Redone);
            let Payload::TextEdited { ops } = graph.event(lv).payload else { continue };
            for op in ops {
                if let (Op::Insert { text, .. }, true) = (op, typed) {
                    own.extend(text.chars());
                }
            }
        }
        let before: Vec<char> = text(&desk).chars().collect();
        carry_out(&mut desk, &chosen);
        let after: Vec<char> = text(&desk).chars().collect();
        let others = before.iter().filter(|letter| !own.contains(letter)).copied();
        let undoes = chosen.iter().any(|one| {
            let moment = desk.timeline.moment(desk.document.graph(), one.start);
            moment.is_some_and(|one| matches!(one.intent, Intent::Undone | Intent::Redone))
        });
        for letter in others {
            // What an undo among the chosen brought back may go with it.
            assert!(undoes || after.contains(&letter), "{letter} was somebody else's");
        }
        assert!(after.iter().all(|letter| !own.contains(letter)), "all that they wrote goes");
        let unique: BTreeSet<char> = after.iter().copied().collect();
        assert_eq!(unique.len(), after.len(), "nothing comes back twice");
    });
}

/// Some people at one table: every edit arrives at once.
struct Table(Vec<Desk>);

impl Table {
    fn new() -> Self {
        let mut table = Self((1..=2).map(Desk::new).collect());
        let made = table.0[0].ask(Command::CreateDocument { title: String::new() });
        table.tell(0, made.expect("it is new"));
        table
    }

    fn tell(&mut self, from: usize, events: Vec<palimpsest_core::Event>) {
        for (at, desk) in self.0.iter_mut().enumerate() {
            if at != from {
                desk.document.merge(events.clone());
            }
            let graph = desk.document.graph();
            let places = events.iter().map(|one| (one.header.id, one.header.time));
            desk.timeline.extend(graph, &places.collect::<Vec<_>>());
            desk.timeline.settle(graph);
        }
    }

    /// One of them edits, and everybody sees it. Returns the revision.
    fn edit(&mut self, who: usize, pos: usize, delete: usize, insert: &str) -> Revision {
        let events = self.0[who].edit(pos, delete, insert);
        self.tell(who, events);
        self.0[0].timeline.last()
    }

    fn taken(&self, revisions: &[Revision]) -> (String, palimpsest_core::TakenBack) {
        let desk = &self.0[0];
        let each: Vec<_> = revisions.iter().map(|&one| one..Revision(one.0 + 1)).collect();
        let taken = take_back(&desk.timeline, desk.document.graph(), &each).expect("it is read");
        let mut text = desk.document.text().clone();
        text.apply(&taken.patch);
        (text.to_string(), taken)
    }
}

#[test]
fn a_wrong_paste_goes_and_what_was_written_into_it_stays() {
    let mut table = Table::new();
    table.edit(0, 0, 0, "Agenda.  Done.");
    let paste = table.edit(1, 8, 0, "WRONG TEXT");
    table.edit(0, 13, 0, " (who pasted this?)");
    table.edit(0, 8, 2, "");
    let (text, taken) = table.taken(&[paste]);
    assert_eq!(text, "Agenda.  (who pasted this?) Done.");
    assert_eq!((taken.removed, taken.returned, taken.gone, taken.stay_away), (8, 0, 2, 0));
}

#[test]
fn what_was_deleted_comes_back_where_it_stood_among_what_came_since() {
    let mut table = Table::new();
    table.edit(0, 0, 0, "one two three");
    let deletion = table.edit(1, 4, 4, "");
    table.edit(0, 0, 0, "zero ");
    table.edit(0, 14, 0, " four");
    assert_eq!(table.0[0].document.text().to_string(), "zero one three four");
    let (text, taken) = table.taken(&[deletion]);
    assert_eq!(text, "zero one two three four");
    assert_eq!((taken.removed, taken.returned), (0, 4));
}

#[test]
fn what_two_deleted_at_once_stays_away_when_one_of_them_is_taken_back() {
    let mut ana = Desk::new(1);
    let made = ana.ask(Command::CreateDocument { title: String::new() }).expect("it is new");
    let written = ana.edit(0, 0, "keep drop keep");
    let mut jonas = Desk::new(2);
    jonas.document.merge([made.clone(), written.clone()].concat());
    jonas.timeline.settle(jonas.document.graph());
    let both = [ana.edit(5, 5, ""), jonas.edit(5, 3, "")].concat();
    ana.document.merge(both.clone());
    let order: Vec<_> = [made, written, both].concat();
    let places: Vec<_> = order.iter().map(|one| (one.header.id, one.header.time)).collect();
    ana.timeline.extend(ana.document.graph(), &places);
    ana.timeline.settle(ana.document.graph());
    let taken = take_back(&ana.timeline, ana.document.graph(), &[Revision(3)..Revision(4)]);
    let taken = taken.expect("it is read");
    let mut text = Text::from("keep keep");
    text.apply(&taken.patch);
    assert_eq!(text.to_string(), "keep p keep");
    assert_eq!((taken.returned, taken.stay_away), (2, 3));
}

#[test]
fn concurrent_writing_keeps_its_side_of_what_comes_back() {
    let mut ana = Desk::new(1);
    let made = ana.ask(Command::CreateDocument { title: String::new() }).expect("it is new");
    let written = ana.edit(0, 0, "The quick fox");
    let mut jonas = Desk::new(2);
    jonas.document.merge([made.clone(), written.clone()].concat());
    jonas.timeline.settle(jonas.document.graph());
    let deletion = ana.edit(4, 6, "");
    let brown = jonas.edit(10, 0, "brown ");
    ana.document.merge(brown.clone());
    let order: Vec<_> = [made, written, deletion, brown].concat();
    let places: Vec<_> = order.iter().map(|one| (one.header.id, one.header.time)).collect();
    ana.timeline.extend(ana.document.graph(), &places);
    ana.timeline.settle(ana.document.graph());
    assert_eq!(text(&ana), "The brown fox");
    carry_out(&mut ana, &[Revision(3)..Revision(4)]);
    assert_eq!(text(&ana), "The quick brown fox");
}

#[test]
fn nothing_is_taken_back_while_the_past_is_not_read() {
    let desk = Desk::new(1);
    let mut other = Desk::new(2);
    other.ask(Command::CreateDocument { title: String::new() }).expect("it is new");
    let unread = take_back(&desk.timeline, other.document.graph(), &[]);
    assert_eq!(unread, None);
}
