//! Maps, in the payload or made by a function.

use std::{borrow::Cow, collections::HashSet};

use super::Value;
use crate::otlp::{any_value::OwnedValue, attributes::Attributes};

/// Texts with a value each. Of equal keys the first is read.
#[derive(Clone, Debug)]
pub enum Map<'a> {
    /// In the payload.
    View(Attributes<'a>),
    /// Made.
    Made(Cow<'a, [(String, OwnedValue)]>),
}

impl<'a> Map<'a> {
    /// A map that was made.
    #[must_use]
    pub const fn new(entries: Vec<(String, OwnedValue)>) -> Map<'static> {
        Map::Made(Cow::Owned(entries))
    }

    /// The value of a key; nothing if it is not there.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'_>> {
        match self {
            Self::View(attributes) => attributes.get(key).map(Value::of),
            Self::Made(entries) => entries
                .iter()
                .find(|(known, _)| known == key)
                .map(|(_, value)| Value::of_owned(value)),
        }
    }

    /// The value of a key, as long as the payload is there.
    #[must_use]
    pub fn into_value(self, key: &str) -> Option<Value<'a>> {
        match self {
            Self::View(attributes) => attributes.get(key).map(Value::of),
            Self::Made(Cow::Borrowed(entries)) => entries
                .iter()
                .find(|(known, _)| known == key)
                .map(|(_, value)| Value::of_owned(value)),
            Self::Made(Cow::Owned(entries)) => entries
                .into_iter()
                .find(|(known, _)| known == key)
                .map(|(_, value)| Value::from(value)),
        }
    }

    /// Keys and values in their order.
    pub fn iter(&self) -> Box<dyn Iterator<Item = (&str, Value<'_>)> + '_> {
        match self {
            Self::View(attributes) => {
                Box::new(attributes.iter().map(|(key, value)| (key, Value::of(value))))
            }
            Self::Made(entries) => {
                Box::new(entries.iter().map(|(key, value)| (key.as_str(), Value::of_owned(value))))
            }
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::View(attributes) => attributes.iter().count(),
            Self::Made(entries) => entries.len(),
        }
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::View(attributes) => attributes.is_empty(),
            Self::Made(entries) => entries.is_empty(),
        }
    }

    /// The entries.
    #[must_use]
    pub fn into_entries(self) -> Vec<(String, OwnedValue)> {
        match self {
            Self::View(attributes) => attributes
                .iter()
                .map(|(key, value)| (key.to_owned(), OwnedValue::from(value)))
                .collect(),
            Self::Made(entries) => entries.into_owned(),
        }
    }

    /// The entries that are read, in the order of their keys.
    fn by_key(&self) -> Vec<(&str, Value<'_>)> {
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_by_key(|(key, _)| *key);
        entries.dedup_by_key(|(key, _)| *key);
        entries
    }

    pub(super) fn into_owned(self) -> Map<'static> {
        Map::Made(Cow::Owned(self.into_entries()))
    }
}

/// Leaves out the entries whose key comes again later, as a Go map forgets them.
#[must_use]
pub fn last_of_each_key(mut entries: Vec<(String, OwnedValue)>) -> Vec<(String, OwnedValue)> {
    let mut seen = HashSet::with_capacity(entries.len());
    let is_last: Vec<bool> =
        entries.iter().rev().map(|(key, _)| seen.insert(key.as_str())).collect();
    if seen.len() < entries.len() {
        let mut is_last = is_last.into_iter().rev();
        entries.retain(|_| is_last.next().unwrap_or(true));
    }
    entries
}

/// Maps are equal if they hold the same keys with equal values, in whatever order.
impl PartialEq for Map<'_> {
    fn eq(&self, other: &Self) -> bool {
        if let (Self::View(a), Self::View(b)) = (self, other) {
            return a == b;
        }
        let (a, b) = (self.by_key(), other.by_key());
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.0 == b.0 && a.1.is_same(&b.1))
    }
}
