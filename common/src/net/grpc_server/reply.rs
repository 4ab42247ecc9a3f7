//! Answers as HTTP/2 responses.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use crate::net::{
    grpc_framing::{FramedMessage, UnaryBody},
    status::{GrpcCode, Status, codec::GRPC_STATUS},
};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const CODINGS: HeaderValue = HeaderValue::from_static("identity,gzip,zstd,snappy,deflate");

/// The message and an OK.
pub(super) fn success(message: Bytes) -> Response<UnaryBody> {
    let Ok(message) = FramedMessage::new(false, [message]) else {
        return failure(&Status::new(GrpcCode::Internal, "the answer is too large"));
    };
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert(GRPC_STATUS, HeaderValue::from_static("0"));
    let mut response = Response::new(UnaryBody::response(message, trailers));
    response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
    response
}

/// Headers that say it all ("Trailers-Only").
pub(super) fn failure(status: &Status) -> Response<UnaryBody> {
    let mut response = Response::new(UnaryBody::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    if status.code == GrpcCode::Unimplemented {
        headers.insert(ACCEPT_ENCODING, CODINGS);
    }
    status.write_trailers(headers);
    response
}

/// What gRPC says to a client that speaks something else.
pub(super) fn unsupported_media_type() -> Response<UnaryBody> {
    let mut response = failure(&Status::new(
        GrpcCode::Internal,
        "expected a POST request with content-type application/grpc",
    ));
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    response
}
