//! Small files that settings name: certificates, keys, passwords, tokens.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
    time::{Duration, SystemTime},
};

/// No file system counts time in larger steps: what was written this short a time ago may be written again
/// without looking changed.
pub const CLOCK_STEP: Duration = Duration::from_secs(2);

/// A file that cannot be read.
#[derive(Debug)]
pub enum FileError {
    /// The system says why.
    Unreadable(io::Error),
    /// A directory, or a pipe, which would be waited for until somebody writes to it.
    NoFile,
    /// Over the limit.
    TooLarge,
}

/// What differs when a file has changed: device, inode, size, and when its content and it were changed. For a
/// link they are those of the file behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp([u64; 3], [i64; 4]);

impl Stamp {
    /// The stamp of a file that was looked at.
    #[must_use]
    pub fn of(file: &Metadata) -> Self {
        let times = [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()];
        Self([file.dev(), file.ino(), file.len()], times)
    }
}

/// How long ago a file was written; nothing if that is in the future.
#[must_use]
pub fn age(file: &Metadata) -> Option<Duration> {
    SystemTime::now().duration_since(file.modified().ok()?).ok()
}

/// What is in a file, which may have so many bytes.
///
/// # Errors
/// [`FileError`] if it cannot be read or has more.
pub fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, FileError> {
    // Looked at before it is opened, which would wait for whoever writes to a pipe.
    if !fs::metadata(path).map_err(FileError::Unreadable)?.is_file() {
        return Err(FileError::NoFile);
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(FileError::Unreadable)?;
    file.take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(FileError::Unreadable)?;
    if bytes.len() as u64 > max_bytes {
        return Err(FileError::TooLarge);
    }
    Ok(bytes)
}
