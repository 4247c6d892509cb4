//! Names in comments: "@Ana" is plain text that is shown as what it means. Finding it and
//! completing it; who is known is not decided here.

use std::collections::BTreeSet;

/// A name is looked for in so many scalars behind an "@" at most.
const NAME_SCALARS_MAX: usize = 60;
/// So many names are offered at most.
const OFFERED_MAX: usize = 6;

/// A text in pieces: which of them name somebody, and who that is.
pub(super) fn parts(text: &str, names: &BTreeSet<String>) -> Vec<(String, bool)> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        match named(&from[1..], names) {
            Some(len) => {
                if !plain.is_empty() {
                    parts.push((std::mem::take(&mut plain), false));
                }
                let (mention, after) = from.split_at(1 + len);
                parts.push((mention.to_owned(), true));
                rest = after;
            }
            None => {
                plain.push('@');
                rest = &from[1..];
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push((plain, false));
    }
    parts
}

/// Whether a text names this person.
pub(super) fn names(text: &str, name: &str) -> bool {
    let known = BTreeSet::from([name.to_owned()]);
    !name.trim().is_empty() && parts(text, &known).iter().any(|(_, mention)| *mention)
}

/// How many bytes the longest known name takes that a text begins with.
fn named(text: &str, names: &BTreeSet<String>) -> Option<usize> {
    let begins = |name: &String| {
        let mut letters = text.char_indices();
        for wanted in name.chars() {
            let (_, letter) = letters.next()?;
            if !letter.to_lowercase().eq(wanted.to_lowercase()) {
                return None;
            }
        }
        let after = letters.next();
        // "@Anabel" does not name Ana.
        let ends = after.is_none_or(|(_, letter)| !letter.is_alphanumeric());
        (ends && !name.is_empty()).then(|| after.map_or(text.len(), |(at, _)| at))
    };
    names.iter().filter_map(begins).max()
}

/// The name that is being written at the end of a text, and whom it could mean: where its "@"
/// stands, in bytes, and names to choose from.
pub(super) fn offered(text: &str, names: &BTreeSet<String>) -> Option<(usize, Vec<String>)> {
    let at = text.rfind('@')?;
    let begun = &text[at + 1..];
    let alone = text[..at].chars().next_back().is_none_or(|letter| !letter.is_alphanumeric());
    if !alone || begun.contains('\n') || begun.chars().count() > NAME_SCALARS_MAX {
        return None;
    }
    let begun = begun.to_lowercase();
    let fits = |name: &&String| {
        let lower = name.to_lowercase();
        // The first letters of any of a person's names will do.
        lower.starts_with(&begun) || lower.split(' ').any(|word| word.starts_with(&begun))
    };
    let found: Vec<String> = names.iter().filter(fits).take(OFFERED_MAX).cloned().collect();
    (!found.is_empty()).then_some((at, found))
}
