//! The words about people who are here, and about following one of them.

use super::number;

pub(crate) const FOLLOW: &str = "Follow";
pub(crate) const STOP: &str = "Stop";
pub(crate) const STOP_FOLLOWING: &str = "Stop following";
pub(crate) const GO_THERE: &str = "Go to the caret";
pub(crate) const READS: &str = "Has it open";
pub(crate) const YOU: &str = "You";
pub(crate) const NOBODY_ELSE: &str = "Nobody else has this document open now.";
pub(crate) const FOLLOW_NEXT: &str = "Follow the next person";

/// "Following Ana".
pub(crate) fn following(name: &str) -> String {
    format!("Following {name}")
}

/// "Follow Ana", for a picture without words.
pub(crate) fn follow(name: &str) -> String {
    format!("Follow {name}")
}

/// "Line 12", and the heading above it.
pub(crate) fn at_line(line: usize, heading: Option<&str>) -> String {
    match heading {
        Some(heading) => format!("Line {} · {heading}", number(line as u64)),
        None => format!("Line {}", number(line as u64)),
    }
}
