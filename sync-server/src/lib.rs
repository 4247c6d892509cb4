//! The Palimpsest sync server: a replica that never types. It orders events, makes them
//! durable, relays them, and lets anyone read any moment of a document's past.
//!
//! ```text
//! bytes -> socket -> Message -> hub -> room -> Append -> store (fsync) -> room -> every cursor
//!                                                          |
//!                              http, cli <- reading <------+
//!                              http, cli <- projections <--+   every document, to be looked up
//! ```
//!
//! `hub` and `room` decide and do no I/O, so the simulation in the tests drives the very
//! code that runs behind the sockets. `store` keeps the logs. Everything else reads.
#![forbid(unsafe_code)]

mod activity;
mod address;
mod assets;
mod birth;
mod bucket;
mod certificate;
mod config;
mod doors;
mod front;
mod histogram;
mod http;
mod limits;
mod metrics;
mod recent;
mod server;
mod shelf;
mod socket;
mod vault;

pub mod cli;
pub mod guard;
pub mod hub;
pub mod projections;
pub mod reading;
pub mod room;
pub mod store;

pub use certificate::{Certificate, CertificateError};
pub use config::Config;
pub use http::ROUTES;
pub use limits::Limits;
pub use recent::Parcel;
pub use server::{ServeError, Server};
