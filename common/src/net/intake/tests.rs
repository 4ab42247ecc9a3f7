use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;

use super::{Arrival, Format, Intake, context};
use crate::{
    net::compression::{Coding, compress},
    pipeline::{Accepted, Books, Budget, Edge, Identity, Reason, RequestContext},
    signal::Signal,
    telemetry::Metrics,
    testing::RecordingSink,
};

const ONE_SPAN: &[u8] = b"\x0a\x09\x12\x07\x12\x05\x2a\x03abc";

fn intake(sink: &RecordingSink) -> Intake {
    let edge = Edge::from_source(Books::unread());
    edge.connect(Arc::new(sink.clone()), Books::unread());
    Intake::open([&edge, &edge, &edge], &Metrics::default(), "otlp", "grpc")
}

fn arrival(budget: &Budget, coding: Coding, message: impl Into<Bytes>) -> Arrival {
    let message = message.into();
    Arrival {
        charge: budget.reserve(message.len()).unwrap(),
        message,
        coding,
        format: Format::Protobuf,
        max_bytes: 1000,
        context: RequestContext::EMPTY,
    }
}

#[tokio::test]
async fn what_is_held_is_what_is_charged() {
    let (sink, budget) = (RecordingSink::default(), Budget::new(1000));
    let intake = intake(&sink);
    let packed = compress(Coding::Gzip, None, &[ONE_SPAN.into()]);
    let taken = intake.take(Signal::Traces, arrival(&budget, Coding::Gzip, packed)).await;
    assert_eq!(taken, Ok(Accepted::FULLY));
    assert_eq!(budget.used(), ONE_SPAN.len() as u64);
    drop(sink.take());
    assert_eq!(budget.used(), 0);
}

#[tokio::test]
async fn a_message_that_is_not_copied_stays_where_it_is() {
    let (sink, budget) = (RecordingSink::default(), Budget::new(1000));
    let message = Bytes::from_static(ONE_SPAN);
    let arrival = arrival(&budget, Coding::Identity, message.clone());
    intake(&sink).take(Signal::Traces, arrival).await.unwrap();
    assert_eq!(sink.payloads()[0].chunks()[0].as_ptr(), message.as_ptr());
}

#[tokio::test]
async fn no_room_for_the_decompressed_form_is_overload() {
    let (sink, budget) = (RecordingSink::default(), Budget::new(200));
    let packed = compress(Coding::Zstd, None, &[vec![0; 900].into()]);
    let arrival = arrival(&budget, Coding::Zstd, packed);
    let rejected = intake(&sink).take(Signal::Traces, arrival).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert_eq!(rejected.message, "data refused due to high memory usage");
    assert!(rejected.retry_after.is_some());
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_context_without_anything_to_tell_is_empty() {
    assert_eq!(context(None, None, Some("host"), Identity::default()), RequestContext::EMPTY);
    let mut headers = HeaderMap::new();
    headers.insert("host", "own".parse().unwrap());
    let context = context(None, Some(&headers), Some("authority"), Identity::default());
    assert_eq!(context.metadata("host").collect::<Vec<_>>(), ["own"]);
}
