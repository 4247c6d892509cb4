//! The laws that the core promises in its doc comments, each checked with many seeds and, where
//! something is clever, against a naive twin. Whole stories are in `scenarios`.

mod activity;
mod comments;
mod convergence;
mod desk;
mod document;
mod log;
mod file;
mod name;
mod outline;
mod past;
mod patch;
mod presence;
mod read_models;
mod search;
mod selective;
mod session;
mod text;
mod timeline;
mod typing;
mod undo;
mod walker;
mod sayings;
