//! The walk itself: one pass, no allocation, no bookkeeping.

use super::MAX_NESTING;
use crate::{
    otlp::schema::{KEY_VALUE, Message, Presence, SPAN_ID_BYTES, Step, TRACE_ID_BYTES},
    wire::{Fields, Value},
};

/// Bytes that are not what the table says; where and why is for a second look.
#[derive(Debug)]
pub(super) struct Malformed;

/// What a walk has found so far.
#[derive(Debug, Default)]
pub(super) struct Walker {
    pub(super) items: usize,
    has_bad_text: bool,
    has_legacy: bool,
}

impl Walker {
    pub(super) const fn needs_rewrite(&self) -> bool {
        self.has_bad_text || self.has_legacy
    }

    pub(super) fn message(
        &mut self,
        mut rest: &[u8],
        schema: &'static Message,
        depth: u32,
    ) -> Result<(), Malformed> {
        let depth = depth + u32::from(schema.is_recursive);
        if depth > MAX_NESTING {
            return Err(Malformed);
        }
        self.items += usize::from(schema.is_item);
        while !rest.is_empty() {
            let (tag, after) = take_varint(rest)?;
            rest = match schema.step(tag) {
                Step::Attribute => {
                    let (content, after) = take_bytes(after)?;
                    if !is_plain_attribute(content) {
                        self.message(content, &KEY_VALUE, depth)?;
                    }
                    after
                }
                Step::String => {
                    let (content, after) = take_bytes(after)?;
                    self.has_bad_text |= !is_text(content);
                    after
                }
                Step::Message => {
                    let (content, after) = take_bytes(after)?;
                    self.message(content, schema.child(tag).ok_or(Malformed)?, depth)?;
                    after
                }
                Step::Varint => take_varint(after)?.1,
                Step::Fixed64 => after.get(8..).ok_or(Malformed)?,
                Step::Fixed32 => after.get(4..).ok_or(Malformed)?,
                step @ (Step::Bytes | Step::TraceId | Step::SpanId) => {
                    let (content, after) = take_bytes(after)?;
                    if !is_whole(step, content) {
                        return Err(Malformed);
                    }
                    after
                }
                step @ (Step::PackedVarints | Step::PackedFixed64 | Step::PackedFixed32) => {
                    let (content, after) = take_bytes(after)?;
                    if !is_packed(step, content) {
                        return Err(Malformed);
                    }
                    after
                }
                Step::Mismatch => return Err(Malformed),
                Step::Other => self.other(rest, schema, depth)?,
            };
        }
        Ok(())
    }

    #[cold]
    fn other<'a>(
        &mut self,
        rest: &'a [u8],
        schema: &'static Message,
        depth: u32,
    ) -> Result<&'a [u8], Malformed> {
        let Ok(Some(field)) = Fields::new(rest).read() else {
            return Err(Malformed);
        };
        let known = schema.field(field.number);
        if let Some(known) = known.filter(|known| known.presence == Presence::Legacy) {
            let (Value::Bytes(content), Some(child)) = (field.value, known.kind.message()) else {
                return Err(Malformed);
            };
            self.has_legacy = true;
            self.message(content, child, depth)?;
        }
        rest.get(field.end..).ok_or(Malformed)
    }
}

/// Whether all bytes are below 128; inline and without branches, for the short texts of attributes.
#[inline]
fn is_ascii(content: &[u8]) -> bool {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    let Some(last) = content.last_chunk() else {
        return content.iter().fold(0, |seen, byte| seen | byte) < 0x80;
    };
    // The last word overlaps the one before it instead of leaving single bytes.
    let last = u64::from_ne_bytes(*last);
    let words = content.as_chunks().0.iter().map(|word| u64::from_ne_bytes(*word));
    words.fold(last, |seen, word| seen | word) & HIGH_BITS == 0
}

/// Whether the bytes are UTF-8.
#[inline]
pub(super) fn is_text(content: &[u8]) -> bool {
    is_ascii(content) || simdutf8::basic::from_utf8(content).is_ok()
}

/// Whether the content of a packed field divides into numbers of its kind.
pub(super) fn is_packed(step: Step, mut content: &[u8]) -> bool {
    match step {
        Step::PackedFixed64 => content.len().is_multiple_of(8),
        Step::PackedFixed32 => content.len().is_multiple_of(4),
        _ => loop {
            if content.is_empty() {
                return true;
            }
            let Ok((_, after)) = take_varint(content) else {
                return false;
            };
            content = after;
        },
    }
}

/// Whether this is a `KeyValue` of an ASCII key and an ASCII string value and nothing else.
///
/// Most attributes are, and since tags and short lengths are ASCII too, one check covers all.
#[inline]
fn is_plain_attribute(content: &[u8]) -> bool {
    const KEY: u8 = 0x0a;
    const VALUE: u8 = 0x12;
    const STRING_VALUE: u8 = 0x0a;
    let [KEY, key_len, after_key_len @ ..] = content else {
        return false;
    };
    let Some([VALUE, value_len, STRING_VALUE, text_len, text @ ..]) =
        after_key_len.get(usize::from(*key_len)..)
    else {
        return false;
    };
    usize::from(*text_len) == text.len()
        && usize::from(*value_len) == text.len() + 2
        && is_ascii(content)
}

// Without `always` the compiler calls this once per tag, which took a fifth of a walk.
#[inline(always)]
fn take_varint(bytes: &[u8]) -> Result<(u64, &[u8]), Malformed> {
    match bytes {
        [byte @ ..0x80, rest @ ..] => Ok((u64::from(*byte), rest)),
        [low, high @ ..0x80, rest @ ..] => {
            Ok((u64::from(*low & 0x7f) | u64::from(*high) << 7, rest))
        }
        _ => take_long_varint(bytes),
    }
}

#[inline(never)]
fn take_long_varint(bytes: &[u8]) -> Result<(u64, &[u8]), Malformed> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        if index == 9 && *byte > 1 {
            return Err(Malformed);
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            return Ok((value, bytes.get(index + 1..).unwrap_or_default()));
        }
    }
    Err(Malformed)
}

#[inline(always)]
fn take_bytes(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let (length, rest) = take_varint(bytes)?;
    let length = usize::try_from(length).map_err(|_| Malformed)?;
    rest.split_at_checked(length).ok_or(Malformed)
}

/// Whether an identifier has its length or none. One of another length would make a strict backend refuse
/// all that it is merged with.
#[inline]
const fn is_whole(step: Step, content: &[u8]) -> bool {
    match step {
        Step::TraceId => matches!(content.len(), 0 | TRACE_ID_BYTES),
        Step::SpanId => matches!(content.len(), 0 | SPAN_ID_BYTES),
        _ => true,
    }
}
