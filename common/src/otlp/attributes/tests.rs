use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::prelude::*;
use prost::Message as _;

use super::Attributes;
use crate::{
    otlp::{any_value::OwnedValue, field_numbers::span, message::Message},
    testing::mirror,
};

fn read(encoded: &[u8]) -> Attributes<'_> {
    Attributes::new(Message::new(encoded), span::ATTRIBUTES)
}

proptest! {
    #[test]
    fn the_first_of_duplicate_keys_is_read(attributes in mirror::attributes(), key in mirror::key()) {
        let first = attributes.iter().find(|entry| entry.key == key);
        let first = first.map(|entry| mirror::owned(&entry.value.clone().unwrap_or_default()));
        let keys: Vec<_> = attributes.iter().map(|entry| entry.key.clone()).collect();
        let encoded = Span { attributes, ..Span::default() }.encode_to_vec();
        let view = read(&encoded);
        prop_assert_eq!(view.iter().map(|(key, _)| key).collect::<Vec<_>>(), keys);
        prop_assert_eq!(view.contains(&key), first.is_some());
        prop_assert_eq!(view.get(&key).map(OwnedValue::from), first);
    }

    #[test]
    fn comparison_ignores_order_and_duplicates(attributes in mirror::attributes()) {
        let mut first = attributes.clone();
        let mut seen = std::collections::HashSet::new();
        first.retain(|entry| seen.insert(entry.key.clone()));
        first.reverse();
        let a = Span { attributes, ..Span::default() }.encode_to_vec();
        let b = Span { attributes: first, ..Span::default() }.encode_to_vec();
        prop_assert!(read(&a) == read(&b));
    }
}
