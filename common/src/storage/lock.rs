//! The right to write in a directory, which one process has at a time.

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::Duration,
};

use super::{StorageError, files::create_private_dir};

const RETRY_EVERY: Duration = Duration::from_millis(50);

/// The right to write in a directory, which one process has at a time and which ends with it.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Takes the lock of a directory, waiting for it up to `timeout`; blocks the thread meanwhile.
    ///
    /// # Errors
    ///
    /// If somebody else has it until then, or the lock file cannot be made.
    pub fn take(directory: &Path, timeout: Duration) -> Result<Self, StorageError> {
        create_private_dir(directory)
            .map_err(|source| StorageError::io("create", directory, source))?;
        let path = directory.join("lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|source| StorageError::io("open", &path, source))?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if waited >= timeout => {
                    return Err(StorageError::Locked { directory: directory.to_owned() });
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => {
                    return Err(StorageError::io("lock", &path, source));
                }
            }
            std::thread::park_timeout(RETRY_EVERY);
            waited += RETRY_EVERY;
        }
    }
}

#[cfg(test)]
mod tests;
