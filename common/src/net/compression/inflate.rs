//! Gzip and zlib, on whole buffers.

use std::{cell::RefCell, io::Read};

use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor, DecompressionError, Decompressor};

use super::{Coding, DecompressError, MAX_SCRATCH_BYTES, fitted, with_contiguous};

/// The level used when none is set: 2% larger than level 6 for OTLP and 3.6 times cheaper.
const DEFAULT_LEVEL: i32 = 1;
/// Deflate cannot expand by more than this.
const MAX_RATIO: usize = 1032;
/// The magic and method with which each member of a gzip stream begins.
const MEMBER_START: [u8; 3] = [0x1f, 0x8b, 8];

thread_local! {
    static DECOMPRESSOR: RefCell<Decompressor> = RefCell::new(Decompressor::new());
    static COMPRESSOR: RefCell<Option<(i32, Compressor)>> = const { RefCell::new(None) };
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The size in the trailer of the last member, if it can be true.
pub(super) fn claimed_size(input: &[u8]) -> Option<usize> {
    let trailer = input.last_chunk::<4>()?;
    let size = u32::from_le_bytes(*trailer) as usize;
    (size <= input.len().saturating_mul(MAX_RATIO)).then_some(size)
}

pub(super) fn gunzip(input: &[u8], max_bytes: usize) -> Result<Vec<u8>, DecompressError> {
    let body = input.get(MEMBER_START.len()..).unwrap_or_default();
    // The fast decoder stops after the first member without saying so. The mark may also stand in
    // compressed data by chance; then the slow way finds one member, and is only slower.
    if memchr::memmem::find(body, &MEMBER_START).is_some() {
        let decoder = flate2::bufread::MultiGzDecoder::new(input);
        return read_capped(decoder, Coding::Gzip, max_bytes);
    }
    let hint = claimed_size(input).unwrap_or_else(|| input.len().saturating_mul(4));
    let inflate =
        |decoder: &mut Decompressor, output: &mut [u8]| decoder.gzip_decompress(input, output);
    grow_until_done(Coding::Gzip, hint, max_bytes, inflate)
}

pub(super) fn unzlib(
    coding: Coding,
    input: &[u8],
    max_bytes: usize,
) -> Result<Vec<u8>, DecompressError> {
    let hint = input.len().saturating_mul(8);
    let inflate =
        |decoder: &mut Decompressor, output: &mut [u8]| decoder.zlib_decompress(input, output);
    grow_until_done(coding, hint, max_bytes, inflate)
}

/// Runs the decoder with larger and larger buffers, up to the cap.
fn grow_until_done(
    coding: Coding,
    hint: usize,
    max_bytes: usize,
    mut inflate: impl FnMut(&mut Decompressor, &mut [u8]) -> Result<usize, DecompressionError>,
) -> Result<Vec<u8>, DecompressError> {
    let mut capacity = hint.clamp(1, max_bytes.max(1));
    loop {
        let mut output = vec![0; capacity];
        let result = DECOMPRESSOR.with_borrow_mut(|decoder| inflate(decoder, &mut output));
        match result {
            Ok(written) if written > max_bytes => {
                return Err(DecompressError::TooLarge { max_bytes });
            }
            Ok(written) => {
                output.truncate(written);
                return Ok(fitted(output));
            }
            Err(DecompressionError::BadData) => return Err(coding.malformed()),
            Err(DecompressionError::InsufficientSpace) if capacity >= max_bytes => {
                return Err(DecompressError::TooLarge { max_bytes });
            }
            Err(DecompressionError::InsufficientSpace) => {
                capacity = capacity.saturating_mul(4).min(max_bytes);
            }
        }
    }
}

/// Reads a decoder to its end, or to just over the cap.
pub(super) fn read_capped(
    decoder: impl Read,
    coding: Coding,
    max_bytes: usize,
) -> Result<Vec<u8>, DecompressError> {
    let mut output = Vec::new();
    let limit = (max_bytes as u64).saturating_add(1);
    decoder.take(limit).read_to_end(&mut output).map_err(|_| coding.malformed())?;
    if output.len() > max_bytes {
        return Err(DecompressError::TooLarge { max_bytes });
    }
    Ok(fitted(output))
}

pub(super) fn gzip(level: Option<i32>, chunks: &[Bytes]) -> Vec<u8> {
    with_contiguous(chunks, |input| {
        with_compressor(level, |compressor, scratch| {
            let bound = compressor.gzip_compress_bound(input.len());
            deflate_into(scratch, bound, |output| compressor.gzip_compress(input, output))
        })
    })
}

pub(super) fn zlib(level: Option<i32>, chunks: &[Bytes]) -> Vec<u8> {
    with_contiguous(chunks, |input| {
        with_compressor(level, |compressor, scratch| {
            let bound = compressor.zlib_compress_bound(input.len());
            deflate_into(scratch, bound, |output| compressor.zlib_compress(input, output))
        })
    })
}

fn with_compressor<T>(
    level: Option<i32>,
    work: impl FnOnce(&mut Compressor, &mut Vec<u8>) -> T,
) -> T {
    let level = match level {
        None => DEFAULT_LEVEL,
        Some(-1) => 6,
        Some(level) => level.clamp(0, 9),
    };
    COMPRESSOR.with_borrow_mut(|kept| {
        if kept.as_ref().is_some_and(|(kept_level, _)| *kept_level != level) {
            *kept = None;
        }
        let (_, compressor) = kept.get_or_insert_with(|| {
            let level_setting = CompressionLvl::new(level).unwrap_or_default();
            (level, Compressor::new(level_setting))
        });
        SCRATCH.with_borrow_mut(|scratch| work(compressor, scratch))
    })
}

/// Compresses into the scratch buffer and copies what came out, which is small, to its exact size.
fn deflate_into<E>(
    scratch: &mut Vec<u8>,
    bound: usize,
    deflate: impl FnOnce(&mut [u8]) -> Result<usize, E>,
) -> Vec<u8> {
    if scratch.len() < bound {
        scratch.resize(bound, 0);
    }
    // The bound is the library's own promise, so there is always room.
    let written = deflate(scratch).unwrap_or_default();
    let output = scratch.get(..written).unwrap_or_default().to_vec();
    if scratch.len() > MAX_SCRATCH_BYTES {
        *scratch = Vec::new();
    }
    output
}
