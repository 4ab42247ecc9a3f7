use std::collections::BTreeMap;

use opentelemetry_proto::DESCRIPTORS;

use super::*;
use crate::wire::{Fields, Value};

/// A message of `google/protobuf/descriptor.proto`, by field number.
struct Descriptor<'a>(&'a [u8]);

impl<'a> Descriptor<'a> {
    fn all(&self, number: u32) -> Vec<Descriptor<'a>> {
        let fields = Fields::new(self.0).map(Result::unwrap);
        fields
            .filter(|field| field.number == number)
            .map(|field| Descriptor(field.bytes().unwrap()))
            .collect()
    }

    fn text(&self, number: u32) -> &'a str {
        self.all(number).first().map_or("", |text| std::str::from_utf8(text.0).unwrap())
    }

    fn number(&self, number: u32) -> u64 {
        let mut fields = Fields::new(self.0).map(Result::unwrap);
        fields
            .find_map(|field| match field.value {
                Value::Varint(value) if field.number == number => Some(value),
                _ => None,
            })
            .unwrap_or_default()
    }

    fn has(&self, number: u32) -> bool {
        Fields::new(self.0).map(Result::unwrap).any(|field| field.number == number)
    }
}

/// All messages and enums of the .proto files by their name without packages.
fn published<'a>() -> (BTreeMap<&'a str, Descriptor<'a>>, BTreeMap<&'a str, Descriptor<'a>>) {
    let (mut messages, mut enums) = (BTreeMap::new(), BTreeMap::new());
    for file in Descriptor(DESCRIPTORS).all(1) {
        if file.text(2).contains("profiles") {
            continue;
        }
        enums.extend(file.all(5).into_iter().map(|it| (it.text(1), it)));
        let mut open = file.all(4);
        while let Some(message) = open.pop() {
            open.extend(message.all(3));
            enums.extend(message.all(4).into_iter().map(|it| (it.text(1), it)));
            messages.insert(message.text(1), message);
        }
    }
    (messages, enums)
}

/// Every message that a request or a response can contain.
fn known() -> BTreeMap<&'static str, &'static Message> {
    let mut known = BTreeMap::new();
    let mut open: Vec<&'static Message> = Vec::new();
    for signal in Signal::ALL {
        open.extend([request(signal), response(signal)]);
    }
    while let Some(message) = open.pop() {
        if known.insert(message.name, message).is_none() {
            open.extend(message.fields.iter().filter_map(|field| field.kind.message()));
        }
    }
    known
}

/// The number of a type in `FieldDescriptorProto.Type`.
fn type_number(kind: Kind) -> u64 {
    match kind {
        Kind::Double => 1,
        Kind::Int64 => 3,
        Kind::Uint64 => 4,
        Kind::Int32 => 5,
        Kind::Fixed64 => 6,
        Kind::Fixed32 => 7,
        Kind::Bool => 8,
        Kind::String => 9,
        Kind::Message(_) => 11,
        Kind::Bytes | Kind::TraceId | Kind::SpanId => 12,
        Kind::Uint32 => 13,
        Kind::Enum(_) => 14,
        Kind::Sfixed64 => 16,
        Kind::Sint32 => 17,
    }
}

fn check_field(message: &str, field: &Field, published: &Descriptor<'_>) {
    let at = format!("{message}.{}", field.name);
    let is_oneof = published.has(9) && published.number(17) == 0;
    let type_name = published.text(6).rsplit('.').next().unwrap_or_default();
    assert_eq!(field.name, published.text(1), "{at}");
    assert_eq!(field.json_name, published.text(10), "{at}");
    assert_eq!(type_number(field.kind), published.number(5), "{at}");
    assert_eq!(field.presence == Presence::Repeated, published.number(4) == 3, "{at}");
    assert_eq!(field.presence == Presence::Oneof, is_oneof, "{at}");
    assert_eq!(field.presence == Presence::Optional, published.number(17) == 1, "{at}");
    let is_id = field.name.ends_with("trace_id") || field.name.ends_with("span_id");
    assert_eq!(matches!(field.kind, Kind::TraceId | Kind::SpanId), is_id, "{at}");
    if let Some(child) = field.kind.message() {
        assert_eq!(child.name, type_name, "{at}");
    }
    if let Kind::Enum(names) = field.kind {
        let (_, enums) = self::published();
        let values = enums[type_name].all(2);
        let values: Vec<(&str, u64)> = values.iter().map(|it| (it.text(1), it.number(2))).collect();
        let names: Vec<(&str, u64)> = names.iter().map(|(name, it)| (*name, *it as u64)).collect();
        assert_eq!(names, values, "{at}");
    }
}

#[test]
fn the_table_is_what_the_proto_files_say() {
    let (published, _) = published();
    for (name, message) in known() {
        let descriptor = &published[name];
        let mut fields: BTreeMap<u64, Descriptor<'_>> =
            descriptor.all(2).into_iter().map(|field| (field.number(3), field)).collect();
        for field in message.fields {
            if field.presence == Presence::Legacy {
                continue;
            }
            let published = fields.remove(&u64::from(field.number)).unwrap();
            check_field(name, field, &published);
        }
        let missing: Vec<&str> = fields.values().map(|field| field.text(1)).collect();
        assert_eq!(missing, [""; 0], "{name}");
    }
}

#[test]
fn every_field_but_the_legacy_ones_is_in_the_jump_table() {
    for message in known().values() {
        for field in message.fields {
            let tag = u64::from(field.number) << 3 | field.kind.wire_type() as u64;
            let is_looked_up = message.step(tag) != Step::Other;
            assert_eq!(is_looked_up, field.presence != Presence::Legacy, "{}", field.name);
        }
    }
}

#[test]
fn what_signals_count_and_what_contains_itself_is_marked() {
    let marked = |is_marked: fn(&Message) -> bool| -> Vec<&str> {
        known().values().filter(|message| is_marked(message)).map(|message| message.name).collect()
    };
    assert_eq!(marked(|message| message.is_recursive), ["AnyValue"]);
    assert_eq!(
        marked(|message| message.is_item),
        [
            "ExponentialHistogramDataPoint",
            "HistogramDataPoint",
            "LogRecord",
            "NumberDataPoint",
            "Span",
            "SummaryDataPoint",
        ]
    );
}

#[test]
fn short_cuts_are_for_key_values_only() {
    for message in known().values() {
        for field in message.fields {
            let tag = u64::from(field.number) << 3 | 2;
            if message.step(tag) == Step::Attribute {
                assert_eq!(field.kind.message().map(|it| it.name), Some("KeyValue"));
            }
        }
    }
}
