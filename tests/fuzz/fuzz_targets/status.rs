//! The entry of the fuzz target `status`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::status::run(bytes));
