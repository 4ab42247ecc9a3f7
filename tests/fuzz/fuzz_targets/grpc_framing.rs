//! The entry of the fuzz target `grpc_framing`, which is in `tests/fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::grpc_framing::run(bytes));
