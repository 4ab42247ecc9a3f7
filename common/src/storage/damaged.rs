//! Keeps a copy of what could not be read, for whoever wants to look, up to a limit.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{File, Files, segment::read_up_to};

const MAX_FILES: usize = 16;
const MAX_BYTES: u64 = 16 << 20;
const PIECE_BYTES: usize = 1 << 18;

/// Bytes of a file that could not be read as records.
#[derive(Debug)]
pub(super) struct DamagedBytes<'a> {
    pub file: &'a dyn File,
    /// The name of the file.
    pub name: &'a str,
    pub from: u64,
    pub to: u64,
}

impl DamagedBytes<'_> {
    /// Copies the bytes into the directory `damaged`; says whether all of them are there now.
    ///
    /// Failures are not reported: the log works as well without the copy.
    pub(super) fn set_aside(&self, files: &dyn Files, directory: &Path) -> bool {
        self.copy(files, &directory.join("damaged")).unwrap_or(false)
    }

    fn copy(&self, files: &dyn Files, directory: &Path) -> io::Result<bool> {
        files.create_dir_all(directory)?;
        let name = format!("{}.{:x}", self.name, self.from);
        let path = directory.join(&name);
        let len = self.to.min(self.file.len()?).saturating_sub(self.from);
        let names = files.list(directory)?;
        if names.contains(&name) {
            return Ok(files.open(&path)?.len()? == len);
        }
        let paths: Vec<PathBuf> = names.iter().map(|name| directory.join(name)).collect();
        let mut used = 0_u64;
        for path in &paths {
            used = used.saturating_add(files.open(path)?.len()?);
        }
        let room = MAX_BYTES.saturating_sub(used);
        if paths.len() >= MAX_FILES || room == 0 {
            return Ok(false);
        }
        let copied = self.copy_to(&*files.create(&path)?, len.min(room));
        if copied.is_err() {
            files.remove(&path)?;
        }
        copied.map(|()| len <= room)
    }

    fn copy_to(&self, copy: &dyn File, len: u64) -> io::Result<()> {
        let mut done = 0;
        while done < len {
            let piece = usize::try_from(len - done).unwrap_or(usize::MAX).min(PIECE_BYTES);
            let bytes = read_up_to(self.file, self.from.saturating_add(done), piece)?;
            if bytes.is_empty() {
                break;
            }
            copy.write_all_at(&[&bytes], done)?;
            done = done.saturating_add(bytes.len() as u64);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
