//! Giving space back: finished segments are deleted, what is left of nearly finished ones is copied forward.

use std::{io, sync::Arc};

use super::{Claim, Log, NewRecord, state::Segment};
use crate::storage::{StorageError, segment};

/// How much is copied forward at a time; this much is in memory.
const COPY_BYTES: usize = 4 << 20;

impl Log {
    /// Deletes the segments that are done with, and copies what little is left of others forward.
    ///
    /// # Errors
    ///
    /// If the system refuses; the next call tries again.
    pub fn tidy(&self) -> Result<(), StorageError> {
        self.tidy_from(self.settings.segment_bytes / 2)
    }

    /// Gives back what can be given back, also short segments: for a disk or a share of it that is full.
    ///
    /// # Errors
    ///
    /// If the system refuses; the next call tries again.
    pub fn make_room(&self) -> Result<(), StorageError> {
        self.tidy_from(0)
    }

    /// The active segment is ended if it has so many bytes and little or nothing of it is left.
    fn tidy_from(&self, bytes: u64) -> Result<(), StorageError> {
        self.end_active_segment(bytes);
        self.delete_finished()?;
        match self.copy_forward() {
            Ok(0) => Ok(()),
            Ok(_) => self.delete_finished(),
            // Copies must never be what fills a disk; there will be room when more is delivered.
            Err(StorageError::Full { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Seals the active segment if it is long enough and will soon be worth deleting.
    fn end_active_segment(&self, bytes: u64) {
        let mut writer = self.writer.lock();
        let is_over = writer.active.as_ref().is_some_and(|active| {
            let state = self.state.lock();
            let segment = state.segment_of(active.first.sequence);
            active.len > bytes && segment.is_some_and(Segment::is_mostly_done)
        });
        if is_over {
            self.seal(&mut writer);
        }
    }

    fn delete_finished(&self) -> Result<(), StorageError> {
        let is_finished = |segment: &&Segment| !segment.is_active && segment.live.sequence == 0;
        let finished: Vec<Segment> =
            self.state.lock().segments().filter(is_finished).copied().collect();
        if finished.is_empty() {
            return Ok(());
        }
        let complete_to = self.save_both_slots()?;
        for segment in finished {
            if segment.end.sequence > complete_to {
                break;
            }
            let path = segment::path(&self.directory, segment.name);
            match self.files.remove(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StorageError::io("remove", &path, error));
                }
                _ => self.state.lock().remove_segment(segment.first.sequence),
            }
        }
        Ok(())
    }

    /// A slot that did not know that a segment is done would call it lost once it is deleted.
    fn save_both_slots(&self) -> Result<u64, StorageError> {
        let mut saved = self.cursor.lock();
        let (version, snapshot) = self.state.lock().to_save(None);
        if let Some(snapshot) = snapshot {
            for _ in 0..2 {
                self.write_slot(&mut saved, &snapshot)?;
                self.sync_cursor(&mut saved)?;
            }
            saved.version = Some(version);
        }
        Ok(saved.complete_to)
    }

    /// Returns how many records were copied.
    fn copy_forward(&self) -> Result<usize, StorageError> {
        let mut copied = 0;
        for segment in self.nearly_finished() {
            let claims: Vec<Arc<Claim>> =
                self.state.lock().claims_in(segment.span()).cloned().collect();
            let mut rest = claims.as_slice();
            while let [_, ..] = rest {
                let mut bytes = 0_usize;
                let is_within = |claim: &&Arc<Claim>| {
                    let is_first = bytes == 0;
                    bytes = bytes.saturating_add(claim.bytes()).saturating_add(1);
                    is_first || bytes <= COPY_BYTES
                };
                let count = rest.iter().take_while(is_within).count();
                let (batch, behind) = rest.split_at(count.clamp(1, rest.len()));
                copied += self.copy(batch)?;
                rest = behind;
            }
        }
        Ok(copied)
    }

    /// Segments of which all was given out and less than a quarter is left.
    fn nearly_finished(&self) -> Vec<Segment> {
        let state = self.state.lock();
        let reader = state.reader().sequence;
        let is_nearly_finished = |segment: &&Segment| {
            !segment.is_active
                && segment.live.sequence > 0
                && segment.end.sequence <= reader
                && segment.is_mostly_done()
        };
        state.segments().filter(is_nearly_finished).copied().collect()
    }

    fn copy(&self, claims: &[Arc<Claim>]) -> Result<usize, StorageError> {
        let mut bodies = Vec::with_capacity(claims.len());
        for claim in claims {
            match self.read(claim) {
                Ok(body) => bodies.push((claim.clone(), body)),
                // Whoever has the claim finds out, so it stays where it is.
                Err(StorageError::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let parts: Vec<[&[u8]; 1]> = bodies.iter().map(|(_, body)| [&**body]).collect();
        let records: Vec<NewRecord<'_>> = bodies
            .iter()
            .zip(&parts)
            .map(|((claim, _), body)| NewRecord { items: claim.items(), body })
            .collect();
        let mut writer = self.writer.lock();
        let written = self.write(&mut writer, &records)?;
        let claims: Vec<Arc<Claim>> = bodies.into_iter().map(|(claim, _)| claim).collect();
        self.state.lock().publish_copies(&written, &claims);
        Ok(claims.len())
    }
}
