//! The entry of the fuzz target `decompress_snappy_framed`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::decompress::snappy_framed(bytes));
