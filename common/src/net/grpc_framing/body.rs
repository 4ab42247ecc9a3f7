//! The sending side: a message and its trailers as an HTTP body.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io::IoSlice,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use super::{FramingError, PREFIX_LEN};

/// A prefix and the chunks of one message, written without joining them.
#[derive(Clone, Debug)]
pub struct FramedMessage {
    pieces: VecDeque<Bytes>,
    remaining: usize,
}

impl FramedMessage {
    /// Frames the message that the chunks are together.
    ///
    /// # Errors
    /// [`FramingError::TooLarge`] over 4 GiB, which the prefix cannot tell.
    pub fn new(
        is_compressed: bool,
        chunks: impl IntoIterator<Item = Bytes>,
    ) -> Result<Self, FramingError> {
        let mut pieces = VecDeque::from([Bytes::new()]);
        pieces.extend(chunks.into_iter().filter(|chunk| !chunk.is_empty()));
        let declared = pieces.iter().map(Bytes::len).sum();
        let length = u32::try_from(declared)
            .map_err(|_| FramingError::TooLarge { declared, max_bytes: u32::MAX as usize })?;
        let mut prefix = vec![u8::from(is_compressed)];
        prefix.extend(length.to_be_bytes());
        if let Some(first) = pieces.front_mut() {
            *first = prefix.into();
        }
        Ok(Self { pieces, remaining: declared + PREFIX_LEN })
    }
}

impl Buf for FramedMessage {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| piece)
    }

    fn chunks_vectored<'a>(&'a self, target: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        for (slice, piece) in target.iter_mut().zip(&self.pieces) {
            *slice = IoSlice::new(piece);
            filled += 1;
        }
        filled
    }

    fn advance(&mut self, mut count: usize) {
        self.remaining = self.remaining.saturating_sub(count);
        while let Some(first) = self.pieces.front_mut() {
            if first.len() > count {
                first.advance(count);
                return;
            }
            count -= first.len();
            self.pieces.pop_front();
        }
    }
}

/// The body of a unary call: one message, then trailers if there are any.
#[derive(Clone, Debug, Default)]
pub struct UnaryBody {
    message: Option<FramedMessage>,
    trailers: Option<HeaderMap>,
}

impl UnaryBody {
    /// The body of a request.
    #[must_use]
    pub const fn request(message: FramedMessage) -> Self {
        Self { message: Some(message), trailers: None }
    }

    /// The body of an answer.
    #[must_use]
    pub const fn response(message: FramedMessage, trailers: HeaderMap) -> Self {
        Self { message: Some(message), trailers: Some(trailers) }
    }

    /// The body of an answer whose headers say it all.
    #[must_use]
    pub const fn empty() -> Self {
        Self { message: None, trailers: None }
    }
}

impl Body for UnaryBody {
    type Data = FramedMessage;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<FramedMessage>, Infallible>>> {
        if let Some(message) = self.message.take() {
            return Poll::Ready(Some(Ok(Frame::data(message))));
        }
        Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.message.is_none() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.message.as_ref().map_or(0, Buf::remaining) as u64)
    }
}
