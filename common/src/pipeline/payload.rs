//! Telemetry of one signal on its way through a collector: OTLP bytes and what is known of them.

use bytes::Bytes;
use smallvec::{SmallVec, smallvec};

use crate::{
    pipeline::{Charge, RequestContext},
    signal::Signal,
};

/// Encoded export requests of one signal.
///
/// Concatenated protobuf messages are one message, so merging appends to a list and a send writes
/// the list in one go. Whoever makes a `Payload` has validated the bytes (`otlp::envelope::walk`) and
/// counted the items. Cloning shares bytes and charges.
#[derive(Clone, Debug)]
pub struct Payload {
    signal: Signal,
    chunks: SmallVec<[Bytes; 1]>,
    items: usize,
    bytes: usize,
    context: RequestContext,
    charges: SmallVec<[Charge; 1]>,
}

impl Payload {
    /// A payload of one validated request with so many items.
    #[must_use]
    pub fn new(signal: Signal, request: Bytes, items: usize, charge: Charge) -> Self {
        Self {
            signal,
            bytes: request.len(),
            chunks: smallvec![request],
            items,
            context: RequestContext::EMPTY,
            charges: smallvec![charge],
        }
    }

    /// The same with the context of its request.
    #[must_use]
    pub fn with_context(mut self, context: RequestContext) -> Self {
        self.context = context;
        self
    }

    /// Which signal the bytes are of.
    #[must_use]
    pub const fn signal(&self) -> Signal {
        self.signal
    }

    /// Spans, data points or log records inside.
    #[must_use]
    pub const fn items(&self) -> usize {
        self.items
    }

    /// Whether there is nothing to pass on.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// Encoded size in bytes, of all chunks together.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.bytes
    }

    /// The encoded requests; read one after the other they are one export request.
    #[must_use]
    pub fn chunks(&self) -> &[Bytes] {
        &self.chunks
    }

    /// The request's context.
    #[must_use]
    pub const fn context(&self) -> &RequestContext {
        &self.context
    }

    /// What the bytes are charged to.
    #[must_use]
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// Replaces the content after an edit that kept the same signal and context.
    ///
    /// The charges stay: an edit may change the size by a little, and what it replaced is freed with
    /// them. An edit that grows a payload by a lot charges the growth first ([`Charge::grow`]).
    #[must_use]
    pub fn with_content(mut self, chunks: SmallVec<[Bytes; 1]>, items: usize) -> Self {
        self.bytes = chunks.iter().map(Bytes::len).sum();
        self.chunks = chunks;
        self.items = items;
        self
    }

    /// A charge for a copy made for sending, to the same budget and whatever its limit.
    #[must_use]
    pub fn charge_copy(&self, bytes: usize) -> Charge {
        self.charges.first().map_or(Charge::NONE, |charge| charge.beside(bytes))
    }

    /// The same with bytes charged beside what it is charged for already.
    #[must_use]
    pub(super) fn charged_for_copy(mut self, bytes: usize) -> Self {
        let copy = self.charge_copy(bytes);
        self.charges.push(copy);
        self
    }

    /// Appends another payload of the same signal; the context of `self` stays.
    pub fn merge(&mut self, other: Self) {
        debug_assert_eq!(self.signal, other.signal, "payloads of one signal merge");
        self.items += other.items;
        self.bytes += other.bytes;
        self.chunks.extend(other.chunks);
        self.charges.extend(other.charges);
    }

    /// All bytes in one buffer; free if there is one chunk.
    #[must_use]
    pub fn contiguous(&self) -> Bytes {
        match self.chunks.as_slice() {
            [only] => only.clone(),
            chunks => chunks.concat().into(),
        }
    }
}
