//! Compresses and decompresses whole messages, with a cap that holds while the work runs.
//!
//! What a message claims about its size is only a hint: output grows no further than the cap, so a few
//! bytes from outside cannot make us allocate more than the caller allowed. Contexts are kept per thread.

mod blocks;
mod inflate;
#[cfg(test)]
mod tests;
mod zstd;

use bytes::Bytes;

/// How a message is encoded on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// As it is.
    Identity,
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// Snappy's block format; the framing format is recognised when decoding.
    Snappy,
    /// Snappy's framing format, which gRPC peers mean by `snappy`.
    SnappyFramed,
    /// What HTTP calls `deflate`: RFC 1950.
    Deflate,
    /// RFC 1950.
    Zlib,
    /// The LZ4 frame format.
    Lz4,
}

/// Bytes that cannot be decompressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecompressError {
    /// The output would pass the cap.
    #[error("decompressed message is larger than {max_bytes} bytes")]
    TooLarge {
        /// The cap.
        max_bytes: usize,
    },
    /// The input is not what its coding says, or ends early.
    #[error("message is not valid {coding}")]
    Malformed {
        /// The header name of the coding.
        coding: &'static str,
    },
}

impl Coding {
    /// Every coding, for tables and tests.
    pub const ALL: [Self; 8] = [
        Self::Identity,
        Self::Gzip,
        Self::Zstd,
        Self::Snappy,
        Self::SnappyFramed,
        Self::Deflate,
        Self::Zlib,
        Self::Lz4,
    ];

    /// The coding that a `content-encoding` or `grpc-encoding` header names.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name.is_empty() {
            return Some(Self::Identity);
        }
        Self::ALL.into_iter().find(|coding| coding.name().eq_ignore_ascii_case(name))
    }

    /// The name in headers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Snappy => "snappy",
            Self::SnappyFramed => "x-snappy-framed",
            Self::Deflate => "deflate",
            Self::Zlib => "zlib",
            Self::Lz4 => "lz4",
        }
    }

    const fn malformed(self) -> DecompressError {
        DecompressError::Malformed { coding: self.name() }
    }
}

/// Decompresses a whole message to at most `max_bytes`.
///
/// # Errors
/// [`DecompressError`] if the output would pass the cap or the input is damaged.
pub fn decompress(
    coding: Coding,
    input: &[u8],
    max_bytes: usize,
) -> Result<Vec<u8>, DecompressError> {
    match coding {
        Coding::Identity if input.len() > max_bytes => Err(DecompressError::TooLarge { max_bytes }),
        Coding::Identity => Ok(input.to_vec()),
        Coding::Gzip => inflate::gunzip(input, max_bytes),
        Coding::Deflate | Coding::Zlib => inflate::unzlib(coding, input, max_bytes),
        Coding::Zstd => zstd::decompress(input, max_bytes),
        Coding::Snappy | Coding::SnappyFramed => blocks::unsnappy(coding, input, max_bytes),
        Coding::Lz4 => blocks::unlz4(input, max_bytes),
    }
}

/// What the input says its decompressed size is, no more than `max_bytes`; without a word from the
/// input, an estimate. For charging before the work is done.
#[must_use]
pub fn expected_size(coding: Coding, input: &[u8], max_bytes: usize) -> usize {
    let claimed = match coding {
        Coding::Identity => Some(input.len()),
        Coding::Gzip => inflate::claimed_size(input),
        Coding::Zstd => zstd::claimed_size(input),
        Coding::Snappy | Coding::SnappyFramed => blocks::claimed_size(input),
        Coding::Deflate | Coding::Zlib | Coding::Lz4 => None,
    };
    claimed.unwrap_or_else(|| input.len().saturating_mul(8)).min(max_bytes)
}

/// Compresses a message that lies in chunks. Without a level, the fast one.
///
/// Levels are the codec's own; those of gzip, deflate and zlib go from 0 to 9, with -1 for 6.
#[must_use]
pub fn compress(coding: Coding, level: Option<i32>, chunks: &[Bytes]) -> Vec<u8> {
    let output = match coding {
        Coding::Identity => chunks.concat(),
        Coding::Gzip => inflate::gzip(level, chunks),
        Coding::Deflate | Coding::Zlib => inflate::zlib(level, chunks),
        Coding::Zstd => zstd::compress(level, chunks),
        Coding::Snappy => blocks::snappy(chunks),
        Coding::SnappyFramed => blocks::snappy_framed(chunks),
        Coding::Lz4 => blocks::lz4(chunks),
    };
    if output.is_empty() {
        // An encoder without memory left nothing, and some decoders take nothing for an empty
        // message, which would be a silent loss. What was not compressed, they refuse.
        return chunks.concat();
    }
    output
}

/// Memory kept per thread for scratch buffers is given back above this.
const MAX_SCRATCH_BYTES: usize = 8 << 20;

/// Calls `work` with all chunks in one slice; copies only if there are several.
fn with_contiguous<T>(chunks: &[Bytes], work: impl FnOnce(&[u8]) -> T) -> T {
    match chunks {
        [only] => work(only),
        several => work(&several.concat()),
    }
}

/// Gives back what a buffer has too much, so that a small message does not pin a large one.
fn fitted(mut output: Vec<u8>) -> Vec<u8> {
    if output.capacity() - output.len() > output.len() / 4 {
        output.shrink_to_fit();
    }
    output
}
