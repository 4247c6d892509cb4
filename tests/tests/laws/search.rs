//! Search finds what ever stood in the text, however it came and went, and nothing else.

use std::collections::BTreeMap;

use palimpsest_core::{Follower, Hit, ReadModel, Revision, Search, Timeline};
use palimpsest_tests::graphs::revision;
use palimpsest_tests::seeds;

use crate::desk::{Desk, talk};
use crate::read_models::followed;

/// A text as it is compared, for the letters that are used here.
fn folded(text: &str) -> String {
    text.replace('İ', "i").to_lowercase().replace('\n', " ")
}

#[test]
fn every_part_of_every_text_of_the_past_is_found() {
    seeds::check(1_000, |random| {
        let (timeline, graph, mut follower) = followed::<Search>(random, 40);
        let search = follower.read(&timeline, &graph).clone();
        let once = Search::at(&timeline, &graph, timeline.last());
        for _ in 0..12 {
            let then = revision(random.below(timeline.last().0 as usize + 1));
            let text = timeline.text_at(then);
            let start = random.below(text.len() + 1);
            let end = start + random.below((text.len() + 1 - start).min(12));
            let words = text.slice(start..end);
            let hits = search.find(&words.to_uppercase(), usize::MAX);
            assert_eq!(hits, once.find(&words, usize::MAX));
            let all = hits.here.iter().chain(&hits.gone);
            let stood = |hit: &&Hit| hit.brought <= then && then <= hit.last;
            assert!(
                words.is_empty() || all.clone().any(|hit| stood(&hit)),
                "{words:?} at {then:?}"
            );
            for hit in all {
                assert_eq!(timeline.text_at(hit.last).slice(hit.range.clone()), words);
                assert_eq!(hit.removed.is_none(), hit.last == timeline.last());
            }
        }
        assert_eq!(search.find(" \n", 9), Default::default());
        assert_eq!(search.find("never written", 9), Default::default());
    });
}

#[test]
fn what_is_found_is_what_a_look_at_every_revision_finds() {
    let alphabet = ["a", "A", "b", "İ", "i", "ß", "𝄞", " ", "\n"];
    seeds::check(1_200, |random| {
        let (events, graph) =
            talk(random, 40, |random, count| (0..count).map(|_| *random.pick(&alphabet)).collect());
        let mut timeline = Timeline::new();
        let places: Vec<_> =
            events.iter().map(|event| (event.header.id, event.header.time)).collect();
        timeline.extend(&graph, &places);
        let mut follower = Follower::<Search>::new();
        let search = follower.read(&timeline, &graph);
        let letters = 1 + random.below(3);
        let words: String = (0..letters).map(|_| *random.pick(&alphabet[..6])).collect();
        // Each letter has a number of its own; which begins the words at which revisions?
        let (mut text, mut next) = (Vec::<(usize, String)>::new(), 0);
        let mut found: BTreeMap<usize, Vec<(Revision, usize)>> = BTreeMap::new();
        for now in (1..=timeline.last().0).map(Revision) {
            for edit in timeline.patch(now).edits().iter().rev() {
                let new = edit.inserted.chars().map(|letter| {
                    next += 1;
                    (next, folded(&letter.to_string()))
                });
                text.splice(edit.pos..edit.end(), new.collect::<Vec<_>>());
            }
            for pos in 0..text.len() {
                let rest: String = text[pos..].iter().map(|(_, letter)| letter.as_str()).collect();
                if rest.starts_with(&folded(&words)) {
                    found.entry(text[pos].0).or_default().push((now, pos));
                }
            }
        }
        let mut expected: Vec<_> = found
            .into_values()
            .map(|stood| {
                let (&(brought, _), &(last, pos)) = (&stood[0], stood.last().expect("it stood"));
                let removed = (last < timeline.last()).then_some(Revision(last.0 + 1));
                Hit { brought, last, removed, range: pos..pos + letters }
            })
            .collect();
        let hits = search.find(&words, usize::MAX);
        assert!(hits.here.is_sorted_by_key(|hit| hit.range.start));
        assert!(hits.gone.is_sorted_by_key(|hit| std::cmp::Reverse(hit.last)));
        let few = search.find(&words, 2);
        assert_eq!(few.here, hits.here[..hits.here.len().min(2)]);
        assert_eq!(few.gone, hits.gone[..hits.gone.len().min(2)]);
        let mut all = [hits.here, hits.gone].concat();
        let key = |hit: &Hit| (hit.last, hit.range.start, hit.brought);
        all.sort_by_key(key);
        expected.sort_by_key(key);
        assert_eq!(all, expected, "{words:?}");
    });
}

#[test]
fn a_sentence_that_went_letter_by_letter_and_in_pieces_is_found_whole() {
    let mut ana = Desk::new(1);
    ana.ask(palimpsest_core::Command::CreateDocument { title: "Minutes".into() }).expect("new");
    let find = |desk: &Desk, words: &str| {
        let graph = desk.document.graph();
        Search::at(&desk.timeline, graph, desk.timeline.last()).find(words, 9)
    };
    // It is written with a typing error that is mended, and never in one go.
    for (pos, letters) in "The buqd".char_indices() {
        ana.edit(pos, 0, &letters.to_string());
    }
    ana.edit(6, 1, "");
    ana.edit(6, 0, "dget is\n");
    ana.edit(14, 1, "");
    ana.edit(14, 0, "in İzmir.");
    let stood = ana.timeline.last();
    assert_eq!(ana.document.text().to_string(), "The budget is\nin İzmir.");
    let hits = find(&ana, "the BUDGET is  in izmir");
    let here = Hit { brought: stood, last: stood, removed: None, range: 0..22 };
    assert_eq!(hits.here, [here]);
    // The middle goes, then the end key by key, then the beginning, with other edits between.
    ana.edit(4, 3, "");
    ana.edit(0, 0, "Agreed. ");
    for pos in (12..28).rev() {
        ana.edit(pos, 1, "");
    }
    ana.edit(8, 4, "");
    assert_eq!(ana.document.text().to_string(), "Agreed. ");
    let hits = find(&ana, "budget is in");
    let gone = &hits.gone[0];
    assert_eq!((hits.here.len(), hits.gone.len()), (0, 1));
    assert_eq!((gone.last, gone.removed), (stood, Some(Revision(stood.0 + 1))));
    assert_eq!(ana.timeline.text_at(gone.last).slice(gone.range.clone()), "budget is\nin");
}
