//! Finds the first thing that is wrong with a request, and says where.

use super::{MAX_NESTING, walker};
use crate::{
    otlp::schema::{Field, Message, Presence, Step},
    wire::{self, Fields, Value, WireError},
};

/// A request that breaks the wire format or OTLP's schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {fault}")]
pub struct MalformedError {
    /// The field, from the request down, with indices of repeated ones.
    pub path: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The wire format is broken.
    #[error("{0}")]
    Wire(WireError),
    /// A known field is written with a wire type of another kind of field.
    #[error("wire type {found} at byte {offset} where the field has wire type {expected}")]
    WireType {
        /// Where the tag starts, from the start of the request.
        offset: usize,
        /// The type read.
        found: u8,
        /// The type of the field.
        expected: u8,
    },
    /// A packed list of numbers that ends inside a number.
    #[error("packed list at byte {offset} ends inside a number")]
    Packed {
        /// Where the tag starts, from the start of the request.
        offset: usize,
    },
    /// An identifier that is too long or too short.
    #[error("identifier of {found} bytes at byte {offset}, expected {expected}")]
    Identifier {
        /// Where the tag starts, from the start of the request.
        offset: usize,
        /// The bytes that it has.
        found: usize,
        /// The bytes that it should have.
        expected: usize,
    },
    /// Values nested too deep.
    #[error("values nested deeper than {MAX_NESTING} at byte {offset}")]
    TooDeep {
        /// Where the value starts, from the start of the request.
        offset: usize,
    },
}

/// Walks again, with bookkeeping, to the first fault.
#[cold]
pub(super) fn first_fault(schema: &'static Message, request: &[u8]) -> MalformedError {
    let mut path = Vec::new();
    let fault = find(schema, request, 0, 0, &mut path);
    path.reverse();
    let path = if path.is_empty() { "request".to_owned() } else { path.join(".") };
    // The two walks agree (a property test holds them together), so there is always a fault.
    let fault = fault.unwrap_or(Fault::Wire(WireError::Truncated { offset: request.len() }));
    MalformedError { path, fault }
}

/// The first fault in a message that starts at byte `base`; the path is built from its end.
fn find(
    schema: &'static Message,
    message: &[u8],
    base: usize,
    depth: u32,
    path: &mut Vec<String>,
) -> Option<Fault> {
    let depth = depth + u32::from(schema.is_recursive);
    if depth > MAX_NESTING {
        return Some(Fault::TooDeep { offset: base });
    }
    let mut fields = Fields::new(message);
    let mut position = 0;
    loop {
        let field = match fields.read() {
            Ok(None) => return None,
            Ok(Some(field)) => field,
            Err(error) => {
                let rest = message.get(position..).unwrap_or_default();
                if let Some(known) = tag_number(rest).and_then(|number| schema.field(number)) {
                    path.push(segment(known, message, position));
                }
                return Some(Fault::Wire(error.shifted(base)));
            }
        };
        position = field.end;
        let Some(known) = schema.field(field.number) else {
            continue;
        };
        if let Some(fault) = check(known, &field, base, depth, path) {
            path.push(segment(known, message, field.start));
            return Some(fault);
        }
    }
}

fn check(
    known: &'static Field,
    field: &wire::Field<'_>,
    base: usize,
    depth: u32,
    path: &mut Vec<String>,
) -> Option<Fault> {
    let offset = base + field.start;
    let found = field.value.wire_type();
    let expected = known.kind.wire_type() as u8;
    match (field.value, known.kind.message()) {
        (Value::Bytes(content), Some(child)) => {
            find(child, content, base + field.content_start(), depth, path)
        }
        (Value::Bytes(content), None) if known.kind.id_bytes().is_some() => {
            let (found, expected) = (content.len(), known.kind.id_bytes().unwrap_or_default());
            let is_sound = found == 0 || found == expected;
            (!is_sound).then_some(Fault::Identifier { offset, found, expected })
        }
        _ if found == expected => None,
        (Value::Bytes(content), None) if known.presence == Presence::Repeated => {
            let step = match known.kind.step() {
                Step::Varint => Step::PackedVarints,
                Step::Fixed64 => Step::PackedFixed64,
                _ => Step::PackedFixed32,
            };
            (!walker::is_packed(step, content)).then_some(Fault::Packed { offset })
        }
        _ => Some(Fault::WireType { offset, found, expected }),
    }
}

/// The field number of a tag that may be cut off behind it.
fn tag_number(rest: &[u8]) -> Option<u32> {
    let mut tag = 0_u32;
    for (index, byte) in rest.iter().enumerate().take(4) {
        tag |= u32::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            return Some(tag >> 3);
        }
    }
    None
}

/// The name of a field, with its index if it can be there several times.
fn segment(known: &Field, message: &[u8], start: usize) -> String {
    if !matches!(known.presence, Presence::Repeated | Presence::Legacy) {
        return known.name.to_owned();
    }
    let index = Fields::new(message)
        .map_while(Result::ok)
        .filter(|field| field.number == known.number && field.start < start)
        .count();
    format!("{}[{index}]", known.name)
}

/// Whether the slow walk finds anything, to hold it against the fast one.
#[cfg(test)]
pub(super) fn has_fault(schema: &'static Message, request: &[u8]) -> bool {
    find(schema, request, 0, 0, &mut Vec::new()).is_some()
}
