//! What a server is told before it starts: where it listens, where its data is, whom it lets
//! in, and its limits. How it is told, by flag, environment or file, is the command line's matter.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::certificate::Certificate;
use crate::guard::Policy;
use crate::guard::proxy::Proxy;
use crate::limits::Limits;

/// What a server needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate that it shows; if it has none, it speaks no TLS.
    pub certificate: Option<Certificate>,
    /// The data folder.
    pub data: PathBuf,
    /// How far what strangers send may make things grow.
    pub limits: Limits,
    /// Who is let in.
    pub policy: Policy,
    /// The other addresses, as `https://notes.example`, whose pages may talk to this server.
    pub origins: Vec<String>,
}

impl Config {
    /// The configuration of a server that is told only this: it asks for links.
    pub fn new(listen: SocketAddr, data: PathBuf) -> Self {
        let policy = Policy::Links(Proxy::default());
        Self {
            listen,
            certificate: None,
            data,
            limits: Limits::DEFAULT,
            policy,
            origins: Vec::new(),
        }
    }
}
