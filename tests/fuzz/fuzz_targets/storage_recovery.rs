#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::storage_recovery::run(bytes));
