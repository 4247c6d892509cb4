//! What can go wrong with the device's storage, by what one can do about it, and how its
//! state is told to people.

use wasm_bindgen::prelude::*;

/// Why an operation of the store failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StorageError {
    /// The quota is used up. What was written before is safe.
    #[error("this device has no room left for Palimpsest")]
    NoRoom,
    /// Another tab runs another version of the app and needs the database for itself.
    #[error("another tab runs another version of Palimpsest; reload this page")]
    Blocked,
    /// A record with this key is there already, and records are never overwritten.
    #[error("this record is stored already")]
    Exists,
    /// The browser offers no database: private browsing in some browsers, or forbidden.
    #[error("the browser keeps nothing for this page: {0}")]
    Unavailable(String),
    /// The connection died. Trying again on a new one usually helps.
    #[error("the connection to the browser's database was lost: {0}")]
    Lost(String),
    /// Anything else.
    #[error("the browser's database failed: {0}")]
    Failed(String),
}

/// How this page and the device's storage stand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StorageState {
    /// The database is being opened.
    Opening,
    /// Edits are kept on this device.
    Ready,
    /// Nothing outlives this page, and why.
    InMemory(String),
    /// Another tab runs an older or newer version: close or reload it.
    Blocked,
    /// The device has no room left; edits wait in memory and are tried again.
    Full,
    /// The database fails, and how; edits wait in memory and are tried again.
    Failed(String),
}

impl StorageError {
    /// Sorts an exception that the browser threw.
    pub fn from_js(exception: &JsValue) -> Self {
        let field = |name: &str| {
            js_sys::Reflect::get(exception, &name.into())
                .ok()
                .and_then(|value| value.as_string())
                .unwrap_or_default()
        };
        let (name, message) = (field("name"), field("message"));
        let words = if message.is_empty() { name.clone() } else { format!("{name}: {message}") };
        match name.as_str() {
            "QuotaExceededError" => Self::NoRoom,
            "ConstraintError" => Self::Exists,
            // The database on the device has a newer layout than this code knows.
            "VersionError" => Self::Blocked,
            "SecurityError" | "NotAllowedError" => Self::Unavailable(words),
            "InvalidStateError" | "UnknownError" | "AbortError" | "TransactionInactiveError" => {
                Self::Lost(words)
            }
            _ => Self::Failed(words),
        }
    }

    /// What this error means for the store as a whole.
    pub fn state(&self) -> StorageState {
        match self {
            Self::NoRoom => StorageState::Full,
            Self::Blocked => StorageState::Blocked,
            Self::Unavailable(why) => StorageState::InMemory(why.clone()),
            Self::Exists | Self::Lost(_) | Self::Failed(_) => {
                StorageState::Failed(self.to_string())
            }
        }
    }
}

impl From<idb::Error> for StorageError {
    fn from(error: idb::Error) -> Self {
        match &error {
            idb::Error::DomException(exception) => Self::from_js(exception),
            idb::Error::AddFailed(exception)
            | idb::Error::CountFailed(exception)
            | idb::Error::DeleteFailed(exception)
            | idb::Error::GetAllFailed(exception)
            | idb::Error::GetAllKeysFailed(exception)
            | idb::Error::GetFailed(exception)
            | idb::Error::IndexedDbOpenFailed(exception)
            | idb::Error::ObjectStoreNotFound(exception)
            | idb::Error::OpenCursorFailed(exception)
            | idb::Error::TransactionCommitError(exception)
            | idb::Error::TransactionOpenFailed(exception)
            | idb::Error::UpdateFailed(exception) => Self::from_js(exception),
            _ => Self::Failed(error.to_string()),
        }
    }
}
