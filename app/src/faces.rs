//! How a person looks: colour, initials, the round avatar. What they are called is the
//! workspace's knowledge.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

use std::collections::BTreeMap;

use leptos::prelude::*;
use palimpsest_core::{AuthorId, Profile};

/// How many colours the style sheet has for people.
pub(crate) const COLOURS: u8 = 8;

/// The style sheet's class for a colour; every number has one.
pub(crate) fn colour_class(colour: u8) -> String {
    format!("c{}", colour % COLOURS + 1)
}

/// The style sheet's value for a colour.
pub(crate) fn colour_value(colour: u8) -> String {
    format!("var(--a{})", colour % COLOURS + 1)
}

/// An author's colour: the one in the profile, or one that follows from the id, so that it is
/// the same on every device before a profile is known.
pub(crate) fn colour_of(profiles: &BTreeMap<AuthorId, Profile>, author: AuthorId) -> u8 {
    match profiles.get(&author) {
        Some(profile) => profile.colour,
        None => author.0.iter().fold(0u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte)),
    }
}

/// One or two letters for a name.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let second = words.next_back().and_then(|word| word.chars().next());
    match (first, second) {
        (Some(first), Some(second)) => format!("{first}{second}").to_uppercase(),
        (Some(_), None) => name.trim().chars().take(2).collect::<String>().to_uppercase(),
        (None, _) => "?".to_owned(),
    }
}

/// The round picture of a person. Decoration only: the name stands beside it or is the name
/// of what contains it.
#[component]
pub(crate) fn Avatar(
    #[prop(into)] name: Signal<String>,
    #[prop(into)] colour: Signal<u8>,
) -> impl IntoView {
    view! {
        <span class=move || format!("avatar {}", colour_class(colour.get())) aria-hidden="true">
            {move || initials(&name.get())}
        </span>
    }
}
