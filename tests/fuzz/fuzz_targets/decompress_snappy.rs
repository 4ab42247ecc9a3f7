//! The entry of the fuzz target `decompress_snappy`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::decompress::snappy(bytes));
