//! Checks, counts and splits whole export requests without decoding them.
//!
//! Every request is walked once, where it enters; all later work trusts its structure.

mod count;
mod locate;
mod rewrite;
mod split;
mod walker;

use bytes::Bytes;

pub use count::count_items;
pub use locate::{Fault, MalformedError};
pub use split::{Part, SplitBySize, split, split_at_bytes, split_half, split_with_first};

use crate::{otlp::schema, signal::Signal};
use walker::Walker;

/// Values inside values deeper than this are refused.
pub const MAX_NESTING: u32 = 64;

/// A request whose structure holds.
#[derive(Clone, Debug)]
pub struct Walked {
    /// The request, as it came unless something had to be mended.
    pub request: Bytes,
    /// Spans, data points or log records inside.
    pub items: usize,
    /// Strings that were not UTF-8 and now have U+FFFD in place of what was wrong.
    pub mended_strings: usize,
}

/// Checks a request to its full depth and counts its items.
///
/// Unknown fields are kept. Strings that are not UTF-8 are mended, and the pre-1.0
/// `instrumentation_library_*` fields become `scope_*` where there are none.
///
/// # Errors
/// [`MalformedError`] if the bytes are not an export request of the signal.
pub fn walk(signal: Signal, request: Bytes) -> Result<Walked, MalformedError> {
    let schema = schema::request(signal);
    let mut walker = Walker::default();
    if walker.message(&request, schema, 0).is_err() {
        return Err(locate::first_fault(schema, &request));
    }
    if !walker.needs_rewrite() {
        return Ok(Walked { request, items: walker.items, mended_strings: 0 });
    }
    let (request, mended_strings) = rewrite::rewrite(schema, &request);
    let request = Bytes::from(request);
    let items = count_items(signal, &request);
    Ok(Walked { request, items, mended_strings })
}

#[cfg(test)]
mod tests;
