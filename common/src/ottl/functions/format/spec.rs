//! How a value is written: width, precision, flags.

use std::iter;

/// What stands between `%` and the verb.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%#v`: as in the source of a program.
    pub(super) is_source: bool,
}

impl Spec {
    /// Writes a text with what it lacks in width.
    pub(super) fn pad(&self, text: &[u8], out: &mut Vec<u8>) {
        let characters: usize = text
            .utf8_chunks()
            .map(|chunk| chunk.valid().chars().count() + chunk.invalid().len())
            .sum();
        let lacking = self.width.unwrap_or_default().saturating_sub(characters);
        if self.minus {
            out.extend(text);
            self.fill(lacking, out);
        } else {
            self.fill(lacking, out);
            out.extend(text);
        }
    }

    /// The same with spaces, whatever the flags say.
    pub(super) fn pad_with_spaces(&self, text: &[u8], out: &mut Vec<u8>) {
        Self { zero: false, ..*self }.pad(text, out);
    }

    /// Writes zeros or spaces.
    pub(super) fn fill(&self, count: usize, out: &mut Vec<u8>) {
        let filling = if self.zero && !self.minus { b'0' } else { b' ' };
        out.extend(iter::repeat_n(filling, count));
    }

    /// The characters of a text that the precision leaves.
    pub(super) fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(mut left) = self.precision else { return text };
        let mut end = 0;
        for chunk in text.utf8_chunks() {
            let widths = chunk.valid().chars().map(char::len_utf8);
            for width in widths.chain(chunk.invalid().iter().map(|_| 1)) {
                if left == 0 {
                    return text.get(..end).unwrap_or(text);
                }
                left -= 1;
                end += width;
            }
        }
        text
    }
}
