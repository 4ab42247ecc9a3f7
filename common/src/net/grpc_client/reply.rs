//! The reply to a unary call: one message, and the status in its trailers.

use bytes::{Bytes, BytesMut};
use h2::{Reason, RecvStream};
use http::{HeaderMap, Response, StatusCode};

use crate::net::{
    auth::AuthorizeError,
    status::{GrpcCode, Status},
};

/// Replies over this size are refused, as gRPC libraries do.
const MAX_REPLY_BYTES: usize = 4 << 20;

/// A call without a message to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the server answered, or what stands for the transport's failure.
    pub status: Status,
    /// Whether the server surely did not see the call.
    pub is_unprocessed: bool,
}

impl From<AuthorizeError> for Failure {
    fn from(error: AuthorizeError) -> Self {
        let code =
            if error.is_retryable { GrpcCode::Unavailable } else { GrpcCode::InvalidArgument };
        Self::new(code, error.message)
    }
}

impl Failure {
    /// A failure of our own finding.
    pub fn new(code: GrpcCode, message: impl Into<String>) -> Self {
        Self { status: Status::new(code, message), is_unprocessed: false }
    }

    pub(super) fn unsent(error: &h2::Error) -> Self {
        Self { is_unprocessed: true, ..Self::transport(error) }
    }

    pub(super) fn transport(error: &h2::Error) -> Self {
        let is_reset = error.is_reset() && error.is_remote();
        let code = match error.reason().filter(|_| is_reset) {
            Some(Reason::CANCEL) => GrpcCode::Cancelled,
            Some(Reason::INADEQUATE_SECURITY) => GrpcCode::PermissionDenied,
            // Upstream takes the rest for permanent, and would drop data because a proxy restarted.
            _ => GrpcCode::Unavailable,
        };
        // A server that goes away in peace answers the calls up to the last that it names, and fails only
        // those after it, which it has not seen.
        let is_going = error.is_go_away() && error.is_remote();
        let is_unprocessed = match error.reason() {
            Some(Reason::REFUSED_STREAM) => is_reset,
            Some(Reason::NO_ERROR) => is_going,
            _ => false,
        };
        Self { is_unprocessed, ..Self::new(code, format!("connection failed: {error}")) }
    }
}

/// Reads the reply to its end.
pub(super) async fn read(response: Response<RecvStream>) -> Result<Bytes, Failure> {
    let (head, mut body) = response.into_parts();
    if let Some(result) = status_of(&head.headers) {
        return result.map(|()| Bytes::new());
    }
    if head.status != StatusCode::OK {
        return Err(from_http(head.status));
    }
    if !is_grpc(&head.headers) {
        let kind = head.headers.get(http::header::CONTENT_TYPE);
        let kind = kind.map_or("nothing".into(), |kind| String::from_utf8_lossy(kind.as_bytes()));
        return Err(Failure::new(
            GrpcCode::Unknown,
            format!("the server answered {kind}, expected application/grpc"),
        ));
    }
    let message = read_body(&mut body).await?;
    let trailers = body.trailers().await.map_err(|error| Failure::transport(&error))?;
    match trailers.as_ref().and_then(status_of) {
        Some(Ok(())) => unframe(message),
        Some(Err(failure)) => Err(failure),
        None => {
            Err(Failure::new(GrpcCode::Internal, "the server ended its reply without grpc-status"))
        }
    }
}

async fn read_body(body: &mut RecvStream) -> Result<Bytes, Failure> {
    let mut whole = Bytes::new();
    while let Some(data) = body.data().await {
        let data = data.map_err(|error| Failure::transport(&error))?;
        if body.flow_control().release_capacity(data.len()).is_err() {
            return Err(Failure::new(GrpcCode::Internal, "broken flow control in the reply"));
        }
        if whole.is_empty() {
            whole = data;
            continue;
        }
        if whole.len() + data.len() > MAX_REPLY_BYTES {
            return Err(Failure::new(
                GrpcCode::ResourceExhausted,
                "the reply is larger than 4 MiB",
            ));
        }
        let mut joined = BytesMut::with_capacity(whole.len() + data.len());
        joined.extend_from_slice(&whole);
        joined.extend_from_slice(&data);
        whole = joined.freeze();
    }
    Ok(whole)
}

fn unframe(mut reply: Bytes) -> Result<Bytes, Failure> {
    let broken = |what: &str| Failure::new(GrpcCode::Internal, format!("broken reply: {what}"));
    let Some((prefix, _)) = reply.split_first_chunk::<5>() else {
        return Err(broken("no message"));
    };
    let [flag, length @ ..] = *prefix;
    if flag != 0 {
        return Err(broken("compressed although nothing was offered"));
    }
    if usize::try_from(u32::from_be_bytes(length)).ok() != reply.len().checked_sub(5) {
        return Err(broken("the message's length is not what its prefix says"));
    }
    Ok(reply.split_off(5))
}

/// The status in headers or trailers, if there is one.
fn status_of(headers: &HeaderMap) -> Option<Result<(), Failure>> {
    let status = Status::from_trailers(headers)?;
    Some(match status.code {
        GrpcCode::Ok => Ok(()),
        _ => Err(Failure { status, is_unprocessed: false }),
    })
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// What stands for an HTTP status where gRPC was expected (gRPC: `http-grpc-status-mapping.md`).
fn from_http(status: StatusCode) -> Failure {
    let code = match status.as_u16() {
        400 => GrpcCode::Internal,
        401 => GrpcCode::Unauthenticated,
        403 => GrpcCode::PermissionDenied,
        404 => GrpcCode::Unimplemented,
        429 | 502..=504 => GrpcCode::Unavailable,
        _ => GrpcCode::Unknown,
    };
    Failure::new(code, format!("the server answered HTTP status {status} instead of a gRPC reply"))
}
