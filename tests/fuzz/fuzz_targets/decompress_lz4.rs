//! The entry of the fuzz target `decompress_lz4`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::decompress::lz4(bytes));
