//! The entry of the fuzz target `decompress_zstd`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::decompress::zstd(bytes));
