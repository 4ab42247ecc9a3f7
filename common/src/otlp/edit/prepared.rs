//! Attributes that are encoded once and put into many messages.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::{
    Draft,
    attributes::{put_entry, put_with_value},
};
use crate::{
    otlp::{any_value::OwnedValue, field_numbers::key_value},
    wire::Fields,
};

/// Attributes as they stand in a message whose attributes have a certain field number.
#[derive(Clone, Debug, Default)]
pub struct PreparedAttributes {
    number: u32,
    /// Sorted by key.
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    key: Vec<u8>,
    value: OwnedValue,
    /// The whole field.
    field: Vec<u8>,
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
            Entry { key: key.as_bytes().to_vec(), value: value.clone(), field }
        };
        Self { number, entries: by_key.into_iter().map(encoded).collect() }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn find(&self, key: &[u8]) -> Option<(usize, &Entry)> {
        let index = self.entries.binary_search_by(|entry| entry.key.as_slice().cmp(key)).ok()?;
        Some((index, self.entries.get(index)?))
    }
}

impl Draft<'_> {
    /// Puts attributes that were prepared for messages of this kind: those that are not there yet, and if
    /// `replaces`, also in the place of those that are.
    pub fn put_prepared(&mut self, prepared: &PreparedAttributes, replaces: bool) {
        let number = prepared.number;
        self.edit(|fields| {
            let mut are_there: SmallVec<[bool; 32]> =
                SmallVec::from_elem(false, prepared.entries.len());
            let mut next = 0;
            while let Some((at, key)) = fields.next_attribute(next) {
                next = at + 1;
                let Some((index, entry)) = prepared.find(key) else {
                    continue;
                };
                let is_duplicate =
                    are_there.get_mut(index).is_some_and(|seen| std::mem::replace(seen, true));
                match (replaces, is_duplicate) {
                    (false, _) => {}
                    (true, true) => fields.remove(at),
                    (true, false) => {
                        next = fields.rewrite(at, |written, out| match is_plain(written) {
                            true => out.extend_from_slice(&entry.field),
                            false => put_with_value(out, number, written, &entry.value),
                        });
                    }
                }
            }
            let entries = prepared.entries.iter().zip(&are_there);
            let missing = entries.filter(|(_, is_there)| !**is_there).map(|(entry, _)| entry);
            let end = fields.attributes_end();
            fields.insert(end, |out| {
                missing.for_each(|entry| out.extend_from_slice(&entry.field));
            });
        });
    }
}

/// Whether an attribute has a key and a value and nothing else that would be lost.
fn is_plain(entry: &[u8]) -> bool {
    let mut fields = Fields::new(entry).map_while(Result::ok);
    fields.all(|field| [key_value::KEY, key_value::VALUE].contains(&field.number))
}
