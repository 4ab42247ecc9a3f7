//! Any bytes in any pieces as a gRPC body: one message within the limit, or an error.
#![no_main]

use std::convert::Infallible;

use bytes::Bytes;
use common::{net::grpc_framing, pipeline::Budget};
use futures_util::{FutureExt as _, stream};
use http_body_util::{StreamBody, combinators::BoxBody};
use libfuzzer_sys::fuzz_target;

const MAX_BYTES: usize = 1 << 10;

fuzz_target!(|input: (u8, &[u8])| {
    let (piece_bytes, bytes) = input;
    let pieces = bytes.chunks(usize::from(piece_bytes).max(1)).map(Bytes::copy_from_slice);
    let frames = pieces.map(|piece| Ok::<_, Infallible>(http_body::Frame::data(piece)));
    let body = BoxBody::new(StreamBody::new(stream::iter(frames.collect::<Vec<_>>())));
    let budget = Budget::new(u64::MAX);
    let unary = grpc_framing::read_unary(body, MAX_BYTES, Some(&budget)).now_or_never();
    if let Ok(unary) = unary.expect("everything is there already") {
        assert!(unary.message.is_none_or(|message| message.bytes.len() <= MAX_BYTES));
    }
    assert_eq!(budget.used(), 0);
});
