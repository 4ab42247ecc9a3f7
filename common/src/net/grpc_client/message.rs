//! One length-prefixed gRPC message, sent without copying its parts together.

use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};
use smallvec::SmallVec;

/// Parts up to this size together are copied into one: a copy is then cheaper than the bookkeeping.
const MAX_COPIED_BYTES: usize = 4 * 1024;

/// A framed message: five bytes of prefix and the parts.
///
/// Cloning shares the parts.
#[derive(Clone, Debug, Default)]
pub struct Message {
    parts: SmallVec<[Bytes; 2]>,
    first: usize,
    remaining: usize,
}

impl Message {
    /// Frames a message that consists of the parts one after the other.
    ///
    /// # Errors
    /// Its length, if it is over the 4 GiB that the prefix can tell.
    pub fn frame(parts: &[Bytes], is_compressed: bool) -> Result<Self, usize> {
        let length: usize = parts.iter().map(Bytes::len).sum();
        let prefix = u32::try_from(length).map_err(|_| length)?;
        let mut head =
            BytesMut::with_capacity(5 + if length <= MAX_COPIED_BYTES { length } else { 0 });
        head.extend_from_slice(&[u8::from(is_compressed)]);
        head.extend_from_slice(&prefix.to_be_bytes());
        let mut framed = SmallVec::new();
        if length <= MAX_COPIED_BYTES {
            parts.iter().for_each(|part| head.extend_from_slice(part));
            framed.push(head.freeze());
        } else {
            framed.push(head.freeze());
            framed.extend(parts.iter().filter(|part| !part.is_empty()).cloned());
        }
        Ok(Self { parts: framed, first: 0, remaining: length + 5 })
    }
}

impl Buf for Message {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        self.parts.get(self.first).map_or(&[], |part| part)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let parts = self.parts.get(self.first..).unwrap_or_default();
        let mut count = 0;
        for (slice, part) in slices.iter_mut().zip(parts) {
            *slice = IoSlice::new(part);
            count += 1;
        }
        count
    }

    fn advance(&mut self, count: usize) {
        let mut left = count;
        self.remaining = self.remaining.saturating_sub(count);
        while let Some(part) = self.parts.get_mut(self.first) {
            if left < part.len() {
                part.advance(left);
                return;
            }
            left -= part.len();
            // Frees what is sent while the rest waits for the peer's window.
            *part = Bytes::new();
            self.first += 1;
        }
    }
}
