//! Numbers as entity tags (RFC 9110): what somebody saw, and what they expect to see still.

use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;
use std::fmt::Display;

use super::Problem;

/// A number as a tag.
pub(super) fn tag(number: impl Display) -> String {
    format!("\"{number}\"")
}

/// The number that the caller expects, if it says so in `If-Match`, which is `what`.
pub(super) fn expected(headers: &HeaderMap, what: &str) -> Result<Option<u64>, Problem> {
    let Some(tag) = headers.get(IF_MATCH) else { return Ok(None) };
    let number = tag.to_str().ok().and_then(|tag| tag.trim_matches('"').parse().ok());
    number.map(Some).ok_or_else(|| Problem::bad_request(format!("If-Match is {what}")))
}
