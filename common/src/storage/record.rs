use super::position::{POSITION_BYTES, Position};

/// What stands before each record's body:
/// marker, length of the body, position, items, index, checksum of the body, checksum of all this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordHeader {
    pub start: Position,
    pub items: u32,
    /// How many records before this one were written with it.
    pub index: u32,
    pub body_bytes: u32,
    pub body_checksum: u32,
}

/// Begins each record, so that the next one is found after damage.
pub(super) const MARKER: [u8; 4] = [0xd7, b'r', b'e', 0xc1];

const CHECKED_BYTES: usize = MARKER.len() + POSITION_BYTES + 16;
pub(super) const RECORD_HEADER_BYTES: usize = CHECKED_BYTES + 4;

impl RecordHeader {
    /// How long the record is, with its header.
    pub(super) const fn total_bytes(&self) -> u64 {
        RECORD_HEADER_BYTES as u64 + self.body_bytes as u64
    }

    pub(super) const fn amount(&self) -> Position {
        Position { sequence: 1, items: self.items as u64, bytes: self.total_bytes() }
    }

    /// The sequence of the first record that was written with this one.
    pub(super) fn batch(&self) -> u64 {
        self.start.sequence.saturating_sub(u64::from(self.index))
    }

    /// The position after the record.
    pub(super) const fn end(&self) -> Position {
        self.start.plus(self.amount())
    }

    pub(super) fn encode(&self) -> [u8; RECORD_HEADER_BYTES] {
        let start = self.start.encode();
        let fields: [&[u8]; 6] = [
            &MARKER,
            &self.body_bytes.to_le_bytes(),
            &start,
            &self.items.to_le_bytes(),
            &self.index.to_le_bytes(),
            &self.body_checksum.to_le_bytes(),
        ];
        with_checksum(&fields)
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let checked = checked::<RECORD_HEADER_BYTES>(bytes)?;
        let rest = checked.strip_prefix(&MARKER)?;
        let (body_bytes, rest) = rest.split_first_chunk()?;
        let (start, rest) = rest.split_first_chunk::<POSITION_BYTES>()?;
        let (items, rest) = rest.split_first_chunk()?;
        let (index, rest) = rest.split_first_chunk()?;
        let (body_checksum, _) = rest.split_first_chunk()?;
        Some(Self {
            start: Position::decode(start)?,
            items: u32::from_le_bytes(*items),
            index: u32::from_le_bytes(*index),
            body_bytes: u32::from_le_bytes(*body_bytes),
            body_checksum: u32::from_le_bytes(*body_checksum),
        })
    }
}

/// Returns the checksum of pieces that stand one after the other.
pub(super) fn checksum(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// Joins fields to `N` bytes, the last four of which are their checksum.
pub(super) fn with_checksum<const N: usize>(fields: &[&[u8]]) -> [u8; N] {
    let mut bytes = [0; N];
    let sum = checksum(fields).to_le_bytes();
    let all = fields.iter().copied().flatten().chain(&sum);
    for (place, byte) in bytes.iter_mut().zip(all) {
        *place = *byte;
    }
    bytes
}

/// Returns what stands before the checksum, if that fits.
pub(super) fn checked<const N: usize>(bytes: &[u8]) -> Option<&[u8]> {
    let (checked, sum) = bytes.first_chunk::<N>()?.split_last_chunk()?;
    (checksum(&[checked]) == u32::from_le_bytes(*sum)).then_some(checked)
}

#[cfg(test)]
mod tests;
