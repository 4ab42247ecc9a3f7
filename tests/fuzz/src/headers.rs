//! Any bytes as the values of the headers that we read: gRPC's trailers, `Retry-After`, codings.

use common::net::{
    compression::Coding,
    status::{GrpcCode, Status, rejected_by_http},
};
use http::{HeaderMap, HeaderValue};

const MAX_TRAILER_MESSAGE: usize = 4096;

/// One input.
pub fn run(bytes: &[u8]) {
    let mut values = bytes.split(|byte| *byte == b'\n');
    let mut trailers = HeaderMap::new();
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        if let Some(Ok(value)) = values.next().map(HeaderValue::from_bytes) {
            trailers.insert(name, value);
        }
    }
    if let Some(status) = Status::from_trailers(&trailers) {
        let rejected = status.clone().into_rejected();
        assert_eq!(rejected.retry_after, status.retry_delay);
        let mut written = HeaderMap::new();
        status.write_trailers(&mut written);
        let again = Status::from_trailers(&written).expect("our own trailers");
        assert_eq!((again.code, again.retry_delay), (status.code, status.retry_delay));
        if status.message.len() <= MAX_TRAILER_MESSAGE {
            assert_eq!(again.message, status.message);
        }
    }
    let text = String::from_utf8_lossy(bytes);
    let mut written = HeaderMap::new();
    Status::new(GrpcCode::Internal, text.clone()).write_trailers(&mut written);
    let again = Status::from_trailers(&written).expect("our own trailers");
    assert!(text.starts_with(&again.message));

    let rejected = rejected_by_http(429, Some(&text), "busy");
    if let Ok(seconds) = text.trim().parse::<u32>() {
        assert_eq!(rejected.retry_after.map(|wait| wait.as_secs()), Some(seconds.into()));
    }
    if let Some(coding) = Coding::from_name(&text) {
        assert_eq!(Coding::from_name(coding.name()), Some(coding));
    }
}
