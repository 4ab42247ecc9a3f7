//! Edits of attributes.
//!
//! Of duplicate keys the first is read, so it is the first that is changed; the others go with the
//! first edit of their key, lest a reader with another rule finds the old value.

use super::Draft;
use crate::{
    otlp::{
        any_value::{AnyValue, OwnedValue},
        attributes::{plain_key, value_of},
        field_numbers::key_value,
        message::text,
    },
    wire::{
        Fields,
        writer::{header_len, put_bytes_field, put_header},
    },
};

/// What becomes of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeEdit {
    /// It stays.
    Keep,
    /// It goes.
    Remove,
    /// It gets another value.
    Value(OwnedValue),
    /// It gets another key. Nothing sees to it that the key is not there yet.
    Key(String),
}

impl Draft<'_> {
    /// Sets an attribute, whether it is there or not.
    pub fn set_attribute(&mut self, key: &str, value: &OwnedValue) {
        self.put_attribute(key, value, &[When::Present, When::Absent]);
    }

    /// Sets an attribute if it is not there. Tells whether it was not.
    pub fn insert_attribute(&mut self, key: &str, value: &OwnedValue) -> bool {
        self.put_attribute(key, value, &[When::Absent]) == When::Absent
    }

    /// Sets an attribute if it is there. Tells whether it was.
    pub fn update_attribute(&mut self, key: &str, value: &OwnedValue) -> bool {
        self.put_attribute(key, value, &[When::Present]) == When::Present
    }

    /// Removes an attribute. Tells whether it was there.
    pub fn delete_attribute(&mut self, key: &str) -> bool {
        self.edit(|fields| fields.remove_attribute(key.as_bytes(), 0))
    }

    /// Removes the attributes for whose keys a condition does not hold.
    pub fn retain_attributes(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.edit(|fields| fields.retain_attributes(|key| keep(text(key))));
    }

    /// Asks for each attribute, duplicates included, what becomes of it.
    pub fn edit_attributes(&mut self, mut edit: impl FnMut(&str, AnyValue<'_>) -> AttributeEdit) {
        self.edit(|fields| {
            let number = fields.attributes_field();
            let mut next = 0;
            while let Some((at, key)) = fields.next_attribute(next) {
                let entry = fields.content(at).unwrap_or_default();
                next = match edit(text(key), value_of(entry)) {
                    AttributeEdit::Keep => at + 1,
                    AttributeEdit::Remove => {
                        fields.remove(at);
                        at + 1
                    }
                    AttributeEdit::Value(value) => {
                        fields.rewrite(at, |entry, out| put_with_value(out, number, entry, &value))
                    }
                    AttributeEdit::Key(key) => fields.rewrite(at, |entry, out| {
                        let len = header_len(key_value::KEY, key.len()) + key.len();
                        put_without(out, number, (entry, key_value::KEY), len);
                        put_bytes_field(out, key_value::KEY, key.as_bytes());
                    }),
                };
            }
        });
    }

    /// Replaces all attributes.
    pub fn replace_attributes<'e>(
        &mut self,
        attributes: impl IntoIterator<Item = (&'e str, &'e OwnedValue)>,
    ) {
        let number = self.attributes_field;
        self.edit(|fields| {
            fields.replace_all(number, |out| {
                for (key, value) in attributes {
                    put_entry(out, number, key, value);
                }
            });
        });
    }

    fn put_attribute(&mut self, key: &str, value: &OwnedValue, when: &[When]) -> When {
        self.edit(|fields| {
            let number = fields.attributes_field();
            let Some(at) = fields.attribute(key.as_bytes(), 0) else {
                if when.contains(&When::Absent) {
                    // A new attribute stands behind the last one.
                    let end = fields.attributes_end();
                    fields.insert(end, |out| put_entry(out, number, key, value));
                }
                return When::Absent;
            };
            if when.contains(&When::Present) {
                let next =
                    fields.rewrite(at, |entry, out| put_with_value(out, number, entry, value));
                fields.remove_attribute(key.as_bytes(), next);
            }
            When::Present
        })
    }
}

/// Whether an attribute is there before an edit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Present,
    Absent,
}

pub(super) fn put_entry(out: &mut Vec<u8>, number: u32, key: &str, value: &OwnedValue) {
    let value_len = value.encoded_len();
    let key_field = header_len(key_value::KEY, key.len()) + key.len();
    put_header(out, number, key_field + header_len(key_value::VALUE, value_len) + value_len);
    put_bytes_field(out, key_value::KEY, key.as_bytes());
    put_header(out, key_value::VALUE, value_len);
    value.encode(out);
}

/// Appends a `KeyValue` with another value; all its other fields stay.
pub(super) fn put_with_value(out: &mut Vec<u8>, number: u32, entry: &[u8], value: &OwnedValue) {
    let value_len = value.encoded_len();
    let len = header_len(key_value::VALUE, value_len) + value_len;
    match plain_key(entry) {
        Some(key) => {
            put_header(out, number, key.len() + len);
            out.extend_from_slice(key);
        }
        None => put_without(out, number, (entry, key_value::VALUE), len),
    }
    put_header(out, key_value::VALUE, value_len);
    value.encode(out);
}

/// Appends a message without one of its fields, with room declared for `more` bytes.
fn put_without(out: &mut Vec<u8>, number: u32, (message, left_out): (&[u8], u32), more: usize) {
    let kept = || {
        Fields::new(message)
            .map_while(Result::ok)
            .filter(|field| field.number != left_out)
            .filter_map(|field| message.get(field.start..field.end))
    };
    put_header(out, number, kept().map(<[u8]>::len).sum::<usize>() + more);
    kept().for_each(|field| out.extend_from_slice(field));
}
