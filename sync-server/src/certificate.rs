//! The certificate that a server shows whoever comes in over TLS, and its key: read from PEM files,
//! checked against each other. When they are read is not known here.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use thiserror::Error;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// What is spoken behind TLS: WebSockets need HTTP/1.1.
const PROTOCOL: &[u8] = b"http/1.1";

/// Where a certificate and its key are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// The certificate, and those that lead from it to an authority, as PEM.
    pub chain: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{} holds no {what} in PEM", .path.display())]
    Missing {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// What is in them cannot be used, or not together.
    #[error("the key in {} does not go with the certificate in {}: {error}", .key.display(), .chain.display())]
    Mismatch {
        /// The file with the certificate.
        chain: PathBuf,
        /// The file with the key.
        key: PathBuf,
        /// What is wrong.
        error: rustls::Error,
    },
}

impl Certificate {
    /// Reads the files, and checks that the key is the certificate's.
    ///
    /// # Errors
    /// If they cannot be read or do not belong together.
    pub(crate) fn read(&self) -> Result<Arc<ServerConfig>, CertificateError> {
        const CHAIN: &str = "certificate";
        const KEY: &str = "private key";
        let chain = read(&self.chain)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&chain).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| missing(&self.chain, CHAIN))?;
        let key: Result<_, pem::Error> = PrivateKeyDer::from_pem_slice(&read(&self.key)?);
        let key = key.map_err(|_| missing(&self.key, KEY))?;
        let mismatch = |error| {
            let Self { chain, key } = self.clone();
            CertificateError::Mismatch { chain, key, error }
        };
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(mismatch)?;
        let config = builder.with_no_client_auth().with_single_cert(chain, key);
        let mut config = config.map_err(mismatch)?;
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(Arc::new(config))
    }

    /// When the files were last written; what cannot be said is left out.
    pub(crate) fn written(&self) -> [Option<SystemTime>; 2] {
        [&self.chain, &self.key].map(|path| path.metadata().and_then(|it| it.modified()).ok())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|error| CertificateError::Unreadable { path: path.into(), error })
}

fn missing(path: &Path, what: &'static str) -> CertificateError {
    CertificateError::Missing { path: path.into(), what }
}
