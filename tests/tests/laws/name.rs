//! As long as nobody gave it a title, a document is called what its text begins with.

use palimpsest_core::{
    NAMED_SCALARS_MAX, NAMING_SCALARS, Patch, Text, called, may_rename, name_of,
};
use palimpsest_tests::seeds;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(name_of(&Text::from(text)), expected, "{text:?}");
}

#[test]
fn the_first_heading_is_the_name_and_else_the_first_line() {
    check("", "");
    check(" \n\t\n", "");
    check("# Release checklist\n\nEvery release", "Release checklist");
    check("By Ana\n\n## The *new* [plan](https://example.org) ##\n# Later", "The new plan");
    check("The plan\n========\n", "The plan");
    check("#\n\n# \u{a0}\n## Two", "Two");
    check("Dear all,\nthere is news.", "Dear all,");
    check("\n\n  *Dear* all", "Dear all");
    // Marks alone say nothing.
    check("---\n***\n> \n-\n- [ ]\n1.\n**\nfound", "found");
    check("> - [x] 3) # deep", "deep");
    check("#hashtag", "#hashtag");
    check("-5 degrees", "-5 degrees");
    check("```rust\nfn main() {}\n# no\n```\n", "fn main() {}");
    check("<!-- a\nb -->\nshown", "shown");
    check("# crlf\r\ntext", "crlf");
    check("# a\u{7}\tb  c", "a b c");
}

#[test]
fn a_long_name_is_cut_at_a_word() {
    let most = "x".repeat(NAMED_SCALARS_MAX);
    check(&format!("# {most}"), &most);
    check(&format!("# {most}x"), &format!("{}…", "x".repeat(NAMED_SCALARS_MAX - 1)));
    let words = "Größe ".repeat(40);
    let name = name_of(&Text::from(&*words));
    assert!(name.chars().count() <= NAMED_SCALARS_MAX && name.ends_with("Größe…"), "{name}");
}

#[test]
fn only_the_beginning_of_a_text_is_looked_at() {
    let far = "\n".repeat(NAMING_SCALARS);
    check(&format!("{far}# Far down"), "");
    check(&format!("first\n{far}# Far down"), "first");
    // A line that ends behind the beginning may go on as anything.
    let near = format!("a\n\n{}# Near", "\n".repeat(NAMING_SCALARS - 9));
    assert_eq!(near.len(), NAMING_SCALARS);
    check(&near, "Near");
    check(&format!("{near}er"), "a");
    check(&"word ".repeat(NAMING_SCALARS), &format!("{}…", "word ".repeat(19).trim_end()));
}

#[test]
fn a_title_that_says_something_wins() {
    let text = Text::from("# Heading");
    assert_eq!(called("Title", &text), "Title");
    assert_eq!(called(" ", &text), "Heading");
    assert_eq!(called("", &Text::default()), "");
}

#[test]
fn what_may_not_rename_does_not() {
    seeds::check(400, |random| {
        let parts = ["# a\n", "b\n", "==\n", "\n", "```\n", "# é", "> - x", "--", "<!--", "𝄞 "];
        let mut text = Text::default();
        for _ in 0..random.below(300) {
            text.apply(&Patch::replace(text.len(), "", *random.pick(&parts)));
        }
        if random.chance(60) {
            // So long that the end of the beginning is in the midst of it.
            let before = "x\n".repeat((NAMING_SCALARS - 200 + random.below(200)) / 2);
            text.apply(&Patch::replace(0, "", &before));
        }
        let mut kept = 0;
        for _ in 0..40 {
            let near = NAMING_SCALARS.min(text.len());
            let pos = match random.chance(50) {
                true => random.below(text.len() + 1),
                false => (near + 3).saturating_sub(random.below(6)).min(text.len()),
            };
            let gone = text.slice(pos..(pos + random.below(8)).min(text.len()));
            let patch = Patch::replace(pos, &gone, *random.pick(&parts));
            let before = name_of(&text);
            text.apply(&patch);
            if !may_rename(&patch) {
                assert_eq!(name_of(&text), before);
                kept += 1;
            }
            // However the text is kept.
            assert_eq!(name_of(&text), name_of(&Text::from(&*text.to_string())));
        }
        assert!(kept > 0 || text.len() < NAMING_SCALARS + 100);
    });
}
