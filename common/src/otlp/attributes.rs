//! The attributes of a message: its repeated `KeyValue` field.
//!
//! Of duplicate keys the first is read.

#[cfg(test)]
mod tests;

use super::{
    any_value::AnyValue,
    field_numbers::key_value,
    message::{Message, text},
};
use crate::wire::Value;

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
    match plain_entry(entry) {
        Some((key, _)) => key,
        None => Message::new(entry).bytes(key_value::KEY),
    }
}

/// Key and value of an entry that is one of each, both shorter than 128 bytes: nearly all are.
#[inline]
fn plain_entry(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    const KEY_TAG: u8 = (key_value::KEY << 3 | 2) as u8;
    const VALUE_TAG: u8 = (key_value::VALUE << 3 | 2) as u8;
    let [KEY_TAG, key_len @ 0..0x80, rest @ ..] = entry else {
        return None;
    };
    match rest.split_at_checked(usize::from(*key_len))? {
        (key, [VALUE_TAG, len @ 0..0x80, value @ ..]) if usize::from(*len) == value.len() => {
            Some((key, value))
        }
        _ => None,
    }
}

pub(super) fn value_of(entry: &[u8]) -> AnyValue<'_> {
    if let Some((_, value)) = plain_entry(entry) {
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
