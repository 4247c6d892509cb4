//! What the tests share: seeds, random graphs of events, readers for their notations and the
//! simulated world. Nothing here is a test; those are in `tests/`.

pub mod graphs;
pub mod seeds;
pub mod world;
