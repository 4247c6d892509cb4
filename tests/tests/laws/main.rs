//! The laws that the core promises in its doc comments, each checked with many seeds and, where
//! something is clever, against a naive twin. Whole stories are in `scenarios`.

mod document;
mod log;
mod patch;
mod presence;
mod read_models;
mod text;
mod timeline;
mod undo;
mod walker;
