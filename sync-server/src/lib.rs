//! The sync server: orders, stores and relays events.
#![forbid(unsafe_code)]

pub mod assets;
