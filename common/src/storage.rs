//! A durable log: records are appended, taken in order, acknowledged in any order, and survive the process.
//!
//! What is lost to damage is counted to the item, because each record says how many came before it.

mod cursor;
mod damaged;
mod error;
pub mod files;
mod lock;
mod log;
mod open_stores;
mod position;
mod progress;
mod record;
mod segment;
mod space;

use std::{path::PathBuf, time::Duration};

pub use error::StorageError;
pub use files::{DiskFiles, File, Files};
pub use lock::DirectoryLock;
pub use log::{Claim, Damage, Log, LogSettings, NewRecord, Recovered, Taken, Usage};
pub use open_stores::OpenStores;
pub use space::available_bytes;

/// A place for logs, as the `file_storage` extension provides it.
#[derive(Clone, Debug)]
pub struct Storage {
    /// Where each log gets a directory of its own.
    pub directory: PathBuf,
    /// How long to wait for a process that still has a log.
    pub lock_timeout: Duration,
    /// Whether a record is on the disk before it counts as taken.
    pub is_synced: bool,
    /// How many bytes one log may have on disk, if there is a limit.
    pub max_bytes: Option<u64>,
    /// What is open already.
    pub open: OpenStores,
}

#[cfg(test)]
mod tests;
