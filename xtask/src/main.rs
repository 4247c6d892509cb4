//! Everything a person runs: `cargo xtask serve`, `cargo xtask test`.
fn main() {}
