//! Read models: each answers one kind of question and can be rebuilt from the log alone.
//! No projection decides anything.

pub mod facts;
mod order;
pub mod timeline;
mod patch_log;
pub mod read_model;
pub mod authorship;
pub mod deleted;
pub mod life;
