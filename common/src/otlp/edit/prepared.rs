//! Attributes that are encoded once and put into many messages.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::{Draft, attributes::put_entry};
use crate::otlp::{any_value::OwnedValue, attributes::key_bytes, message::occurrences};

/// Attributes as they stand in a message whose attributes have a certain field number.
#[derive(Clone, Debug, Default)]
pub struct PreparedAttributes {
    number: u32,
    /// Sorted by key: each with its whole encoded field.
    entries: Vec<(Vec<u8>, Vec<u8>)>,
}

impl PreparedAttributes {
    /// Encodes attributes; of duplicate keys the last counts.
    pub fn new<'e>(
        number: u32,
        attributes: impl IntoIterator<Item = (&'e str, &'e OwnedValue)>,
    ) -> Self {
        let by_key: BTreeMap<_, _> = attributes.into_iter().collect();
        let encoded = |(key, value): (&str, &OwnedValue)| {
            let mut field = Vec::new();
            put_entry(&mut field, number, key, value);
            (key.as_bytes().to_vec(), field)
        };
        Self { number, entries: by_key.into_iter().map(encoded).collect() }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    fn position(&self, key: &[u8]) -> Option<usize> {
        self.entries.binary_search_by(|(candidate, _)| candidate.as_slice().cmp(key)).ok()
    }
}

impl Draft<'_> {
    /// Puts attributes that were prepared for messages of this kind: those that are not there yet, and if
    /// `replaces`, also in the place of those that are.
    pub fn put_prepared(&mut self, prepared: &PreparedAttributes, replaces: bool) {
        let number = prepared.number;
        self.patch(|message, patch| {
            let mut is_there: SmallVec<[bool; 32]> = SmallVec::from_elem(false, prepared.len());
            let mut end = message.len();
            for (range, entry) in occurrences(message, number) {
                end = range.end;
                let Some(index) = prepared.position(key_bytes(entry)) else {
                    continue;
                };
                let (Some(seen), Some((_, field))) =
                    (is_there.get_mut(index), prepared.entries.get(index))
                else {
                    continue;
                };
                let is_first = !std::mem::replace(seen, true);
                if !replaces {
                    continue;
                }
                if !is_first {
                    patch.remove(range);
                } else if message.get(range.clone()) != Some(field.as_slice()) {
                    patch.replace(range, |out| out.extend_from_slice(field));
                }
            }
            if is_there.iter().any(|seen| !seen) {
                patch.replace(end..end, |out| {
                    for ((_, field), _) in
                        prepared.entries.iter().zip(&is_there).filter(|(_, seen)| !**seen)
                    {
                        out.extend_from_slice(field);
                    }
                });
            }
        });
    }
}
