//! The value of an attribute, an element or a log body.
//!
//! Reading is lazy: an array or a map is walked when it is asked for its elements.

pub mod number;
mod owned;
mod plain;
#[cfg(test)]
mod tests;
mod text;

pub use owned::OwnedValue;
pub use plain::PlainValue;

use super::{
    attributes::Attributes,
    field_numbers::{any_value, array_value, key_value_list},
    message::{Message, text},
};
use crate::wire::{Fields, Value, take_short};

/// Values nested deeper than this are refused at the door; here they read as empty.
pub(super) const MAX_DEPTH: usize = 64;

/// A value, read in place.
#[derive(Clone, Copy, Debug, Default)]
pub enum AnyValue<'a> {
    /// No value, or one of a kind that is unknown here.
    #[default]
    Empty,
    /// A string.
    Str(&'a str),
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating point number.
    Double(f64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A list of values.
    Array(ArrayView<'a>),
    /// A map.
    KvList(KvListView<'a>),
}

impl<'a> AnyValue<'a> {
    /// Reads an encoded `AnyValue`. The last of its fields counts.
    #[must_use]
    pub fn read(message: Message<'a>) -> Self {
        // A short string and nothing else, or any one field: nearly all are.
        if let Some(content) = message.whole() {
            if let Some((any_value::STRING_VALUE, bytes, [])) = take_short(content) {
                return Self::Str(text(bytes));
            }
            if let Ok(Some(field)) = Fields::new(content).read()
                && field.end == content.len()
                && let Some(simple) = Self::simple(field.number, field.value)
            {
                return simple;
            }
        }
        let mut value = Self::Empty;
        // An array or map that is given twice in a row is the elements of both.
        let mut run = (0, 0);
        for field in message.fields() {
            if (any_value::STRING_VALUE..=any_value::STRING_VALUE_STRINDEX).contains(&field.number)
                && field.number != run.0
            {
                run = (field.number, field.start);
            }
            let all = || message.whole().and_then(|content| content.get(run.1..));
            value = match (field.number, field.value) {
                (any_value::ARRAY_VALUE | any_value::KVLIST_VALUE, Value::Bytes(last)) => {
                    let elements = all()
                        .and_then(|run| Message::singular(run, field.number))
                        .unwrap_or(Message::new(last));
                    match field.number {
                        any_value::ARRAY_VALUE => Self::Array(ArrayView(elements)),
                        _ => Self::KvList(KvListView(elements)),
                    }
                }
                (number, other) => Self::simple(number, other).unwrap_or(value),
            };
        }
        value
    }

    /// The value that a field gives, if it is no array and no map, and known.
    fn simple(number: u32, value: Value<'a>) -> Option<Self> {
        Some(match (number, value) {
            (any_value::STRING_VALUE, Value::Bytes(bytes)) => Self::Str(text(bytes)),
            (any_value::BOOL_VALUE, Value::Varint(bit)) => Self::Bool(bit != 0),
            (any_value::INT_VALUE, Value::Varint(int)) => Self::Int(int as i64),
            (any_value::DOUBLE_VALUE, Value::Fixed64(bits)) => Self::Double(f64::from_bits(bits)),
            (any_value::BYTES_VALUE, Value::Bytes(bytes)) => Self::Bytes(bytes),
            (any_value::STRING_VALUE_STRINDEX, Value::Varint(_)) => Self::Empty,
            _ => return None,
        })
    }

    /// The text, if it is a string.
    #[must_use]
    pub const fn as_str(self) -> Option<&'a str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    fn equals(self, other: Self, depth: usize) -> bool {
        match (self, other) {
            _ if depth > MAX_DEPTH => false,
            (Self::Empty, Self::Empty) => true,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Double(a), Self::Double(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => {
                let (mut a, mut b) = (a.iter(), b.iter());
                loop {
                    match (a.next(), b.next()) {
                        (None, None) => return true,
                        (Some(a), Some(b)) if a.equals(b, depth + 1) => {}
                        _ => return false,
                    }
                }
            }
            (Self::KvList(a), Self::KvList(b)) => {
                a.entries().equals(b.entries(), |a, b| a.equals(b, depth + 1))
            }
            _ => false,
        }
    }
}

/// Maps are equal if they hold the same keys with equal values, in whatever order.
impl PartialEq for AnyValue<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.equals(*other, 0)
    }
}

/// A list of values, read in place.
#[derive(Clone, Copy, Debug)]
pub struct ArrayView<'a>(Message<'a>);

impl<'a> ArrayView<'a> {
    /// The elements in their order.
    pub fn iter(self) -> impl Iterator<Item = AnyValue<'a>> + Clone + use<'a> {
        self.0.repeated(array_value::VALUES).map(|element| AnyValue::read(Message::new(element)))
    }
}

/// A map, read in place.
#[derive(Clone, Copy, Debug)]
pub struct KvListView<'a>(Message<'a>);

impl<'a> KvListView<'a> {
    /// The entries.
    #[must_use]
    pub const fn entries(self) -> Attributes<'a> {
        Attributes::new(self.0, key_value_list::VALUES)
    }
}
