//! The entry of the fuzz target `http1`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::http1::run(bytes));
