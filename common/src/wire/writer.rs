//! Writes fields into a buffer.

/// Bytes that a varint takes.
#[must_use]
pub const fn varint_len(value: u64) -> usize {
    // Seven bits a byte; `| 1` so that zero takes one byte too.
    (70 - (value | 1).leading_zeros() as usize) / 7
}

/// Bytes that the header of a length-delimited field takes.
#[must_use]
pub const fn header_len(number: u32, content_len: usize) -> usize {
    varint_len((number as u64) << 3) + varint_len(content_len as u64)
}

/// Appends a varint.
#[inline]
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a varint field (bool, enum, int32, int64, uint32, uint64).
pub fn put_varint_field(out: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(out, u64::from(number) << 3);
    put_varint(out, value);
}

/// Appends a fixed64, sfixed64 or double field.
pub fn put_fixed64_field(out: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(out, u64::from(number) << 3 | 1);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a fixed32, sfixed32 or float field.
pub fn put_fixed32_field(out: &mut Vec<u8>, number: u32, value: u32) {
    put_varint(out, u64::from(number) << 3 | 5);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends tag and length of a length-delimited field whose content the caller appends next.
pub fn put_header(out: &mut Vec<u8>, number: u32, content_len: usize) {
    put_varint(out, u64::from(number) << 3 | 2);
    put_varint(out, content_len as u64);
}

/// Appends a string, bytes or message field.
pub fn put_bytes_field(out: &mut Vec<u8>, number: u32, content: &[u8]) {
    put_header(out, number, content.len());
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests;
