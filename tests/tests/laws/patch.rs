//! The algebra of patches against texts kept as plain lists of characters. Where patches come
//! from does not matter here.

use palimpsest_core::{Bias, Edit, Grain, Patch, Text, diff, diff_by};
use palimpsest_tests::graphs::Letters;
use palimpsest_tests::seeds::{self, Random};

fn slice(text: &str, start: usize, len: usize) -> String {
    text.chars().skip(start).take(len).collect()
}

/// A patch for a text, of up to four edits.
fn patch(random: &mut Random, text: &str, letters: &mut Letters) -> Patch {
    let len = text.chars().count();
    let (mut edits, mut end) = (Vec::new(), 0);
    for _ in 0..random.below(5) {
        let pos = end + random.below(len - end + 1);
        let deleted = slice(text, pos, random.below(4));
        let inserted = letters.next(random.below(3));
        end = pos + deleted.chars().count();
        edits.push(Edit { pos, deleted: deleted.into(), inserted: inserted.into() });
    }
    Patch::from_edits(edits).expect("they were made in order")
}

fn text(random: &mut Random, letters: &mut Letters) -> String {
    letters.next(random.below(12))
}

fn applied(text: &str, patch: &Patch) -> String {
    let mut after = Text::from(text);
    assert!(after.fits(patch), "{patch:?} on {text:?}");
    after.apply(patch);
    after.to_string()
}

/// Applying, one character at a time.
fn applied_naively(text: &str, patch: &Patch) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for edit in patch.edits().iter().rev() {
        let gone = characters.splice(edit.pos..edit.end(), edit.inserted.chars());
        assert_eq!(gone.collect::<String>(), edit.deleted);
    }
    characters.into_iter().collect()
}

#[test]
fn applying_is_splicing() {
    seeds::check(2_000, |random| {
        let mut letters = Letters::default();
        let before = text(random, &mut letters);
        let patch = patch(random, &before, &mut letters);
        assert_eq!(applied(&before, &patch), applied_naively(&before, &patch));
        let apart = |pair: &[Edit]| pair[0].end() < pair[1].pos;
        assert!(patch.edits().windows(2).all(apart), "a kept scalar between neighbours: {patch:?}");
        let does_something = |edit: &Edit| edit.deleted != edit.inserted;
        assert!(patch.edits().iter().all(does_something), "no edit without effect: {patch:?}");
        let count = |part: fn(&Edit) -> &str| -> usize {
            patch.edits().iter().map(|edit| part(edit).chars().count()).sum()
        };
        assert_eq!(patch.inserted(), count(|edit| &edit.inserted));
        assert_eq!(patch.deleted(), count(|edit| &edit.deleted));
    });
}

#[test]
fn inverting_takes_back() {
    seeds::check(2_000, |random| {
        let mut letters = Letters::default();
        let before = text(random, &mut letters);
        let patch = patch(random, &before, &mut letters);
        assert_eq!(applied(&applied(&before, &patch), &patch.invert()), before);
        assert_eq!(patch.invert().invert(), patch);
        assert!(patch.compose(&patch.invert()).is_empty(), "{patch:?}");
    });
}

#[test]
fn composing_is_applying_one_after_the_other_in_any_grouping() {
    seeds::check(3_000, |random| {
        let mut letters = Letters::default();
        let mut now = text(random, &mut letters);
        let first = now.clone();
        let mut patches = Vec::new();
        for _ in 0..1 + random.below(5) {
            patches.push(patch(random, &now, &mut letters));
            now = applied(&now, &patches[patches.len() - 1]);
        }
        let left = patches.iter().fold(Patch::empty(), |all, next| all.compose(next));
        let right = patches.iter().rfold(Patch::empty(), |all, one| one.compose(&all));
        let all = Patch::compose_all(&patches);
        for composed in [&left, &right, &all] {
            assert_eq!(applied(&first, composed), now, "{patches:?}");
        }
        assert_eq!((&left, &right), (&all, &all), "grouping makes no difference");
    });
}

#[test]
fn what_an_event_did_does_not_depend_on_the_pieces_it_was_done_in() {
    // Found in the simulation: a delete in one piece or in two, then an insert that brings some
    // of it back, counted differently on two devices.
    seeds::check(1_000, |random| {
        let before: String = (0..4 + random.below(5)).map(|_| *random.pick(&['a', 'b'])).collect();
        let len = before.chars().count();
        let (pos, end) = (random.below(len / 2), len - random.below(len / 2));
        let insert: String = (0..random.below(4)).map(|_| *random.pick(&['a', 'b'])).collect();
        let cut = pos + random.below(end - pos);
        let delete = |from, to| Patch::replace(pos, slice(&before, from, to - from), "");
        let insert = Patch::replace(pos, "", insert);
        let whole = Patch::compose_all(&[delete(pos, end), insert.clone()]);
        let pieces = Patch::compose_all(&[delete(pos, cut), delete(cut, end), insert]);
        assert_eq!(whole, pieces, "on {before:?}, cut at {cut}");
    });
}

/// Where a position goes: between the characters that stand around it and are kept.
fn mapped_naively(text: &str, patch: &Patch, pos: usize, bias: Bias) -> usize {
    let len = text.chars().count();
    let gap = |edit: &&Edit| (edit.pos..=edit.end()).contains(&pos);
    let after: String = applied_naively(text, patch);
    let place = |kept: usize| {
        let kept = slice(text, kept, 1);
        after.chars().position(|other| kept.contains(other)).expect("it is kept")
    };
    let Some(edit) = patch.edits().iter().find(gap) else {
        return if pos == len { after.chars().count() } else { place(pos) };
    };
    let start = if edit.pos == 0 { 0 } else { place(edit.pos - 1) + 1 };
    let end = if edit.end() == len { after.chars().count() } else { place(edit.end()) };
    // The start of a deletion stays before what replaces it, its end behind; inside, and where
    // something is only inserted, the bias decides.
    match (edit.deleted.is_empty(), bias) {
        (false, _) if pos == edit.pos => start,
        (false, _) if pos == edit.end() => end,
        (_, Bias::Before) => start,
        (_, Bias::After) => end,
    }
}

#[test]
fn positions_map_as_the_characters_around_them_do() {
    seeds::check(2_000, |random| {
        let mut letters = Letters::default();
        let before = text(random, &mut letters);
        let patch = patch(random, &before, &mut letters);
        let mut least = (0, 0);
        for pos in 0..=before.chars().count() {
            let [low, high] = [Bias::Before, Bias::After].map(|bias| {
                let mapped = patch.map_pos(pos, bias);
                assert_eq!(
                    mapped,
                    mapped_naively(&before, &patch, pos, bias),
                    "{patch:?} at {pos}"
                );
                mapped
            });
            assert!(low <= high && least.0 <= low && least.1 <= high, "{patch:?} at {pos}");
            least = (low, high);
        }
    });
}

#[test]
fn a_rebased_patch_fits_and_deletes_nothing_of_the_others() {
    seeds::check(6_000, |random| {
        let mut letters = Letters::default();
        let before = text(random, &mut letters);
        let (theirs, ours) =
            (patch(random, &before, &mut letters), patch(random, &before, &mut letters));
        for (bias, other) in [(Bias::Before, Bias::After), (Bias::After, Bias::Before)] {
            let after_theirs = applied(&applied(&before, &theirs), &ours.rebase(&theirs, bias));
            for one in theirs.edits().iter().chain(ours.edits()) {
                let kept = one.inserted.chars().all(|letter| after_theirs.contains(letter));
                assert!(kept, "{ours:?} over {theirs:?} on {before:?}: {after_theirs:?}");
            }
            // The other way round leads to the same text: what the undo stack rests on.
            let after_ours = applied(&applied(&before, &ours), &theirs.rebase(&ours, other));
            assert_eq!(after_theirs, after_ours, "{ours:?} and {theirs:?} on {before:?}, {bias:?}");
        }
    });
}

#[test]
fn a_difference_leads_from_one_text_to_the_other() {
    seeds::check(1_500, |random| {
        let words = ["the ", "other ", "größe ", "a\n", "\n", "e\u{301}", "👨‍👩‍👧", "x", ". ", "日本"];
        let text = |random: &mut Random| -> String {
            (0..random.below(14)).map(|_| *random.pick(&words)).collect()
        };
        let from = text(random);
        let to = if random.chance(10) { from.clone() } else { text(random) };
        assert_eq!(diff(&from, &to), diff_by(&from, &to, Grain::Words));
        for grain in [Grain::Phrases, Grain::Words, Grain::Characters] {
            let patch = diff_by(&from, &to, grain);
            assert_eq!(applied(&from, &patch), to);
            assert_eq!(patch.is_empty(), from == to);
        }
    });
}
