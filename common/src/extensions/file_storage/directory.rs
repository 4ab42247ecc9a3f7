//! Whether a directory can be used, and making it.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::component::StartError;

static PROBES: AtomicU64 = AtomicU64::new(0);

/// Checks that a directory is there and takes files; makes it, with these permissions, if told to.
pub(super) fn prepare(directory: &Path, mode: Option<u32>) -> Result<(), StartError> {
    let shown = directory.display();
    if let Some(mode) = mode {
        let made = fs::DirBuilder::new().recursive(true).mode(mode).create(directory);
        // What stands there and is no directory is told below.
        if let Err(error) = made
            && !directory.exists()
        {
            let message = format!("cannot create the directory {shown}");
            return Err(StartError::with_source(message, error));
        }
    }
    let metadata = fs::metadata(directory).map_err(|error| missing(directory, error))?;
    if !metadata.is_dir() {
        return Err(StartError::new(format!("{shown} is not a directory")));
    }
    probe(directory).map_err(|error| {
        let message = format!(
            "cannot write in the directory {shown}; the user that runs the collector needs write permission"
        );
        StartError::with_source(message, error)
    })
}

fn missing(directory: &Path, error: io::Error) -> StartError {
    let shown = directory.display();
    if error.kind() == io::ErrorKind::NotFound {
        let message = format!(
            "directory must exist: stat {shown}: no such file or directory. You can enable the \
             create_directory option to automatically create it"
        );
        return StartError::new(message);
    }
    let message = format!("problem accessing configured directory: {shown}");
    StartError::with_source(message, error)
}

/// Writes a file and takes it away again; others may do the same at the same time.
fn probe(directory: &Path) -> io::Result<()> {
    let number = PROBES.fetch_add(1, Ordering::Relaxed);
    let path = directory.join(format!(".probe-{}-{number}", std::process::id()));
    fs::write(&path, b"")?;
    fs::remove_file(&path)
}
