//! The entry of the fuzz target `storage_recovery`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::storage_recovery::run(bytes));
