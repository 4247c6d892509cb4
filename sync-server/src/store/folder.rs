//! The data folder: where a server's files are, and who has them open. What is in the
//! files is `schema`'s matter.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The name of the database in the data folder.
const DATABASE: &str = "palimpsest.db";
/// The name of the file whose lock says that somebody has the folder open.
const LOCK: &str = "lock";

/// A data folder that this process alone has open. The lock goes when this is dropped, or
/// when the process ends, however it ends.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// Why a data folder cannot be opened.
#[derive(Debug, Error)]
pub enum FolderError {
    /// Another process has it open.
    #[error(
        "{0} is open in another process, most likely a running server: stop it, or ask it over HTTP"
    )]
    InUse(PathBuf),
    /// There is no database, and the caller did not want a new one.
    #[error("{0} holds no documents: check --data, or start with `palimpsest serve`")]
    Missing(PathBuf),
    /// There is a database where a new one should go.
    #[error("{0} exists already: move it away first, nothing is overwritten")]
    Occupied(PathBuf),
    /// The file system refused.
    #[error("cannot open {path}: {error}")]
    Io {
        /// What was to be opened.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl Folder {
    /// Opens `path`, making it if needed.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        // What is in it is for whoever runs the server, and nobody else on the machine.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| FolderError::Io { path: path.to_owned(), error })?;
        let lock_path = path.join(LOCK);
        let io = |error| FolderError::Io { path: lock_path.clone(), error };
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(FolderError::Io { path: lock_path, error }),
        }
    }

    /// Opens `path` for a command that only makes sense where documents are.
    pub fn open_existing(path: &Path) -> Result<Self, FolderError> {
        if !path.join(DATABASE).is_file() {
            return Err(FolderError::Missing(path.to_owned()));
        }
        Self::open(path)
    }

    /// Opens `path` for a database to be put there; refuses if there is one.
    pub fn open_vacant(path: &Path) -> Result<Self, FolderError> {
        let folder = Self::open(path)?;
        if folder.database().exists() {
            return Err(FolderError::Occupied(folder.database()));
        }
        Ok(folder)
    }

    /// Where the database is.
    pub fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Where the database of the data folder `path` is, without opening the folder.
    pub fn database_of(path: &Path) -> PathBuf {
        path.join(DATABASE)
    }
}
