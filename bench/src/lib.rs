//! Benchmarks: our engine and its peers, asked to do the same work on the same recorded
//! histories in one run.
//!
//! ```text
//! traces -> history -> metrics, of every engine -> contest -> Figure -> table, JSON
//! ```
//!
//! Every metric checks the text that an engine ends with, so that nothing is measured that
//! was not done.

pub mod contest;
pub mod engine;
pub mod growth;
pub mod history;
pub mod memory;
pub mod metrics;
pub mod replicas;
pub mod report;
