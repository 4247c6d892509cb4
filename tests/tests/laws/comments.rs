//! Threads are a set that everybody agrees on, and their passages are where the letters that
//! they name are. Which command makes which comment is checked here too.

use std::collections::BTreeMap;

use palimpsest_core::{
    Anchor, COMMENT_SCALARS_MAX, Command, CommandError, Comments, Edit, Event, EventId, Graph,
    Intent, Op, Passage, Payload, ReadModel, Revision, Side, Thread, Timeline,
};
use palimpsest_tests::graphs::{self, Letters, revision};
use palimpsest_tests::seeds;

use crate::desk::{Desk, NOW, talk};
use crate::read_models::{follow, followed};
use crate::timeline::History;

#[test]
fn threads_read_all_along_are_those_read_at_once_and_those_read_from_another_arrival() {
    seeds::check(1_500, |random| {
        let (timeline, graph, mut follower) = followed::<Comments>(random, 40);
        let threads = follower.read(&timeline, &graph).threads(&graph);
        let once = Comments::at(&timeline, &graph, timeline.last());
        assert_eq!(threads, once.threads(&graph));
        let then = Revision(random.below(timeline.last().0 as usize + 2) as u64);
        let threads = follower.read(&timeline, &graph).then(&timeline, &graph, then);
        let once = Comments::at(&timeline, &graph, then);
        assert_eq!(threads.threads(&graph), once.threads(&graph));
    });
    seeds::check(800, |random| {
        let mut history = History::any(random, 40);
        history.ordered = history.places().len();
        let mut threads = Vec::new();
        for _ in 0..2 {
            let graph = history.graph(random);
            let timeline = history.timeline(&graph);
            threads.push(Comments::at(&timeline, &graph, timeline.last()).threads(&graph));
        }
        assert_eq!(threads[0], threads[1]);
    });
}

/// Who is in an event's history, by plain search.
fn knows(events: &BTreeMap<EventId, Event>, event: EventId, other: EventId) -> bool {
    let mut queue = vec![event];
    while let Some(id) = queue.pop() {
        if id == other {
            return true;
        }
        queue.extend(&events[&id].header.parents);
    }
    false
}

/// What is said in each thread at the end of some events, by plain rules.
fn threads_naively(events: &[Event]) -> BTreeMap<EventId, (Vec<Option<String>>, bool)> {
    let all: BTreeMap<_, _> = events.iter().map(|e| (e.header.id, e.clone())).collect();
    let about = |event: &Event| match &event.payload {
        Payload::CommentReplied { thread, .. }
        | Payload::CommentResolved { thread }
        | Payload::CommentReopened { thread } => Some(*thread),
        Payload::CommentEdited { comment, .. } | Payload::CommentDeleted { comment } => {
            Some(*comment)
        }
        _ => None,
    };
    let counts = |event: &Event| {
        let target = about(event)?;
        let target = all.get(&target)?;
        knows(&all, event.header.id, target.header.id).then_some(target)
    };
    let begins = |event: &Event| matches!(event.payload, Payload::CommentAdded { .. });
    let is_comment = |event: &Event| match event.payload {
        Payload::CommentAdded { .. } => true,
        Payload::CommentReplied { .. } => counts(event).is_some_and(begins),
        _ => false,
    };
    // Of what nobody replaced who knew of it, the greatest id counts.
    let latest = |of: &dyn Fn(&Event) -> bool| {
        let set: Vec<_> = events.iter().filter(|event| of(event)).collect();
        let replaced = |event: &Event| {
            let id = event.header.id;
            set.iter().any(|by| by.header.id != id && knows(&all, by.header.id, id))
        };
        let heads = set.iter().filter(|event| !replaced(event));
        heads.max_by_key(|event| event.header.id).map(|event| (*event).clone())
    };
    let mut threads = BTreeMap::new();
    for event in events.iter().filter(|event| is_comment(event)) {
        let id = event.header.id;
        let own = |other: &Event| {
            counts(other).is_some_and(|target| target.header.id == id)
                && other.header.author == event.header.author
        };
        let deleted = events
            .iter()
            .any(|other| matches!(other.payload, Payload::CommentDeleted { .. }) && own(other));
        let edits = |other: &Event| {
            other.header.id == id
                || matches!(other.payload, Payload::CommentEdited { .. }) && own(other)
        };
        let text = match latest(&edits).expect("it says something").payload {
            Payload::CommentAdded { text, .. }
            | Payload::CommentEdited { text, .. }
            | Payload::CommentReplied { text, .. } => text,
            other => panic!("{other:?} says nothing"),
        };
        let thread = about(event).unwrap_or(id);
        let settles = |other: &Event| {
            let settling = matches!(
                other.payload,
                Payload::CommentResolved { .. } | Payload::CommentReopened { .. }
            );
            settling && counts(other).is_some_and(|target| target.header.id == thread)
        };
        let resolved = latest(&settles)
            .is_some_and(|event| matches!(event.payload, Payload::CommentResolved { .. }));
        let entry = threads.entry(thread).or_insert((Vec::new(), resolved));
        entry.0.push((!deleted).then_some(text));
    }
    threads.retain(|_, (said, _)| said.iter().any(Option::is_some));
    threads
}

#[test]
fn what_is_said_and_settled_follows_from_who_knew_what() {
    seeds::check(1_500, |random| {
        let history = History::any(random, 60);
        let graph = history.graph(random);
        let timeline = history.timeline(&graph);
        let now = Revision(random.below(timeline.last().0 as usize + 1) as u64);
        let moment = |r| timeline.moment(&graph, Revision(r)).expect("it is there").event;
        let lv = |id| graph.lv_of(id).expect("it is here");
        let events: Vec<_> = (1..=now.0).map(|r| graph.event(lv(moment(r)))).collect();
        let threads = Comments::at(&timeline, &graph, now).threads(&graph);
        let said = |thread: Thread| {
            assert!(thread.comments.is_sorted_by_key(|comment| comment.revision));
            assert_eq!(moment(thread.revision.0), thread.id);
            let said = thread.comments.into_iter().map(|comment| comment.text).collect();
            (thread.id, (said, thread.resolved.is_some()))
        };
        let said: BTreeMap<_, (Vec<_>, bool)> = threads.into_iter().map(said).collect();
        assert_eq!(said, threads_naively(&events));
    });
}

/// The letter that an anchor names: no two letters of a history are the same.
fn letter(graph: &Graph, anchor: &Anchor) -> Option<char> {
    let event = graph.event(graph.lv_of(anchor.event)?);
    let Payload::TextEdited { ops } = event.payload else { return None };
    let inserted = ops.iter().filter_map(|op| match op {
        Op::Insert { text, .. } => Some(text.clone()),
        Op::ErasedInsert { len, .. } => Some(palimpsest_core::ERASED.to_string().repeat(*len)),
        Op::Delete { .. } => None,
    });
    inserted.collect::<String>().chars().nth(anchor.offset)
}

/// A letter with a number of its own.
type Letter = (usize, char);

/// The text at every revision, letter by letter.
fn letters_naively(timeline: &Timeline) -> Vec<Vec<Letter>> {
    let (mut texts, mut next) = (vec![Vec::new()], 0);
    for now in (1..=timeline.last().0).map(Revision) {
        let mut text: Vec<Letter> = texts[texts.len() - 1].clone();
        for edit in timeline.patch(now).edits().iter().rev() {
            let numbers = next..next + edit.inserted.chars().count();
            next = numbers.end;
            text.splice(edit.pos..edit.end(), numbers.zip(edit.inserted.chars()));
        }
        texts.push(text);
    }
    texts
}

/// Where a passage between two letters is at a revision, and where it last was, letter by
/// letter.
fn passage_naively(
    timeline: &Timeline,
    graph: &Graph,
    texts: &[Vec<Letter>],
    mut letters: [Letter; 2],
) -> Option<Passage> {
    let mut places: [Option<usize>; 2] = [None; 2];
    let mut stood: Option<(usize, String)> = None;
    for (at, (before, text)) in texts.iter().zip(&texts[1..]).enumerate() {
        let now = revision(at + 1);
        // What was taken back brings back what went.
        let intent = timeline.moment(graph, now).expect("it is there").intent;
        let patch = timeline.patch(now);
        let taken_back = matches!(intent, Intent::Undone | Intent::Redone);
        if let (Some((_, old)), [Some(start), Some(end)]) = (&stood, places)
            && start >= end
            && taken_back
        {
            let brings = |(edit, moved): (&Edit, usize)| {
                let (inside, _) = edit.inserted.split_once(old.as_str())?;
                let here = [start, end].contains(&edit.pos);
                here.then_some(edit.pos + moved + inside.chars().count())
            };
            let lens = patch.edits().iter().scan(0, |all, edit| {
                *all += edit.inserted.chars().count();
                Some(*all - edit.inserted.chars().count())
            });
            // The ops of an event come last one first.
            let edits: Vec<_> = patch.edits().iter().zip(lens).collect();
            if let Some(first) = edits.into_iter().rev().find_map(brings) {
                letters = [text[first], text[first + old.chars().count() - 1]];
            }
        }
        let find = |letter: &Letter| text.iter().position(|other| other == letter);
        // Between what stands of the text on both sides; what comes there is outside, unless
        // the other end is still to come.
        let front = |old: usize| before[old..].iter().find_map(find).unwrap_or(text.len());
        let back = |old: usize| before[..old].iter().rev().find_map(find).map_or(0, |pos| pos + 1);
        let whole = places.iter().all(Option::is_some);
        places = [0, 1].map(|end| match (find(&letters[end]), places[end]) {
            (Some(pos), _) => Some(pos + end),
            (None, Some(old)) if whole == (end == 0) => Some(front(old)),
            (None, old) => old.map(back),
        });
        if let [Some(start), Some(end)] = places
            && start < end
        {
            let text = text[start..end].iter().map(|(_, letter)| letter).collect();
            stood = Some((at + 1, text));
        }
    }
    let [start, end] = places;
    let (start, (last, _)) = start.zip(stood)?;
    let (last, end) = (revision(last), end?);
    Some(if start < end { Passage::Here(start..end) } else { Passage::Gone { pos: start, last } })
}

#[test]
fn passages_are_where_the_letters_are_that_they_name() {
    let counts = std::cell::Cell::new([0; 2]);
    seeds::check(1_500, |random| {
        let mut letters = Letters::default();
        let (events, graph) = talk(random, 50, |_, count| letters.next(count));
        let places: Vec<_> =
            events.iter().map(|event| (event.header.id, event.header.time)).collect();
        let (timeline, mut follower) = follow::<Comments>(random, &graph, &places);
        let last = timeline.last().0 as usize;
        let texts = letters_naively(&timeline);
        // Of the letters that an event brought no two are the same.
        let named = |anchor: &Anchor| {
            let letter = letter(&graph, anchor).expect("it is named");
            let place = places.iter().position(|(id, _)| *id == anchor.event);
            let place = place.expect("it is ordered");
            let new = |letter: &&Letter| !texts[place].contains(letter);
            let mut news = texts[place + 1].iter().filter(new);
            *news.find(|(_, other)| *other == letter).expect("it came with the event")
        };
        let read = follower.read(&timeline, &graph).clone();
        for at in [last, random.below(last + 1)] {
            let then = Comments::at(&timeline, &graph, revision(at)).threads(&graph);
            assert_eq!(read.then(&timeline, &graph, revision(at)).threads(&graph), then);
            for thread in then {
                let event = graph.event(graph.lv_of(thread.id).expect("it is here"));
                let Payload::CommentAdded { start, end, .. } = event.payload else {
                    panic!("a thread begins with a comment")
                };
                let ends = [&start, &end].map(named);
                let expected = passage_naively(&timeline, &graph, &texts[..=at], ends);
                assert_eq!(thread.passage, expected);
                let [here, gone] = counts.get();
                counts.set(match expected {
                    Some(Passage::Here(_)) => [here + 1, gone],
                    Some(Passage::Gone { .. }) | None => [here, gone + 1],
                });
            }
        }
    });
    let [here, gone] = counts.get();
    assert!(seeds::replayed().is_some() || here > 2_000 && gone > 500, "{here} {gone}");
}

#[test]
fn an_anchor_leads_back_to_the_letter_it_was_made_for() {
    seeds::check(800, |random| {
        let history = History::any(random, 40);
        let graph = history.graph(random);
        let timeline = history.timeline(&graph);
        let now = Revision(random.below(timeline.last().0 as usize + 2) as u64);
        let text: Vec<char> = timeline.text_at(now).to_string().chars().collect();
        for pos in 0..text.len() + 2 {
            let front = timeline.anchor(&graph, now, pos, Side::Front);
            let named = front.map(|anchor| letter(&graph, &anchor).expect("it names a letter"));
            assert_eq!(named, text.get(pos).copied());
            let back = timeline.anchor(&graph, now, pos + 1, Side::Back);
            assert_eq!(back, front.map(|anchor| Anchor { side: Side::Back, ..anchor }));
        }
        assert_eq!(timeline.anchor(&graph, now, 0, Side::Back), None);
    });
}

#[test]
fn a_comment_is_made_answered_settled_and_withdrawn() {
    let mut ana = Desk::new(1);
    ana.ask(Command::CreateDocument { title: "Minutes".into() }).expect("it is new");
    ana.edit(0, 0, "Who comes on Monday?");
    let thread = ana.comment(4..9, " Everybody? ").expect("it is allowed");
    assert_eq!(ana.passage(), Passage::Here(4..9));
    // It moves with what it is about, does not grow at its edges, and grows inside.
    ana.edit(0, 0, "1. ");
    ana.edit(7, 0, "really ");
    ana.edit(19, 0, " along");
    assert_eq!(ana.document.text().to_string(), "1. Who really comes along on Monday?");
    assert_eq!(ana.passage(), Passage::Here(14..19));
    ana.edit(16, 0, "--");
    assert_eq!(ana.passage(), Passage::Here(14..21));

    let mut jonas = Desk::new(2);
    jonas
        .document
        .merge((0..ana.document.graph().len()).map(|lv| ana.document.graph().event(lv)).collect());
    jonas.timeline.settle(jonas.document.graph());
    let edit = |text: &str| Command::EditComment { comment: thread, text: text.into() };
    assert_eq!(jonas.ask(edit("No")), Err(CommandError::NotYourComment));
    let delete = Command::DeleteComment { comment: thread };
    assert_eq!(jonas.ask(delete.clone()), Err(CommandError::NotYourComment));
    let reply = |text: String| Command::ReplyToComment { thread, text };
    let longest = "x".repeat(COMMENT_SCALARS_MAX);
    jonas.ask(reply(longest.clone())).expect("it is as long as may be");
    let (what, max) = ("comment", COMMENT_SCALARS_MAX);
    let too_long = Err(CommandError::TooLong { what, len: max + 1, max });
    assert_eq!(jonas.ask(reply(format!("{longest}x"))), too_long);
    assert_eq!(jonas.ask(reply(" \n".into())), Err(CommandError::NothingSaid));
    jonas.ask(Command::ResolveComment { thread }).expect("it is open");
    assert_eq!(jonas.ask(Command::ResolveComment { thread }), Ok(vec![]));
    assert!(jonas.threads()[0].resolved.is_some());
    jonas.ask(Command::ReopenComment { thread }).expect("it is settled");
    assert_eq!(jonas.threads()[0].resolved, None);

    assert_eq!(ana.ask(edit("Everybody?")), Ok(vec![]));
    ana.ask(edit("All of us?")).expect("it is hers");
    let first = |desk: &Desk| desk.threads()[0].comments[0].clone();
    assert_eq!(first(&ana).text.as_deref(), Some("All of us?"));
    assert_eq!(first(&ana).edited, Some(NOW));
    // What it was about goes, and comes back as other letters, if it is the same to people.
    let stood = ana.timeline.last();
    ana.edit(10, 15, "");
    assert_eq!(ana.passage(), Passage::Gone { pos: 10, last: stood });
    ana.ask(Command::Undo).expect("there is something to undo");
    assert_eq!(ana.passage(), Passage::Here(14..21));
    let again = ana.timeline.last();
    ana.ask(Command::Redo).expect("there is something to redo");
    assert_eq!(ana.passage(), Passage::Gone { pos: 10, last: again });
    let (revision, text) = (stood, ana.timeline.text_at(stood));
    ana.ask(Command::RestoreVersion { revision, text }).expect("it is another text");
    assert_eq!(ana.passage(), Passage::Here(14..21));
    let stood = ana.timeline.last();
    ana.edit(10, 15, "");
    ana.edit(10, 0, "comes along --on");
    assert_eq!(ana.passage(), Passage::Gone { pos: 26, last: stood });
    ana.ask(delete.clone()).expect("it is hers");
    assert_eq!(ana.threads(), []);
    let graph = ana.document.graph();
    assert_eq!(Comments::at(&ana.timeline, graph, stood).threads(graph).len(), 1);
    for command in [delete, edit("again"), reply("Hm".into()), Command::ResolveComment { thread }] {
        assert_eq!(ana.ask(command), Err(CommandError::UnknownComment));
    }
    // A thread goes on while somebody else's words are in it.
    let news: Vec<_> =
        (4..ana.document.graph().len()).map(|lv| ana.document.graph().event(lv)).collect();
    jonas.document.merge(news);
    jonas.timeline.settle(jonas.document.graph());
    assert_eq!(first(&jonas).text, None);
    jonas.ask(reply("What was the question?".into())).expect("his reply is there");
}

#[test]
fn a_comment_on_what_is_not_there_is_refused() {
    let mut ana = Desk::new(1);
    ana.ask(Command::CreateDocument { title: "Minutes".into() }).expect("it is new");
    ana.edit(0, 0, "Who?");
    let anchor = |event, offset| Anchor { event, offset, side: Side::Front };
    let text = || "Where?".to_owned();
    let (known, known_end) = (anchor(graphs::id(1, 1), 3), anchor(graphs::id(1, 1), 4));
    for end in [known_end, anchor(graphs::id(1, 0), 0), anchor(graphs::id(7, 0), 0)] {
        let refused = ana.ask(Command::AddComment { start: known, end, text: text() });
        assert_eq!(refused, Err(CommandError::UnknownPassage));
    }
    ana.ask(Command::AddComment { start: known, end: known, text: text() }).expect("it is there");
    let unknown = Command::ResolveComment { thread: graphs::id(1, 1) };
    assert_eq!(ana.ask(unknown), Err(CommandError::UnknownComment));
}
