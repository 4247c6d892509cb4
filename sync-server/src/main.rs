//! The `palimpsest` binary.
#![forbid(unsafe_code)]
fn main() {}
