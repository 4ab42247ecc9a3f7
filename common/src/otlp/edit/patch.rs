//! Replacements in one message, collected and then made in one go.

use std::ops::Range;

use crate::wire::writer::put_header;

/// What becomes of ranges of a message; all other bytes are copied.
#[derive(Debug, Default)]
pub struct Patch {
    replacements: Vec<Replacement>,
    text: Vec<u8>,
}

#[derive(Debug)]
struct Replacement {
    range: Range<usize>,
    text: Range<usize>,
}

impl Patch {
    /// Forgets all replacements.
    pub fn clear(&mut self) {
        self.replacements.clear();
        self.text.clear();
    }

    /// Whether nothing is to be replaced.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.replacements.is_empty()
    }

    /// Leaves out a range.
    pub fn remove(&mut self, range: Range<usize>) {
        self.replace(range, |_| {});
    }

    /// Puts what a function appends in the place of a range. Ranges may not overlap.
    pub fn replace(&mut self, range: Range<usize>, append: impl FnOnce(&mut Vec<u8>)) {
        let start = self.text.len();
        append(&mut self.text);
        self.replacements.push(Replacement { range, text: start..self.text.len() });
    }

    /// Puts a patched message, as field `number`, in the place of a range.
    pub fn replace_with_patched(
        &mut self,
        range: Range<usize>,
        number: u32,
        message: &[u8],
        patch: &mut Self,
    ) {
        self.replace(range, |out| {
            put_header(out, number, patch.patched_len(message));
            patch.write(message, out);
        });
    }

    /// How long the message becomes.
    #[must_use]
    pub fn patched_len(&self, message: &[u8]) -> usize {
        let removed: usize = self.replacements.iter().map(|one| one.range.len()).sum();
        (message.len() + self.text.len()).saturating_sub(removed)
    }

    /// Appends the patched message.
    pub fn write(&mut self, message: &[u8], out: &mut Vec<u8>) {
        // Parents are patched after what stands behind them; what is inserted comes before what is replaced.
        self.replacements.sort_by_key(|one| (one.range.start, one.range.end));
        out.reserve(self.patched_len(message));
        let mut copied = 0;
        for Replacement { range, text } in &self.replacements {
            out.extend_from_slice(message.get(copied..range.start).unwrap_or_default());
            out.extend_from_slice(self.text.get(text.clone()).unwrap_or_default());
            copied = range.end;
        }
        out.extend_from_slice(message.get(copied..).unwrap_or_default());
    }
}
