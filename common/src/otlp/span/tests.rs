use std::hint::black_box;

use opentelemetry_proto::tonic::{common::v1::KeyValue, trace::v1::Status};
use proptest::{collection::vec, prelude::*};
use prost::Message as _;

use super::SpanView;
use crate::{
    otlp::{any_value::OwnedValue, attributes::Attributes, field_numbers::span},
    testing::{generate, mirror},
    wire::writer::put_bytes_field,
};

fn read(attributes: Attributes<'_>) -> Vec<(String, OwnedValue)> {
    attributes.iter().map(|(key, value)| (key.to_owned(), value.into())).collect()
}

fn owned(attributes: &[KeyValue]) -> Vec<(String, OwnedValue)> {
    let value = |entry: &KeyValue| mirror::owned(&entry.value.clone().unwrap_or_default());
    attributes.iter().map(|entry| (entry.key.clone(), value(entry))).collect()
}

proptest! {
    #[test]
    fn a_span_reads_as_prost_decodes_it(expected in generate::span()) {
        let encoded = expected.encode_to_vec();
        let view = SpanView::new(&encoded);
        prop_assert_eq!(view.trace_id(), expected.trace_id);
        prop_assert_eq!(view.span_id(), expected.span_id);
        prop_assert_eq!(view.parent_span_id(), expected.parent_span_id);
        prop_assert_eq!(view.trace_state(), expected.trace_state);
        prop_assert_eq!(view.name(), expected.name);
        prop_assert_eq!(view.kind(), expected.kind);
        prop_assert_eq!(view.start_time(), expected.start_time_unix_nano);
        prop_assert_eq!(view.end_time(), expected.end_time_unix_nano);
        prop_assert_eq!(view.flags(), expected.flags);
        prop_assert_eq!(read(view.attributes()), owned(&expected.attributes));
        prop_assert_eq!(view.dropped_attributes_count(), expected.dropped_attributes_count);
        prop_assert_eq!(view.dropped_events_count(), expected.dropped_events_count);
        prop_assert_eq!(view.dropped_links_count(), expected.dropped_links_count);
        let status = expected.status.unwrap_or_default();
        prop_assert_eq!((view.status_code(), view.status_message()), (status.code, &*status.message));
        prop_assert_eq!(view.events().count(), expected.events.len());
        for (view, expected) in view.events().zip(expected.events) {
            prop_assert_eq!(view.time(), expected.time_unix_nano);
            prop_assert_eq!(view.name(), expected.name);
            prop_assert_eq!(read(view.attributes()), owned(&expected.attributes));
            prop_assert_eq!(view.dropped_attributes_count(), expected.dropped_attributes_count);
        }
        prop_assert_eq!(view.links().count(), expected.links.len());
        for (view, expected) in view.links().zip(expected.links) {
            prop_assert_eq!(view.trace_id(), expected.trace_id);
            prop_assert_eq!(view.span_id(), expected.span_id);
            prop_assert_eq!(view.trace_state(), expected.trace_state);
            prop_assert_eq!(view.flags(), expected.flags);
            prop_assert_eq!(read(view.attributes()), owned(&expected.attributes));
            prop_assert_eq!(view.dropped_attributes_count(), expected.dropped_attributes_count);
        }
    }

    #[test]
    fn a_span_encoded_twice_reads_as_prost_merges_it(
        first in generate::span(),
        second in generate::span(),
    ) {
        let encoded = [first.encode_to_vec(), second.encode_to_vec()].concat();
        let expected: opentelemetry_proto::tonic::trace::v1::Span = mirror::decode(&encoded);
        let view = SpanView::new(&encoded);
        prop_assert_eq!(view.name(), expected.name);
        prop_assert_eq!(view.kind(), expected.kind);
        let status = expected.status.unwrap_or_default();
        prop_assert_eq!((view.status_code(), view.status_message()), (status.code, &*status.message));
        prop_assert_eq!(read(view.attributes()), owned(&expected.attributes));
    }

    #[test]
    fn any_bytes_can_be_read(bytes in vec(any::<u8>(), 0..64)) {
        let view = SpanView::new(&bytes);
        let counts = (view.events().count(), view.links().count(), read(view.attributes()).len());
        black_box((counts, view.name(), view.status_message(), view.flags()));
    }
}

#[test]
fn a_status_given_twice_is_read_as_one() {
    let mut encoded = Vec::new();
    for (message, code) in [("first", 2), ("", 0)] {
        let status = Status { message: message.to_owned(), code };
        put_bytes_field(&mut encoded, span::STATUS, &status.encode_to_vec());
    }
    let view = SpanView::new(&encoded);
    assert_eq!((view.status_code(), view.status_message()), (2, "first"));
}
