use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use proptest::prelude::*;
use prost::Message as _;

use super::*;

#[test]
fn success_is_an_empty_partial_success() {
    assert_eq!(PartialSuccess::default().encode_response(), &[0x0a, 0x00][..]);
    assert!(PartialSuccess::decode_response(&SUCCESS).is_empty());
    assert!(PartialSuccess::decode_response(&[]).is_empty());
}

#[test]
fn the_delay_of_a_status_comes_back() {
    let delay = Duration::from_millis(1500);
    let status = Status::new(14, "queue is full").with_retry_after(delay);
    let read = Status::decode(&status.encode()).unwrap();
    assert_eq!(read, status);
    assert_eq!(read.retry_after(), Some(delay));
}

#[test]
fn a_negative_delay_is_no_delay() {
    let value = vec![10, 11, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
    let detail = Detail { type_url: RETRY_INFO_TYPE.to_owned(), value };
    assert_eq!(detail.retry_delay(), Some(Duration::ZERO));
    let silent = Detail { value: Vec::new(), ..detail.clone() };
    assert_eq!(silent.retry_delay(), Some(Duration::ZERO));
    assert_eq!(Detail { type_url: "x/google.rpc.Help".to_owned(), ..detail }.retry_delay(), None);
}

proptest! {
    #[test]
    fn responses_are_what_prost_makes(rejected in any::<i64>(), message in ".{0,9}") {
        let ours = PartialSuccess { rejected, message: message.clone() };
        let theirs = ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: rejected,
                error_message: message,
            }),
        };
        prop_assert_eq!(&ours.encode_response()[..], &theirs.encode_to_vec()[..]);
        prop_assert_eq!(PartialSuccess::decode_response(&theirs.encode_to_vec()), ours);
    }

    #[test]
    fn any_bytes_are_read_as_far_as_they_go(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        prop_assert!(PartialSuccess::decode_response(&bytes).message.len() <= 3 * bytes.len());
        prop_assert!(Status::decode(&bytes).is_none_or(|status| status.details.len() <= bytes.len()));
    }

    #[test]
    fn statuses_come_back(code in any::<i32>(), message in ".{0,9}", url in ".{0,9}", value in prop::collection::vec(any::<u8>(), 0..9)) {
        let status = Status { code, message, details: vec![Detail { type_url: url, value }] };
        prop_assert_eq!(Status::decode(&status.encode()), Some(status));
    }
}
