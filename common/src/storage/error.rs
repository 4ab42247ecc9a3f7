use std::{
    io,
    path::{Path, PathBuf},
};

use super::Damage;

/// Why the log cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The system refused.
    #[error("cannot {operation} {}", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The disk, or the share of it that we may use, is full.
    #[error("cannot {operation} {}: no space is left", path.display())]
    Full {
        /// What was tried.
        operation: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process has the directory.
    #[error("{} is in use by another process", directory.display())]
    Locked {
        /// Which directory.
        directory: PathBuf,
    },
    /// A record's bytes are not those that were written.
    #[error("record {sequence} in {} is damaged: its checksum does not fit", path.display())]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// The record.
        sequence: u64,
        /// What is lost with it.
        damage: Damage,
    },
    /// A record is longer than the format can say.
    #[error("a record of {bytes} bytes is longer than {} bytes", u32::MAX)]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
}

impl StorageError {
    pub(crate) fn io(operation: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { operation, path, source }
            }
            _ => Self::Io { operation, path, source },
        }
    }
}
