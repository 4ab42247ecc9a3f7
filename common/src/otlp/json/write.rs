//! Protobuf to JSON, default values left out.

use base64::{Engine, prelude::BASE64_STANDARD};
use smallvec::SmallVec;

use crate::{
    otlp::{
        envelope::MAX_NESTING,
        schema::{Field, Kind, Message, Presence},
    },
    wire::{Fields, Value},
};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes a message that is given in pieces.
pub(super) fn message(schema: &'static Message, pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 * pieces.iter().map(|piece| piece.len()).sum::<usize>());
    object(schema, pieces, 0, &mut out);
    out
}

/// A message that is given in pieces, which are read again for each field rather than held as a
/// list, since that would take many times their size.
#[derive(Clone, Copy)]
struct Pieces<'a, 'p>(&'p [&'a [u8]]);

impl<'a> Pieces<'a, '_> {
    fn fields(self) -> impl Iterator<Item = (u32, Value<'a>)> {
        let fields = self.0.iter().flat_map(|piece| Fields::new(piece).map_while(Result::ok));
        fields.map(|field| (field.number, field.value))
    }

    fn values(self, number: u32) -> impl Iterator<Item = Value<'a>> {
        self.fields().filter(move |(found, _)| *found == number).map(|(_, value)| value)
    }
}

fn object(schema: &'static Message, pieces: &[&[u8]], depth: u32, out: &mut Vec<u8>) {
    let depth = depth + u32::from(schema.is_recursive);
    let pieces = Pieces(if depth <= MAX_NESTING { pieces } else { &[] });
    out.push(b'{');
    let start = out.len();
    let present = Present::new(schema, pieces);
    for field in schema.fields {
        if present.should_write(field) {
            write_field(field, pieces, depth, (start, &mut *out));
        }
    }
    out.push(b'}');
}

/// Which fields of a message are there.
struct Present {
    numbers: u64,
    /// The last of those that exclude each other.
    oneof: Option<u32>,
}

impl Present {
    fn new(schema: &Message, pieces: Pieces<'_, '_>) -> Self {
        let oneofs = schema
            .fields
            .iter()
            .filter(|field| field.presence == Presence::Oneof)
            .fold(0, |bits, field| bits | bit(field.number));
        let mut present = Self { numbers: 0, oneof: None };
        for (number, _) in pieces.fields() {
            present.numbers |= bit(number);
            if oneofs & bit(number) != 0 {
                present.oneof = Some(number);
            }
        }
        present
    }

    fn should_write(&self, field: &Field) -> bool {
        match field.presence {
            Presence::Legacy => false,
            Presence::AlwaysInJson => true,
            Presence::Oneof => self.oneof == Some(field.number),
            _ => self.numbers & bit(field.number) != 0,
        }
    }
}

/// The bit of a field number; all that JSON knows are below 64.
fn bit(number: u32) -> u64 {
    1_u64.checked_shl(number).unwrap_or_default()
}

/// Writes a field behind the others of its object, which starts at `start`.
fn write_field(
    field: &'static Field,
    pieces: Pieces<'_, '_>,
    depth: u32,
    (start, out): (usize, &mut Vec<u8>),
) {
    let values = pieces.values(field.number);
    match (field.presence, field.kind) {
        (Presence::Repeated, kind) => {
            let before = out.len();
            put_name(field, start, out);
            out.push(b'[');
            let first = out.len();
            for value in values {
                elements(kind, value, depth, (first, &mut *out));
            }
            if out.len() == first {
                out.truncate(before);
            } else {
                out.push(b']');
            }
        }
        (presence, Kind::Message(schema)) => {
            let pieces: SmallVec<[&[u8]; 2]> = values.filter_map(content).collect();
            if !pieces.is_empty() || presence == Presence::AlwaysInJson {
                put_name(field, start, out);
                object(schema, &pieces, depth, out);
            }
        }
        (presence, kind) => {
            let Some(value) = values.filter(|value| fits(kind, *value)).last() else {
                return;
            };
            if presence != Presence::Singular || !is_default(kind, value) {
                put_name(field, start, out);
                scalar(kind, value, out);
            }
        }
    }
}

/// Writes one occurrence of a repeated field, which may be a packed list.
fn elements(kind: Kind, value: Value<'_>, depth: u32, (first, out): (usize, &mut Vec<u8>)) {
    if let (Kind::Message(schema), Value::Bytes(content)) = (kind, value) {
        put_comma(first, out);
        return object(schema, &[content], depth, out);
    }
    if fits(kind, value) {
        put_comma(first, out);
        return scalar(kind, value, out);
    }
    let Value::Bytes(mut packed) = value else {
        return;
    };
    while let Some((number, rest)) = unpack(kind, packed) {
        put_comma(first, out);
        scalar(kind, number, out);
        packed = rest;
    }
}

/// The first number of a packed list.
fn unpack(kind: Kind, packed: &[u8]) -> Option<(Value<'_>, &[u8])> {
    match kind.wire_type() {
        0 => {
            let (value, rest) = crate::wire::reader::take_varint(packed)?;
            Some((Value::Varint(value), rest))
        }
        1 => {
            let (bytes, rest) = packed.split_first_chunk()?;
            Some((Value::Fixed64(u64::from_le_bytes(*bytes)), rest))
        }
        5 => {
            let (bytes, rest) = packed.split_first_chunk()?;
            Some((Value::Fixed32(u32::from_le_bytes(*bytes)), rest))
        }
        _ => None,
    }
}

const fn content(value: Value<'_>) -> Option<&[u8]> {
    match value {
        Value::Bytes(content) => Some(content),
        _ => None,
    }
}

fn fits(kind: Kind, value: Value<'_>) -> bool {
    usize::from(value.wire_type()) == kind.wire_type()
}

fn is_default(kind: Kind, value: Value<'_>) -> bool {
    match value {
        Value::Varint(value) | Value::Fixed64(value) => value == 0,
        Value::Fixed32(value) => value == 0,
        Value::Bytes(bytes) if matches!(kind, Kind::TraceId | Kind::SpanId) => {
            bytes.iter().all(|byte| *byte == 0)
        }
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::Group(_) => true,
    }
}

fn scalar(kind: Kind, value: Value<'_>, out: &mut Vec<u8>) {
    match (kind, value) {
        (Kind::Bool, Value::Varint(value)) => {
            out.extend_from_slice(if value == 0 { b"false" } else { b"true" });
        }
        (Kind::Int32 | Kind::Enum(_), Value::Varint(value)) => put_text_of(value as i32, out),
        (Kind::Uint32, Value::Varint(value)) => put_text_of(value as u32, out),
        (Kind::Sint32, Value::Varint(value)) => {
            let value = value as u32;
            put_text_of((value >> 1).cast_signed() ^ -(value & 1).cast_signed(), out);
        }
        (Kind::Fixed32, Value::Fixed32(value)) => put_text_of(value, out),
        (Kind::Int64, Value::Varint(value)) | (Kind::Sfixed64, Value::Fixed64(value)) => {
            quoted(value.cast_signed(), out);
        }
        (Kind::Uint64, Value::Varint(value)) | (Kind::Fixed64, Value::Fixed64(value)) => {
            quoted(value, out);
        }
        (Kind::Double, Value::Fixed64(value)) => put_double(f64::from_bits(value), out),
        (Kind::String, Value::Bytes(text)) => put_string(&String::from_utf8_lossy(text), out),
        (Kind::TraceId | Kind::SpanId, Value::Bytes(id)) => {
            out.push(b'"');
            for byte in id {
                out.extend(HEX.get(usize::from(byte >> 4)));
                out.extend(HEX.get(usize::from(byte & 15)));
            }
            out.push(b'"');
        }
        (Kind::Bytes, Value::Bytes(bytes)) => {
            put_string(&BASE64_STANDARD.encode(bytes), out);
        }
        _ => out.extend_from_slice(b"null"),
    }
}

fn put_comma(start: usize, out: &mut Vec<u8>) {
    if out.len() > start {
        out.push(b',');
    }
}

fn put_name(field: &Field, start: usize, out: &mut Vec<u8>) {
    put_comma(start, out);
    out.push(b'"');
    out.extend_from_slice(field.json_name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn put_text_of(value: impl ToString, out: &mut Vec<u8>) {
    out.extend_from_slice(value.to_string().as_bytes());
}

fn quoted(value: impl ToString, out: &mut Vec<u8>) {
    out.push(b'"');
    put_text_of(value, out);
    out.push(b'"');
}

/// Writes a float with an exponent where JavaScript and Go do, and specials as strings.
fn put_double(value: f64, out: &mut Vec<u8>) {
    let size = value.abs();
    if value.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" });
    } else if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        let text = if size < 1.0 { text } else { text.replace('e', "e+") };
        out.extend_from_slice(text.as_bytes());
    } else {
        put_text_of(value, out);
    }
}

/// Writes a JSON string.
pub(super) fn put_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for piece in
        text.as_bytes().chunk_by(|before, after| !must_escape(*before) && !must_escape(*after))
    {
        match piece {
            [b'"'] => out.extend_from_slice(b"\\\""),
            [b'\\'] => out.extend_from_slice(b"\\\\"),
            [b'\n'] => out.extend_from_slice(b"\\n"),
            [b'\r'] => out.extend_from_slice(b"\\r"),
            [b'\t'] => out.extend_from_slice(b"\\t"),
            [control] if must_escape(*control) => {
                out.extend_from_slice(format!("\\u{control:04x}").as_bytes());
            }
            plain => out.extend_from_slice(plain),
        }
    }
    out.push(b'"');
}

const fn must_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}
