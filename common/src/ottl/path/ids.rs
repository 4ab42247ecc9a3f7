//! Ids of traces and spans.

use data_encoding::HEXLOWER_PERMISSIVE;

use crate::ottl::failure::Failure;

/// An id as it stands in a message; one of another length is none, which is all zeros.
pub(super) fn read<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

/// An id from its hex digits.
pub(in crate::ottl) fn parse<const N: usize>(text: &str) -> Result<[u8; N], Failure> {
    let decoded = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
    decoded
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Failure::new(format!("an id of this kind has {} hex digits", 2 * N)))
}

/// An id as it is written to a message: protobuf has no bytes for all zeros.
pub(super) fn written<const N: usize>(id: &[u8; N]) -> &[u8] {
    if *id == [0; N] { &[] } else { id }
}
