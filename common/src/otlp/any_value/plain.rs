//! A value of any type in settings.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor},
    ser::SerializeMap,
};

use super::OwnedValue;

/// A value as it is written in YAML: its type there is the type of the attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct PlainValue(pub OwnedValue);

impl<'de> Deserialize<'de> for PlainValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyType).map(Self)
    }
}

struct AnyType;

impl<'de> Visitor<'de> for AnyType {
    type Value = OwnedValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number, true or false, a list or a map")
    }

    fn visit_unit<E: de::Error>(self) -> Result<OwnedValue, E> {
        Ok(OwnedValue::Empty)
    }

    fn visit_bool<E: de::Error>(self, bit: bool) -> Result<OwnedValue, E> {
        Ok(bit.into())
    }

    fn visit_i64<E: de::Error>(self, int: i64) -> Result<OwnedValue, E> {
        Ok(int.into())
    }

    // Upstream wraps what does not fit.
    fn visit_u64<E: de::Error>(self, int: u64) -> Result<OwnedValue, E> {
        Ok((int as i64).into())
    }

    fn visit_f64<E: de::Error>(self, double: f64) -> Result<OwnedValue, E> {
        Ok(double.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<OwnedValue, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OwnedValue, A::Error> {
        let mut elements = Vec::new();
        while let Some(PlainValue(element)) = list.next_element()? {
            elements.push(element);
        }
        Ok(OwnedValue::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OwnedValue, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, PlainValue(value))) = map.next_entry()? {
            entries.push((key, value));
        }
        Ok(OwnedValue::KvList(entries))
    }
}

impl Serialize for PlainValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shown(&self.0).serialize(serializer)
    }
}

struct Shown<'a>(&'a OwnedValue);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            OwnedValue::Empty => serializer.serialize_unit(),
            OwnedValue::Str(text) => serializer.serialize_str(text),
            OwnedValue::Bool(bit) => serializer.serialize_bool(*bit),
            OwnedValue::Int(int) => serializer.serialize_i64(*int),
            OwnedValue::Double(double) => serializer.serialize_f64(*double),
            OwnedValue::Bytes(bytes) => serializer.serialize_bytes(bytes),
            OwnedValue::Array(elements) => serializer.collect_seq(elements.iter().map(Shown)),
            OwnedValue::KvList(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, &Shown(value))?;
                }
                map.end()
            }
        }
    }
}
