//! Any bytes in any pieces as a gRPC body: one message within the limits, or the error that it is.

use std::convert::Infallible;

use bytes::{Buf, Bytes};
use common::{
    net::grpc_framing::{FramedMessage, FramingError, Unary, read_unary},
    pipeline::Budget,
};
use futures_util::{FutureExt as _, stream};
use http::HeaderMap;
use http_body::Frame;
use http_body_util::StreamBody;

const MAX_BYTES: usize = 1 << 10;

/// One input: the size of the pieces, the budget, whether there are trailers, and the body.
pub fn run(input: &[u8]) {
    let Some((&[piece, budget, end], body)) = input.split_first_chunk() else { return };
    let limit = u64::from(budget) * 8;
    let budget = Budget::new(if limit == 0 { u64::MAX } else { limit });
    let mut pieces = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        // Pieces of no bytes too.
        let len = usize::from(piece).wrapping_mul(pieces.len() + 1) % 97;
        let (one, after) = rest.split_at(len.min(rest.len()));
        pieces.push(Bytes::copy_from_slice(one));
        rest = if pieces.len() > 2 * body.len() { &[] } else { after };
    }
    let (seen, has_trailers) = (pieces.concat(), end % 2 == 1);
    let in_pieces = told(unary(pieces, has_trailers, &budget), has_trailers);
    let whole = told(unary(vec![seen.clone().into()], has_trailers, &budget), has_trailers);
    assert_eq!(in_pieces, whole, "the same however it comes");
    assert_eq!(in_pieces, expected(&seen, &budget));
    assert_eq!(budget.used(), 0);
    written(body, end % 2 == 1);
}

fn unary(pieces: Vec<Bytes>, has_trailers: bool, budget: &Budget) -> Result<Unary, FramingError> {
    let frames = pieces.into_iter().map(Frame::data);
    let end = has_trailers.then(|| Frame::trailers(HeaderMap::new()));
    let frames = frames.chain(end).map(Ok::<_, Infallible>).collect::<Vec<_>>();
    let body = StreamBody::new(stream::iter(frames));
    let read = read_unary(body, MAX_BYTES, Some(budget)).now_or_never();
    let read = read.expect("everything is there already");
    if let Ok(Unary { message: Some(message), .. }) = &read {
        assert!(budget.used() >= message.bytes.len() as u64);
    }
    read
}

#[derive(Debug, PartialEq)]
enum Told {
    Nothing,
    Message(bool, Vec<u8>),
    TooLarge,
    OverBudget,
    Truncated,
    ManyMessages,
    Flag(u8),
}

fn told(read: Result<Unary, FramingError>, has_trailers: bool) -> Told {
    match read {
        Ok(Unary { message, trailers }) => {
            assert_eq!(trailers.is_some(), has_trailers);
            message.map_or(Told::Nothing, |message| {
                Told::Message(message.is_compressed, message.bytes.to_vec())
            })
        }
        Err(FramingError::TooLarge { .. }) => Told::TooLarge,
        Err(FramingError::OverBudget(_)) => Told::OverBudget,
        Err(FramingError::Truncated) => Told::Truncated,
        Err(FramingError::ManyMessages) => Told::ManyMessages,
        Err(FramingError::Flag(flag)) => Told::Flag(flag),
        Err(FramingError::Transport(error)) => panic!("{error}"),
    }
}

/// What the specification says of a body.
fn expected(body: &[u8], budget: &Budget) -> Told {
    let Some((&[flag, a, b, c, d], content)) = body.split_first_chunk() else {
        return if body.is_empty() { Told::Nothing } else { Told::Truncated };
    };
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    match flag {
        0 | 1 if length > MAX_BYTES => Told::TooLarge,
        0 | 1 if budget.reserve(length).is_err() => Told::OverBudget,
        0 | 1 if content.len() < length => Told::Truncated,
        0 | 1 if content.len() > length => Told::ManyMessages,
        0 | 1 => Told::Message(flag == 1, content.to_vec()),
        other => Told::Flag(other),
    }
}

/// What we write is what was to be written, wherever it is cut.
fn written(content: &[u8], is_compressed: bool) {
    let chunks = content.chunks(7).map(Bytes::copy_from_slice);
    let mut message = FramedMessage::new(is_compressed, chunks).expect("it is small");
    assert_eq!(message.remaining(), content.len() + 5);
    let mut out = Vec::new();
    while message.has_remaining() {
        let count = message.chunk().len().min(3 + out.len() % 5).max(1);
        let mut piece = vec![0; count.min(message.remaining())];
        message.copy_to_slice(&mut piece);
        out.extend(piece);
    }
    assert_eq!(out.first(), Some(&u8::from(is_compressed)));
    assert_eq!(out.get(5..), Some(content));
}
