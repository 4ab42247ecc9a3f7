//! Values that stand on their own: what an edit writes.

use super::{AnyValue, MAX_DEPTH};
use crate::{
    otlp::field_numbers::{any_value, array_value, key_value, key_value_list},
    wire::writer::{
        header_len, put_bytes_field, put_fixed64_field, put_header, put_varint_field, varint_len,
    },
};

/// A value that borrows from nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum OwnedValue {
    /// No value.
    #[default]
    Empty,
    /// A string.
    Str(String),
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating point number.
    Double(f64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list of values.
    Array(Vec<Self>),
    /// A map, its entries in the order in which they are written.
    KvList(Vec<(String, Self)>),
}

impl OwnedValue {
    /// Appends the content of the `AnyValue` message. Values nested deeper than 64 are left out.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.encode_at(0, out);
    }

    /// Bytes that [`OwnedValue::encode`] appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        self.len_at(0)
    }

    fn encode_at(&self, depth: usize, out: &mut Vec<u8>) {
        match self {
            Self::Empty => {}
            Self::Str(text) => put_bytes_field(out, any_value::STRING_VALUE, text.as_bytes()),
            Self::Bool(bit) => put_varint_field(out, any_value::BOOL_VALUE, u64::from(*bit)),
            Self::Int(int) => put_varint_field(out, any_value::INT_VALUE, *int as u64),
            Self::Double(double) => {
                put_fixed64_field(out, any_value::DOUBLE_VALUE, double.to_bits())
            }
            Self::Bytes(bytes) => put_bytes_field(out, any_value::BYTES_VALUE, bytes),
            Self::Array(_) | Self::KvList(_) if depth >= MAX_DEPTH => {}
            Self::Array(elements) => {
                put_header(out, any_value::ARRAY_VALUE, elements_len(elements, depth));
                for element in elements {
                    put_header(out, array_value::VALUES, element.len_at(depth + 1));
                    element.encode_at(depth + 1, out);
                }
            }
            Self::KvList(entries) => {
                put_header(out, any_value::KVLIST_VALUE, entries_len(entries, depth));
                for (key, value) in entries {
                    put_header(out, key_value_list::VALUES, entry_len(key, value, depth));
                    put_bytes_field(out, key_value::KEY, key.as_bytes());
                    put_header(out, key_value::VALUE, value.len_at(depth + 1));
                    value.encode_at(depth + 1, out);
                }
            }
        }
    }

    fn len_at(&self, depth: usize) -> usize {
        let content = match self {
            Self::Empty => return 0,
            Self::Bool(_) => return 2,
            Self::Int(int) => return 1 + varint_len(*int as u64),
            Self::Double(_) => return 9,
            Self::Str(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Array(_) | Self::KvList(_) if depth >= MAX_DEPTH => return 0,
            Self::Array(elements) => elements_len(elements, depth),
            Self::KvList(entries) => entries_len(entries, depth),
        };
        field_len(content)
    }

    fn read(value: AnyValue<'_>, depth: usize) -> Self {
        match value {
            _ if depth > MAX_DEPTH => Self::Empty,
            AnyValue::Empty => Self::Empty,
            AnyValue::Str(text) => Self::Str(text.to_owned()),
            AnyValue::Bool(bit) => Self::Bool(bit),
            AnyValue::Int(int) => Self::Int(int),
            AnyValue::Double(double) => Self::Double(double),
            AnyValue::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            AnyValue::Array(array) => {
                Self::Array(array.iter().map(|element| Self::read(element, depth + 1)).collect())
            }
            AnyValue::KvList(map) => Self::KvList(
                map.entries()
                    .iter()
                    .map(|(key, value)| (key.to_owned(), Self::read(value, depth + 1)))
                    .collect(),
            ),
        }
    }
}

fn elements_len(elements: &[OwnedValue], depth: usize) -> usize {
    elements.iter().map(|element| field_len(element.len_at(depth + 1))).sum()
}

fn entries_len(entries: &[(String, OwnedValue)], depth: usize) -> usize {
    entries.iter().map(|(key, value)| field_len(entry_len(key, value, depth))).sum()
}

fn entry_len(key: &str, value: &OwnedValue, depth: usize) -> usize {
    field_len(key.len()) + field_len(value.len_at(depth + 1))
}

/// All field numbers here take one byte.
const fn field_len(content: usize) -> usize {
    header_len(any_value::STRING_VALUE, content) + content
}

impl From<AnyValue<'_>> for OwnedValue {
    fn from(value: AnyValue<'_>) -> Self {
        Self::read(value, 0)
    }
}

impl From<&str> for OwnedValue {
    fn from(text: &str) -> Self {
        Self::Str(text.to_owned())
    }
}

impl From<String> for OwnedValue {
    fn from(text: String) -> Self {
        Self::Str(text)
    }
}

impl From<bool> for OwnedValue {
    fn from(bit: bool) -> Self {
        Self::Bool(bit)
    }
}

impl From<i64> for OwnedValue {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<f64> for OwnedValue {
    fn from(double: f64) -> Self {
        Self::Double(double)
    }
}
