//! The same actions on prost structs, to hold actions on bytes against.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue as ProstValue, KeyValue},
    resource::v1::Resource,
};
use proptest::{collection::vec, prelude::*};
use prost::Message as _;

use super::*;
use crate::testing::{
    generate,
    mirror::{self, Op},
};

const PATTERN: &str = "^[ab]$|l(?P<b>.*)(?P<new>r)";

fn any_action() -> impl Strategy<Value = ActionSettings> {
    use ActionKind::{Convert, Delete, Extract, Hash, Insert, Update, Upsert};
    let put = (
        prop::sample::select(vec![Insert, Update, Upsert]),
        prop_oneof![mirror::value().prop_map(Ok), mirror::key().prop_map(Err)],
        proptest::option::of(mirror::value()),
    )
        .prop_map(|(action, source, default)| ActionSettings {
            action,
            value: source.as_ref().ok().map(|value| PlainValue(mirror::owned(value))),
            from_attribute: source.err().unwrap_or_default(),
            default_value: default.map(|value| PlainValue(mirror::owned(&value))),
            ..ActionSettings::default()
        });
    let take = (prop::sample::select(vec![Delete, Hash]), any::<bool>()).prop_map(
        |(action, has_pattern)| ActionSettings {
            action,
            pattern: if has_pattern { PATTERN } else { "" }.to_owned(),
            ..ActionSettings::default()
        },
    );
    let extract = Just(ActionSettings {
        action: Extract,
        pattern: PATTERN.to_owned(),
        ..ActionSettings::default()
    });
    let convert =
        prop::sample::select(vec!["string", "int", "double"]).prop_map(|to| ActionSettings {
            action: Convert,
            converted_type: to.to_owned(),
            ..ActionSettings::default()
        });
    let any = prop_oneof![4 => put, 2 => take, 1 => extract, 2 => convert];
    (mirror::key(), any).prop_map(|(key, action)| ActionSettings { key, ..action })
}

fn prost_value(value: &OwnedValue) -> ProstValue {
    let mut encoded = Vec::new();
    value.encode(&mut encoded);
    mirror::decode(&encoded)
}

fn changed(
    value: &ProstValue,
    change: impl FnOnce(AnyValue<'_>) -> Option<OwnedValue>,
) -> Option<ProstValue> {
    let encoded = value.encode_to_vec();
    let value = AnyValue::read(crate::otlp::message::Message::new(&encoded));
    change(value).as_ref().map(prost_value)
}

fn get(attributes: &[KeyValue], key: &str) -> Option<ProstValue> {
    let entry = attributes.iter().find(|entry| entry.key == key)?;
    Some(prost_value(&mirror::owned(&entry.value.clone().unwrap_or_default())))
}

fn set(attributes: &mut Vec<KeyValue>, key: &str, value: Option<ProstValue>) {
    if let Some(value) = value {
        mirror::edit_prost(attributes, &Op::Set(key.to_owned(), value));
    }
}

fn edit(attributes: &mut Vec<KeyValue>, action: &ActionSettings) {
    let key = action.key.clone();
    let written = |value: &Option<PlainValue>| value.as_ref().map(|value| prost_value(&value.0));
    let from = Some(&action.from_attribute).filter(|from| !from.is_empty());
    let source = written(&action.value)
        .or_else(|| from.and_then(|from| get(attributes, from)))
        .or_else(|| written(&action.default_value));
    let hashed = |value: &ProstValue| changed(value, |value| Some(hash::hash(value).into()));
    let matches = |key: &str| matches!(key, "a" | "b") || key.contains('l') && is_long(key);
    match (action.action, source) {
        (ActionKind::Insert, Some(value)) => {
            mirror::edit_prost(attributes, &Op::Insert(key, value))
        }
        (ActionKind::Update, Some(value)) => {
            mirror::edit_prost(attributes, &Op::Update(key, value))
        }
        (ActionKind::Upsert, Some(value)) => mirror::edit_prost(attributes, &Op::Set(key, value)),
        (ActionKind::Delete, _) => {
            mirror::edit_prost(attributes, &Op::Delete(key));
            attributes.retain(|entry| action.pattern.is_empty() || !matches(&entry.key));
        }
        (ActionKind::Hash, _) => {
            let value = get(attributes, &key).and_then(|value| hashed(&value));
            set(attributes, &key, value);
            for entry in attributes {
                if !action.pattern.is_empty() && matches(&entry.key) {
                    entry.value = hashed(&entry.value.clone().unwrap_or_default());
                }
            }
        }
        (ActionKind::Extract, _) => {
            let value = get(attributes, &key).map(|value| mirror::owned(&value));
            let Some(OwnedValue::Str(text)) = value else { return };
            let groups = match text.as_str() {
                "a" | "b" => Some(("", "")),
                text => text
                    .split_once('l')
                    .and_then(|(_, rest)| rest.rsplit_once('r'))
                    .filter(|(before, _)| !before.contains('\n'))
                    .map(|(before, _)| (before, "r")),
            };
            if let Some((b, new)) = groups {
                set(attributes, "b", Some(prost_value(&b.into())));
                set(attributes, "new", Some(prost_value(&new.into())));
            }
        }
        (ActionKind::Convert, _) => {
            let target = match action.converted_type.as_str() {
                "int" => Target::Int,
                "double" => Target::Double,
                _ => Target::Text,
            };
            let value = get(attributes, &key)
                .and_then(|value| changed(&value, |value| convert(value, target)));
            set(attributes, &key, value);
        }
        _ => {}
    }
}

/// Whether an `r` stands behind an `l` on one line.
fn is_long(key: &str) -> bool {
    key.lines().any(|line| line.split_once('l').is_some_and(|(_, rest)| rest.contains('r')))
}

proptest! {
    #[test]
    fn actions_on_bytes_equal_decode_edit_encode(
        resource in generate::resource(),
        attributes in mirror::attributes(),
        settings in vec(any_action(), 0..6),
    ) {
        let mut expected = Resource { attributes, ..resource };
        let before = expected.encode_to_vec();
        let actions = Actions::new(&settings).unwrap();
        let mut draft = Draft::new(&before, resource::ATTRIBUTES);
        actions.for_request(&RequestContext::EMPTY).apply(&mut draft);
        settings.iter().for_each(|action| edit(&mut expected.attributes, action));
        prop_assert_eq!(mirror::decode::<Resource>(draft.bytes()), expected);
        prop_assert!(draft.is_edited() || draft.bytes() == before);
    }

    #[test]
    fn any_bytes_can_be_acted_on(
        message in vec(any::<u8>(), 0..64),
        settings in vec(any_action(), 0..6),
    ) {
        let mut draft = Draft::new(&message, resource::ATTRIBUTES);
        Actions::new(&settings).unwrap().for_request(&RequestContext::EMPTY).apply(&mut draft);
    }
}
