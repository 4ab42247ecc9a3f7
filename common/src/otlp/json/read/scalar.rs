//! Which JSON values a field takes, and what they become.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::de::Error;

use crate::{
    otlp::schema::{Field, Kind},
    wire::writer,
};

/// How much of a text stands in an error about it.
const MAX_QUOTED_BYTES: usize = 80;

/// A JSON value that is neither an array nor an object.
#[derive(Clone, Copy)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(&'a str),
}

/// A value as it is written.
pub(super) enum Encoded<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
    Owned(Vec<u8>),
    EmptyMessage,
}

impl Encoded<'_> {
    pub(super) const fn is_default(&self) -> bool {
        match self {
            Self::Varint(value) | Self::Fixed64(value) => *value == 0,
            Self::Fixed32(value) => *value == 0,
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Owned(bytes) => bytes.is_empty(),
            Self::EmptyMessage => false,
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Varint(value) => writer::put_varint(out, *value),
            Self::Fixed64(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Fixed32(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Bytes(bytes) => out.extend_from_slice(bytes),
            Self::Owned(bytes) => out.extend_from_slice(bytes),
            Self::EmptyMessage => {}
        }
    }

    pub(super) fn write_field(&self, out: &mut Vec<u8>, number: u32) {
        match self {
            Self::Varint(value) => writer::put_varint_field(out, number, *value),
            Self::Fixed64(value) => writer::put_fixed64_field(out, number, *value),
            Self::Fixed32(value) => writer::put_fixed32_field(out, number, *value),
            Self::Bytes(bytes) => writer::put_bytes_field(out, number, bytes),
            Self::Owned(bytes) => writer::put_bytes_field(out, number, bytes),
            Self::EmptyMessage => writer::put_bytes_field(out, number, &[]),
        }
    }
}

/// A text as it stands in errors: whoever sent it may have sent megabytes.
pub(super) fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_QUOTED_BYTES)).unwrap_or_default()
}

/// What a field takes, for errors.
pub(super) fn expected(kind: Kind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        Kind::String => f.write_str("a string"),
        Kind::Bytes => f.write_str("a base64 string"),
        Kind::TraceId => f.write_str("a string of 32 hex digits"),
        Kind::SpanId => f.write_str("a string of 16 hex digits"),
        Kind::Bool => f.write_str("true or false"),
        Kind::Int32 | Kind::Sint32 => f.write_str("a 32-bit integer"),
        Kind::Uint32 | Kind::Fixed32 => f.write_str("an unsigned 32-bit integer"),
        Kind::Int64 | Kind::Sfixed64 => f.write_str("a 64-bit integer, as number or string"),
        Kind::Uint64 | Kind::Fixed64 => {
            f.write_str("an unsigned 64-bit integer, as number or string")
        }
        Kind::Double => f.write_str("a number"),
        Kind::Enum(_) => f.write_str("a number or the name of an enum value"),
        Kind::Message(message) => write!(f, "an object ({})", message.name),
    }
}

/// The value of a field, or nothing if the field takes no JSON value of this type.
pub(super) fn encode<'a, E: Error>(
    field: &Field,
    scalar: Scalar<'a>,
) -> Result<Option<Encoded<'a>>, E> {
    let encoded = match (field.kind, scalar) {
        (Kind::Message(_), Scalar::Null) => Encoded::EmptyMessage,
        (Kind::String | Kind::Bytes | Kind::TraceId | Kind::SpanId, Scalar::Null) => {
            Encoded::Bytes(&[])
        }
        (Kind::String, Scalar::Text(text)) => Encoded::Bytes(text.as_bytes()),
        (Kind::Bytes, Scalar::Text(text)) => {
            let bytes = BASE64_STANDARD.decode(text);
            Encoded::Owned(bytes.map_err(|error| E::custom(format!("invalid base64: {error}")))?)
        }
        (Kind::TraceId, Scalar::Text(text)) => Encoded::Owned(id(text, 16)?),
        (Kind::SpanId, Scalar::Text(text)) => Encoded::Owned(id(text, 8)?),
        (Kind::Bool, Scalar::Bool(value)) => Encoded::Varint(u64::from(value)),
        (Kind::Double, Scalar::Integer(value)) => Encoded::Fixed64((value as f64).to_bits()),
        (Kind::Double, Scalar::Float(value)) => Encoded::Fixed64(value.to_bits()),
        (Kind::Double, Scalar::Text(text)) => Encoded::Fixed64(float(text)?.to_bits()),
        (Kind::Enum(names), Scalar::Text(text)) => {
            let named = names.iter().find(|(name, _)| *name == text);
            let (_, number) = named
                .ok_or_else(|| E::custom(format!("unknown enum value {:?}", beginning(text))))?;
            Encoded::Varint(i64::from(*number).cast_unsigned())
        }
        (kind, Scalar::Text(text)) if is_integer(kind) => integer(kind, parse(text)?)?,
        (kind, Scalar::Integer(value)) if is_integer(kind) => integer(kind, value)?,
        (kind, Scalar::Float(value)) if is_integer(kind) => integer(kind, whole(value)?)?,
        _ => return Ok(None),
    };
    Ok(Some(encoded))
}

const fn is_integer(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Int32
            | Kind::Int64
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Sint32
            | Kind::Fixed32
            | Kind::Fixed64
            | Kind::Sfixed64
            | Kind::Enum(_)
    )
}

fn integer<'a, E: Error>(kind: Kind, value: i128) -> Result<Encoded<'a>, E> {
    let range = |_| E::custom(format!("{value} is out of range"));
    Ok(match kind {
        Kind::Uint32 => Encoded::Varint(u64::from(u32::try_from(value).map_err(range)?)),
        Kind::Uint64 => Encoded::Varint(u64::try_from(value).map_err(range)?),
        Kind::Int64 => Encoded::Varint(i64::try_from(value).map_err(range)?.cast_unsigned()),
        Kind::Fixed32 => Encoded::Fixed32(u32::try_from(value).map_err(range)?),
        Kind::Fixed64 => Encoded::Fixed64(u64::try_from(value).map_err(range)?),
        Kind::Sfixed64 => Encoded::Fixed64(i64::try_from(value).map_err(range)?.cast_unsigned()),
        Kind::Sint32 => {
            let value = i32::try_from(value).map_err(range)?;
            Encoded::Varint(u64::from(((value << 1) ^ (value >> 31)).cast_unsigned()))
        }
        _ => {
            let value = i32::try_from(value).map_err(range)?;
            Encoded::Varint(i64::from(value).cast_unsigned())
        }
    })
}

fn parse<E: Error>(text: &str) -> Result<i128, E> {
    // Twenty digits are the most that 64 bits need; a sign may stand before them.
    let is_decimal = text.strip_prefix('-').unwrap_or(text).bytes().all(|it| it.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_decimal && text.len() <= 21);
    number.ok_or_else(|| E::custom(format!("{:?} is not an integer", beginning(text))))
}

fn whole<E: Error>(value: f64) -> Result<i128, E> {
    if value.fract() == 0.0 && value.abs() < 2.0_f64.powi(65) {
        Ok(value as i128)
    } else {
        Err(E::custom(format!("{value} is not an integer")))
    }
}

fn float<E: Error>(text: &str) -> Result<f64, E> {
    match text {
        "NaN" => return Ok(f64::NAN),
        "Infinity" => return Ok(f64::INFINITY),
        "-Infinity" => return Ok(f64::NEG_INFINITY),
        _ => {}
    }
    let is_decimal =
        text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let number = text.parse().ok().filter(|number: &f64| is_decimal && number.is_finite());
    number.ok_or_else(|| E::custom(format!("{:?} is not a number", beginning(text))))
}

fn id<E: Error>(text: &str, bytes: usize) -> Result<Vec<u8>, E> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if text.len() != 2 * bytes {
        let (found, digits) = (text.len(), 2 * bytes);
        return Err(E::custom(format!("length mismatch: {found} hex digits instead of {digits}")));
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pairs = text.as_bytes().as_chunks::<2>().0;
    let id: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    id.ok_or_else(|| E::custom(format!("{:?} is not hex", beginning(text))))
}
