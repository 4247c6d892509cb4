//! Text files as texts of documents.

use palimpsest_core::{FILE_BYTES_MAX, NotText, TEXT_SCALARS_MAX, text_of_file};

#[track_caller]
fn check(bytes: impl Into<Vec<u8>>, expected: Result<&str, NotText>) {
    assert_eq!(text_of_file(bytes.into()), expected.map(str::to_owned));
}

#[test]
fn a_text_file_is_read_whoever_wrote_it() {
    check("", Ok(""));
    check("\u{feff}# One\r\ntwo\rthree\n", Ok("# One\ntwo\nthree\n"));
    // A mark in the middle is a character.
    check("a\u{feff}b", Ok("a\u{feff}b"));
    check([0xff, 0xfe, b'a', 0], Err(NotText::NotUtf8));
    check(vec![b'a'; FILE_BYTES_MAX + 1], Err(NotText::TooLong));
    check(vec![b'a'; TEXT_SCALARS_MAX + 1], Err(NotText::TooLong));
    assert!(text_of_file(vec![b'a'; TEXT_SCALARS_MAX]).is_ok());
}
