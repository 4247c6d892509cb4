//! What a server is told before it starts: where it listens, where its data is, whom it believes,
//! and its limits. How it is told, by flag, environment or file, is the command line's matter.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::address::Network;
use crate::limits::Limits;

/// What a server needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// How far what strangers send may make things grow.
    pub limits: Limits,
    /// The proxies in front that are believed when they say whom they speak for.
    pub trusted_proxies: Vec<Network>,
}

impl Config {
    /// The configuration of a server that is told only this.
    pub fn new(listen: SocketAddr, data: PathBuf) -> Self {
        Self { listen, data, limits: Limits::DEFAULT, trusted_proxies: Vec::new() }
    }
}
