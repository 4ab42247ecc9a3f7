//! The one code table: how a rejection is told to a client, and what a backend's answer means.
//!
//! Sources: OTLP specification 1.x, "Failures" and "Retryable Response Codes"; google.rpc.Status.

pub mod codec;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::StatusCode;

use crate::pipeline::{Reason, Rejected};

/// A gRPC status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are gRPC's own")]
pub enum GrpcCode {
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

impl GrpcCode {
    /// Every code, in the order of their numbers.
    pub const ALL: [Self; 17] = [
        Self::Ok,
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The code with this number; numbers that gRPC does not know count as `Unknown`.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        usize::try_from(number)
            .ok()
            .and_then(|index| Self::ALL.get(index).copied())
            .unwrap_or(Self::Unknown)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The name that gRPC's specification gives it, as metrics have it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// The code that an answer of plain HTTP stands for.
    #[must_use]
    pub const fn from_http(status: u16) -> Self {
        match status {
            400 => Self::InvalidArgument,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 => Self::ResourceExhausted,
            502..=504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// The HTTP status that OTLP/HTTP answers for this code.
    #[must_use]
    pub const fn http_status(self) -> StatusCode {
        match self {
            Self::Ok => StatusCode::OK,
            Self::Cancelled
            | Self::DeadlineExceeded
            | Self::Aborted
            | Self::OutOfRange
            | Self::Unavailable
            | Self::DataLoss => StatusCode::SERVICE_UNAVAILABLE,
            Self::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Self::InvalidArgument => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::Unimplemented => StatusCode::NOT_FOUND,
            Self::Unknown
            | Self::NotFound
            | Self::AlreadyExists
            | Self::FailedPrecondition
            | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// An error as it crosses the network: `google.rpc.Status` with the one detail that OTLP uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The code.
    pub code: GrpcCode,
    /// For people.
    pub message: String,
    /// The `RetryInfo` detail.
    pub retry_delay: Option<Duration>,
}

impl Status {
    /// A status without details.
    pub fn new(code: GrpcCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_delay: None }
    }

    /// What `Retry-After` says for it: whole seconds, at least one.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_delay.map(|delay| delay.as_secs().max(1))
    }

    /// What this answer of a backend means for the payload that was sent.
    #[must_use]
    pub fn into_rejected(self) -> Rejected {
        let reason = match self.code {
            // Peers have no code of their own for an oversize message, so the text must tell.
            GrpcCode::ResourceExhausted | GrpcCode::OutOfRange if self.tells_oversize() => {
                Reason::TooLarge
            }
            GrpcCode::ResourceExhausted if self.retry_delay.is_some() => Reason::Overloaded,
            GrpcCode::DeadlineExceeded => Reason::TimedOut,
            GrpcCode::Cancelled
            | GrpcCode::Aborted
            | GrpcCode::OutOfRange
            | GrpcCode::Unavailable
            | GrpcCode::DataLoss => Reason::Unavailable,
            GrpcCode::InvalidArgument => Reason::Malformed,
            GrpcCode::Unauthenticated => Reason::Unauthenticated,
            GrpcCode::PermissionDenied => Reason::Forbidden,
            GrpcCode::Unimplemented => Reason::Unsupported,
            _ => Reason::Refused,
        };
        // In the words of upstream's logs, which people search.
        let message = format!("rpc error: code = {:?} desc = {}", self.code, self.message);
        Rejected { reason, message: message.into(), retry_after: self.retry_delay }
    }

    /// Whether the text is one that gRPC libraries use for a message over the receiver's limit.
    fn tells_oversize(&self) -> bool {
        ["larger than max", "exceeds maximum size", "message length too large"]
            .iter()
            .any(|text| self.message.contains(text))
    }
}

impl From<&Rejected> for Status {
    fn from(rejected: &Rejected) -> Self {
        // A refusal for lack of room always says when to come back, so that clients may retry it.
        let default_delay =
            (rejected.reason == Reason::Overloaded).then_some(Duration::from_secs(1));
        Self {
            code: grpc_code(rejected.reason),
            message: rejected.message.clone().into_owned(),
            retry_delay: rejected.retry_after.or(default_delay).filter(|_| rejected.is_retryable()),
        }
    }
}

/// The gRPC code that tells a client this reason.
#[must_use]
pub const fn grpc_code(reason: Reason) -> GrpcCode {
    match reason {
        Reason::Malformed => GrpcCode::InvalidArgument,
        Reason::TooLarge => GrpcCode::ResourceExhausted,
        Reason::Unauthenticated => GrpcCode::Unauthenticated,
        Reason::Forbidden => GrpcCode::PermissionDenied,
        Reason::Unsupported => GrpcCode::Unimplemented,
        Reason::Refused | Reason::Internal => GrpcCode::Internal,
        Reason::Overloaded | Reason::Unavailable | Reason::ShuttingDown => GrpcCode::Unavailable,
        Reason::TimedOut => GrpcCode::DeadlineExceeded,
    }
}

/// The HTTP status that tells a client this reason.
#[must_use]
pub const fn http_status(reason: Reason) -> StatusCode {
    match reason {
        // 429 would make clients send the same again.
        Reason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        other => grpc_code(other).http_status(),
    }
}

/// What an HTTP answer of a backend means for the payload that was sent. `message` is for people,
/// `retry_after` the header's value.
#[must_use]
pub fn rejected_by_http(
    status: u16,
    retry_after: Option<&str>,
    message: impl Into<String>,
) -> Rejected {
    let reason = match status {
        400 => Reason::Malformed,
        401 => Reason::Unauthenticated,
        403 => Reason::Forbidden,
        404 => Reason::Unsupported,
        413 => Reason::TooLarge,
        429 => Reason::Overloaded,
        502 | 503 => Reason::Unavailable,
        504 => Reason::TimedOut,
        _ => Reason::Refused,
    };
    let retry_after = retry_after
        .filter(|_| matches!(status, 429 | 503))
        .and_then(|value| codec::retry_after(value, std::time::SystemTime::now()));
    Rejected { reason, message: message.into().into(), retry_after }
}
