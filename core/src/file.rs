//! A text file as the text of a document. What other files there are, and where they come from, is
//! not known here.

use thiserror::Error;

use crate::command::TEXT_SCALARS_MAX;

/// How large a text file may be, in bytes: a scalar takes at most four.
pub const FILE_BYTES_MAX: usize = 4 * TEXT_SCALARS_MAX;

/// Why a file is no text of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum NotText {
    /// Its bytes are not UTF-8.
    #[error("it is not text in UTF-8: save it as UTF-8 and try again")]
    NotUtf8,
    /// It has more than a document holds.
    #[error("it is too large: a document holds {TEXT_SCALARS_MAX} characters")]
    TooLong,
}

/// The text of a file: without a byte order mark, and with lines that end as a document's do.
///
/// # Errors
/// If it is not UTF-8, or has more than [`TEXT_SCALARS_MAX`] scalars.
pub fn text_of_file(bytes: Vec<u8>) -> Result<String, NotText> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(NotText::TooLong);
    }
    let text = String::from_utf8(bytes).map_err(|_| NotText::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.chars().count() > TEXT_SCALARS_MAX { Err(NotText::TooLong) } else { Ok(text) }
}
