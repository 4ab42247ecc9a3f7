//! Cuts requests at item borders.
//!
//! What fits whole is shared with the original, not copied. A message that is cut is written once
//! per part, with everything that is not an item (attributes, schema url, a metric's name and
//! temporality, unknown fields) repeated in each.

use std::{mem, ops::Range};

use bytes::Bytes;
use smallvec::SmallVec;

use super::count::{Level, count, count_items};
use crate::{
    signal::Signal,
    wire::{Fields, writer},
};

/// Bytes that the length of a cut message takes at most, since no message is over 4 GiB.
const MAX_LENGTH_BYTES: usize = 5;

/// What cutting may add to a payload: so many times its size, or at least this. Without a bound a
/// request of one large resource and many small items would become one large resource per part.
const MAX_GROWTH: usize = 4;
const MIN_GROWTH_BYTES: usize = 1 << 20;
/// What a part costs beyond the bytes in it.
const PART_BYTES: usize = 128;

/// One part of a payload: encoded requests and the items in them.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The requests.
    pub chunks: SmallVec<[Bytes; 1]>,
    /// Spans, data points or log records inside.
    pub items: usize,
}

impl Part {
    /// Encoded size of all requests together.
    #[must_use]
    pub fn size(&self) -> usize {
        self.chunks.iter().map(Bytes::len).sum()
    }
}

/// A payload cut by size.
#[derive(Clone, Debug)]
pub struct SplitBySize {
    /// The parts, in order, each within the limit.
    pub parts: Vec<Part>,
    /// Items that are in no part: with their headers they are over the limit, or grow the payload
    /// too much.
    pub oversize_items: usize,
}

/// Cuts a payload into parts of exactly `max_items` items, the last of what is left.
///
/// What is left is more than that where repeating headers in every part would make the payload several
/// times as large. It can be cut again when the parts before it are gone.
#[must_use]
pub fn split(payload: &[Bytes], signal: Signal, max_items: usize) -> Vec<Part> {
    Cutter::new(signal, Limit::Items(max_items.max(1))).cut(payload).parts
}

/// The same with a first part of `first_items`, which fills up what others began.
#[must_use]
pub fn split_with_first(
    payload: &[Bytes],
    signal: Signal,
    first_items: usize,
    max_items: usize,
) -> Vec<Part> {
    let mut cutter = Cutter::new(signal, Limit::Items(max_items.max(1)));
    cutter.used = max_items.saturating_sub(first_items.max(1));
    cutter.cut(payload).parts
}

/// Cuts a payload into parts of at most `max_bytes` encoded bytes.
///
/// Where repeating headers in every part would make the payload several times as large, the items left
/// count as oversize.
#[must_use]
pub fn split_at_bytes(payload: &[Bytes], signal: Signal, max_bytes: usize) -> SplitBySize {
    let cutter = Cutter::new(signal, Limit::Bytes(max_bytes)).cut(payload);
    SplitBySize { parts: cutter.parts, oversize_items: cutter.oversize_items }
}

/// Cuts a payload into two parts of about as many items, or nothing if it has fewer than two.
#[must_use]
pub fn split_half(payload: &[Bytes], signal: Signal) -> Option<(Part, Part)> {
    let items: usize = payload.iter().map(|request| count_items(signal, request)).sum();
    let mut parts = split(payload, signal, items.div_ceil(2)).into_iter();
    Some((parts.next()?, parts.next()?))
}

#[derive(Clone, Copy)]
enum Limit {
    Items(usize),
    Bytes(usize),
}

/// Content of a message in the current part.
enum Piece {
    /// A range of the chunk as it is.
    Kept(Range<usize>),
    /// A cut message.
    Cut { number: u32, header: Vec<Range<usize>>, content: Vec<Piece>, content_len: usize },
}

impl Piece {
    fn size(&self) -> usize {
        match self {
            Self::Kept(range) => range.len(),
            Self::Cut { number, content_len, .. } => {
                writer::header_len(*number, *content_len) + content_len
            }
        }
    }

    fn write(&self, chunk: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Kept(range) => {
                out.extend_from_slice(chunk.get(range.clone()).unwrap_or_default())
            }
            Self::Cut { number, header, content, content_len } => {
                writer::put_header(out, *number, *content_len);
                for range in header {
                    out.extend_from_slice(chunk.get(range.clone()).unwrap_or_default());
                }
                for piece in content {
                    piece.write(chunk, out);
                }
            }
        }
    }
}

/// A message that is being cut.
struct Open {
    number: u32,
    /// All fields that do not lead to items.
    header: Vec<Range<usize>>,
    /// What of it is in the current part.
    pieces: Vec<Piece>,
}

impl Open {
    /// Bytes that the message itself takes in every part, at most.
    fn overhead(&self) -> usize {
        let header: usize = self.header.iter().map(Range::len).sum();
        header + writer::header_len(self.number, 0) + MAX_LENGTH_BYTES
    }
}

struct Cutter<'a> {
    signal: Signal,
    limit: Limit,
    chunk: Bytes,
    bytes: &'a [u8],
    /// The messages being cut, from the request down.
    open: SmallVec<[Open; 5]>,
    part: Part,
    used: usize,
    parts: Vec<Part>,
    oversize_items: usize,
    /// Bytes of headers that stand in more than one part.
    grown: usize,
    max_growth: usize,
}

impl<'a> Cutter<'a> {
    fn new(signal: Signal, limit: Limit) -> Self {
        Self {
            signal,
            limit,
            chunk: Bytes::new(),
            bytes: &[],
            open: SmallVec::new(),
            part: Part::default(),
            used: 0,
            parts: Vec::new(),
            oversize_items: 0,
            grown: 0,
            max_growth: 0,
        }
    }

    fn cut(mut self, payload: &'a [Bytes]) -> Self {
        let size: usize = payload.iter().map(Bytes::len).sum();
        self.max_growth = size.saturating_mul(MAX_GROWTH).max(MIN_GROWTH_BYTES);
        for chunk in payload {
            self.chunk = chunk.clone();
            self.bytes = chunk;
            self.open.push(Open { number: 0, header: Vec::new(), pieces: Vec::new() });
            self.children(Level::Request, 0..chunk.len());
            self.flush();
            self.open.clear();
        }
        if !self.part.chunks.is_empty() {
            self.parts.push(mem::take(&mut self.part));
        }
        self
    }

    /// Goes through the fields of a message that does not fit whole.
    fn children(&mut self, level: Level, message: Range<usize>) {
        let base = message.start;
        let mut fields = Fields::new(self.bytes.get(message).unwrap_or_default());
        while let Ok(Some(field)) = fields.read() {
            let whole = base + field.start..base + field.end;
            match level.child(self.signal, field.number).zip(field.bytes()) {
                Some((child, _)) => {
                    let content = base + field.content_start()..base + field.end;
                    self.child(child, field.number, whole, content);
                }
                None if level == Level::Request => self.unknown(whole),
                // Part of the header, which is in every part.
                None => {}
            }
        }
    }

    fn child(&mut self, level: Level, number: u32, whole: Range<usize>, content: Range<usize>) {
        let items = count(level, self.signal, self.bytes.get(content.clone()).unwrap_or_default());
        if self.fits(&whole, items) {
            return self.keep(whole, items);
        }
        let is_leaf = level == Level::Item || items == 0 || self.is_grown();
        // Between the children of a request there is a border that costs no header.
        let may_close = self.open.len() == 1 || !self.is_grown();
        if (is_leaf || self.is_full()) && !self.is_fresh() && may_close {
            self.close_part();
            if self.fits(&whole, items) {
                return self.keep(whole, items);
            }
        }
        if is_leaf {
            match self.limit {
                Limit::Items(_) => self.keep(whole, items),
                Limit::Bytes(_) => self.oversize_items += items,
            }
            return;
        }
        self.open(level, number, content.clone());
        self.children(level, content);
        self.close();
    }

    /// Keeps a field of the request itself that no version of ours knows, unless it alone is over the
    /// limit.
    fn unknown(&mut self, whole: Range<usize>) {
        if !self.fits(&whole, 0) && !self.is_fresh() {
            self.close_part();
        }
        if self.fits(&whole, 0) {
            self.keep(whole, 0);
        }
    }

    fn fits(&self, whole: &Range<usize>, items: usize) -> bool {
        match self.limit {
            Limit::Items(max) => self.used + items <= max,
            Limit::Bytes(max) => self.used + whole.len() <= max,
        }
    }

    const fn is_full(&self) -> bool {
        let (Limit::Items(max) | Limit::Bytes(max)) = self.limit;
        self.used >= max
    }

    /// Whether enough headers were repeated, so that what is left of the messages that are open stays
    /// together.
    const fn is_grown(&self) -> bool {
        self.grown > self.max_growth
    }

    /// Whether the current part has nothing yet.
    fn is_fresh(&self) -> bool {
        self.part.chunks.is_empty() && self.open.iter().all(|open| open.pieces.is_empty())
    }

    fn keep(&mut self, range: Range<usize>, items: usize) {
        self.part.items += items;
        self.used += match self.limit {
            Limit::Items(_) => items,
            Limit::Bytes(_) => range.len(),
        };
        let Some(open) = self.open.last_mut() else {
            return;
        };
        match open.pieces.last_mut() {
            Some(Piece::Kept(last)) if last.end == range.start => last.end = range.end,
            _ => open.pieces.push(Piece::Kept(range)),
        }
    }

    fn open(&mut self, level: Level, number: u32, message: Range<usize>) {
        let base = message.start;
        let mut header: Vec<Range<usize>> = Vec::new();
        let mut fields = Fields::new(self.bytes.get(message).unwrap_or_default());
        while let Ok(Some(field)) = fields.read() {
            if level.child(self.signal, field.number).zip(field.bytes()).is_some() {
                continue;
            }
            let range = base + field.start..base + field.end;
            match header.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => header.push(range),
            }
        }
        let open = Open { number, header, pieces: Vec::new() };
        if let Limit::Bytes(_) = self.limit {
            self.used += open.overhead();
        }
        self.open.push(open);
    }

    fn close(&mut self) {
        let Some(mut open) = self.open.pop() else {
            return;
        };
        if let Some(parent) = self.open.last_mut() {
            close_into(parent, &mut open);
        }
    }

    /// Ends the current part; what is being cut goes on in the next one.
    fn close_part(&mut self) {
        let mut levels = self.open.as_mut_slice();
        while let Some((inner, outer)) = levels.split_last_mut() {
            if let Some(parent) = outer.last_mut() {
                close_into(parent, inner);
            }
            levels = outer;
        }
        self.flush();
        self.parts.push(mem::take(&mut self.part));
        let overhead: usize = self.open.iter().skip(1).map(Open::overhead).sum();
        self.grown = self.grown.saturating_add(overhead + PART_BYTES);
        self.used = match self.limit {
            Limit::Items(_) => 0,
            Limit::Bytes(_) => overhead,
        };
    }

    /// Moves what the request level holds into the current part.
    fn flush(&mut self) {
        let Some(request) = self.open.first_mut() else {
            return;
        };
        for piece in mem::take(&mut request.pieces) {
            let chunk = if let Piece::Kept(range) = piece {
                self.chunk.slice(range)
            } else {
                let mut out = Vec::with_capacity(piece.size());
                piece.write(self.bytes, &mut out);
                Bytes::from(out)
            };
            self.part.chunks.push(chunk);
        }
    }
}

/// Adds what of a message is in the current part to its parent, if there is anything.
fn close_into(parent: &mut Open, child: &mut Open) {
    if child.pieces.is_empty() {
        return;
    }
    let content = mem::take(&mut child.pieces);
    let header_len: usize = child.header.iter().map(Range::len).sum();
    let content_len = header_len + content.iter().map(Piece::size).sum::<usize>();
    let header = child.header.clone();
    parent.pieces.push(Piece::Cut { number: child.number, header, content, content_len });
}
