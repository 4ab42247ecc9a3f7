//! The entry of the fuzz target `tls_files`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::tls_files::run(bytes));
