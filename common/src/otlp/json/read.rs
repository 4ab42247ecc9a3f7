//! JSON to protobuf, in one pass over the text.

mod scalar;

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::JsonError;
use crate::{
    otlp::{
        envelope::MAX_NESTING,
        schema::{Field, Kind, Message, Presence},
    },
    wire::writer,
};
use scalar::Scalar;

/// Reads a message of the schema.
pub(super) fn message(
    schema: &'static Message,
    text: &[u8],
    limit: usize,
) -> Result<Vec<u8>, JsonError> {
    let mut state = State::new(limit, text.len());
    let mut json = serde_json::Deserializer::from_slice(text);
    // Known fields are held to `MAX_NESTING`, and unknown ones are skipped without recursion.
    json.disable_recursion_limit();
    let result =
        MessageSeed { schema, state: &mut state }.deserialize(&mut json).and_then(|()| json.end());
    match result {
        Ok(()) => Ok(state.out),
        Err(_) if state.is_too_large => Err(JsonError::TooLarge { limit }),
        Err(error) => Err(malformed(&state.path(), &error)),
    }
}

/// Puts path and position to an error of the JSON reader.
pub(super) fn malformed(path: &str, error: &serde_json::Error) -> JsonError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let suffix = format!(" at line {line} column {column}");
    let message = text.strip_suffix(&suffix).unwrap_or(&text).to_owned();
    JsonError::Malformed { path: path.to_owned(), message, line, column }
}

/// A step from a message to a value in it.
enum Segment {
    Field(&'static Field),
    Index(usize),
}

/// What has been read so far. On an error the path is left as it was when it happened.
struct State {
    out: Vec<u8>,
    limit: usize,
    is_too_large: bool,
    path: Vec<Segment>,
    depth: u32,
}

impl State {
    fn new(limit: usize, text_len: usize) -> Self {
        // Protobuf is seldom longer than half of its JSON.
        let out = Vec::with_capacity(limit.min(text_len / 2));
        Self { out, limit, is_too_large: false, path: Vec::new(), depth: 0 }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for segment in &self.path {
            match segment {
                Segment::Field(field) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(field.json_name);
                }
                Segment::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        if path.is_empty() { "request".to_owned() } else { path }
    }

    fn check_size<E: Error>(&mut self) -> Result<(), E> {
        self.is_too_large = self.out.len() > self.limit;
        if self.is_too_large { Err(E::custom("too large")) } else { Ok(()) }
    }

    /// Writes a tag and leaves one byte for a length; returns where the content starts.
    fn begin(&mut self, number: u32) -> usize {
        writer::put_header(&mut self.out, number, 0);
        self.out.len()
    }

    /// Writes the length of what stands from `start` on, making room if one byte is not enough.
    fn end(&mut self, start: usize) {
        let end = self.out.len();
        let len = end.saturating_sub(start);
        let extra = writer::varint_len(len as u64) - 1;
        if extra > 0 {
            self.out.resize(end + extra, 0);
            self.out.copy_within(start..end, start + extra);
        }
        let mut rest = len as u64;
        let bytes = self.out.get_mut(start.saturating_sub(1)..start + extra).unwrap_or_default();
        for byte in bytes {
            *byte = (rest as u8 & 0x7f) | if rest > 0x7f { 0x80 } else { 0 };
            rest >>= 7;
        }
    }
}

/// Reads the fields of a message and appends them; `null` is an empty message.
struct MessageSeed<'s> {
    schema: &'static Message,
    state: &'s mut State,
}

impl<'de> DeserializeSeed<'de> for MessageSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MessageSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object ({})", self.schema.name)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        Err(E::invalid_type(Unexpected::Str(scalar::beginning(text)), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { schema, state } = self;
        state.depth += u32::from(schema.is_recursive);
        if state.depth > MAX_NESTING {
            return Err(A::Error::custom(format!("values nested deeper than {MAX_NESTING}")));
        }
        while let Some(field) = map.next_key_seed(KeySeed(schema))? {
            let Some(field) = field else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            state.path.push(Segment::Field(field));
            map.next_value_seed(ValueSeed { field, place: Place::Field, state })?;
            state.path.pop();
        }
        state.depth -= u32::from(schema.is_recursive);
        Ok(())
    }
}

/// Looks up a field by its name.
struct KeySeed(&'static Message);

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Option<&'static Field>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Option<&'static Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.field_by_json_name(name))
    }
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The value of the field itself.
    Field,
    /// In the array of a repeated field.
    Element,
    /// In the array of a repeated number, which is written without tags.
    Packed,
}

/// Reads the value of a field and appends it.
struct ValueSeed<'s> {
    field: &'static Field,
    place: Place,
    state: &'s mut State,
}

impl ValueSeed<'_> {
    fn is_list(&self) -> bool {
        self.place == Place::Field && self.field.presence == Presence::Repeated
    }

    fn put<E: Error>(self, scalar: Scalar<'_>, found: Unexpected<'_>) -> Result<(), E> {
        if self.is_list() {
            return Err(E::invalid_type(found, &self));
        }
        let Some(value) = scalar::encode(self.field, scalar)? else {
            return Err(E::invalid_type(found, &self));
        };
        let out = &mut self.state.out;
        if self.place == Place::Packed {
            value.write(out);
        } else if self.field.presence != Presence::Singular || !value.is_default() {
            value.write_field(out, self.field.number);
        }
        self.state.check_size()
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_list() { f.write_str("an array") } else { scalar::expected(self.field.kind, f) }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.put(Scalar::Bool(value), Unexpected::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.put(Scalar::Integer(value.into()), Unexpected::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.put(Scalar::Integer(value.into()), Unexpected::Signed(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.put(Scalar::Float(value), Unexpected::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.put(Scalar::Text(text), Unexpected::Str(scalar::beginning(text)))
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if self.is_list() {
            return Ok(());
        }
        self.put(Scalar::Null, Unexpected::Other("null"))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let (Kind::Message(schema), false) = (self.field.kind, self.is_list()) else {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        };
        let start = self.state.begin(self.field.number);
        MessageSeed { schema, state: &mut *self.state }.visit_map(map)?;
        self.state.end(start);
        self.state.check_size()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if !self.is_list() {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        let Self { field, state, .. } = self;
        let is_packed = field.kind.wire_type() != 2;
        let place = if is_packed { Place::Packed } else { Place::Element };
        let before = state.out.len();
        let start = if is_packed { state.begin(field.number) } else { before };
        let mut index = 0;
        state.path.push(Segment::Index(index));
        while list.next_element_seed(ValueSeed { field, place, state })?.is_some() {
            index += 1;
            state.path.pop();
            state.path.push(Segment::Index(index));
        }
        state.path.pop();
        match (is_packed, index) {
            (true, 0) => state.out.truncate(before),
            (true, _) => state.end(start),
            (false, _) => {}
        }
        state.check_size()
    }
}
