//! The Palimpsest app in the browser. Merge, protocol and byte formats live in
//! `palimpsest-core`; here are the services a page needs around it, and the views.
//!
//! ```text
//! views -> Desk::dispatch -> Document -> patches -> views
//!                               |
//!                 storage (IndexedDB) -> tabs (this device) and socket (server)
//! ```
#![forbid(unsafe_code)]

pub mod clock;
pub mod crash;
pub mod locks;
pub mod storage;
pub mod tabs;
pub mod socket;
mod api;
mod keyring;
pub mod profile;
pub mod names;
pub mod catalogue;
pub mod service_worker;
pub mod desk;
mod page;
mod carrying;
mod lifecycle;
pub mod workspace;

// The views.
mod words;
mod when;
mod faces;
mod later;
mod files;
mod hear;
mod actions;
mod parts;
mod panels;
mod editor;
mod comments;
mod insight;
mod aside;
mod timeline;
mod library;
pub mod shell;

#[cfg(test)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
