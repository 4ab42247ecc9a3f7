//! Snappy in both formats, and LZ4.

use std::io::Write;

use bytes::Bytes;

use super::{Coding, DecompressError, fitted, inflate::read_capped, with_contiguous};

/// The chunk that begins every framed snappy stream.
const STREAM_IDENTIFIER: &[u8] = b"\xff\x06\x00\x00sNaPpY";
/// What begins an LZ4 frame, and what its flags say.
const LZ4_MAGIC: &[u8] = b"\x04\x22\x4d\x18";
const LZ4_BLOCK_CHECKSUM: u8 = 1 << 4;
const LZ4_CONTENT_SIZE: u8 = 1 << 3;
const LZ4_CONTENT_CHECKSUM: u8 = 1 << 2;
const LZ4_DICTIONARY: u8 = 1;
/// The bit in the length of a block that is as it is.
const LZ4_UNCOMPRESSED: u32 = 1 << 31;
/// Three bytes of a snappy block stand for at most 64, so a larger claim is false.
const MAX_SNAPPY_RATIO: usize = 22;

/// The size that a snappy block declares.
pub(super) fn claimed_size(input: &[u8]) -> Option<usize> {
    if input.starts_with(STREAM_IDENTIFIER) {
        return None;
    }
    snap::raw::decompress_len(input).ok()
}

pub(super) fn unsnappy(
    coding: Coding,
    input: &[u8],
    max_bytes: usize,
) -> Result<Vec<u8>, DecompressError> {
    if coding == Coding::SnappyFramed || input.starts_with(STREAM_IDENTIFIER) {
        return read_capped(snap::read::FrameDecoder::new(input), coding, max_bytes);
    }
    if input.is_empty() {
        return Ok(Vec::new());
    }
    let size = claimed_size(input).ok_or(coding.malformed())?;
    if size > max_bytes {
        return Err(DecompressError::TooLarge { max_bytes });
    }
    if size > input.len().saturating_mul(MAX_SNAPPY_RATIO) {
        return Err(coding.malformed());
    }
    let mut output = vec![0; size];
    let written =
        snap::raw::Decoder::new().decompress(input, &mut output).map_err(|_| coding.malformed())?;
    output.truncate(written);
    Ok(output)
}

pub(super) fn unlz4(input: &[u8], max_bytes: usize) -> Result<Vec<u8>, DecompressError> {
    if input.is_empty() {
        return Ok(Vec::new());
    }
    // The decoder takes a frame that ends early for a whole one, and says nothing of what follows it.
    if lz4_frame_len(input) != Some(input.len()) {
        return Err(Coding::Lz4.malformed());
    }
    read_capped(lz4_flex::frame::FrameDecoder::new(input), Coding::Lz4, max_bytes)
}

/// The length of the LZ4 frame that the input begins with; none if it is no frame, or one without end.
fn lz4_frame_len(input: &[u8]) -> Option<usize> {
    let rest = input.strip_prefix(LZ4_MAGIC)?;
    let (flags, rest) = rest.split_first()?;
    let has = |flag: u8| usize::from(flags & flag != 0);
    // Block size, length of the content, dictionary, checksum of all these.
    let mut rest = rest.get(2 + 8 * has(LZ4_CONTENT_SIZE) + 4 * has(LZ4_DICTIONARY)..)?;
    loop {
        let (length, after) = rest.split_first_chunk()?;
        let length = u32::from_le_bytes(*length);
        if length == 0 {
            let after = after.get(4 * has(LZ4_CONTENT_CHECKSUM)..)?;
            return Some(input.len() - after.len());
        }
        let length = (length & !LZ4_UNCOMPRESSED) as usize;
        rest = after.get(length..)?.get(4 * has(LZ4_BLOCK_CHECKSUM)..)?;
    }
}

pub(super) fn snappy(chunks: &[Bytes]) -> Vec<u8> {
    with_contiguous(chunks, |input| {
        let mut output = vec![0; snap::raw::max_compress_len(input.len())];
        // Only inputs over 4 GiB fail, and no limit of ours lets one come here.
        let written = snap::raw::Encoder::new().compress(input, &mut output).unwrap_or_default();
        output.truncate(written);
        fitted(output)
    })
}

pub(super) fn snappy_framed(chunks: &[Bytes]) -> Vec<u8> {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    let written = chunks.iter().try_for_each(|chunk| encoder.write_all(chunk));
    match (written, encoder.into_inner()) {
        // An empty message is the identifier alone, which the encoder leaves out.
        (Ok(()), Ok(framed)) if framed.is_empty() => STREAM_IDENTIFIER.to_vec(),
        (Ok(()), Ok(framed)) => framed,
        _ => Vec::new(),
    }
}

pub(super) fn lz4(chunks: &[Bytes]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    // Writing into a `Vec` cannot fail.
    let written = chunks.iter().try_for_each(|chunk| encoder.write_all(chunk));
    written.ok().and_then(|()| encoder.finish().ok()).unwrap_or_default()
}
