//! The attributes of a message: its repeated `KeyValue` field.
//!
//! Of duplicate keys the first is read.

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::{
    any_value::AnyValue,
    field_numbers::key_value,
    message::{Message, text},
};
use crate::wire::{Fields, Value};

/// The attributes of a message, read in place.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    message: Message<'a>,
    number: u32,
}

impl<'a> Attributes<'a> {
    /// The attributes that stand in field `number` of a message.
    #[must_use]
    pub const fn new(message: Message<'a>, number: u32) -> Self {
        Self { message, number }
    }

    /// Keys and values in their order, duplicates included.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, AnyValue<'a>)> + Clone + use<'a> {
        self.message.repeated(self.number).map(|entry| (key_of(entry), value_of(entry)))
    }

    /// The value of a key.
    #[must_use]
    pub fn get(self, key: &str) -> Option<AnyValue<'a>> {
        self.message
            .repeated(self.number)
            .find(|entry| key_bytes(entry) == key.as_bytes())
            .map(value_of)
    }

    /// The encoded `KeyValue` of a key.
    #[must_use]
    pub fn entry(self, key: &str) -> Option<&'a [u8]> {
        let mut entries = self.message.repeated(self.number);
        entries.find(|entry| key_bytes(entry) == key.as_bytes())
    }

    /// Whether the key is there.
    #[must_use]
    pub fn contains(self, key: &str) -> bool {
        self.message.repeated(self.number).any(|entry| key_bytes(entry) == key.as_bytes())
    }

    /// Whether there is no attribute.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.message.repeated(self.number).next().is_none()
    }

    /// Whether both hold the same keys with equal values, in whatever order.
    pub(super) fn equals(
        self,
        other: Self,
        same: impl Fn(AnyValue<'a>, AnyValue<'a>) -> bool,
    ) -> bool {
        let (a, b) = (self.by_key(), other.by_key());
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.0 == b.0 && same(a.1, b.1))
    }

    /// The attributes that are read, in the order of their keys.
    fn by_key(self) -> Vec<(&'a str, AnyValue<'a>)> {
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_by_key(|(key, _)| *key);
        entries.dedup_by_key(|(key, _)| *key);
        entries
    }
}

/// Attributes are equal if they hold the same keys with equal values, in whatever order.
impl PartialEq for Attributes<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.equals(*other, |a, b| a == b)
    }
}

/// The key of an encoded `KeyValue`.
pub(super) fn key_of(entry: &[u8]) -> &str {
    text(key_bytes(entry))
}

#[inline]
pub(super) fn key_bytes(entry: &[u8]) -> &[u8] {
    entry.get(key_range(entry)).unwrap_or_default()
}

/// Where the key lies in an encoded `KeyValue`; an empty range if there is none.
#[inline]
pub(super) fn key_range(entry: &[u8]) -> Range<usize> {
    match plain_key_len(entry) {
        // Behind tag and length.
        Some(len) => 2..2 + len,
        None => last_key_range(entry),
    }
}

fn last_key_range(entry: &[u8]) -> Range<usize> {
    let fields = Fields::new(entry).map_while(Result::ok);
    let last = fields.filter(|field| field.number == key_value::KEY).last();
    last.map_or(0..0, |field| field.content_start()..field.end)
}

const KEY_TAG: u8 = (key_value::KEY << 3 | 2) as u8;
const VALUE_TAG: u8 = (key_value::VALUE << 3 | 2) as u8;

/// How long the key is in an entry that is a key and a value, both shorter than 128 bytes: nearly all are.
#[inline]
fn plain_key_len(entry: &[u8]) -> Option<usize> {
    let [KEY_TAG, key_len @ 0..0x80, ..] = entry else { return None };
    let key_len = usize::from(*key_len);
    let [VALUE_TAG, len @ 0..0x80, value @ ..] = entry.get(2 + key_len..)? else { return None };
    (value.len() == usize::from(*len)).then_some(key_len)
}

/// Takes such an entry off the front of bytes, if it is the content of field `number` and shorter than 128
/// bytes: its key, and the bytes behind it. The key starts four bytes behind the start of the field.
///
/// As `take_short` and then `plain_key_len`, but for fewer instructions: each attribute of each message that
/// is edited passes here.
#[inline]
pub(super) fn take_plain(bytes: &[u8], number: u32) -> Option<(&[u8], &[u8])> {
    let [tag @ 0x08..0x80, len @ 0..0x80, rest @ ..] = bytes else { return None };
    let (entry, behind) = rest.split_at_checked(usize::from(*len))?;
    let [KEY_TAG, key_len, rest @ ..] = entry else { return None };
    let (key, value) = rest.split_at_checked(usize::from(*key_len))?;
    let [VALUE_TAG, value_len, value @ ..] = value else { return None };
    let is_plain = u32::from(*tag) == number << 3 | 2 && value.len() == usize::from(*value_len);
    is_plain.then_some((key, behind))
}

/// The field of the key of such an entry.
#[inline]
pub(super) fn plain_key(entry: &[u8]) -> Option<&[u8]> {
    entry.get(..2 + plain_key_len(entry)?)
}

pub(super) fn value_of(entry: &[u8]) -> AnyValue<'_> {
    if let Some(key_len) = plain_key_len(entry) {
        let value = entry.get(4 + key_len..).unwrap_or_default();
        return AnyValue::read(Message::new(value));
    }
    let message = Message::new(entry);
    match message.last(key_value::VALUE) {
        Some(Value::Bytes(_)) => {
            message.message(key_value::VALUE).map(AnyValue::read).unwrap_or_default()
        }
        _ => AnyValue::Empty,
    }
}
