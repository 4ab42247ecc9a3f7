//! A disk in memory that loses power, loses its process, runs full or fails on request.
//!
//! Every call that changes something is a numbered step. [`SimulatedFiles::stop_at`] chooses the step at
//! which everything ends: that call and all later ones fail. [`SimulatedFiles::after_power_loss`] then
//! gives a disk as it could be found: what was synced is there, of everything else each sector, length and
//! name is as it was at any moment since. [`SimulatedFiles::after_kill`] gives the disk of a process that
//! died: all that was written is there, and the call under way may be half done.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use self::disk::{Disk, Step};
use crate::storage::{File, Files};

mod content;
mod directory;
mod disk;
mod faults;
#[cfg(test)]
mod tests;

pub use self::faults::Call;

/// The disk; clones share it.
#[derive(Clone, Debug)]
pub struct SimulatedFiles {
    disk: Arc<Mutex<Disk>>,
}

impl SimulatedFiles {
    /// An empty disk on which these directories are for sure.
    pub fn new(directories: &[&Path]) -> Self {
        Self::from(Disk::new(directories))
    }

    /// How many steps were taken so far.
    pub fn steps(&self) -> u64 {
        self.disk.lock().steps
    }

    /// Everything ends in the `step`th step from now, counted from 1.
    pub fn stop_at(&self, step: u64) {
        let mut disk = self.disk.lock();
        disk.stop_at = Some(disk.steps + step);
    }

    /// Everything ends now, between two steps.
    pub fn stop(&self) {
        self.disk.lock().is_stopped = true;
    }

    /// Whether the end has come.
    pub fn is_stopped(&self) -> bool {
        self.disk.lock().is_stopped
    }

    /// The disk as it could be when power is back.
    #[must_use]
    pub fn after_power_loss(&self, seed: u64) -> Self {
        Self::from(self.disk.lock().after_power_loss(&mut fastrand::Rng::with_seed(seed)))
    }

    /// The disk as the next process finds it; what was not synced could still be lost to a power loss.
    #[must_use]
    pub fn after_kill(&self, seed: u64) -> Self {
        Self::from(self.disk.lock().after_kill(&mut fastrand::Rng::with_seed(seed)))
    }

    /// No more than this many bytes of files fit, or any number.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.disk.lock().faults.capacity = bytes;
    }

    /// Lets `count` calls of a kind fail with an I/O error after `spared` more have gone well.
    pub fn fail_calls(&self, call: Call, spared: u64, count: u64) {
        self.disk.lock().faults.fail(call, spared, count);
    }

    /// Every fault is over; the capacity stays.
    pub fn end_faults(&self) {
        self.disk.lock().faults.end();
    }

    /// Bytes that the files occupy, in whole blocks.
    pub fn occupied(&self) -> u64 {
        self.disk.lock().occupied()
    }

    /// All files below `directory` with what is in them.
    pub fn contents(&self, directory: &Path) -> BTreeMap<String, Vec<u8>> {
        self.disk.lock().contents(directory)
    }

    /// Puts a file there for sure, or takes it away.
    pub fn replace(&self, path: &Path, content: Option<Vec<u8>>) {
        self.disk.lock().replace(path, content);
    }

    fn open_file(&self, inode: u64) -> Box<dyn File> {
        Box::new(OpenFile { disk: Arc::clone(&self.disk), inode })
    }
}

impl From<Disk> for SimulatedFiles {
    fn from(disk: Disk) -> Self {
        Self { disk: Arc::new(Mutex::new(disk)) }
    }
}

impl Files for SimulatedFiles {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.disk.lock();
        for directory in disk.missing_directories(path)? {
            disk.take(Step::CreateDirectory(directory))?;
        }
        Ok(())
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.disk.lock().list(directory)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut disk = self.disk.lock();
        disk.take(Step::Create(path.to_owned()))?;
        let inode = disk.inode_at(path)?;
        drop(disk);
        Ok(self.open_file(inode))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let inode = self.disk.lock().inode_at(path)?;
        Ok(self.open_file(inode))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.inode_at(path)?;
        disk.take(Step::Remove(path.to_owned()))
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        self.disk.lock().take(Step::SyncDirectory(directory.to_owned()))
    }
}

#[derive(Debug)]
struct OpenFile {
    disk: Arc<Mutex<Disk>>,
    inode: u64,
}

impl File for OpenFile {
    fn len(&self) -> io::Result<u64> {
        self.disk.lock().len(self.inode)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.lock().read(self.inode, buffer, offset)
    }

    fn write_all_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        self.disk.lock().take(Step::Write(self.inode, offset, parts.concat()))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.lock().take(Step::SetLen(self.inode, len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.lock().take(Step::Sync(self.inode))
    }
}

/// A path's directory and its last name.
fn split(path: &Path) -> io::Result<(PathBuf, String)> {
    let name = path.file_name().and_then(|name| name.to_str());
    match (path.parent(), name) {
        (Some(parent), Some(name)) => Ok((parent.to_owned(), name.to_owned())),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}
