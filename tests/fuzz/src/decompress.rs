//! Any bytes in any coding: no more than the cap comes out, little more than it is allocated, and what
//! we compress comes back.

use std::io::Read;

use bytes::Bytes;
use common::net::compression::{Coding, DecompressError, compress, decompress, expected_size};
use tikv_jemalloc_ctl::thread;

/// So small that few bytes pass it.
const MAX_BYTES: usize = 1 << 14;
/// What all decoders need beside their output: their tables, zstd's window of 8 MiB, LZ4's blocks.
const MAX_WORKSPACE: u64 = 14 << 20;

/// One input as gzip.
pub fn gzip(bytes: &[u8]) {
    let plain = any(Coding::Gzip, bytes);
    // The two decoders behind it must agree about what is gzip, whichever of them it takes.
    let mut other = Vec::new();
    let decoder = flate2::bufread::MultiGzDecoder::new(bytes);
    let read = decoder.take(MAX_BYTES as u64 + 1).read_to_end(&mut other);
    if let (Ok(plain), Ok(_)) = (plain, read) {
        assert_eq!(plain, other);
    }
}

/// One input as zlib, which HTTP calls deflate.
pub fn zlib(bytes: &[u8]) {
    let plain = any(Coding::Zlib, bytes);
    assert_eq!(decompress(Coding::Deflate, bytes, MAX_BYTES).ok(), plain.as_ref().ok().cloned());
    let mut other = Vec::new();
    let decoder = flate2::bufread::ZlibDecoder::new(bytes);
    let read = decoder.take(MAX_BYTES as u64 + 1).read_to_end(&mut other);
    if let (Ok(plain), Ok(_)) = (plain, read) {
        assert_eq!(plain, other);
    }
}

/// One input as zstd.
pub fn zstd(bytes: &[u8]) {
    drop(any(Coding::Zstd, bytes));
}

/// One input as a snappy block.
pub fn snappy(bytes: &[u8]) {
    drop(any(Coding::Snappy, bytes));
}

/// One input as a framed snappy stream.
pub fn snappy_framed(bytes: &[u8]) {
    drop(any(Coding::SnappyFramed, bytes));
}

/// One input as LZ4.
pub fn lz4(bytes: &[u8]) {
    drop(any(Coding::Lz4, bytes));
}

fn any(coding: Coding, bytes: &[u8]) -> Result<Vec<u8>, DecompressError> {
    let allocated = thread::allocatedp::read().expect("jemalloc counts");
    let before = allocated.get();
    let plain = decompress(coding, bytes, MAX_BYTES);
    // Buffers that grow are allocated again and again, each time twice as large or more.
    let most = MAX_WORKSPACE + 4 * (MAX_BYTES + 1) as u64;
    assert!(allocated.get() - before <= most, "{} bytes allocated", allocated.get() - before);
    match &plain {
        Ok(plain) => {
            assert!(plain.len() <= MAX_BYTES);
            // With room for less it is refused, with room for exactly as much it is not.
            assert_eq!(decompress(coding, bytes, plain.len()).as_ref(), Ok(plain));
            if let Some(less) = plain.len().checked_sub(1) {
                let refused = decompress(coding, bytes, less);
                assert_eq!(refused, Err(DecompressError::TooLarge { max_bytes: less }));
            }
        }
        Err(error) => assert!(error.to_string().len() < 100),
    }
    assert!(expected_size(coding, bytes, MAX_BYTES) <= MAX_BYTES);

    let level = bytes.first().map(|byte| i32::from(byte % 16) - 2);
    let packed = compress(coding, level, &[Bytes::copy_from_slice(bytes)]);
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let chunks = [first, second].map(Bytes::copy_from_slice);
    for packed in [packed, compress(coding, level, &chunks)] {
        let again = decompress(coding, &packed, bytes.len());
        assert_eq!(again.expect("our own output"), bytes);
    }
    plain
}
