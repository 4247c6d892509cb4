//! The sayings of a text are what stood in it, all that is gone is in one, and they are the same
//! however the history came in.

use std::collections::BTreeMap;

use palimpsest_core::{
    Changed, Graph, News, ReadModel, Revision, SENTENCE_SCALARS_MAX, Saying, Sayings, Timeline,
};
use palimpsest_tests::seeds::{self, Random};

use crate::desk::{Desk, talk};
use crate::timeline::History;

/// What somebody has who keeps what changed.
#[derive(Default, PartialEq, Debug)]
struct Kept {
    gone: Vec<Saying>,
    standing: BTreeMap<u64, Saying>,
}

impl Kept {
    fn take(&mut self, changed: Changed) {
        self.gone.extend(changed.gone);
        changed.sentences.iter().for_each(|sentence| drop(self.standing.remove(sentence)));
        for saying in changed.standing {
            assert_eq!(saying.removed, None);
            self.standing.insert(saying.sentence, saying);
        }
    }

    fn all(&self) -> impl Iterator<Item = &Saying> {
        self.gone.iter().chain(self.standing.values())
    }
}

/// The sayings of a whole timeline, read at once.
fn at_once(timeline: &Timeline, graph: &Graph) -> (Kept, Vec<Saying>) {
    let mut sayings = Sayings::at(timeline, graph, timeline.last());
    let changed = sayings.changed();
    let standing = changed.standing.clone();
    let mut kept = Kept::default();
    kept.take(changed);
    assert_eq!(sayings.changed(), Changed::default(), "nothing changed since");
    (kept, standing)
}

/// The same, read a few revisions at a time.
fn in_parts(random: &mut Random, timeline: &Timeline, graph: &Graph) -> Kept {
    let (mut sayings, mut kept, mut next) = (Sayings::default(), Kept::default(), 1);
    while next <= timeline.last().0 {
        let end = next + 1 + random.below(5) as u64;
        sayings.extend(&News::of(timeline, graph, Revision(next)..Revision(end)));
        next = end;
        if random.chance(50) {
            kept.take(sayings.changed());
        }
    }
    kept.take(sayings.changed());
    kept
}

/// Holds the laws against a timeline.
fn check(random: &mut Random, timeline: &Timeline, graph: &Graph) {
    let (kept, standing) = at_once(timeline, graph);
    assert_eq!(in_parts(random, timeline, graph), kept);
    for saying in &kept.gone {
        let (removed, by) = saying.removed.expect("it is gone");
        assert!(saying.from < removed, "{saying:?}");
        for revision in [saying.from, Revision(removed.0 - 1)] {
            let text = timeline.text_at(revision).to_string();
            assert!(text.contains(&saying.text), "{saying:?} at {revision:?}: {text:?}");
        }
        assert_eq!(timeline.moment(graph, removed).expect("it is there").author, by);
    }
    for saying in kept.all() {
        assert!(saying.text.chars().count() <= SENTENCE_SCALARS_MAX);
        assert!(saying.authors.iter().all(|author| timeline.authors().contains(author)));
        assert!(!saying.authors.is_empty());
    }
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let said: String = standing.iter().map(|saying| letters(&saying.text)).collect();
    assert_eq!(said, letters(&timeline.text_at(timeline.last()).to_string()));
}

#[test]
fn what_is_gone_stood_and_what_stands_is_the_text() {
    seeds::check(600, |random| {
        let history = History::any(random, 60);
        let graph = history.graph(random);
        let mut timeline = Timeline::new();
        timeline.extend(&graph, &history.places());
        check(random, &timeline, &graph);
        // The same as of a timeline that grew with it.
        let (mut grown, mut sayings, mut kept) = Default::default();
        for places in history.places().chunks(1 + random.below(4)) {
            let (grown, sayings): (&mut Timeline, &mut Sayings) = (&mut grown, &mut sayings);
            let first = Revision(grown.head().0 + 1);
            grown.extend(&graph, places);
            sayings.extend(&News::of(grown, &graph, first..Revision(grown.head().0 + 1)));
            Kept::take(&mut kept, sayings.changed());
        }
        assert_eq!(kept, at_once(&timeline, &graph).0);
    });
}

#[test]
fn whatever_was_taken_out_is_in_a_saying() {
    seeds::check(600, |random| {
        // No letter is there twice, so that each can be told from all others.
        let mut next = '一';
        let (events, graph) = talk(random, 60, |random, count| {
            (0..count)
                .flat_map(|_| {
                    next = char::from_u32(next as u32 + 1).expect("there are many");
                    let end = ["", "", "", " ", ". ", "\n"][random.below(6)];
                    [next.to_string(), end.to_owned()]
                })
                .collect()
        });
        let mut timeline = Timeline::new();
        let places: Vec<_> =
            events.iter().map(|event| (event.header.id, event.header.time)).collect();
        timeline.extend(&graph, &places);
        check(random, &timeline, &graph);
        let (kept, _) = at_once(&timeline, &graph);
        for revision in (1..=timeline.last().0).map(Revision) {
            for edit in timeline.patch(revision).edits() {
                for letter in edit.deleted.chars().filter(|letter| letter.is_alphanumeric()) {
                    let told = kept.gone.iter().any(|saying| saying.text.contains(letter));
                    assert!(told, "{letter} went with {revision:?}");
                }
            }
        }
    });
}

#[test]
fn a_sentence_that_went_key_by_key_is_kept_as_it_was() {
    let mut ana = Desk::new(1);
    ana.ask(palimpsest_core::Command::CreateDocument { title: "Minutes".into() }).expect("new");
    for (pos, letter) in "We meet on Monday. The budget is ten.\nAgreed.".char_indices() {
        ana.edit(pos, 0, &letter.to_string());
    }
    let stood = ana.timeline.last();
    for pos in (19..37).rev() {
        ana.edit(pos, 1, "");
    }
    let (kept, standing) = at_once(&ana.timeline, ana.document.graph());
    let gone: Vec<_> = kept.gone.iter().map(|saying| saying.text.as_str()).collect();
    assert_eq!(gone, ["The budget is ten."]);
    assert_eq!(kept.gone[0].removed.map(|(revision, _)| revision.0), Some(stood.0 + 1));
    let standing: Vec<_> = standing.iter().map(|saying| saying.text.as_str()).collect();
    assert_eq!(standing, ["We meet on Monday.", "Agreed."]);
}

#[test]
fn a_text_without_an_end_is_cut_where_there_is_a_space() {
    let mut ana = Desk::new(1);
    ana.ask(palimpsest_core::Command::CreateDocument { title: "Long".into() }).expect("new");
    ana.edit(0, 0, &"word ".repeat(300));
    ana.edit(700, 0, &"x".repeat(1_000));
    ana.edit(3, 2_000, "");
    let mut random = Random::new(1);
    check(&mut random, &ana.timeline, ana.document.graph());
}
