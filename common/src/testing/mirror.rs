//! The same attribute edits on prost structs, to hold edits of bytes against.

use opentelemetry_proto::tonic::common::v1::{AnyValue as ProstValue, KeyValue, any_value::Value};
use proptest::{collection::vec, prelude::*};
use prost::Message as _;

use super::generate;
use crate::otlp::{
    any_value::{AnyValue, OwnedValue},
    edit::{AttributeEdit, Draft},
    message::Message,
};

/// Decodes bytes that an edit made; the test fails if they are no such message.
#[expect(clippy::disallowed_methods, reason = "holds our bytes against prost")]
pub fn decode<M: prost::Message + Default>(bytes: &[u8]) -> M {
    M::decode(bytes).expect("an edit leaves a message that decodes")
}

/// Our value of a prost value.
pub fn owned(value: &ProstValue) -> OwnedValue {
    OwnedValue::from(AnyValue::read(Message::new(&value.encode_to_vec())))
}

/// Any value. Keys without a value have an empty one: written by us, the two are the same.
pub fn value() -> impl Strategy<Value = ProstValue> {
    generate::any_value().prop_map(filled)
}

fn filled(mut value: ProstValue) -> ProstValue {
    match &mut value.value {
        Some(Value::KvlistValue(map)) => map.values.iter_mut().for_each(|entry| {
            entry.value = Some(filled(entry.value.take().unwrap_or_default()));
        }),
        Some(Value::ArrayValue(array)) => array.values.iter_mut().for_each(|element| {
            *element = filled(std::mem::take(element));
        }),
        _ => {}
    }
    value
}

/// An edit of attributes.
#[derive(Clone, Debug)]
pub enum Op {
    /// `set_attribute`.
    Set(String, ProstValue),
    /// `insert_attribute`.
    Insert(String, ProstValue),
    /// `update_attribute`.
    Update(String, ProstValue),
    /// `delete_attribute`.
    Delete(String),
    /// `retain_attributes`, all but a key.
    Retain(String),
    /// `edit_attributes` with a new value for every occurrence of a key.
    Values(String, ProstValue),
    /// `edit_attributes` with a new key for every occurrence of a key.
    Rename(String, String),
    /// `replace_attributes`.
    Replace(Vec<(String, ProstValue)>),
}

/// A key from a small set, so that duplicates are common.
pub fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "", "längerer.schlüssel"]).prop_map(str::to_owned)
}

/// Attributes with duplicate keys.
pub fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec(generate::key_value(generate::any_value()), 0..3).prop_flat_map(|others| {
        vec((key(), generate::any_value()), 0..6).prop_map(move |own| {
            let own = own.into_iter().map(|(key, value)| entry(&key, &value));
            others.iter().cloned().chain(own).collect()
        })
    })
}

/// Any edit.
pub fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (key(), value()).prop_map(|(key, value)| Op::Set(key, value)),
        (key(), value()).prop_map(|(key, value)| Op::Insert(key, value)),
        (key(), value()).prop_map(|(key, value)| Op::Update(key, value)),
        key().prop_map(Op::Delete),
        key().prop_map(Op::Retain),
        (key(), value()).prop_map(|(key, value)| Op::Values(key, value)),
        (key(), key()).prop_map(|(from, to)| Op::Rename(from, to)),
        vec((key(), value()), 0..3).prop_map(Op::Replace),
    ]
}

/// Makes an edit on bytes.
pub fn edit_draft(draft: &mut Draft<'_>, op: &Op) {
    match op {
        Op::Set(key, value) => draft.set_attribute(key, &owned(value)),
        Op::Insert(key, value) => drop(draft.insert_attribute(key, &owned(value))),
        Op::Update(key, value) => drop(draft.update_attribute(key, &owned(value))),
        Op::Delete(key) => drop(draft.delete_attribute(key)),
        Op::Retain(gone) => draft.retain_attributes(|key| key != gone),
        Op::Values(of, value) => draft.edit_attributes(|key, _| match key == of {
            true => AttributeEdit::Value(owned(value)),
            false => AttributeEdit::Keep,
        }),
        Op::Rename(from, to) => draft.edit_attributes(|key, _| match key == from {
            true => AttributeEdit::Key(to.clone()),
            false => AttributeEdit::Keep,
        }),
        Op::Replace(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(key, value)| (key.clone(), owned(value))).collect();
            draft.replace_attributes(entries.iter().map(|(key, value)| (key.as_str(), value)));
        }
    }
}

/// Makes the same edit on structs.
pub fn edit_prost(attributes: &mut Vec<KeyValue>, op: &Op) {
    let has = |attributes: &[KeyValue], key: &str| attributes.iter().any(|entry| entry.key == key);
    match op {
        Op::Set(key, value) if !has(attributes, key) => attributes.push(entry(key, value)),
        Op::Insert(key, value) if !has(attributes, key) => attributes.push(entry(key, value)),
        Op::Insert(..) => {}
        Op::Set(key, value) | Op::Update(key, value) => {
            let mut is_first = true;
            attributes.retain_mut(|entry| {
                let is_it = entry.key == *key;
                if is_it {
                    entry.value = Some(value.clone());
                }
                !is_it || std::mem::take(&mut is_first)
            });
        }
        Op::Delete(key) | Op::Retain(key) => attributes.retain(|entry| entry.key != *key),
        Op::Values(key, value) => attributes
            .iter_mut()
            .filter(|entry| entry.key == *key)
            .for_each(|entry| entry.value = Some(value.clone())),
        Op::Rename(from, to) => attributes
            .iter_mut()
            .filter(|entry| entry.key == *from)
            .for_each(|entry| entry.key.clone_from(to)),
        Op::Replace(entries) => {
            *attributes = entries.iter().map(|(key, value)| entry(key, value)).collect();
        }
    }
}

/// An attribute.
pub fn entry(key: &str, value: &ProstValue) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value.clone()), ..KeyValue::default() }
}
