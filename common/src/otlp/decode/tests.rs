use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::prelude::*;

use super::*;
use crate::testing::generate;

proptest! {
    #[test]
    fn chunks_are_one_request(first in generate::traces(), second in generate::traces()) {
        let chunks = [first.encode_to_vec().into(), second.encode_to_vec().into()];
        let mut expected = first;
        expected.resource_spans.extend(second.resource_spans);
        prop_assert_eq!(traces(&chunks), Ok(expected));
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let chunks = [Bytes::from(bytes)];
        prop_assert_eq!(traces(&chunks).is_ok(), traces(&chunks).is_ok());
        prop_assert_eq!(metrics(&chunks).is_ok(), metrics(&chunks).is_ok());
        prop_assert_eq!(logs(&chunks).is_ok(), logs(&chunks).is_ok());
    }
}

#[test]
fn single_messages_are_decoded_too() {
    let span = Span { name: "n".to_owned(), ..Span::default() };
    assert_eq!(message::<Span>(&span.encode_to_vec()[..]), Ok(span));
}
