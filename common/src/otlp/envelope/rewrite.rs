//! The slow path of a walk: writes a request anew with its strings mended and old fields moved.

use super::walker::is_text;
use crate::{
    otlp::schema::{Field, Kind, Message, Presence},
    wire::{Fields, Value, writer},
};

/// The request with all strings UTF-8 and no pre-1.0 fields, and how many strings were mended.
///
/// The request must have been walked, which bounds how deep this goes.
#[cold]
pub(super) fn rewrite(schema: &'static Message, request: &[u8]) -> (Vec<u8>, usize) {
    let mut mended = 0;
    let out = message(schema, request, &mut mended);
    (out, mended)
}

fn message(schema: &'static Message, bytes: &[u8], mended: &mut usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let successor = free_successor(schema, bytes);
    for field in Fields::new(bytes).map_while(Result::ok) {
        let known = schema.field(field.number);
        match (known, field.value) {
            (Some(known), Value::Bytes(content)) => {
                let number = match known.presence {
                    Presence::Legacy => successor,
                    _ => Some(known.number),
                };
                let Some(number) = number else { continue };
                match known.kind {
                    Kind::String if !is_text(content) => {
                        let text = String::from_utf8_lossy(content);
                        writer::put_bytes_field(&mut out, number, text.as_bytes());
                        *mended += 1;
                    }
                    Kind::Message(child) => {
                        let content = message(child, content, mended);
                        writer::put_bytes_field(&mut out, number, &content);
                    }
                    _ => writer::put_bytes_field(&mut out, number, content),
                }
            }
            _ => out.extend_from_slice(bytes.get(field.start..field.end).unwrap_or_default()),
        }
    }
    out
}

/// The field that a legacy field of the message moves to, unless that is in use.
fn free_successor(schema: &Message, bytes: &[u8]) -> Option<u32> {
    let legacy = schema.fields.iter().find(|field| field.presence == Presence::Legacy)?;
    let kind = |field: &Field| field.kind.message().map(|message| message.name);
    let successor = schema
        .fields
        .iter()
        .find(|field| field.presence == Presence::Repeated && kind(field) == kind(legacy))?;
    let is_taken =
        Fields::new(bytes).map_while(Result::ok).any(|field| field.number == successor.number);
    (!is_taken).then_some(successor.number)
}
