//! What libFuzzer calls with ever new bytes; `cargo xtask fuzz` builds and starts it.
#![no_main]

use palimpsest_tests::requests;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    requests::read(input);
});
