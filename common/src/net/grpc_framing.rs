//! Reads and writes the one length-prefixed message of a unary gRPC call.
//!
//! A message is charged from its declared length before any of it is buffered, and gathered into one
//! buffer of exactly that size. Source: "gRPC over HTTP2", "Length-Prefixed-Message".

mod body;
#[cfg(test)]
mod tests;

use std::{future::poll_fn, pin::Pin};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::Body;

pub use body::{FramedMessage, UnaryBody};

use crate::pipeline::{Budget, Charge, OverBudget};

/// Flag and length before each message.
const PREFIX_LEN: usize = 5;
/// A message at least this long that arrived in one piece is kept as it is: the read buffer that it
/// pins is then little larger than itself.
const MIN_ZERO_COPY_BYTES: usize = 32 << 10;

/// What the body of a unary call held.
#[derive(Debug, Default)]
pub struct Unary {
    /// The message; none if the body ended before one, as in a call that failed.
    pub message: Option<Message>,
    /// The trailers, if any came.
    pub trailers: Option<HeaderMap>,
}

/// A message as it came, perhaps compressed.
#[derive(Debug)]
pub struct Message {
    /// The content after the prefix.
    pub bytes: Bytes,
    /// Whether it is in the coding that `grpc-encoding` names.
    pub is_compressed: bool,
    /// The bytes taken from the budget for it.
    pub charge: Charge,
}

/// A body that is not one gRPC message.
#[derive(Debug, thiserror::Error)]
pub enum FramingError {
    /// The declared length is over the limit.
    #[error("grpc: received message larger than max ({declared} vs. {max_bytes})")]
    TooLarge {
        /// The length in the prefix.
        declared: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// The budget has no room for the declared length.
    #[error("data refused due to high memory usage")]
    OverBudget(#[source] OverBudget),
    /// The body ended inside the message.
    #[error("body ends inside a message")]
    Truncated,
    /// More bytes after the message.
    #[error("more than one message in a unary call")]
    ManyMessages,
    /// A flag byte other than 0 and 1.
    #[error("invalid flag byte {0} before a message, expected 0 or 1")]
    Flag(u8),
    /// The connection failed.
    #[error("reading the body failed")]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Reads a body to its end: at most one message of at most `max_bytes`, and the trailers.
///
/// Without a budget nothing is charged.
///
/// # Errors
/// [`FramingError`], after which the body should be dropped.
pub async fn read_unary<B>(
    body: B,
    max_bytes: usize,
    budget: Option<&Budget>,
) -> Result<Unary, FramingError>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut body = std::pin::pin!(body);
    let mut reader =
        Reader { max_bytes, budget, state: State::Prefix { bytes: [0; 5], filled: 0 } };
    let mut trailers = None;
    while let Some(frame) = next_frame(body.as_mut()).await {
        let frame = frame.map_err(|error| FramingError::Transport(error.into()))?;
        match frame.into_data() {
            Ok(data) => reader.push(data)?,
            Err(frame) => trailers = frame.into_trailers().ok().or(trailers),
        }
    }
    Ok(Unary { message: reader.finish()?, trailers })
}

async fn next_frame<B: Body>(
    mut body: Pin<&mut B>,
) -> Option<Result<http_body::Frame<B::Data>, B::Error>> {
    if body.is_end_stream() {
        return None;
    }
    poll_fn(|context| body.as_mut().poll_frame(context)).await
}

struct Reader<'a> {
    max_bytes: usize,
    budget: Option<&'a Budget>,
    state: State,
}

enum State {
    Prefix { bytes: [u8; PREFIX_LEN], filled: usize },
    Content { length: usize, buffer: Vec<u8>, is_compressed: bool, charge: Charge },
    Done(Message),
}

impl Reader<'_> {
    fn push(&mut self, mut data: Bytes) -> Result<(), FramingError> {
        if let State::Prefix { bytes, filled } = &mut self.state {
            let free = bytes.get_mut(*filled..).unwrap_or_default();
            let count = free.len().min(data.len());
            if let Some(free) = free.get_mut(..count) {
                data.copy_to_slice(free);
            }
            *filled += count;
            if *filled < PREFIX_LEN {
                return Ok(());
            }
            let prefix = *bytes;
            self.state = self.start(prefix, &mut data)?;
        }
        match &mut self.state {
            State::Content { length, buffer, is_compressed, charge } => {
                if buffer.capacity() == 0 {
                    buffer.reserve_exact(*length);
                }
                let wanted = data.len().min(*length - buffer.len());
                buffer.extend_from_slice(data.get(..wanted).unwrap_or_default());
                data.advance(wanted);
                if buffer.len() == *length {
                    self.state = State::Done(Message {
                        bytes: std::mem::take(buffer).into(),
                        is_compressed: *is_compressed,
                        charge: std::mem::take(charge),
                    });
                }
            }
            State::Prefix { .. } | State::Done(_) => {}
        }
        if data.is_empty() { Ok(()) } else { Err(FramingError::ManyMessages) }
    }

    /// What follows a prefix; takes the content at once if it is all there.
    fn start(
        &self,
        [flag, length @ ..]: [u8; PREFIX_LEN],
        data: &mut Bytes,
    ) -> Result<State, FramingError> {
        let is_compressed = match flag {
            0 => false,
            1 => true,
            other => return Err(FramingError::Flag(other)),
        };
        let length = u32::from_be_bytes(length) as usize;
        if length > self.max_bytes {
            return Err(FramingError::TooLarge { declared: length, max_bytes: self.max_bytes });
        }
        let charge = match self.budget {
            Some(budget) => budget.reserve(length).map_err(FramingError::OverBudget)?,
            None => Charge::NONE,
        };
        if data.len() >= length {
            let content = data.split_to(length);
            let bytes = if length < MIN_ZERO_COPY_BYTES {
                Bytes::copy_from_slice(&content)
            } else {
                content
            };
            return Ok(State::Done(Message { bytes, is_compressed, charge }));
        }
        Ok(State::Content { length, buffer: Vec::new(), is_compressed, charge })
    }

    fn finish(self) -> Result<Option<Message>, FramingError> {
        match self.state {
            State::Done(message) => Ok(Some(message)),
            State::Prefix { filled: 0, .. } => Ok(None),
            State::Prefix { .. } | State::Content { .. } => Err(FramingError::Truncated),
        }
    }
}
