//! Bodies that carry their number and cannot be mistaken for another's.

/// The shortest body.
pub(super) const MIN_BYTES: usize = 12;

/// The body of record `number`, of `size` bytes or the shortest.
pub(super) fn body(number: u64, size: usize) -> Vec<u8> {
    let size = size.max(MIN_BYTES);
    let mut body = number.to_le_bytes().to_vec();
    body.extend((size as u32).to_le_bytes());
    let mut filler = vec![0; size - MIN_BYTES];
    fastrand::Rng::with_seed(number).fill(&mut filler);
    body.extend(filler);
    body
}

/// How many items record `number` carries.
pub(super) fn items(number: u64) -> u32 {
    (number * 7 % 101) as u32
}

/// Which record this is the whole body of.
pub(super) fn number_of(bytes: &[u8]) -> Option<u64> {
    let number = u64::from_le_bytes(*bytes.first_chunk()?);
    (body(number, bytes.len()) == bytes).then_some(number)
}
