//! Hashes of values, the same as upstream's.

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

use crate::otlp::any_value::AnyValue;

/// SHA-256 in hex of a text's UTF-8, a truth value's byte, or a number's eight bytes, the lowest first.
///
/// Empty for all other values.
pub(super) fn hash(value: AnyValue<'_>) -> String {
    match value {
        AnyValue::Str(text) => hex(text.as_bytes()),
        AnyValue::Bool(bit) => hex(&[u8::from(bit)]),
        AnyValue::Int(int) => hex(&int.to_le_bytes()),
        AnyValue::Double(double) => hex(&double.to_bits().to_le_bytes()),
        AnyValue::Empty | AnyValue::Bytes(_) | AnyValue::Array(_) | AnyValue::KvList(_) => {
            String::new()
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}
