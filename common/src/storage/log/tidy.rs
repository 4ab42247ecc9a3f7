use super::Log;
use crate::storage::{StorageError, segment};

impl Log {
    /// Deletes the segments that are done with, and copies what little is left of others forward.
    ///
    /// # Errors
    ///
    /// If the system refuses; the next call tries again.
    pub fn tidy(&self) -> Result<(), StorageError> {
        self.end_finished_segment();
        self.delete_finished()
    }

    /// Seals the active segment if it is long and all of it is done, so that it can be deleted.
    fn end_finished_segment(&self) {
        let mut writer = self.writer.lock();
        let is_finished = writer.active.as_ref().is_some_and(|active| {
            let state = self.state.lock();
            let live = state.segment_of(active.first.sequence).map(|segment| segment.live.sequence);
            live == Some(0) && active.len.saturating_mul(2) >= self.settings.segment_bytes
        });
        if is_finished {
            self.seal(&mut writer);
        }
    }

    fn delete_finished(&self) -> Result<(), StorageError> {
        let finished: Vec<_> = {
            let state = self.state.lock();
            let is_finished = |segment: &&segment_state::Segment| {
                !segment.is_active && segment.live.sequence == 0
            };
            state.segments().filter(is_finished).copied().collect()
        };
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
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
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
}

use super::state as segment_state;
