//! Rewrites parts of an encoded message and copies the rest as it is.

use std::ops::Range;

/// Copies a message into a buffer while ranges of it are left out or replaced.
///
/// Edits come in the order of their ranges. The caller writes the lengths of enclosing messages, since
/// only it knows them: it splices the inner message first and puts the result as one replacement.
#[derive(Debug)]
pub struct Splicer<'a> {
    message: &'a [u8],
    copied: usize,
    out: Vec<u8>,
}

impl<'a> Splicer<'a> {
    /// Starts a copy of a message; `extra` is how much longer the result may become.
    #[must_use]
    pub fn new(message: &'a [u8], extra: usize) -> Self {
        Self { message, copied: 0, out: Vec::with_capacity(message.len() + extra) }
    }

    /// Copies up to `range`, leaves the range out, and returns the buffer for what replaces it.
    ///
    /// Ranges beyond the message or before the last one are cut to what is left.
    pub fn replace(&mut self, range: Range<usize>) -> &mut Vec<u8> {
        let kept = self.message.get(self.copied..range.start).unwrap_or_default();
        self.out.extend_from_slice(kept);
        self.copied = range.end.max(self.copied);
        &mut self.out
    }

    /// Copies the rest and returns the buffer, for appending after the last field.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(self.message.get(self.copied..).unwrap_or_default());
        self.out
    }
}

#[cfg(test)]
mod tests;
