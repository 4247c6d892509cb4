//! The rope and its conversions against a plain list of characters: scalars, UTF-16 units and
//! lines, on text that has all the awkward ones.

use palimpsest_core::{Patch, Text};
use palimpsest_tests::seeds::{self, Random};

/// Plain letters, line breaks of both kinds, characters of two UTF-16 units, a family that is
/// one glyph of five scalars, an accent of its own, a sign that writes from right to left.
const PIECES: [&str; 10] =
    ["a", "word ", "\n", "\r\n", "é", "𝄞", "👨‍👩‍👧", "e\u{301}", "\u{200f}", "日本"];

fn text(random: &mut Random, pieces: usize) -> String {
    (0..random.below(pieces)).map(|_| *random.pick(&PIECES)).collect()
}

fn check_conversions(text: &Text, twin: &[char]) {
    assert_eq!(text.to_string(), twin.iter().collect::<String>());
    assert_eq!(text.len(), twin.len());
    assert_eq!(text.is_empty(), twin.is_empty());
    let utf16: Vec<usize> = twin
        .iter()
        .scan(0, |sum, character| {
            let before = *sum;
            *sum += character.len_utf16();
            Some(before)
        })
        .collect();
    let utf16_len = twin.iter().map(|character| character.len_utf16()).sum();
    assert_eq!(text.utf16_len(), utf16_len);
    for pos in 0..=twin.len() + 2 {
        let expected = utf16.get(pos).copied().unwrap_or(utf16_len);
        assert_eq!(text.utf16_of(pos), expected);
    }
    for unit in 0..=utf16_len + 2 {
        let expected = match unit {
            unit if unit == utf16_len => Some(twin.len()),
            unit => utf16.binary_search(&unit).ok(),
        };
        assert_eq!(text.pos_of_utf16(unit), expected, "unit {unit} of {text:?}");
    }
    // Like an editor, and unlike some, only these end a line.
    let breaks: Vec<usize> = (0..twin.len()).filter(|&pos| twin[pos] == '\n').collect();
    assert_eq!(text.line_count(), breaks.len() + 1, "{text:?}");
    for pos in 0..=twin.len() {
        assert_eq!(text.line_of(pos), breaks.iter().filter(|&&at| at < pos).count());
    }
}

#[test]
fn conversions_equal_counting() {
    seeds::check(800, |random| {
        let string = text(random, 24);
        let twin: Vec<char> = string.chars().collect();
        check_conversions(&Text::from(string.as_str()), &twin);
    });
}

#[test]
fn editing_equals_splicing_also_in_long_texts() {
    seeds::check(60, |random| {
        let mut twin: Vec<char> = text(random, 1_200).chars().collect();
        let mut rope = Text::from(twin.iter().collect::<String>().as_str());
        let (kept_rope, kept_twin) = (rope.clone(), twin.clone());
        for _ in 0..30 {
            let pos = random.below(twin.len() + 1);
            let end = (pos + random.below(40)).min(twin.len());
            let inserted = text(random, 12);
            let deleted: String = twin[pos..end].iter().collect();
            twin.splice(pos..end, inserted.chars());
            rope.apply(&Patch::replace(pos, deleted, inserted));
        }
        check_conversions(&rope, &twin);
        check_conversions(&kept_rope, &kept_twin);
        let (start, end) = (random.below(twin.len() + 1), random.below(twin.len() + 9));
        let (low, high) = (start.min(end), end.min(twin.len()).max(start.min(end)));
        assert_eq!(rope.slice(start..end.max(start)), {
            let end = end.max(start).min(twin.len());
            twin[start..end].iter().collect::<String>()
        });
        assert_eq!(rope.slice(low..high), twin[low..high].iter().collect::<String>());
    });
}

#[test]
fn typing_equals_splicing() {
    seeds::check(600, |random| {
        let mut twin: Vec<char> = text(random, 40).chars().collect();
        let mut rope = Text::from(twin.iter().collect::<String>().as_str());
        let mut caret = 0;
        for _ in 0..random.below(60) {
            if random.chance(15) {
                caret = random.below(twin.len() + 1);
            }
            let (pos, end) = match random.below(4) {
                0 => (caret - random.below(caret.min(4) + 1), caret),
                1 => (caret, (caret + random.below(3)).min(twin.len())),
                _ => (caret, caret),
            };
            let inserted = if random.chance(70) { text(random, 3) } else { String::new() };
            let deleted: String = twin[pos..end].iter().collect();
            caret = pos + inserted.chars().count();
            twin.splice(pos..end, inserted.chars());
            rope.apply(&Patch::replace(pos, deleted, inserted));
            if random.chance(20) {
                check_conversions(&rope, &twin);
            }
        }
        check_conversions(&rope, &twin);
        let start = random.below(twin.len() + 1);
        let end = start + random.below(twin.len() + 1 - start);
        assert_eq!(rope.slice(start..end), twin[start..end].iter().collect::<String>());
        assert_eq!(rope, Text::from(twin.iter().collect::<String>().as_str()));
    });
}
