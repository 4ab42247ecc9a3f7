//! The entry of the fuzz target `headers`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::headers::run(bytes));
