//! What an expression gives: read where it lies wherever it can be.

mod coerce;
mod list;
mod map;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use coerce::Mismatch;
pub use list::List;
pub use map::{Map, last_of_each_key};

use super::time::Time;
use crate::otlp::any_value::{AnyValue, OwnedValue};

/// A value while a statement runs.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// Nothing: a key that is not there, an empty value.
    Nil,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating point number.
    Double(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// A point in time.
    Time(Time),
    /// Nanoseconds between two points in time.
    Duration(i64),
    /// The id of a trace.
    TraceId([u8; 16]),
    /// The id of a span.
    SpanId([u8; 8]),
    /// Texts with a value each.
    Map(Map<'a>),
    /// Values one after the other.
    List(List<'a>),
    /// Messages that are no values, such as the events of a span.
    Messages(Messages<'a>),
}

/// Messages of one kind, which can be counted and copied to where the same kind stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Messages<'a> {
    /// What they are, such as `span events`.
    pub kind: &'static str,
    /// Their contents.
    pub contents: Vec<Cow<'a, [u8]>>,
}

impl<'a> Value<'a> {
    /// A text.
    #[must_use]
    pub const fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// The value of an attribute, an element or a body.
    #[must_use]
    pub const fn of(value: AnyValue<'a>) -> Self {
        match value {
            AnyValue::Empty => Self::Nil,
            AnyValue::Str(text) => Self::text(text),
            AnyValue::Bool(bit) => Self::Bool(bit),
            AnyValue::Int(int) => Self::Int(int),
            AnyValue::Double(double) => Self::Double(double),
            AnyValue::Bytes(bytes) => Self::Bytes(Cow::Borrowed(bytes)),
            AnyValue::Array(array) => Self::List(List::View(array)),
            AnyValue::KvList(map) => Self::Map(Map::View(map.entries())),
        }
    }

    /// The same of one that was made.
    #[must_use]
    pub fn of_owned(value: &'a OwnedValue) -> Self {
        match value {
            OwnedValue::Empty => Self::Nil,
            OwnedValue::Str(text) => Self::text(text),
            OwnedValue::Bool(bit) => Self::Bool(*bit),
            OwnedValue::Int(int) => Self::Int(*int),
            OwnedValue::Double(double) => Self::Double(*double),
            OwnedValue::Bytes(bytes) => Self::Bytes(Cow::Borrowed(bytes)),
            OwnedValue::Array(elements) => Self::List(List::Made(Cow::Borrowed(elements))),
            OwnedValue::KvList(entries) => Self::Map(Map::Made(Cow::Borrowed(entries))),
        }
    }

    /// The same, borrowing from this one.
    #[must_use]
    pub fn as_borrowed(&self) -> Value<'_> {
        match self {
            Self::Nil => Value::Nil,
            Self::Bool(bit) => Value::Bool(*bit),
            Self::Int(int) => Value::Int(*int),
            Self::Double(double) => Value::Double(*double),
            Self::Text(text) => Value::text(text),
            Self::Bytes(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
            Self::Time(time) => Value::Time(time.clone()),
            Self::Duration(nanos) => Value::Duration(*nanos),
            Self::TraceId(id) => Value::TraceId(*id),
            Self::SpanId(id) => Value::SpanId(*id),
            Self::Map(Map::View(view)) => Value::Map(Map::View(*view)),
            Self::Map(Map::Made(entries)) => Value::Map(Map::Made(Cow::Borrowed(entries))),
            Self::List(List::View(view)) => Value::List(List::View(*view)),
            Self::List(List::Made(elements)) => Value::List(List::Made(Cow::Borrowed(elements))),
            Self::Messages(Messages { kind, contents }) => {
                let contents = contents.iter().map(|one| Cow::Borrowed(&**one)).collect();
                Value::Messages(Messages { kind, contents })
            }
        }
    }

    /// The same, borrowing from nothing.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Nil => Value::Nil,
            Self::Bool(bit) => Value::Bool(bit),
            Self::Int(int) => Value::Int(int),
            Self::Double(double) => Value::Double(double),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
            Self::Time(time) => Value::Time(time),
            Self::Duration(nanos) => Value::Duration(nanos),
            Self::TraceId(id) => Value::TraceId(id),
            Self::SpanId(id) => Value::SpanId(id),
            Self::Map(map) => Value::Map(map.into_owned()),
            Self::List(list) => Value::List(list.into_owned()),
            Self::Messages(Messages { kind, contents }) => {
                let contents = contents.into_iter().map(|one| Cow::Owned(one.into_owned()));
                Value::Messages(Messages { kind, contents: contents.collect() })
            }
        }
    }

    /// What is stored of it in an attribute or a body.
    ///
    /// # Errors
    /// [`Mismatch`] for what an attribute cannot hold: times, durations, ids, messages.
    pub fn into_stored(self) -> Result<OwnedValue, Mismatch> {
        Ok(match self {
            Self::Nil => OwnedValue::Empty,
            Self::Bool(bit) => OwnedValue::Bool(bit),
            Self::Int(int) => OwnedValue::Int(int),
            Self::Double(double) => OwnedValue::Double(double),
            Self::Text(text) => OwnedValue::Str(text.into_owned()),
            Self::Bytes(bytes) => OwnedValue::Bytes(bytes.into_owned()),
            Self::Map(map) => OwnedValue::KvList(map.into_entries()),
            Self::List(list) => OwnedValue::Array(list.into_elements()),
            Self::Time(_)
            | Self::Duration(_)
            | Self::TraceId(_)
            | Self::SpanId(_)
            | Self::Messages(_) => return Err(self.mismatch("a value of an attribute")),
        })
    }

    /// What it is, as an error says it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Double(_) => "a double",
            Self::Text(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::Time(_) => "a time",
            Self::Duration(_) => "a duration",
            Self::TraceId(_) => "a trace id",
            Self::SpanId(_) => "a span id",
            Self::Map(_) => "a map",
            Self::List(_) => "a list",
            Self::Messages(messages) => messages.kind,
        }
    }

    /// The map that it is.
    ///
    /// # Errors
    /// [`Mismatch`] if it is something else.
    pub fn into_map(self) -> Result<Map<'a>, Mismatch> {
        match self {
            Self::Map(map) => Ok(map),
            other => Err(other.mismatch("a map")),
        }
    }

    /// The error of one who expected something else.
    #[must_use]
    pub const fn mismatch(&self, expected: &'static str) -> Mismatch {
        Mismatch { expected, found: self.kind() }
    }
}

impl From<OwnedValue> for Value<'static> {
    fn from(value: OwnedValue) -> Self {
        match value {
            OwnedValue::Empty => Self::Nil,
            OwnedValue::Str(text) => Self::Text(Cow::Owned(text)),
            OwnedValue::Bool(bit) => Self::Bool(bit),
            OwnedValue::Int(int) => Self::Int(int),
            OwnedValue::Double(double) => Self::Double(double),
            OwnedValue::Bytes(bytes) => Self::Bytes(Cow::Owned(bytes)),
            OwnedValue::Array(elements) => Self::List(List::Made(Cow::Owned(elements))),
            OwnedValue::KvList(entries) => Self::Map(Map::Made(Cow::Owned(entries))),
        }
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(bit: bool) -> Self {
        Self::Bool(bit)
    }
}

impl From<i64> for Value<'_> {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<f64> for Value<'_> {
    fn from(double: f64) -> Self {
        Self::Double(double)
    }
}
