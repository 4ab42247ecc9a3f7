//! The entry of the fuzz target `config_load`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::config_load::run(bytes));
