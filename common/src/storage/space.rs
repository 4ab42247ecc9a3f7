//! How much room a file system has.

use std::path::Path;

/// The bytes that may still be written below a directory; nothing if the system does not say.
#[must_use]
pub fn available_bytes(directory: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(directory).ok()?;
    Some(space.f_bavail.saturating_mul(space.f_frsize))
}
