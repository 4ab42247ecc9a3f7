use std::{path::Path, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;

use super::{Files, StorageError, position::Position};

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
}

/// A log in a directory of its own.
#[derive(Debug)]
pub struct Log {
    files: Arc<dyn Files>,
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
        let _ = settings;
        files
            .create_dir_all(directory)
            .map_err(|source| StorageError::io("create", directory, source))?;
        Ok((Self { files }, Recovered::default()))
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
        let _ = (records, claim_bytes, &self.files);
        Ok(Vec::new())
    }

    /// Takes the records that come next, in order, at least one if there is one.
    ///
    /// # Errors
    ///
    /// If a segment cannot be read; nothing was taken then.
    pub fn next(&self, max_bytes: usize) -> Result<Vec<Taken>, StorageError> {
        let _ = max_bytes;
        Ok(Vec::new())
    }

    /// Reads a record that was taken once more.
    ///
    /// # Errors
    ///
    /// If its segment cannot be read or its checksum does not fit.
    pub fn read(&self, claim: &Claim) -> Result<Bytes, StorageError> {
        let _ = claim;
        Ok(Bytes::new())
    }

    /// Notes that a record is done with.
    pub fn acknowledge(&self, claim: &Claim) {
        let _ = claim.start.lock();
    }

    /// Writes down what was acknowledged, if that changed.
    ///
    /// # Errors
    ///
    /// If the system refuses; the next call tries again.
    pub fn save_cursor(&self, sync: bool) -> Result<(), StorageError> {
        let _ = sync;
        Ok(())
    }

    /// Deletes the segments that are done with, and copies what little is left of others forward.
    ///
    /// # Errors
    ///
    /// If the system refuses; the next call tries again.
    pub fn tidy(&self) -> Result<(), StorageError> {
        Ok(())
    }

    /// Returns how much is there.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage::default()
    }
}
