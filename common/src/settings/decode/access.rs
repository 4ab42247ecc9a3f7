//! Walks lists and maps for serde, leaving out what failed before.

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
        value::StrDeserializer,
    },
};

use super::{
    Path,
    deserializer::{Null, Reader},
    error::DecodeError,
};
use crate::settings::{Entry, Node};

/// The elements of a list.
pub(super) struct Elements<'p, 'de> {
    parent: Reader<'p, 'de>,
    rest: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'p, 'de> Elements<'p, 'de> {
    pub(super) fn new(parent: Reader<'p, 'de>, list: &'de [Node]) -> Self {
        Self { parent, rest: list.iter().enumerate() }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let session = self.parent.session;
        let Some((index, node)) = self.rest.find(|(_, node)| !session.is_left_out(node)) else {
            return Ok(None);
        };
        let path = Path::Index(self.parent.path, index);
        let value = seed.deserialize(Reader::new(node, &path, session));
        value.map(Some).map_err(|error| error.at(node, &path, session))
    }
}

/// The parts of a text between commas, which stand for a list.
pub(super) struct Split<'de> {
    rest: Option<&'de str>,
}

impl<'de> Split<'de> {
    pub(super) fn new(text: &'de str) -> Self {
        Self { rest: (!text.is_empty()).then_some(text) }
    }
}

impl<'de> SeqAccess<'de> for Split<'_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some(text) = self.rest else {
            return Ok(None);
        };
        let (part, rest) = match text.split_once(',') {
            Some((part, rest)) => (part, Some(rest)),
            None => (text, None),
        };
        self.rest = rest;
        seed.deserialize(StrDeserializer::new(part)).map(Some)
    }
}

/// One node, several times.
pub(super) struct Repeated<'p, 'de> {
    reader: Reader<'p, 'de>,
    left: usize,
}

impl<'p, 'de> Repeated<'p, 'de> {
    pub(super) const fn new(reader: Reader<'p, 'de>, times: usize) -> Self {
        Self { reader, left: times }
    }
}

impl<'de> SeqAccess<'de> for Repeated<'_, 'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        seed.deserialize(self.reader).map(Some)
    }
}

/// The entries of a map, or those that a struct knows.
pub(super) struct Entries<'p, 'de> {
    parent: Reader<'p, 'de>,
    rest: std::slice::Iter<'de, Entry>,
    fields: Option<&'static [&'static str]>,
    current: Option<&'de Entry>,
}

impl<'p, 'de> Entries<'p, 'de> {
    pub(super) fn of_map(parent: Reader<'p, 'de>, entries: &'de [Entry]) -> Self {
        Self { parent, rest: entries.iter(), fields: None, current: None }
    }

    pub(super) fn of_struct(
        parent: Reader<'p, 'de>,
        entries: &'de [Entry],
        fields: &'static [&'static str],
    ) -> Self {
        Self { parent, rest: entries.iter(), fields: Some(fields), current: None }
    }

    fn is_wanted(&self, entry: &Entry) -> bool {
        let key = entry.key.as_str();
        let is_known = match self.fields {
            Some(fields) => fields.contains(&key),
            None => !(self.parent.hides_enabled && key == "enabled"),
        };
        is_known && !self.parent.session.is_left_out(&entry.value)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        self.current = loop {
            match self.rest.next() {
                Some(entry) if !self.is_wanted(entry) => {}
                entry => break entry,
            }
        };
        let Some(entry) = self.current else {
            return Ok(None);
        };
        seed.deserialize(StrDeserializer::new(&entry.key)).map(Some).map_err(
            |error: DecodeError| {
                let path = Path::Key(self.parent.path, &entry.key);
                error.at_position(&entry.value, &entry.position, &path, self.parent.session)
            },
        )
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        let Some(entry) = self.current.take() else {
            return Err(DecodeError::wrong("a value was read before its key"));
        };
        let path = Path::Key(self.parent.path, &entry.key);
        let mut reader = Reader::new(&entry.value, &path, self.parent.session);
        if self.fields.is_some() {
            reader.null = Null::FieldDefault;
        }
        let value = seed.deserialize(reader);
        value.map_err(|error| error.at(&entry.value, &path, self.parent.session))
    }
}

/// An enum value written as a map with one key.
pub(super) struct OneVariant<'p, 'de> {
    parent: Reader<'p, 'de>,
    entry: &'de Entry,
}

impl<'p, 'de> OneVariant<'p, 'de> {
    pub(super) const fn new(parent: Reader<'p, 'de>, entry: &'de Entry) -> Self {
        Self { parent, entry }
    }

    fn read<T>(
        &self,
        read: impl FnOnce(Reader<'_, 'de>) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let path = Path::Key(self.parent.path, &self.entry.key);
        let node = &self.entry.value;
        read(Reader::new(node, &path, self.parent.session))
            .map_err(|error| error.at(node, &path, self.parent.session))
    }
}

impl<'de> EnumAccess<'de> for OneVariant<'_, 'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self), DecodeError> {
        let variant = seed.deserialize(StrDeserializer::new(&self.entry.key))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for OneVariant<'_, 'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        self.read(|reader| <()>::deserialize(reader))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        self.read(|reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.read(|reader| reader.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.read(|reader| reader.deserialize_struct("", fields, visitor))
    }
}
