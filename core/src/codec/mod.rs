//! Bytes: the one binary form for disk and wire, and JSON for export and HTTP. The only
//! place that knows formats; what the data means is everybody else's business.
//!
//! Every stored form starts with four bytes of magic and a version and ends with a CRC-32
//! of all before it. Kinds of payload are numbered for ever: a number names a kind *and*
//! its schema, an old number is decoded into the present type (upcasting happens here, in
//! place), and a number this version does not know is carried as it came.

mod bytes;
mod payload;
mod batch;
mod content;
mod stretches;
mod block;
mod snapshot;
mod message;
pub mod json;
pub mod schema;

pub use batch::{decode_record, encode_record};
pub use block::{
    BATCH_EVENTS_MAX, BLOCK_BYTES_MAX, decode_block, decode_events, decode_log, decode_ordered,
    encode_block, encode_events, encode_log, encode_ordered,
};
pub use message::{decode_message, encode_message};
pub use snapshot::{decode_snapshot, encode_snapshot};

use thiserror::Error;

/// Why bytes could not be decoded. Nothing was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum DecodeError {
    /// They do not start as this form does.
    #[error("these bytes are not {0}")]
    WrongMagic(&'static str),
    /// They were written by a newer version.
    #[error("this was written by a newer version (format {0}): update Palimpsest to read it")]
    NewerVersion(u8),
    /// The checksum does not match: some bytes were changed or are missing.
    #[error("the checksum does not match: the bytes were damaged or cut short")]
    Damaged,
    /// They end in the middle.
    #[error("the bytes end too early, at {0}")]
    Truncated(usize),
    /// A number is out of its range.
    #[error("the {0} is out of range")]
    OutOfRange(&'static str),
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// There is something after the end.
    #[error("there are {0} bytes too many")]
    TrailingBytes(usize),
}
