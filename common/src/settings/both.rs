//! Two structs whose keys stand in one map.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned, SeqAccess, Visitor},
    ser,
};
use serde_json::Value;

/// The keys of two structs in one map.
///
/// Used in place of `#[serde(flatten)]`, which would lose the positions of its values and let
/// unknown keys pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Both<A, B> {
    /// The first struct.
    pub a: A,
    /// The second struct.
    pub b: B,
}

impl<A: Serialize, B: Serialize> Serialize for Both<A, B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut merged = object(&self.a).map_err(ser::Error::custom)?;
        merged.extend(object(&self.b).map_err(ser::Error::custom)?);
        merged.serialize(serializer)
    }
}

fn object(half: &impl Serialize) -> Result<serde_json::Map<String, Value>, serde_json::Error> {
    match serde_json::to_value(half)? {
        Value::Object(map) => Ok(map),
        _ => Err(ser::Error::custom("only structs can share a map")),
    }
}

impl<'de, A: DeserializeOwned, B: DeserializeOwned> Deserialize<'de> for Both<A, B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(super::decode::BOTH, BothVisitor(PhantomData))
    }
}

struct BothVisitor<A, B>(PhantomData<(A, B)>);

impl<'de, A: DeserializeOwned, B: DeserializeOwned> Visitor<'de> for BothVisitor<A, B> {
    type Value = Both<A, B>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    // Our decoder reads the same map twice.
    fn visit_seq<S: SeqAccess<'de>>(self, mut halves: S) -> Result<Both<A, B>, S::Error> {
        let missing = || de::Error::custom("a struct cannot be read from this format");
        let a = halves.next_element()?.ok_or_else(missing)?;
        let b = halves.next_element()?.ok_or_else(missing)?;
        Ok(Both { a, b })
    }

    // Any other format goes through a buffer.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Both<A, B>, D::Error> {
        let value = Value::deserialize(inner)?;
        let a = A::deserialize(&value).map_err(de::Error::custom)?;
        let b = B::deserialize(&value).map_err(de::Error::custom)?;
        Ok(Both { a, b })
    }
}

#[cfg(test)]
mod tests;
