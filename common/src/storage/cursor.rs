//! The file that says what was acknowledged: two slots written in turns, so that one is always whole.

use std::{io, path::Path, sync::Arc};

use super::{
    File, Files, StorageError,
    position::{POSITION_BYTES, Position},
    progress::{Progress, Span},
    record,
    segment::read_up_to,
};

const MAGIC: [u8; 8] = *b"tercet\x00c";
const SLOT_BYTES: u64 = 1 << 16;
/// Magic, generation, watermark, next position, number of spans; a checksum comes last.
const FIXED_BYTES: usize = 8 + 8 + 2 * POSITION_BYTES + 4;
const SPAN_BYTES: usize = 2 * POSITION_BYTES;
/// How many spans fit.
pub(super) const MAX_SPANS: usize = (SLOT_BYTES as usize - FIXED_BYTES - 4) / SPAN_BYTES;

/// What a slot says.
#[derive(Clone, Debug, Default)]
pub(super) struct Saved {
    pub done: Progress,
    /// Where the log ended then. All sequences that `done` names are before it.
    pub next: Position,
}

/// The open cursor file.
#[derive(Debug)]
pub(super) struct Cursor {
    file: Arc<dyn File>,
    generation: u64,
}

impl Cursor {
    /// Opens the cursor and says what the newer of its whole slots says, if one is whole.
    pub(super) fn open(
        files: &dyn Files,
        path: &Path,
    ) -> Result<(Self, Option<Saved>), StorageError> {
        let io = |operation: &'static str| {
            move |source: io::Error| StorageError::io(operation, path, source)
        };
        let file = match files.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => files.create(path),
            opened => opened,
        };
        let file: Arc<dyn File> = file.map_err(io("open"))?.into();
        // Written as zeros at once, so that a full disk never stops it later.
        let len = file.len().map_err(io("read"))?;
        if len < 2 * SLOT_BYTES {
            let zeros = vec![0; usize::try_from(2 * SLOT_BYTES - len).unwrap_or_default()];
            file.write_all_at(&[&zeros], len).map_err(io("write"))?;
            file.sync_data().map_err(io("sync"))?;
            let directory = path.parent().unwrap_or(path);
            files.sync_dir(directory).map_err(io("sync the directory of"))?;
        }
        let mut newest: Option<(u64, Saved)> = None;
        for offset in [0, SLOT_BYTES] {
            let slot = read_up_to(&*file, offset, SLOT_BYTES as usize).map_err(io("read"))?;
            if let Some(found) = decode(&slot)
                && newest.as_ref().is_none_or(|(generation, _)| found.0 > *generation)
            {
                newest = Some(found);
            }
        }
        let generation = newest.as_ref().map_or(0, |(generation, _)| *generation);
        Ok((Self { file, generation }, newest.map(|(_, saved)| saved)))
    }

    /// Writes the older slot and returns up to which sequence all that is done was written.
    pub(super) fn save(&mut self, saved: &Saved) -> io::Result<u64> {
        let generation = self.generation.wrapping_add(1);
        let (bytes, complete_to) = encode(generation, saved);
        self.file.write_all_at(&[&bytes], generation % 2 * SLOT_BYTES)?;
        self.generation = generation;
        Ok(complete_to)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Leaves out the spans that do not fit: their records are delivered twice after a crash, not lost.
fn encode(generation: u64, saved: &Saved) -> (Vec<u8>, u64) {
    let mut spans = saved.done.spans();
    let kept: Vec<Span> = spans.by_ref().take(MAX_SPANS).collect();
    let complete_to = spans.next().map_or(u64::MAX, |span| span.from.sequence);
    let mut bytes = Vec::with_capacity(FIXED_BYTES + kept.len() * SPAN_BYTES + 4);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&generation.to_le_bytes());
    bytes.extend_from_slice(&saved.done.watermark().encode());
    bytes.extend_from_slice(&saved.next.encode());
    bytes.extend_from_slice(&u32::try_from(kept.len()).unwrap_or_default().to_le_bytes());
    for span in kept {
        bytes.extend_from_slice(&span.from.encode());
        bytes.extend_from_slice(&span.to.encode());
    }
    let sum = record::checksum(&[&bytes]);
    bytes.extend_from_slice(&sum.to_le_bytes());
    (bytes, complete_to)
}

fn decode(slot: &[u8]) -> Option<(u64, Saved)> {
    let rest = slot.strip_prefix(&MAGIC)?;
    let (generation, rest) = rest.split_first_chunk()?;
    let (watermark, rest) = rest.split_at_checked(POSITION_BYTES)?;
    let (next, rest) = rest.split_at_checked(POSITION_BYTES)?;
    let (count, rest) = rest.split_first_chunk()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let spans_bytes = count.checked_mul(SPAN_BYTES)?;
    let (spans, rest) = rest.split_at_checked(spans_bytes)?;
    let (sum, _) = rest.split_first_chunk()?;
    let checked = slot.get(..FIXED_BYTES.checked_add(spans_bytes)?)?;
    if record::checksum(&[checked]) != u32::from_le_bytes(*sum) {
        return None;
    }
    let mut done = Progress::new(Position::decode(watermark)?);
    for span in spans.chunks_exact(SPAN_BYTES) {
        let (from, to) = span.split_at_checked(POSITION_BYTES)?;
        done.insert(Span { from: Position::decode(from)?, to: Position::decode(to)? });
    }
    let next = Position::decode(next)?;
    // What is called done must never be given to a new record.
    let last = done.spans().last().map_or(done.watermark(), |span| span.to);
    Some((u64::from_le_bytes(*generation), Saved { next: next.later_of(last), done }))
}

#[cfg(test)]
mod tests;
