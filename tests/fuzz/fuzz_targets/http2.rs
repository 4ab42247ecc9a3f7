//! The entry of the fuzz target `http2`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::http2::run(bytes));
