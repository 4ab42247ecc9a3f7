/// A point between two records of a log: how much was ever appended before it.
///
/// The difference of two is how much lies between them, which is how all counting is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The sequence number of the next record.
    pub sequence: u64,
    /// The items of all records before.
    pub items: u64,
    /// The bytes of all records before, with their headers.
    pub bytes: u64,
}

/// How many bytes a position takes on disk.
pub(super) const POSITION_BYTES: usize = 24;

/// No log gets there, so sums of what is read from a disk do not overflow.
const LIMIT: u64 = 1 << 60;

impl Position {
    /// Returns the position after so much more.
    pub(super) const fn plus(self, more: Self) -> Self {
        Self {
            sequence: self.sequence.saturating_add(more.sequence),
            items: self.items.saturating_add(more.items),
            bytes: self.bytes.saturating_add(more.bytes),
        }
    }

    /// Returns how much lies between an earlier position and this one.
    pub(super) const fn since(self, earlier: Self) -> Self {
        Self {
            sequence: self.sequence.saturating_sub(earlier.sequence),
            items: self.items.saturating_sub(earlier.items),
            bytes: self.bytes.saturating_sub(earlier.bytes),
        }
    }

    pub(super) fn later_of(self, other: Self) -> Self {
        if other.sequence > self.sequence { other } else { self }
    }

    pub(super) fn earlier_of(self, other: Self) -> Self {
        if other.sequence < self.sequence { other } else { self }
    }

    pub(super) fn encode(self) -> [u8; POSITION_BYTES] {
        let mut bytes = [0; POSITION_BYTES];
        let numbers = [self.sequence, self.items, self.bytes];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// Reads a position, if that is one that a log can have.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (sequence, rest) = bytes.split_first_chunk()?;
        let (items, rest) = rest.split_first_chunk()?;
        let (bytes, _) = rest.split_first_chunk()?;
        let [sequence, items, bytes] =
            [sequence, items, bytes].map(|number| u64::from_le_bytes(*number));
        let is_possible = [sequence, items, bytes].into_iter().all(|number| number < LIMIT);
        is_possible.then_some(Self { sequence, items, bytes })
    }
}
