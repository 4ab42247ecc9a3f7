use std::hint::black_box;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, any_value::Value},
    logs::v1::LogRecord,
};
use proptest::{collection::vec, prelude::*};
use prost::Message as _;

use super::LogRecordView;
use crate::{
    otlp::any_value::OwnedValue,
    testing::{generate, mirror},
};

proptest! {
    #[test]
    fn a_log_record_reads_as_prost_decodes_it(expected in generate::log_record()) {
        let encoded = expected.encode_to_vec();
        let view = LogRecordView::new(&encoded);
        prop_assert_eq!(view.time(), expected.time_unix_nano);
        prop_assert_eq!(view.observed_time(), expected.observed_time_unix_nano);
        prop_assert_eq!(view.severity_number(), expected.severity_number);
        prop_assert_eq!(view.severity_text(), expected.severity_text);
        let body = mirror::owned(&expected.body.unwrap_or_default());
        prop_assert_eq!(OwnedValue::from(view.body()), body);
        prop_assert_eq!(view.attributes().iter().count(), expected.attributes.len());
        prop_assert_eq!(view.dropped_attributes_count(), expected.dropped_attributes_count);
        prop_assert_eq!(view.flags(), expected.flags);
        prop_assert_eq!(view.trace_id(), expected.trace_id);
        prop_assert_eq!(view.span_id(), expected.span_id);
        prop_assert_eq!(view.event_name(), expected.event_name);
    }

    #[test]
    fn of_two_bodies_the_last_value_counts(a in generate::log_record(), text in generate::text()) {
        let body = Some(AnyValue { value: Some(Value::StringValue(text.clone())) });
        let b = LogRecord { body, ..LogRecord::default() };
        let encoded = [a.encode_to_vec(), b.encode_to_vec()].concat();
        prop_assert_eq!(LogRecordView::new(&encoded).body().as_str(), Some(text.as_str()));
    }

    #[test]
    fn any_bytes_can_be_read(bytes in vec(any::<u8>(), 0..64)) {
        let view = LogRecordView::new(&bytes);
        black_box((OwnedValue::from(view.body()), view.severity_text(), view.attributes().iter().count()));
    }
}
