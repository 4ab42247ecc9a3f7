//! A log in a directory of its own: append, take, acknowledge, recover.

mod reader;
mod recovery;
mod state;
mod tidy;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use parking_lot::Mutex;

use self::{reader::Reader, state::State, writer::Writer};
use super::{
    Files, StorageError,
    cursor::{Cursor, Saved},
    position::Position,
    progress::Span,
    record::RECORD_HEADER_BYTES,
};

/// How a log keeps its records.
#[derive(Clone, Copy, Debug)]
pub struct LogSettings {
    /// How long a segment file gets before the next is begun.
    pub segment_bytes: u64,
    /// Whether records are on the disk, not only in the system's memory, before they count.
    pub is_synced: bool,
}

/// What was found when a log was opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recovered {
    /// What is still to be delivered.
    pub usage: Usage,
    /// What should be there and is not. Damage inside of segments is noticed later, on reading.
    pub damage: Damage,
    /// The length of an incomplete record at the very end, which nobody was promised.
    pub torn_bytes: u64,
}

/// Records that were not yet acknowledged and are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// How many records.
    pub records: u64,
    /// How many items were in them.
    pub items: u64,
}

/// What a log holds that was not yet acknowledged, and how much space it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many records.
    pub records: u64,
    /// How many items are in them.
    pub items: u64,
    /// Their bytes, with their headers.
    pub live_bytes: u64,
    /// The bytes of all segment files, also of what was acknowledged.
    pub disk_bytes: u64,
}

/// A record to be appended.
#[derive(Clone, Copy, Debug)]
pub struct NewRecord<'a> {
    /// How many items it carries.
    pub items: u32,
    /// Its bytes, in pieces that are written one after the other.
    pub body: &'a [&'a [u8]],
}

/// What comes next in a log.
#[derive(Clone, Debug)]
pub enum Taken {
    /// A record, and the claim by which it is acknowledged.
    Record {
        /// Which one it is.
        claim: Arc<Claim>,
        /// Its bytes.
        body: Bytes,
    },
    /// Here records were lost; the log does not report them again.
    Damaged(Damage),
}

/// A record that was taken and not yet acknowledged.
#[derive(Debug)]
pub struct Claim {
    /// Changes when the record is copied forward, and only under the log's state lock.
    start: Mutex<Position>,
    items: u32,
    body_bytes: u32,
}

impl Claim {
    /// Returns how many items the record carries.
    #[must_use]
    pub const fn items(&self) -> u32 {
        self.items
    }

    /// Returns how long the record's body is.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.body_bytes as usize
    }

    fn span(&self) -> Span {
        let bytes = RECORD_HEADER_BYTES as u64 + u64::from(self.body_bytes);
        let amount = Position { sequence: 1, items: u64::from(self.items), bytes };
        let from = *self.start.lock();
        Span { from, to: from.plus(amount) }
    }
}

/// A log in a directory of its own.
#[derive(Debug)]
pub struct Log {
    files: Arc<dyn Files>,
    directory: PathBuf,
    settings: LogSettings,
    is_synced: AtomicBool,
    // Taken in this order, and `state` never over file I/O.
    writer: Mutex<Writer>,
    reader: Mutex<Reader>,
    cursor: Mutex<SavedCursor>,
    state: Mutex<State>,
}

/// The cursor file and what it says.
#[derive(Debug)]
struct SavedCursor {
    cursor: Cursor,
    /// Of the state that was written last.
    version: Option<u64>,
    is_synced: bool,
    /// Up to here all that was done was written.
    complete_to: u64,
}

impl Log {
    /// Opens a log, or makes it; the caller has its lock.
    ///
    /// # Errors
    ///
    /// If the directory cannot be made or read, never for what the files in it hold.
    pub fn open(
        files: Arc<dyn Files>,
        directory: &Path,
        settings: LogSettings,
    ) -> Result<(Self, Recovered), StorageError> {
        let found = recovery::recover(&*files, directory, settings.is_synced)?;
        let recovered = Recovered {
            usage: found.state.usage(),
            damage: found.damage,
            torn_bytes: found.torn_bytes,
        };
        let cursor =
            SavedCursor { cursor: found.cursor, version: None, is_synced: false, complete_to: 0 };
        let log = Self {
            files,
            directory: directory.to_owned(),
            settings,
            is_synced: AtomicBool::new(settings.is_synced),
            writer: Mutex::new(found.writer),
            reader: Mutex::default(),
            cursor: Mutex::new(cursor),
            state: Mutex::new(found.state),
        };
        if recovered.damage != Damage::default() || !found.has_cursor {
            // So that damage is not found again, and none is missed because nobody knows where the log
            // began. A disk that refuses is no reason not to start.
            drop(log.save_cursor(true));
        }
        Ok((log, recovered))
    }

    /// Changes whether records are on the disk before they count, for those appended from now on.
    pub fn set_synced(&self, is_synced: bool) {
        self.is_synced.store(is_synced, Ordering::Relaxed);
    }

    fn is_synced(&self) -> bool {
        self.is_synced.load(Ordering::Relaxed)
    }

    /// Appends records with one write and one sync; on an error none of them is there.
    ///
    /// A claim is given for each record that the reader would read next, as long as `claim_bytes` lasts;
    /// the others are read later by [`Log::next`].
    ///
    /// # Errors
    ///
    /// If the system refuses, as it does when the disk is full; the log stays usable.
    pub fn append(
        &self,
        records: &[NewRecord<'_>],
        claim_bytes: u64,
    ) -> Result<Vec<Option<Arc<Claim>>>, StorageError> {
        let mut writer = self.writer.lock();
        let written = self.write(&mut writer, records)?;
        Ok(self.state.lock().publish(&written, claim_bytes))
    }

    /// Notes that a record is done with.
    pub fn acknowledge(&self, claim: &Claim) {
        self.state.lock().acknowledge(claim);
    }

    /// Writes down what was acknowledged, if that changed.
    ///
    /// # Errors
    ///
    /// If the system refuses; the next call tries again.
    pub fn save_cursor(&self, sync: bool) -> Result<(), StorageError> {
        let mut saved = self.cursor.lock();
        let (version, snapshot) = self.state.lock().to_save(saved.version);
        if let Some(snapshot) = snapshot {
            self.write_slot(&mut saved, &snapshot)?;
            saved.version = Some(version);
        }
        if sync { self.sync_cursor(&mut saved) } else { Ok(()) }
    }

    fn write_slot(&self, saved: &mut SavedCursor, snapshot: &Saved) -> Result<(), StorageError> {
        saved.is_synced = false;
        let written = saved.cursor.save(snapshot);
        saved.complete_to = written.map_err(|source| self.cursor_error("write", source))?;
        Ok(())
    }

    fn sync_cursor(&self, saved: &mut SavedCursor) -> Result<(), StorageError> {
        if !saved.is_synced {
            saved.cursor.sync().map_err(|source| {
                // After a failed sync the system may have dropped what was written.
                saved.version = None;
                self.cursor_error("sync", source)
            })?;
            saved.is_synced = true;
        }
        Ok(())
    }

    fn cursor_error(&self, operation: &'static str, source: std::io::Error) -> StorageError {
        StorageError::io(operation, &self.directory.join(CURSOR), source)
    }

    /// Returns how much is there.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.state.lock().usage()
    }
}

const CURSOR: &str = "cursor";

#[cfg(test)]
mod tests;
