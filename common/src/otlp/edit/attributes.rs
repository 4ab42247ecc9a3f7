//! Edits of attributes.
//!
//! Of duplicate keys the first is read, so it is the first that is changed; the others go with the
//! first edit of their key, lest a reader with another rule finds the old value.

use super::Draft;
use crate::{
    otlp::{
        any_value::{AnyValue, OwnedValue},
        attributes::{key_bytes, key_of, value_of},
        field_numbers::key_value,
        message::occurrences,
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
        let number = self.attributes_field;
        self.patch(|message, patch| {
            occurrences(message, number)
                .filter(|(_, entry)| key_bytes(entry) == key.as_bytes())
                .for_each(|(range, _)| patch.remove(range));
            !patch.is_empty()
        })
    }

    /// Removes the attributes for whose keys a condition does not hold.
    pub fn retain_attributes(&mut self, mut keep: impl FnMut(&str) -> bool) {
        let number = self.attributes_field;
        self.patch(|message, patch| {
            occurrences(message, number)
                .filter(|(_, entry)| !keep(key_of(entry)))
                .for_each(|(range, _)| patch.remove(range));
        });
    }

    /// Asks for each attribute, duplicates included, what becomes of it.
    pub fn edit_attributes(&mut self, mut edit: impl FnMut(&str, AnyValue<'_>) -> AttributeEdit) {
        let number = self.attributes_field;
        self.patch(|message, patch| {
            for (range, entry) in occurrences(message, number) {
                match edit(key_of(entry), value_of(entry)) {
                    AttributeEdit::Keep => {}
                    AttributeEdit::Remove => patch.remove(range),
                    AttributeEdit::Value(value) => {
                        patch.replace(range, |out| put_with_value(out, number, entry, &value));
                    }
                    AttributeEdit::Key(key) => {
                        let len = header_len(key_value::KEY, key.len()) + key.len();
                        patch.replace(range, |out| {
                            put_without(out, number, (entry, key_value::KEY), len);
                            put_bytes_field(out, key_value::KEY, key.as_bytes());
                        });
                    }
                }
            }
        });
    }

    /// Replaces all attributes.
    pub fn replace_attributes<'e>(
        &mut self,
        attributes: impl IntoIterator<Item = (&'e str, &'e OwnedValue)>,
    ) {
        let number = self.attributes_field;
        self.patch(|message, patch| {
            let mut end = message.len();
            for (range, _) in occurrences(message, number) {
                end = range.end;
                patch.remove(range);
            }
            patch.replace(end..end, |out| {
                for (key, value) in attributes {
                    put_entry(out, number, key, value);
                }
            });
        });
    }

    fn put_attribute(&mut self, key: &str, value: &OwnedValue, when: &[When]) -> When {
        let number = self.attributes_field;
        self.patch(|message, patch| {
            let mut found = When::Absent;
            // A new attribute stands behind the last one.
            let mut end = message.len();
            for (range, entry) in occurrences(message, number) {
                end = range.end;
                if key_bytes(entry) != key.as_bytes() {
                    continue;
                }
                if !when.contains(&When::Present) {
                    return When::Present;
                }
                match found {
                    When::Present => patch.remove(range),
                    When::Absent => {
                        patch.replace(range, |out| put_with_value(out, number, entry, value));
                    }
                }
                found = When::Present;
            }
            if found == When::Absent && when.contains(&When::Absent) {
                patch.replace(end..end, |out| put_entry(out, number, key, value));
            }
            found
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
    put_without(out, number, (entry, key_value::VALUE), len);
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
