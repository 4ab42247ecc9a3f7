//! A request written anew while it is walked: what nobody edits is copied as ranges, and each byte once.
//!
//! Parents stand before what is in them, with their lengths. So a parent's header is copied as it came and
//! set right when the parent is closed.

use std::ops::Range;

use smallvec::SmallVec;

use crate::{otlp::edit::Patch, wire::writer::put_header};

/// Resource, scope, metric, data.
const DEPTH: usize = 4;
/// What edits may add before what is written has to move: this part of the request.
const ROOM: usize = 8;

/// What a request becomes. Ranges are those of fields in the message that is open.
#[derive(Debug, Default)]
pub(super) struct Output<'a> {
    request: &'a [u8],
    /// What the request up to `copied` has become.
    written: Vec<u8>,
    copied: usize,
    open: SmallVec<[Open; DEPTH]>,
    header: Vec<u8>,
}

/// A message whose fields are walked.
#[derive(Debug)]
struct Open {
    number: u32,
    /// Where its field starts, its content starts, and both end in the request.
    start: usize,
    content: usize,
    end: usize,
    /// Where its field starts in what was written, once it was.
    written_at: Option<usize>,
}

impl Open {
    const fn header_len(&self) -> usize {
        self.content - self.start
    }
}

impl<'a> Output<'a> {
    pub(super) fn new(request: &'a [u8]) -> Self {
        Self { request, ..Self::default() }
    }

    /// Opens the message that a field of the open one holds, given its length.
    pub(super) fn open(&mut self, number: u32, field: Range<usize>, content_len: usize) {
        let base = self.base();
        let end = base + field.end;
        let start = base + field.start;
        let content = end.saturating_sub(content_len).max(start);
        self.open.push(Open { number, start, content, end, written_at: None });
    }

    /// Closes the message opened last.
    pub(super) fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let Some(at) = open.written_at else { return };
        self.copy(open.end);
        let header = at..at + open.header_len();
        self.header.clear();
        put_header(&mut self.header, open.number, self.written.len() - header.end);
        match self.written.get_mut(header.clone()) {
            Some(before) if before.len() == self.header.len() => {
                before.copy_from_slice(&self.header);
            }
            _ => drop(self.written.splice(header, self.header.drain(..))),
        }
    }

    /// Closes the message opened last and leaves it out.
    pub(super) fn discard(&mut self) {
        let Some(open) = self.open.pop() else { return };
        match open.written_at {
            Some(at) => self.written.truncate(at),
            None => self.copy_to(open.start),
        }
        self.copied = open.end;
    }

    /// Leaves out a field.
    pub(super) fn remove(&mut self, field: Range<usize>) {
        self.replace(field, |_| {});
    }

    /// Puts what a function appends in the place of a field. Fields are replaced in their order.
    #[inline]
    pub(super) fn replace(&mut self, field: Range<usize>, append: impl FnOnce(&mut Vec<u8>)) {
        let base = self.base();
        self.copy_to(base + field.start);
        append(&mut self.written);
        self.copied = base + field.end;
    }

    /// Makes replacements in the whole of the open message, with all that was written in it.
    pub(super) fn patch(&mut self, patch: &mut Patch, collect: impl FnOnce(&[u8], &mut Patch)) {
        let written = self.take_back();
        let Some(&Open { content, end, .. }) = self.open.last() else { return };
        let before = match &written {
            Some(written) => written,
            None => self.request.get(content..end).unwrap_or_default(),
        };
        patch.clear();
        collect(before, patch);
        self.rewrite(|out| patch.write(before, out));
    }

    /// Puts what a function appends in the place of all that is in the open message.
    pub(super) fn rewrite(&mut self, append: impl FnOnce(&mut Vec<u8>)) {
        let Some(&Open { content, end, .. }) = self.open.last() else { return };
        self.replace(0..end - content, append);
    }

    /// Takes the content of the open message as it was written, as if nothing had been.
    pub(super) fn take_back(&mut self) -> Option<Vec<u8>> {
        let open = self.open.last_mut()?;
        let at = open.written_at.take()?;
        let (start, end, header_len) = (open.start, open.end, open.header_len());
        self.copy(end);
        let content = self.written.split_off(at + header_len);
        self.written.truncate(at);
        self.copied = start;
        Some(content)
    }

    /// The request with all edits, or nothing if there were none.
    pub(super) fn finish(mut self) -> Option<Vec<u8>> {
        if self.copied == 0 {
            return None;
        }
        self.copy_to(self.request.len());
        // What is held is what is charged.
        self.written.shrink_to_fit();
        Some(self.written)
    }

    /// Where the open message starts.
    #[inline]
    fn base(&self) -> usize {
        self.open.last().map_or(0, |open| open.content)
    }

    /// Copies all up to a place, with the headers of the messages that are open.
    #[inline]
    fn copy_to(&mut self, end: usize) {
        if self.open.last().is_some_and(|open| open.written_at.is_none()) || self.copied == 0 {
            self.write_headers();
        }
        self.copy(end);
    }

    #[cold]
    fn write_headers(&mut self) {
        if self.copied == 0 {
            self.written.reserve_exact(self.request.len() + self.request.len() / ROOM);
        }
        for index in 0..self.open.len() {
            let Some(&Open { start, content, written_at: None, .. }) = self.open.get(index) else {
                continue;
            };
            self.copy(start);
            if let Some(open) = self.open.get_mut(index) {
                open.written_at = Some(self.written.len());
            }
            self.copy(content);
        }
    }

    fn copy(&mut self, end: usize) {
        if let Some(bytes) = self.request.get(self.copied..end)
            && !bytes.is_empty()
        {
            self.written.extend_from_slice(bytes);
            self.copied = end;
        }
    }
}
