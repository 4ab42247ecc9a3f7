//! What becomes of the messages in a repeated field, told by their ordinal.
//!
//! Ordinals hold where offsets do not: the message around may be edited while its children are visited.

use std::ops::Range;

use crate::{
    otlp::{
        edit::{Draft, Patch},
        field_numbers::gauge,
        message::occurrences,
        metric::encoded_data,
    },
    wire::writer::put_bytes_field,
};

#[derive(Debug, Default)]
pub(super) struct Children {
    /// In the order of the ordinals; no content means that the child goes.
    changes: Vec<(usize, Option<Range<usize>>)>,
    contents: Vec<u8>,
}

impl Children {
    pub(super) fn clear(&mut self) {
        self.changes.clear();
        self.contents.clear();
    }

    pub(super) fn remove(&mut self, ordinal: usize) {
        self.changes.push((ordinal, None));
    }

    pub(super) fn replace(&mut self, ordinal: usize, child: &Draft<'_>) {
        self.put(ordinal, |contents| child.append_to(contents));
    }

    fn put(&mut self, ordinal: usize, append: impl FnOnce(&mut Vec<u8>)) {
        let start = self.contents.len();
        append(&mut self.contents);
        self.changes.push((ordinal, Some(start..self.contents.len())));
    }

    /// Gives those of so many that do not go the contents that a function has for them, one by one.
    pub(super) fn put_others<'c>(
        &mut self,
        count: usize,
        mut next: impl FnMut() -> Option<&'c [u8]>,
    ) {
        let gone = std::mem::take(&mut self.changes);
        let mut gone = gone.into_iter().map(|(ordinal, _)| ordinal).peekable();
        for ordinal in 0..count {
            if gone.next_if_eq(&ordinal).is_some() {
                self.remove(ordinal);
            } else if let Some(content) = next() {
                self.put(ordinal, |contents| contents.extend_from_slice(content));
            }
        }
    }

    pub(super) fn removed(&self) -> usize {
        self.changes.iter().filter(|(_, content)| content.is_none()).count()
    }

    /// Adds the changes to those of the message around; `ordinal` is that of its first child.
    pub(super) fn patch(
        &self,
        message: &[u8],
        number: u32,
        ordinal: &mut usize,
        patch: &mut Patch,
    ) {
        let done = self.changes.partition_point(|(changed, _)| changed < ordinal);
        let mut changes = self.changes.iter().skip(done).peekable();
        for (range, _) in occurrences(message, number) {
            match changes.next_if(|(changed, _)| changed == ordinal) {
                None => {}
                Some((_, None)) => patch.remove(range),
                Some((_, Some(content))) => {
                    let content = self.contents.get(content.clone()).unwrap_or_default();
                    patch.replace(range, |out| put_bytes_field(out, number, content));
                }
            }
            *ordinal += 1;
        }
    }

    /// The same for the data points of a metric, which stand one message further inside.
    pub(super) fn patch_points(&self, metric: &[u8], inner: &mut Patch, patch: &mut Patch) {
        if self.changes.is_empty() {
            return;
        }
        let mut ordinal = 0;
        for (range, kind, data) in encoded_data(metric) {
            inner.clear();
            self.patch(data, gauge::DATA_POINTS, &mut ordinal, inner);
            if !inner.is_empty() {
                patch.replace_with_patched(range, kind.field(), data, inner);
            }
        }
    }
}
