//! Read models: each answers one kind of question and can be rebuilt from the log alone.
//! No projection decides anything.

mod register;
mod discussion;
pub mod facts;
mod order;
pub mod timeline;
mod patch_log;
pub mod read_model;
mod finger;
pub mod authorship;
pub mod life;
pub mod passage;
pub mod comments;
mod weave;
pub mod search;
pub mod sayings;
pub mod activity;
pub mod sittings;
pub mod marks;
pub mod statistics;
pub mod outline;
pub mod name;
