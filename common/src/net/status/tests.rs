use std::time::{Duration, UNIX_EPOCH};

use http::HeaderMap;
use proptest::prelude::*;

use super::{GrpcCode, Status, codec, grpc_code, http_status, rejected_by_http};
use crate::pipeline::{Reason, Rejected};

#[test]
fn each_reason_has_its_codes() {
    let table: Vec<_> = Reason::ALL
        .iter()
        .map(|reason| (reason.label(), grpc_code(*reason).number(), http_status(*reason).as_u16()))
        .collect();
    assert_eq!(
        table,
        [
            ("malformed", 3, 400),
            ("too_large", 8, 413),
            ("unauthenticated", 16, 401),
            ("forbidden", 7, 403),
            ("unsupported", 12, 404),
            ("refused", 13, 500),
            ("overloaded", 14, 503),
            ("unavailable", 14, 503),
            ("timed_out", 4, 503),
            ("shutting_down", 14, 503),
            ("internal", 13, 500),
        ]
    );
}

#[test]
fn a_client_retries_what_we_call_retryable_and_nothing_else() {
    for reason in Reason::ALL {
        let status = Status::from(&Rejected::new(reason, "why"));
        assert_eq!(
            status.clone().into_rejected().is_retryable(),
            reason.is_retryable(),
            "{reason:?}"
        );
        let over_http = rejected_by_http(http_status(reason).as_u16(), None, "why");
        assert_eq!(over_http.is_retryable(), reason.is_retryable(), "{reason:?}");
    }
}

#[test]
fn codes_of_a_backend_are_retried_as_upstream_does() {
    let retried: Vec<u8> = GrpcCode::ALL
        .into_iter()
        .filter(|code| Status::new(*code, "").into_rejected().is_retryable())
        .map(GrpcCode::number)
        .collect();
    assert_eq!(retried, [1, 4, 10, 11, 14, 15]);
    let exhausted = Status {
        retry_delay: Some(Duration::from_secs(3)),
        ..Status::new(GrpcCode::ResourceExhausted, "quota")
    };
    assert!(exhausted.into_rejected().is_retryable());
    let retried: Vec<u16> =
        (300..600).filter(|code| rejected_by_http(*code, None, "").is_retryable()).collect();
    assert_eq!(retried, [429, 502, 503, 504]);
}

#[test]
fn an_oversize_answer_is_known_by_its_text() {
    let text = "grpc: received message larger than max (5242904 vs. 4194304)";
    let rejected = Status::new(GrpcCode::ResourceExhausted, text).into_rejected();
    assert_eq!(rejected.reason, Reason::TooLarge);
}

#[test]
fn the_json_form_is_that_of_proto3() {
    let rejected =
        Rejected::new(Reason::Overloaded, "full").retry_after(Duration::from_millis(1500));
    let status = Status::from(&rejected);
    assert_eq!(
        String::from_utf8(status.to_json()).unwrap(),
        r#"{"code":14,"message":"full","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.500s"}]}"#
    );
    assert_eq!(status.retry_after_seconds(), Some(1));
    assert_eq!(Status::new(GrpcCode::Internal, "x").to_json(), br#"{"code":13,"message":"x"}"#);
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now = UNIX_EPOCH + Duration::from_secs(784_111_770);
    let check = |value| codec::retry_after(value, now).map(|delay| delay.as_secs());
    assert_eq!(check("120"), Some(120));
    assert_eq!(check("Sun, 06 Nov 1994 08:49:37 GMT"), Some(7));
    assert_eq!(check("Sun, 06 Nov 1993 08:49:37 GMT"), Some(0));
    assert_eq!(check("soon"), None);
    assert_eq!(check("-1"), None);
}

proptest! {
    #[test]
    fn trailers_bring_back_what_was_written(
        code in 0_u64..17, message in "\\PC{0,80}|%[0-9a-f]{0,3}", delay in prop::option::of(0_u64..100_000),
    ) {
        let status = Status {
            code: GrpcCode::from_number(code),
            message,
            retry_delay: delay.map(Duration::from_millis),
        };
        let mut trailers = HeaderMap::new();
        status.write_trailers(&mut trailers);
        prop_assert_eq!(Status::from_trailers(&trailers), Some(status.clone()));
        prop_assert_eq!(Status::from_proto(&status.to_proto()), status);
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let status = Status::from_proto(&bytes);
        prop_assert!(status.message.len() <= bytes.len() * 3);
        let mut trailers = HeaderMap::new();
        for name in [codec::GRPC_STATUS, codec::GRPC_MESSAGE, codec::GRPC_STATUS_DETAILS] {
            if let Ok(value) = http::HeaderValue::from_bytes(&bytes) {
                trailers.insert(name, value);
            }
        }
        let _ignored = Status::from_trailers(&trailers);
    }
}
