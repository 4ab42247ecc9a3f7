use std::convert::Infallible;

use bytes::{Buf, Bytes};
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use proptest::prelude::*;

use super::{FramedMessage, FramingError, Unary, UnaryBody, read_unary};
use crate::pipeline::Budget;

fn read(
    pieces: Vec<Bytes>,
    max_bytes: usize,
    budget: Option<&Budget>,
) -> Result<Unary, FramingError> {
    let frames = pieces.into_iter().map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    let body = StreamBody::new(stream::iter(frames));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(read_unary(body, max_bytes, budget))
}

fn framed(is_compressed: bool, chunks: &[&[u8]]) -> Bytes {
    let chunks = chunks.iter().map(|chunk| Bytes::copy_from_slice(chunk));
    let mut message = FramedMessage::new(is_compressed, chunks).unwrap();
    message.copy_to_bytes(message.remaining())
}

#[test]
fn an_empty_body_has_no_message() {
    assert!(read(vec![], 10, None).unwrap().message.is_none());
}

#[test]
fn an_empty_message_is_a_message() {
    let message = read(vec![framed(false, &[])], 0, None).unwrap().message.unwrap();
    assert!(message.bytes.is_empty());
}

#[test]
fn a_length_over_the_limit_is_refused_from_its_prefix_alone() {
    let error = read(vec![Bytes::from_static(b"\0\0\0\0\x0b")], 10, None).unwrap_err();
    assert_eq!(error.to_string(), "grpc: received message larger than max (11 vs. 10)");
}

#[test]
fn the_declared_length_is_charged_until_the_message_is_dropped() {
    let budget = Budget::new(100);
    let unary = read(vec![framed(true, &[&[1; 60]])], 1000, Some(&budget)).unwrap();
    assert_eq!(budget.used(), 60);
    let refused = read(vec![Bytes::from_static(b"\0\0\0\0\x64")], 1000, Some(&budget));
    assert!(matches!(refused, Err(FramingError::OverBudget(_))));
    drop(unary);
    assert_eq!(budget.used(), 0);
}

#[test]
fn damaged_bodies_are_told_apart() {
    let check = |bytes: &'static [u8]| read(vec![Bytes::from_static(bytes)], 10, None).unwrap_err();
    assert!(matches!(check(b"\0\0\0\0\x02a"), FramingError::Truncated));
    assert!(matches!(check(b"\0\0\0"), FramingError::Truncated));
    assert!(matches!(check(b"\0\0\0\0\x01ab"), FramingError::ManyMessages));
    assert!(matches!(check(b"\x02\0\0\0\0"), FramingError::Flag(2)));
}

#[test]
fn a_large_message_in_one_piece_is_not_copied() {
    let whole = framed(false, &[&[3; 40_000]]);
    let message = read(vec![whole.clone()], 1 << 20, None).unwrap().message.unwrap();
    assert_eq!(message.bytes.as_ptr(), whole[5..].as_ptr());
}

#[tokio::test]
async fn an_answer_ends_with_its_trailers() {
    let message = FramedMessage::new(false, [Bytes::from_static(b"ok")]).unwrap();
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    let body = UnaryBody::response(message, trailers.clone());
    let collected = body.collect().await.unwrap();
    assert_eq!(collected.trailers(), Some(&trailers));
    assert_eq!(collected.to_bytes(), &b"\0\0\0\0\x02ok"[..]);
}

proptest! {
    #[test]
    fn a_message_arrives_however_it_is_cut(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..5),
        cuts in prop::collection::vec(1_usize..20, 0..30),
        is_compressed in any::<bool>(),
    ) {
        let slices: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        let mut whole = framed(is_compressed, &slices);
        let mut pieces = Vec::new();
        for cut in cuts {
            pieces.push(whole.split_to(cut.min(whole.len())));
        }
        pieces.push(whole);
        let message = read(pieces, 1000, None).unwrap().message.unwrap();
        prop_assert_eq!(&message.bytes[..], &chunks.concat()[..]);
        prop_assert_eq!(message.is_compressed, is_compressed);
    }

    #[test]
    fn any_bytes_never_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..6)) {
        let pieces = pieces.into_iter().map(Bytes::from).collect();
        if let Ok(Unary { message: Some(message), .. }) = read(pieces, 64, Some(&Budget::new(64))) {
            prop_assert!(message.bytes.len() <= 64);
        }
    }
}
