//! `google.rpc.Status` with a `RetryInfo`, as gRPC carries it in `grpc-status-details-bin`.

use std::time::Duration;

use prost::Message;

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// An encoded status that asks for another try after a delay.
#[must_use]
pub fn with_retry_delay(code: u32, message: &str, delay: Duration) -> Vec<u8> {
    let info = RetryInfo {
        retry_delay: Some(Delay {
            seconds: i64::try_from(delay.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(delay.subsec_nanos()).unwrap_or(0),
        }),
    };
    let details = vec![Any { type_url: RETRY_INFO.to_owned(), value: info.encode_to_vec() }];
    let code = i32::try_from(code).unwrap_or(2);
    Status { code, message: message.to_owned(), details }.encode_to_vec()
}

/// The delay that an encoded status asks for, if it does.
#[must_use]
pub fn retry_delay(status: &[u8]) -> Option<Duration> {
    let status: Status = super::decode(status);
    let any = status.details.into_iter().find(|any| any.type_url == RETRY_INFO)?;
    let info: RetryInfo = super::decode(&any.value);
    let delay = info.retry_delay?;
    Some(Duration::new(u64::try_from(delay.seconds).ok()?, u32::try_from(delay.nanos).ok()?))
}

/// The code and message of an encoded status, as HTTP bodies carry it.
#[must_use]
pub fn code_and_message(status: &[u8]) -> (i32, String) {
    let status: Status = super::decode(status);
    (status.code, status.message)
}
