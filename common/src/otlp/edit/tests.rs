use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    logs::v1::LogRecord,
    trace::v1::{Span, Status},
};
use proptest::{collection::vec, prelude::*};
use prost::Message as _;

use super::{AttributeEdit, Draft, PreparedAttributes};
use crate::{
    otlp::{
        any_value::{AnyValue, OwnedValue},
        field_numbers::{key_value, log_record, span, span_status},
    },
    testing::{generate, mirror},
    wire::writer::{put_bytes_field, put_varint_field},
};

const UNKNOWN: u32 = 2000;

fn span_with_duplicates() -> impl Strategy<Value = Span> {
    (generate::span(), mirror::attributes())
        .prop_map(|(span, attributes)| Span { attributes, ..span })
}

proptest! {
    #[test]
    fn attribute_edits_equal_decode_edit_encode(
        mut expected in span_with_duplicates(),
        ops in vec(mirror::op(), 0..6),
    ) {
        let before = expected.encode_to_vec();
        let mut draft = Draft::new(&before, span::ATTRIBUTES);
        for op in &ops {
            mirror::edit_draft(&mut draft, op);
            mirror::edit_prost(&mut expected.attributes, op);
            // Later statements see what earlier ones wrote.
            prop_assert_eq!(mirror::decode::<Span>(draft.bytes()), expected.clone());
        }
        prop_assert!(draft.is_edited() || draft.bytes() == before);
    }

    #[test]
    fn prepared_attributes_equal_single_edits(
        span in span_with_duplicates(),
        attributes in vec((mirror::key(), mirror::value()), 0..6),
        replaces in any::<bool>(),
    ) {
        let before = span.encode_to_vec();
        let attributes: std::collections::BTreeMap<String, OwnedValue> =
            attributes.iter().map(|(key, value)| (key.clone(), mirror::owned(value))).collect();
        let pairs = || attributes.iter().map(|(key, value)| (key.as_str(), value));
        let prepared = PreparedAttributes::new(span::ATTRIBUTES, pairs());
        let mut draft = Draft::new(&before, span::ATTRIBUTES);
        draft.put_prepared(&prepared, replaces);
        let mut expected = Draft::new(&before, span::ATTRIBUTES);
        for (key, value) in pairs() {
            match replaces {
                true => expected.set_attribute(key, value),
                false => drop(expected.insert_attribute(key, value)),
            }
        }
        let decoded = mirror::decode::<Span>(draft.bytes());
        prop_assert_eq!(&decoded, &mirror::decode::<Span>(expected.bytes()));
        // A second time changes nothing.
        let once = draft.bytes().to_vec();
        let mut draft = Draft::new(&once, span::ATTRIBUTES);
        draft.put_prepared(&prepared, replaces);
        prop_assert!(!draft.is_edited());
    }

    #[test]
    fn prepared_attributes_are_put_into_any_bytes(
        message in vec(any::<u8>(), 0..64),
        replaces in any::<bool>(),
    ) {
        let value = OwnedValue::from("x");
        let prepared = PreparedAttributes::new(1, [("a", &value)]);
        let mut draft = Draft::new(&message, 1);
        draft.put_prepared(&prepared, replaces);
        prop_assert!(draft.bytes().len() <= message.len() + 16);
    }

    #[test]
    fn field_edits_equal_decode_edit_encode(
        mut expected in generate::span(),
        new in generate::span(),
        record in generate::log_record(),
        body in mirror::value(),
    ) {
        let before = expected.encode_to_vec();
        let mut draft = Draft::new(&before, span::ATTRIBUTES);
        draft.set_bytes(span::TRACE_ID, &new.trace_id);
        draft.set_string(span::NAME, &new.name);
        draft.set_varint(span::KIND, i64::from(new.kind) as u64);
        draft.set_fixed64(span::START_TIME_UNIX_NANO, new.start_time_unix_nano);
        draft.set_fixed32(span::FLAGS, new.flags);
        draft.clear(span::END_TIME_UNIX_NANO);
        let events: Vec<_> = new.events.iter().map(|event| event.encode_to_vec()).collect();
        draft.set_repeated(span::EVENTS, events.iter().map(Vec::as_slice));
        draft.edit_message(span::STATUS, 0, |status| status.set_varint(span_status::CODE, 2));
        expected.trace_id = new.trace_id;
        expected.name = new.name;
        expected.kind = new.kind;
        expected.start_time_unix_nano = new.start_time_unix_nano;
        expected.end_time_unix_nano = 0;
        expected.flags = new.flags;
        expected.events = new.events;
        expected.status.get_or_insert_default().code = 2;
        prop_assert_eq!(mirror::decode::<Span>(draft.bytes()), expected);

        let encoded = record.encode_to_vec();
        let mut draft = Draft::new(&encoded, log_record::ATTRIBUTES);
        draft.set_value(log_record::BODY, &mirror::owned(&body));
        let expected = LogRecord { body: Some(body), ..record };
        prop_assert_eq!(mirror::decode::<LogRecord>(draft.bytes()), expected);
    }

    /// What is looked up in an edited draft is what stands in the message that it is.
    #[test]
    fn an_edited_draft_reads_as_its_bytes(
        span in span_with_duplicates(),
        name in any::<String>(),
        ops in vec(mirror::op(), 0..4),
        key in mirror::key(),
        status in any::<i32>(),
    ) {
        let before = span.encode_to_vec();
        let mut draft = Draft::new(&before, span::ATTRIBUTES);
        ops.iter().for_each(|op| mirror::edit_draft(&mut draft, op));
        draft.set_string(span::NAME, &name);
        draft.edit_message(span::STATUS, 0, |inner| inner.set_varint(span_status::CODE, status as u64));
        let whole = draft.bytes().to_vec();
        let expected = Draft::new(&whole, span::ATTRIBUTES);
        prop_assert_eq!(draft.len(), whole.len());
        prop_assert_eq!(draft.attribute(&key), expected.attribute(&key));
        for number in [span::NAME, span::TRACE_ID, UNKNOWN] {
            prop_assert_eq!(draft.field(number).bytes(), expected.field(number).bytes());
        }
        for number in [span::KIND, span::FLAGS, span::END_TIME_UNIX_NANO] {
            let (found, expected) = (draft.field(number), expected.field(number));
            prop_assert_eq!(found.varint(), expected.varint());
            prop_assert_eq!(found.fixed32(), expected.fixed32());
            prop_assert_eq!(found.fixed64(), expected.fixed64());
        }
        let code = |draft: &Draft<'_>| {
            draft.inner_message(span::STATUS).map(|inner| inner.int32(span_status::CODE))
        };
        prop_assert_eq!(code(&draft), code(&expected));
        let mut appended = vec![1];
        draft.append_to(&mut appended);
        prop_assert_eq!(&appended[1..], &whole);
    }

    #[test]
    fn unknown_fields_survive(span in span_with_duplicates(), ops in vec(mirror::op(), 1..4)) {
        let mut before = Vec::new();
        put_varint_field(&mut before, UNKNOWN, 1);
        before.extend(span.encode_to_vec());
        put_bytes_field(&mut before, UNKNOWN, b"newer");
        let mut draft = Draft::new(&before, span::ATTRIBUTES);
        ops.iter().for_each(|op| mirror::edit_draft(&mut draft, op));
        let unknown = draft.message().fields().filter(|field| field.number == UNKNOWN);
        prop_assert_eq!(unknown.count(), 2);
    }

    #[test]
    fn any_bytes_can_be_edited(message in vec(any::<u8>(), 0..64), ops in vec(mirror::op(), 1..4)) {
        for number in [1, 9] {
            let mut draft = Draft::new(&message, number);
            ops.iter().for_each(|op| mirror::edit_draft(&mut draft, op));
            draft.set_string(5, "name");
            draft.clear(6);
            draft.edit_message(15, 1, |inner| inner.set_varint(3, 1));
        }
    }
}

#[test]
fn an_edit_that_changes_nothing_leaves_no_copy() {
    let attributes = vec![mirror::entry("a", &Default::default())];
    let span = Span { name: "n".to_owned(), attributes, ..Span::default() }.encode_to_vec();
    let mut draft = Draft::new(&span, span::ATTRIBUTES);
    draft.set_string(span::NAME, "n");
    draft.set_attribute("a", &OwnedValue::Empty);
    assert!(!draft.update_attribute("b", &OwnedValue::Int(1)));
    assert!(!draft.delete_attribute("b"));
    assert!(!draft.insert_attribute("a", &OwnedValue::Int(1)));
    draft.clear(span::KIND);
    assert!(!draft.is_edited());
    assert_eq!(draft.into_edited(), None);
}

#[test]
fn a_new_value_keeps_unknown_fields_of_its_key() {
    let mut entry = KeyValue { key: "a".to_owned(), ..KeyValue::default() }.encode_to_vec();
    put_varint_field(&mut entry, UNKNOWN, 7);
    let mut message = Vec::new();
    put_bytes_field(&mut message, span::ATTRIBUTES, &entry);
    let mut draft = Draft::new(&message, span::ATTRIBUTES);
    draft.set_attribute("a", &OwnedValue::Int(1));
    let content = draft.message().repeated(span::ATTRIBUTES).next().unwrap();
    assert_eq!(crate::otlp::message::Message::new(content).varint(UNKNOWN), 7);
}

#[test]
fn setting_a_field_removes_every_occurrence() {
    let mut message = Vec::new();
    for name in ["one", "two"] {
        put_bytes_field(&mut message, span::NAME, name.as_bytes());
        let status = Status { message: name.to_owned(), code: 0 };
        put_bytes_field(&mut message, span::STATUS, &status.encode_to_vec());
    }
    let mut draft = Draft::new(&message, span::ATTRIBUTES);
    draft.set_string(span::NAME, "three");
    draft.edit_message(span::STATUS, 0, |status| status.set_varint(span_status::CODE, 1));
    assert_eq!(draft.message().repeated(span::NAME).count(), 1);
    let status = Some(Status { message: "two".to_owned(), code: 1 });
    let expected = Span { name: "three".to_owned(), status, ..Span::default() };
    assert_eq!(mirror::decode::<Span>(draft.bytes()), expected);
}

/// As long, with the same end: `pieces` looks at that first.
#[test]
fn keys_that_look_alike_are_told_apart() {
    let long = |first: &str| format!("{first}{}", "x".repeat(1 << 16));
    let keys = ["a.id".to_owned(), "b.id".to_owned(), long("a"), long("b")];
    let mut draft = Draft::new(&[], span::ATTRIBUTES);
    for (value, key) in (0..).zip(&keys) {
        assert!(draft.insert_attribute(key, &OwnedValue::Int(value)));
    }
    assert!(draft.delete_attribute(&keys[0]));
    draft.set_attribute(&keys[3], &OwnedValue::Int(7));
    let found = keys.iter().map(|key| draft.attribute(key).map(OwnedValue::from));
    let expected = [None, Some(1), Some(2), Some(7)].map(|value| value.map(OwnedValue::Int));
    assert!(found.eq(expected));
}

/// Each edit passes over the fields once: were it once for each attribute, this would take an hour.
#[test]
fn many_attributes_are_edited_in_one_pass() {
    let mut message = Vec::new();
    let mut entry = Vec::new();
    put_bytes_field(&mut entry, key_value::KEY, b"k");
    (0..400_000).for_each(|_| put_bytes_field(&mut message, span::ATTRIBUTES, &entry));
    let value = OwnedValue::Int(1);
    let mut draft = Draft::new(&message, span::ATTRIBUTES);
    draft.replace_attributes((0..400_000).map(|_| ("a", &value)));
    draft.edit_attributes(|_, _| AttributeEdit::Value(OwnedValue::Int(2)));
    assert_eq!(draft.attributes().iter().count(), 400_000);
    draft.set_attribute("a", &value);
    assert_eq!(draft.attributes().iter().count(), 1);
    let mut draft = Draft::new(&message, span::ATTRIBUTES);
    draft.edit_attributes(|_, _| AttributeEdit::Remove);
    assert!(draft.is_empty());
}

#[test]
fn what_was_written_over_does_not_pile_up() {
    let mut draft = Draft::new(&[], span::ATTRIBUTES);
    let long = "x".repeat(1_000);
    for number in 0..10_000 {
        draft.set_attribute("a", &OwnedValue::from(&*format!("{long}{number}")));
        assert!(draft.pieces.written_len() < 100_000);
    }
    assert_eq!(draft.attribute("a").and_then(AnyValue::as_str), Some(&*format!("{long}9999")));
}
