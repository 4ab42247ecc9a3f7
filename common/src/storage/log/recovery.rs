//! Finding out what a directory holds, whatever state it is in.

use std::{io, path::Path, sync::Arc};

use super::{
    CURSOR, Damage,
    state::{Segment, State},
    writer::{Active, Writer},
};
use crate::storage::{
    File, Files, StorageError,
    cursor::{Cursor, Saved},
    damaged::DamagedBytes,
    position::Position,
    progress::{Progress, Span},
    segment::{self, Found, offset_of},
};

/// What a directory holds.
pub(super) struct Recovery {
    pub state: State,
    pub writer: Writer,
    pub cursor: Cursor,
    /// Whether the cursor says anything.
    pub has_cursor: bool,
    pub damage: Damage,
    pub torn_bytes: u64,
}

/// Finds out what a directory holds; what can be used of it is used, whatever state it is in.
pub(super) fn recover(
    files: &dyn Files,
    directory: &Path,
    is_synced: bool,
) -> Result<Recovery, StorageError> {
    let io = |operation: &'static str| {
        move |source: io::Error| StorageError::io(operation, directory, source)
    };
    files.create_dir_all(directory).map_err(io("create"))?;
    if is_synced && let Some(parent) = directory.parent() {
        // The directory may be new. One that may not be opened was not made by us.
        drop(files.sync_dir(parent));
    }
    let (cursor, saved) = Cursor::open(files, &directory.join(CURSOR))?;
    let names = files.list(directory).map_err(io("list"))?;
    let names: Vec<u64> = names.iter().filter_map(|name| segment::parse_name(name)).collect();
    let mut found = Vec::new();
    for name in &names {
        let path = segment::path(directory, *name);
        let failed = |source| StorageError::io("read", &path, source);
        let file = files.open(&path).map_err(failed)?;
        if let Some(segment) = segment::inspect(&*file).map_err(failed)?
            && is_usable(*name, &segment)
        {
            found.push((*name, segment));
        }
    }
    found.sort_by_key(|(_, segment)| segment.first.sequence);
    clamp(&mut found);
    let known = saved.as_ref().map_or_else(Position::default, |saved| saved.next);
    let tail = cut_tail(files, directory, &mut found, known)?;
    for name in names {
        if !found.iter().any(|(used, _)| *used == name) {
            put_away(files, directory, name);
        }
    }
    // A record that was written and not synced when its process died is promised from now on.
    if is_synced {
        if let Some(active) = &tail.active {
            active.file.sync_data().map_err(io("sync the last segment in"))?;
        }
        files.sync_dir(directory).map_err(io("sync"))?;
    }
    let segments: Vec<Segment> =
        found.iter().map(|(name, found)| Segment::found(*name, found)).collect();
    let has_cursor = saved.is_some();
    let (done, end, damage) = account(&segments, saved);
    let mut state = State::recovered(segments, done, end);
    let active = tail.active.filter(|active| {
        let last = state.segments().last();
        last.is_some_and(|last| last.first == active.first && last.end.sequence == end.sequence)
    });
    if let Some(active) = &active {
        state.set_active(active.first.sequence, true);
    }
    let writer = Writer { end, active };
    Ok(Recovery { state, writer, cursor, has_cursor, damage, torn_bytes: tail.torn_bytes })
}

/// A file that was renamed does not lie where its records belong; one without records holds nothing.
fn is_usable(name: u64, found: &Found) -> bool {
    let is_named = found.first.sequence >= name;
    is_named && found.end.sequence > found.first.sequence
}

/// Where two segments say that they have a record, the later one is right: the earlier was given up after
/// a failed write whose bytes reached the disk all the same.
fn clamp(found: &mut Vec<(u64, Found)>) {
    let mut next: Option<Position> = None;
    for (_, segment) in found.iter_mut().rev() {
        if let Some(next) = next
            && segment.end.sequence > next.sequence
        {
            segment.end = next;
        }
        next = Some(segment.first);
    }
    found.retain(|(_, segment)| segment.end.sequence > segment.first.sequence);
    found.dedup_by_key(|(_, segment)| segment.first.sequence);
}

/// Removes a segment file of which nothing can be used, once there is a copy of what it holds.
fn put_away(files: &dyn Files, directory: &Path, name: u64) {
    let path = segment::path(directory, name);
    let Ok(file) = files.open(&path) else { return };
    let is_empty = file.len().is_ok_and(|len| len <= segment::HEADER_BYTES);
    let name = &segment::file_name(name);
    let bytes = DamagedBytes { file: &*file, name, from: 0, to: u64::MAX };
    if is_empty || bytes.set_aside(files, directory) {
        // If it stays it is looked at again at the next start.
        drop(files.remove(&path));
    }
}

/// The end of the log.
#[derive(Default)]
struct Tail {
    torn_bytes: u64,
    /// The last segment, if records can be appended to it.
    active: Option<Active>,
}

/// Cuts off what was not written to its end, and drops last segments of which nothing is left then.
fn cut_tail(
    files: &dyn Files,
    directory: &Path,
    found: &mut Vec<(u64, Found)>,
    known: Position,
) -> Result<Tail, StorageError> {
    let mut tail = Tail::default();
    while let Some((name, last)) = found.last_mut().filter(|(_, last)| !last.is_sealed) {
        let path = segment::path(directory, *name);
        let failed = |source| StorageError::io("read", &path, source);
        let file: Arc<dyn File> = files.open(&path).map_err(failed)?.into();
        if let Some(torn) = torn_at(&*file, last, known).map_err(failed)? {
            last.end = torn;
            last.has_garbage = true;
        }
        let len = last.end_offset();
        tail.torn_bytes = tail.torn_bytes.saturating_add(last.file_bytes.saturating_sub(len));
        if last.end.sequence <= last.first.sequence {
            found.pop();
            continue;
        }
        if last.has_garbage {
            let name = &segment::file_name(*name);
            let bytes = DamagedBytes { file: &*file, name, from: len, to: u64::MAX };
            bytes.set_aside(files, directory);
        }
        // With a damaged header, or what cannot be cut off, the segment is only good for reading.
        let is_whole = last.base == last.first.bytes && *name == last.first.sequence;
        if last.file_bytes == len || file.set_len(len).is_ok() {
            last.file_bytes = len;
            tail.active = is_whole.then_some(Active { first: last.first, file, len });
        }
        break;
    }
    Ok(tail)
}

/// Returns where the batch breaks off that was being written when the power went.
///
/// All before it were synced. It was not promised unless the cursor knows it, so its records are neither
/// lost nor needed; sectors reach a disk in any order, so they may be missing from its middle. Such a
/// sector is blank; what is broken in another way was whole once, so it is damage, and the rest is kept.
fn torn_at(file: &dyn File, found: &Found, known: Position) -> io::Result<Option<Position>> {
    let batch = found.last_batch;
    let place = |position: Position| offset_of(position.bytes, found.base);
    let (torn, from, to) = if batch.start < found.first.sequence {
        (found.first, 0, place(found.first))
    } else if let Some(gap) = batch.gap_before {
        if gap.sequence < batch.start {
            return Ok(None);
        }
        (gap, place(gap), place(batch.first))
    } else if let Some(span) = segment::first_damaged(file, found, batch.first)? {
        (span.from, place(span.from), place(span.to))
    } else {
        return Ok(None);
    };
    let is_known = batch.start.min(torn.sequence) < known.sequence;
    if is_known || !segment::has_blank_sector(file, from, to)? {
        return Ok(None);
    }
    Ok(Some(torn))
}

/// Returns what is done, where the next record goes, and what is missing.
fn account(segments: &[Segment], saved: Option<Saved>) -> (Progress, Position, Damage) {
    let first = segments.first().map_or_else(Position::default, |segment| segment.first);
    let (mut done, next) = match saved {
        Some(saved) => (saved.done, saved.next),
        None => (Progress::new(first), first),
    };
    let mut lost = Position::default();
    let mut at = done.watermark();
    for segment in segments {
        lost = lost.plus(done.insert(Span { from: at, to: segment.first }));
        at = at.later_of(segment.end);
    }
    // Sequences that the cursor calls done are never used again, also if the log has lost them.
    lost = lost.plus(done.insert(Span { from: at, to: next }));
    (done, at.later_of(next), Damage { records: lost.sequence, items: lost.items })
}
