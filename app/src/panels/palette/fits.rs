//! How well a name fits what was typed. Words may come in any order; letters of a name in their
//! order fit too, though less.

/// The better the name fits, the higher; `None` if it does not. Nothing typed fits everything.
pub(crate) fn fits(wanted: &str, name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    let wanted = wanted.to_lowercase();
    let mut total = 0;
    for word in wanted.split_whitespace() {
        total += fit(word, &name)?;
    }
    // The whole phrase as it was typed is what was most probably meant.
    if !wanted.trim().is_empty() && name.starts_with(wanted.trim()) {
        total += 20;
    }
    Some(total)
}

fn fit(word: &str, name: &str) -> Option<u32> {
    let mut words = name.split(|letter: char| !letter.is_alphanumeric());
    if name == word {
        Some(12)
    } else if words.any(|one| one.starts_with(word)) {
        Some(8)
    } else if name.contains(word) {
        Some(4)
    } else {
        // One or two letters are in order in almost every name.
        (word.chars().count() > 2 && in_order(word, name)).then_some(1)
    }
}

fn in_order(word: &str, name: &str) -> bool {
    let mut letters = name.chars();
    word.chars().all(|wanted| letters.any(|letter| letter == wanted))
}
