//! Any bytes in any coding: never more than the cap comes out, and what we compress comes back.
#![no_main]

use bytes::Bytes;
use common::net::compression::{self, Coding};
use libfuzzer_sys::fuzz_target;

const MAX_BYTES: usize = 1 << 16;

const CODINGS: [&str; 7] = ["gzip", "zlib", "deflate", "zstd", "snappy", "x-snappy-framed", "lz4"];

fuzz_target!(|bytes: &[u8]| {
    for coding in CODINGS.into_iter().filter_map(Coding::from_name) {
        if let Ok(plain) = compression::decompress(coding, bytes, MAX_BYTES) {
            assert!(plain.len() <= MAX_BYTES);
        }
        assert!(compression::expected_size(coding, bytes, MAX_BYTES) <= MAX_BYTES);
        let packed = compression::compress(coding, None, &[Bytes::copy_from_slice(bytes)]);
        let plain = compression::decompress(coding, &packed, bytes.len());
        assert_eq!(plain.expect("our own output"), bytes);
    }
});
