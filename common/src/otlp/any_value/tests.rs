use opentelemetry_proto::tonic::common::v1::{
    AnyValue as ProstValue, KeyValueList, any_value::Value,
};
use proptest::{collection::vec, prelude::*};
use prost::Message as _;

use super::{AnyValue, MAX_DEPTH, OwnedValue};
use crate::{
    otlp::{field_numbers::any_value, message::Message},
    testing::{generate, mirror},
    wire::writer::put_bytes_field,
};

fn read(encoded: &[u8]) -> AnyValue<'_> {
    AnyValue::read(Message::new(encoded))
}

proptest! {
    #[test]
    fn owned_values_encode_as_prost_does(value in mirror::value()) {
        let owned = mirror::owned(&value);
        let mut encoded = Vec::new();
        owned.encode(&mut encoded);
        prop_assert_eq!(encoded.len(), owned.encoded_len());
        prop_assert_eq!(mirror::decode::<ProstValue>(&encoded), value);
        prop_assert!(read(&encoded) == read(&encoded));
    }

    #[test]
    fn the_last_field_counts(a in generate::any_value(), b in generate::any_value()) {
        let encoded = [a.encode_to_vec(), b.encode_to_vec()].concat();
        let merged = mirror::decode::<ProstValue>(&encoded);
        prop_assert_eq!(OwnedValue::from(read(&encoded)), mirror::owned(&merged));
    }

    #[test]
    fn maps_are_equal_in_any_order(mut values in vec((mirror::key(), generate::any_value()), 0..5)) {
        values.sort_by(|a, b| a.0.cmp(&b.0));
        values.dedup_by(|a, b| a.0 == b.0);
        let mut values: Vec<_> =
            values.iter().map(|(key, value)| mirror::entry(key, value)).collect();
        let map = |values| ProstValue { value: Some(Value::KvlistValue(KeyValueList { values })) };
        let forth = map(values.clone()).encode_to_vec();
        values.reverse();
        let back = map(values.clone()).encode_to_vec();
        prop_assert!(read(&forth) == read(&back));
        if values.pop().is_some() {
            prop_assert!(read(&forth) != read(&map(values).encode_to_vec()));
        }
    }

    #[test]
    fn any_bytes_can_be_read(bytes in vec(any::<u8>(), 0..64)) {
        let owned = OwnedValue::from(read(&bytes));
        let mut encoded = Vec::new();
        owned.encode(&mut encoded);
        // Compared as text, since a NaN is not equal to itself.
        let again = OwnedValue::from(read(&encoded));
        prop_assert_eq!(format!("{owned:?}"), format!("{again:?}"));
    }
}

#[test]
fn values_too_deep_are_cut_off() {
    let mut encoded = Vec::new();
    for _ in 0..5_000 {
        let mut array = Vec::new();
        put_bytes_field(&mut array, 1, &encoded);
        encoded.clear();
        put_bytes_field(&mut encoded, any_value::ARRAY_VALUE, &array);
    }
    assert!(read(&encoded) != read(&encoded), "what is not compared is not equal");
    let mut depth = 0;
    let mut value = OwnedValue::from(read(&encoded));
    while let OwnedValue::Array(mut elements) = value {
        depth += 1;
        value = elements.pop().unwrap_or_default();
    }
    assert_eq!(depth, MAX_DEPTH + 1);
    let deep = (0..200).fold(OwnedValue::Int(1), |inner, _| OwnedValue::Array(vec![inner]));
    let mut encoded = Vec::new();
    deep.encode(&mut encoded);
    assert_eq!(encoded.len(), deep.encoded_len());
}
