//! The entry of the fuzz target `ottl_functions`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::ottl_functions::run(bytes));
