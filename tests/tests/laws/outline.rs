//! The outline is the headings that a reader of Markdown sees.

use palimpsest_core::{HEADING_SCALARS_MAX, Text, outline};
use palimpsest_tests::seeds;

/// The headings of a text as one line each: level, position, text.
fn headings(text: &str) -> Vec<String> {
    let headings = outline(&Text::from(text)).into_iter();
    headings.map(|heading| format!("{} @{} {}", heading.level, heading.pos, heading.text)).collect()
}

#[test]
fn headings_are_found_and_only_headings() {
    let check = |text: &str, expected: &[&str]| assert_eq!(headings(text), expected, "{text:?}");
    check("", &[]);
    check("# One\n\ntext\n## Two\n###### Six", &["1 @0 One", "2 @12 Two", "6 @19 Six"]);
    check("#\n#hashtag\n####### seven\n   # in\n    # code", &["1 @0 ", "1 @25 in"]);
    check("\t# code\n\n# a # b ##\n# c#\n## ##", &["1 @9 a # b", "1 @20 c#", "2 @25 "]);
    // Underlined: the whole paragraph above, and only a paragraph.
    check("One\n===\nTwo\nlines\n---\n", &["1 @0 One", "2 @8 Two lines"]);
    check("\n---\n===\n- item\n---\n> quoted\n===\n1. one\n---", &[]);
    check("a\n\n---\nb\n* * *\n=\n", &[]);
    check("é𝄞\n  next\n--", &["2 @0 é𝄞 next"]);
    // Not in code, fenced or indented, nor in comments.
    check("```\n# no\n``\n# no\n````\n# yes", &["1 @22 yes"]);
    check("~~~ rust\n# no\n```\n~~~\n# yes\n``` `\n# two", &["1 @22 yes", "1 @34 two"]);
    check("<!-- a\n# no\n-->\n# yes\n<!-- b -->\n# two", &["1 @16 yes", "1 @33 two"]);
    check("```\n# open to the end", &[]);
    check("# crlf\r\ntext\r\n===\r\n", &["1 @0 crlf", "1 @8 text"]);
}

#[test]
fn a_heading_says_its_words_without_marks() {
    let check = |text: &str, expected: &str| {
        assert_eq!(headings(&format!("# {text}")), [format!("1 @0 {expected}")]);
    };
    check("The *new* **plan** for `code`", "The new plan for code");
    check("_one_ snake_case ~~gone~~ ~5", "one snake_case gone ~5");
    check("[a link](https://example.org/x_y) and ![a picture](p.png)", "a link and a picture");
    check("[a][b] [c] [d", "a [c] [d");
    check(r"\*plain\* \# c\d", r"*plain* # c\d");
    let long = "x".repeat(HEADING_SCALARS_MAX);
    check(&long, &long);
    check(&format!("{long}x"), &long);
}

#[test]
fn the_outline_does_not_depend_on_how_the_text_is_kept() {
    seeds::check(300, |random| {
        let parts =
            ["# a\n", "b\n", "===\n", "\n", "```\n", "é# ", "## 𝄞", "--\n", "- x\n", "    y\n"];
        let (mut text, mut plain) = (Text::default(), String::new());
        for _ in 0..random.below(400) {
            let part = *random.pick(&parts);
            let pos = if random.chance(70) { text.len() } else { random.below(text.len() + 1) };
            let at = plain.char_indices().nth(pos).map_or(plain.len(), |(at, _)| at);
            plain.insert_str(at, part);
            text.apply(&palimpsest_core::Patch::replace(pos, "", part));
        }
        let found = outline(&text);
        assert_eq!(found, outline(&Text::from(plain.as_str())));
        let mut all = plain.clone();
        for heading in found.iter().rev() {
            // It starts where a line does.
            let at = all.char_indices().nth(heading.pos).map_or(all.len(), |(at, _)| at);
            assert!(at == 0 || all.as_bytes()[at - 1] == b'\n');
            all.truncate(at);
        }
        assert!(found.is_sorted_by(|one, next| one.pos < next.pos));
    });
}
