//! A segment file: a header with its first position, records, and a footer once it is sealed.
//!
//! Records follow each other without gaps, so a record's place in the file follows from its position.

use std::{io, path::Path};

use memchr::memmem;

use super::{
    File,
    position::{POSITION_BYTES, Position},
    record::{self, MARKER, RECORD_HEADER_BYTES, RecordHeader},
};

/// The format's name and version.
const HEADER_MAGIC: [u8; 8] = *b"tercet\x001";
const FOOTER_MAGIC: [u8; 8] = *b"tercet\x00e";

/// How many bytes the header takes, and the footer.
pub(super) const MARK_BYTES: usize = 8 + POSITION_BYTES + 4;
pub(super) const HEADER_BYTES: u64 = MARK_BYTES as u64;

const SEARCH_BYTES: usize = 1 << 18;
const WINDOW_BYTES: usize = 4096;

/// Returns what a segment begins with.
pub(super) fn header(first: Position) -> [u8; MARK_BYTES] {
    record::with_checksum(&[&HEADER_MAGIC, &first.encode()])
}

/// Returns what a sealed segment ends with.
pub(super) fn footer(end: Position) -> [u8; MARK_BYTES] {
    record::with_checksum(&[&FOOTER_MAGIC, &end.encode()])
}

fn position_in(mark: &[u8], magic: [u8; 8]) -> Option<Position> {
    let checked = record::checked::<MARK_BYTES>(mark)?;
    Position::decode(checked.strip_prefix(&magic)?)
}

/// The file name of the segment that begins with a sequence number.
pub(super) fn file_name(first: u64) -> String {
    format!("{first:016x}.segment")
}

/// The sequence number in a segment's file name.
pub(super) fn parse_name(name: &str) -> Option<u64> {
    let first = u64::from_str_radix(name.strip_suffix(".segment")?, 16).ok()?;
    (file_name(first) == name).then_some(first)
}

/// What a segment file holds, as far as can be said without reading all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub first: Position,
    pub end: Position,
    /// The bytes of all records before the place where the first record of the file stands.
    pub base: u64,
    pub file_bytes: u64,
    pub is_sealed: bool,
    /// Whether the file goes on after `end` with something else than a record that is too short.
    pub has_garbage: bool,
    /// What was written with one call and comes last.
    pub last_batch: Batch,
}

/// The records that were written with one call, as far as they are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Batch {
    /// The sequence that it starts with, which may be missing.
    pub start: u64,
    /// The first that is there.
    pub first: Position,
    /// Where those that are missing before it begin.
    pub gap_before: Option<Position>,
}

impl Found {
    fn empty(first: Position, base: u64, file_bytes: u64) -> Self {
        Self {
            first,
            end: first,
            base,
            file_bytes,
            is_sealed: false,
            has_garbage: false,
            last_batch: Batch::default(),
        }
    }

    /// Goes over a record, which may come after a gap.
    fn pass(&mut self, header: &RecordHeader) {
        if header.batch() > self.last_batch.start || self.end == self.first {
            let is_gap = header.index > 0 && header.start.sequence > self.end.sequence;
            let gap_before = is_gap.then_some(self.end);
            self.last_batch = Batch { start: header.batch(), first: header.start, gap_before };
        }
        self.end = header.end();
    }

    /// Where the records end in the file.
    pub(super) const fn end_offset(&self) -> u64 {
        offset_of(self.end.bytes, self.base)
    }
}

/// Where a position is in a file.
pub(super) const fn offset_of(bytes: u64, base: u64) -> u64 {
    HEADER_BYTES.saturating_add(bytes.saturating_sub(base))
}

/// Looks at a segment: at its two ends if it was sealed, else at all record headers.
///
/// None if there is nothing in it that could be used.
pub(super) fn inspect(file: &dyn File) -> io::Result<Option<Found>> {
    let file_bytes = file.len()?;
    let first = position_in(&read_up_to(file, 0, MARK_BYTES)?, HEADER_MAGIC);
    if let Some(first) = first
        && let Some(records_end) = file_bytes.checked_sub(HEADER_BYTES)
        && let Some(end) = position_in(&read_up_to(file, records_end, MARK_BYTES)?, FOOTER_MAGIC)
        && offset_of(end.bytes, first.bytes) == records_end
        && end.sequence > first.sequence
    {
        return Ok(Some(Found {
            is_sealed: true,
            end,
            ..Found::empty(first, first.bytes, file_bytes)
        }));
    }
    let first = match first {
        Some(first) => Some((first, first.bytes)),
        None => first_record(file, file_bytes)?,
    };
    let Some((first, base)) = first else { return Ok(None) };
    scan(file, Found::empty(first, base, file_bytes)).map(Some)
}

/// Finds the first record and the base in a segment whose header is damaged.
fn first_record(file: &dyn File, file_bytes: u64) -> io::Result<Option<(Position, u64)>> {
    let is_possible = |offset: u64, header: &RecordHeader| {
        let before = offset.checked_sub(HEADER_BYTES);
        before.is_some_and(|before| before <= header.start.bytes)
    };
    let found = find_record(file, 0, file_bytes, is_possible)?;
    Ok(found.map(|(offset, header)| {
        (header.start, header.start.bytes.saturating_sub(offset.saturating_sub(HEADER_BYTES)))
    }))
}

/// Goes from record to record to find the end.
fn scan(file: &dyn File, mut found: Found) -> io::Result<Found> {
    let mut window = Window { file, start: 0, bytes: Vec::new() };
    loop {
        let offset = found.end_offset();
        if offset >= found.file_bytes {
            return Ok(found);
        }
        let header = RecordHeader::decode(window.at(offset)?);
        let header = match header.filter(|header| is_at(header, offset, found.base, found.end)) {
            Some(header) => header,
            None => {
                let is_next = |offset: u64, header: &RecordHeader| {
                    is_at(header, offset, found.base, found.end)
                };
                let next = find_record(file, offset + 1, found.file_bytes, is_next)?;
                let Some((_, header)) = next else {
                    let rest = found.file_bytes.saturating_sub(offset);
                    found.has_garbage = rest >= RECORD_HEADER_BYTES as u64;
                    return Ok(found);
                };
                header
            }
        };
        if offset_of(header.end().bytes, found.base) > found.file_bytes {
            return Ok(found);
        }
        found.pass(&header);
    }
}

/// Returns the first record from there on whose body is not what was written, or the end.
pub(super) fn first_damaged(
    file: &dyn File,
    found: &Found,
    from: Position,
) -> io::Result<Position> {
    let mut at = from;
    while at.sequence < found.end.sequence {
        let offset = offset_of(at.bytes, found.base);
        let header = RecordHeader::decode(&read_up_to(file, offset, RECORD_HEADER_BYTES)?);
        let Some(header) = header.filter(|header| header.start == at) else { return Ok(at) };
        if body_checksum(file, offset, &header)? != header.body_checksum {
            return Ok(at);
        }
        at = header.end();
    }
    Ok(found.end)
}

fn body_checksum(file: &dyn File, offset: u64, header: &RecordHeader) -> io::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut at = offset.saturating_add(RECORD_HEADER_BYTES as u64);
    let end = offset.saturating_add(header.total_bytes());
    while at < end {
        let len = usize::try_from(end - at).unwrap_or(usize::MAX).min(SEARCH_BYTES);
        let bytes = read_up_to(file, at, len)?;
        if bytes.is_empty() {
            break;
        }
        hasher.update(&bytes);
        at = at.saturating_add(bytes.len() as u64);
    }
    Ok(hasher.finalize())
}

/// Whether a header can stand at that place, after all before `after`.
pub(super) fn is_at(header: &RecordHeader, offset: u64, base: u64, after: Position) -> bool {
    let start = header.start;
    start.bytes >= base
        && offset_of(start.bytes, base) == offset
        && start.sequence >= after.sequence
        && start.items >= after.items
        && start.bytes >= after.bytes
}

/// Finds the next bytes that are a record's header and please the caller.
pub(super) fn find_record(
    file: &dyn File,
    from: u64,
    to: u64,
    is_wanted: impl Fn(u64, &RecordHeader) -> bool,
) -> io::Result<Option<(u64, RecordHeader)>> {
    let finder = memmem::Finder::new(&MARKER);
    let mut start = from;
    while start < to {
        let bytes = read_up_to(file, start, SEARCH_BYTES)?;
        for at in finder.find_iter(&bytes) {
            let offset = start.saturating_add(at as u64);
            let header = bytes.get(at..).and_then(RecordHeader::decode);
            if let Some(header) = header
                && offset < to
                && is_wanted(offset, &header)
            {
                return Ok(Some((offset, header)));
            }
        }
        if bytes.len() < SEARCH_BYTES {
            return Ok(None);
        }
        // A header may lie across two pieces.
        start = start.saturating_add((SEARCH_BYTES - RECORD_HEADER_BYTES + 1) as u64);
    }
    Ok(None)
}

/// Reads so many bytes, or fewer if the file ends before.
pub(super) fn read_up_to(file: &dyn File, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let rest = file.len()?.saturating_sub(offset);
    let len = len.min(usize::try_from(rest).unwrap_or(usize::MAX));
    let mut bytes = vec![0; len];
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset.saturating_add(done as u64)) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(done);
    Ok(bytes)
}

/// Part of a file in memory, so that short records do not cost a call each.
struct Window<'a> {
    file: &'a dyn File,
    start: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    /// Returns the bytes from there on, enough for a header if the file is long enough.
    fn at(&mut self, offset: u64) -> io::Result<&[u8]> {
        let inside = |window: &Self| {
            let skipped = usize::try_from(offset.checked_sub(window.start)?).ok()?;
            (window.bytes.len() >= skipped.checked_add(RECORD_HEADER_BYTES)?).then_some(skipped)
        };
        let skipped = match inside(self) {
            Some(skipped) => skipped,
            None => {
                self.bytes = read_up_to(self.file, offset, WINDOW_BYTES)?;
                self.start = offset;
                0
            }
        };
        Ok(self.bytes.get(skipped..).unwrap_or_default())
    }
}

/// Returns the path of a segment.
pub(super) fn path(directory: &Path, name: u64) -> std::path::PathBuf {
    directory.join(file_name(name))
}

#[cfg(test)]
mod tests;
