//! Benchmarks: our engine and its peers, asked to do the same work on the same recorded
//! histories in one run.
//!
//! ```text
//! traces -> history -> metrics, of every engine -> contest -> Figure -> table, JSON
//! ```
//!
//! In a browser the library alone is built: `page` measures ours there on parcels that the
//! program on the machine makes, and the figures stand beside its own.
//!
//! Every metric checks the text that an engine ends with, so that nothing is measured that
//! was not done.

#[cfg(not(target_family = "wasm"))]
pub mod browser;
pub mod clock;
pub mod contest;
pub mod engine;
#[cfg(not(target_family = "wasm"))]
pub mod gates;
pub mod growth;
pub mod history;
#[cfg(not(target_family = "wasm"))]
pub mod memory;
pub mod metrics;
#[cfg(target_family = "wasm")]
pub mod page;
pub mod parcel;
pub mod replicas;
pub mod report;
pub mod slices;
pub mod stored;
#[cfg(not(target_family = "wasm"))]
pub mod syncing;
#[cfg(not(target_family = "wasm"))]
pub mod traces;
pub mod typist;
#[cfg(not(target_family = "wasm"))]
pub mod wire;
