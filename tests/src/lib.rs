//! What the tests share: seeds, random graphs of events, hostile bytes, requests and files, the
//! notation of stories and the simulated world. Nothing here is a test; those are in `tests/`.

pub mod graphs;
pub mod hostile;
pub mod imports;
pub mod requests;
pub mod seeds;
pub mod story;
pub mod world;
