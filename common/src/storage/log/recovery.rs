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
    segment::{self, Found},
};

/// What a directory holds.
pub(super) struct Recovery {
    pub state: State,
    pub writer: Writer,
    pub cursor: Cursor,
    pub damage: Damage,
    pub torn_bytes: u64,
}

/// Finds out what a directory holds; what can be used of it is used, whatever state it is in.
pub(super) fn recover(files: &dyn Files, directory: &Path) -> Result<Recovery, StorageError> {
    let io = |operation: &'static str| {
        move |source: io::Error| StorageError::io(operation, directory, source)
    };
    files.create_dir_all(directory).map_err(io("create"))?;
    let (cursor, saved) = Cursor::open(files, &directory.join(CURSOR))?;
    // Whoever made the directory, it must be there after a power loss, or all that is synced in it is not.
    for directory in directory.ancestors().take(2) {
        files.sync_dir(directory).map_err(io("sync"))?;
    }
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
    for name in names {
        if !found.iter().any(|(used, _)| *used == name) {
            put_away(files, directory, name);
        }
    }
    let torn = cut_tail(files, directory, &mut found);
    let segments: Vec<Segment> =
        found.iter().map(|(name, found)| Segment::found(*name, found)).collect();
    let (done, end, damage) = account(&segments, saved);
    let mut state = State::recovered(segments, done, end);
    let active = torn.file.filter(|active| {
        let last = state.segments().last();
        last.is_some_and(|last| last.first == active.first && last.end.sequence == end.sequence)
    });
    if let Some(active) = &active
        && let Some(segment) = state.segment_mut(active.first.sequence)
    {
        segment.is_active = true;
    }
    let writer = Writer { end, active };
    Ok(Recovery { state, writer, cursor, damage, torn_bytes: torn.bytes })
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

#[derive(Default)]
struct Tail {
    bytes: u64,
    /// The last segment, if records can be appended to it.
    file: Option<Active>,
}

/// Cuts off what is behind the last whole record.
fn cut_tail(files: &dyn Files, directory: &Path, found: &mut [(u64, Found)]) -> Tail {
    let Some((name, last)) = found.last_mut().filter(|(_, last)| !last.is_sealed) else {
        return Tail::default();
    };
    let len = last.end_offset();
    let bytes = last.file_bytes.saturating_sub(len);
    let Ok(file) = files.open(&segment::path(directory, *name)) else {
        return Tail { bytes, file: None };
    };
    if last.has_garbage {
        let name = &segment::file_name(*name);
        DamagedBytes { file: &*file, name, from: len, to: u64::MAX }.set_aside(files, directory);
    }
    // What cannot be cut off stays, and the next record begins a segment.
    if bytes > 0 && file.set_len(len).is_err() {
        return Tail { bytes, file: None };
    }
    last.file_bytes = len;
    // What a killed process had not synced is delivered like the rest, so it must not go missing later.
    if file.sync_data().is_err() {
        return Tail { bytes, file: None };
    }
    let file: Arc<dyn File> = file.into();
    // With a damaged header the segment is only good for reading.
    let is_whole = last.base == last.first.bytes && *name == last.first.sequence;
    let active = Active { first: last.first, file, len };
    Tail { bytes, file: is_whole.then_some(active) }
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
