//! Zstandard, on whole buffers.

use std::cell::RefCell;

use bytes::Bytes;
use zstd::zstd_safe::{
    self, CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective,
};

use super::{Coding, DecompressError, fitted, with_contiguous};

/// The level used when none is set.
const DEFAULT_LEVEL: i32 = 1;
/// RFC 8878 recommends that every decoder takes windows of 8 MiB.
const MIN_WINDOW_LOG: u32 = 23;
/// What the library takes unless told otherwise.
const MAX_WINDOW_LOG: u32 = 27;

thread_local! {
    static DECODER: RefCell<Option<DCtx<'static>>> = RefCell::new(DCtx::try_create());
    static ENCODER: RefCell<Option<CCtx<'static>>> = RefCell::new(CCtx::try_create());
}

/// The content size that the first frame declares.
pub(super) fn claimed_size(input: &[u8]) -> Option<usize> {
    let size = zstd_safe::get_frame_content_size(input).ok()??;
    usize::try_from(size).ok()
}

pub(super) fn decompress(input: &[u8], max_bytes: usize) -> Result<Vec<u8>, DecompressError> {
    if input.is_empty() {
        return Ok(Vec::new());
    }
    DECODER.with_borrow_mut(|kept| {
        let decoder = kept.as_mut().ok_or(Coding::Zstd.malformed())?;
        match claimed_size(input) {
            Some(size) if size > max_bytes => {
                return Err(DecompressError::TooLarge { max_bytes });
            }
            Some(size) if size <= max_plausible(input) => {
                let mut output = Vec::with_capacity(size);
                if decoder.decompress(&mut output, input).is_ok() {
                    return Ok(fitted(output));
                }
            }
            _ => {}
        }
        // Several frames, no declared size, or damaged: the stream decoder tells which, but it lets a
        // frame end with an empty block before it has given all that it declared.
        let output = stream(decoder, input, max_bytes)?;
        if claimed_size(input).is_some_and(|size| output.len() < size) {
            return Err(Coding::Zstd.malformed());
        }
        Ok(output)
    })
}

/// A declared size that we believe enough to allocate it at once.
const fn max_plausible(input: &[u8]) -> usize {
    input.len().saturating_mul(256).saturating_add(4096)
}

fn stream(
    decoder: &mut DCtx<'static>,
    input: &[u8],
    max_bytes: usize,
) -> Result<Vec<u8>, DecompressError> {
    let malformed = |_| Coding::Zstd.malformed();
    decoder.reset(ResetDirective::SessionOnly).map_err(malformed)?;
    let window_log = (max_bytes.max(1).next_power_of_two().trailing_zeros())
        .clamp(MIN_WINDOW_LOG, MAX_WINDOW_LOG);
    decoder.set_parameter(DParameter::WindowLogMax(window_log)).map_err(malformed)?;
    let mut output = Vec::with_capacity(input.len().saturating_mul(4).clamp(64, max_bytes.max(64)));
    let mut source = InBuffer::around(input);
    loop {
        if output.len() == output.capacity() {
            let more = output.len().min(max_bytes.saturating_sub(output.len())).max(1);
            output.reserve_exact(more);
        }
        let before = (source.pos(), output.len());
        let filled = output.len();
        let mut target = OutBuffer::around_pos(&mut output, filled);
        let wanted = decoder.decompress_stream(&mut target, &mut source).map_err(malformed)?;
        if output.len() > max_bytes {
            return Err(DecompressError::TooLarge { max_bytes });
        }
        let is_read = source.pos() == input.len();
        if wanted == 0 && is_read {
            return Ok(fitted(output));
        }
        let is_stuck = before == (source.pos(), output.len());
        if is_stuck || (is_read && output.len() < output.capacity()) {
            return Err(Coding::Zstd.malformed());
        }
    }
}

pub(super) fn compress(level: Option<i32>, chunks: &[Bytes]) -> Vec<u8> {
    with_contiguous(chunks, |input| {
        ENCODER.with_borrow_mut(|kept| {
            let mut output = Vec::with_capacity(zstd_safe::compress_bound(input.len()));
            let level = CParameter::CompressionLevel(level.unwrap_or(DEFAULT_LEVEL));
            if let Some(encoder) = kept.as_mut() {
                let set = encoder.set_parameter(level);
                // The bound leaves room for any input, so only a failed allocation can end here.
                if set.and_then(|_| encoder.compress2(&mut output, input)).is_err() {
                    output.clear();
                }
            }
            fitted(output)
        })
    })
}
