//! The few things that the log wants from a file system, so that a test can put another one under it.

use std::{
    fs,
    io::{self, IoSlice, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _},
    path::Path,
};

use parking_lot::Mutex;

/// A place for files.
pub trait Files: Send + Sync + std::fmt::Debug {
    /// Makes a directory and those above it.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Names the files of a directory.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// Makes a file, or empties the one that is there, for reading and writing.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>>;

    /// Opens a file that is there, for reading and writing.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the making and removing of files in a directory survive a power loss.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn sync_dir(&self, directory: &Path) -> io::Result<()>;
}

/// An open file.
pub trait File: Send + Sync + std::fmt::Debug {
    /// Returns how many bytes it has.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn len(&self) -> io::Result<u64>;

    /// Says whether it has no bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads some bytes from there on, none at the end.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all parts, one after the other.
    ///
    /// # Errors
    ///
    /// What the system says; then any of the bytes may be there.
    fn write_all_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()>;

    /// Cuts the file, or lengthens it with zeros.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes what was written survive a power loss.
    ///
    /// # Errors
    ///
    /// What the system says; then any of what was written since the last time may be lost.
    fn sync_data(&self) -> io::Result<()>;
}

/// Makes a directory, and those above it that are missing, for the owner alone: telemetry and what is
/// known of its senders is nobody else's to read.
pub(super) fn create_private_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The system's own files.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskFiles;

impl Files for DiskFiles {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        create_private_dir(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            // What has no name in UTF-8 is not ours.
            if let Ok(name) = entry.file_name().into_string()
                && entry.file_type()?.is_file()
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true).mode(0o600);
        Ok(Box::new(DiskFile::new(options.open(path)?)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Box::new(DiskFile::new(file)))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        fs::File::open(directory)?.sync_all()
    }
}

#[derive(Debug)]
struct DiskFile {
    file: fs::File,
    // Std has no gathered write at a place, so writers take turns with the file's own position.
    writing: Mutex<()>,
}

impl DiskFile {
    fn new(file: fs::File) -> Self {
        Self { file, writing: Mutex::new(()) }
    }
}

impl File for DiskFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_all_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        if let [part] = parts {
            return self.file.write_all_at(part, offset);
        }
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        let mut rest = slices.as_mut_slice();
        IoSlice::advance_slices(&mut rest, 0);
        let _turn = self.writing.lock();
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset))?;
        while !rest.is_empty() {
            match file.write_vectored(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut rest, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}
