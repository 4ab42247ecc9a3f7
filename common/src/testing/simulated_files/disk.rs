//! All files and directories, and what each step does to them.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use super::{
    content::Content,
    directory::{Directory, Entry},
    faults::{Call, Faults},
    split,
};

/// The disk and the clock of steps.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    pub(super) steps: u64,
    pub(super) stop_at: Option<u64>,
    pub(super) is_stopped: bool,
    pub(super) faults: Faults,
    /// What was under way when everything ended.
    interrupted: Option<Step>,
    directories: BTreeMap<PathBuf, Directory>,
    files: BTreeMap<u64, Content>,
    next_inode: u64,
}

/// A call that changes something.
#[derive(Clone, Debug)]
pub(super) enum Step {
    CreateDirectory(PathBuf),
    Create(PathBuf),
    Remove(PathBuf),
    SyncDirectory(PathBuf),
    Write(u64, u64, Vec<u8>),
    SetLen(u64, u64),
    Sync(u64),
}

impl Step {
    fn call(&self) -> Call {
        match self {
            Self::CreateDirectory(_) | Self::Create(_) => Call::Create,
            Self::Remove(_) => Call::Remove,
            Self::SyncDirectory(_) => Call::SyncDirectory,
            Self::Write(..) => Call::Write,
            Self::SetLen(..) => Call::SetLen,
            Self::Sync(_) => Call::Sync,
        }
    }
}

impl Disk {
    pub(super) fn new(directories: &[&Path]) -> Self {
        let mut disk = Self::default();
        disk.directories.insert(PathBuf::from("/"), Directory::default());
        for path in directories {
            for directory in disk.missing_directories(path).unwrap_or_default() {
                drop(disk.apply(&Step::CreateDirectory(directory)));
            }
        }
        disk.directories.values_mut().for_each(Directory::sync);
        disk
    }

    /// Does a step, unless the end comes first or a fault is planned for it.
    pub(super) fn take(&mut self, step: Step) -> io::Result<()> {
        self.check_running()?;
        self.steps += 1;
        if self.stop_at.is_some_and(|at| self.steps >= at) {
            self.is_stopped = true;
            self.interrupted = Some(step);
            return Err(stopped());
        }
        if let Err(error) = self.faults.check(step.call()) {
            self.half_do(step, &mut fastrand::Rng::with_seed(self.steps));
            return Err(error);
        }
        self.apply(&step)
    }

    pub(super) fn len(&self, inode: u64) -> io::Result<u64> {
        self.check_running()?;
        Ok(self.file(inode)?.seen().len() as u64)
    }

    pub(super) fn read(&mut self, inode: u64, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.check_running()?;
        self.faults.check(Call::Read)?;
        let seen = self.file(inode)?.seen();
        let rest = seen.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    pub(super) fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.check_running()?;
        Ok(self.directory(directory)?.entries().map(|(name, _)| name.clone()).collect())
    }

    pub(super) fn inode_at(&self, path: &Path) -> io::Result<u64> {
        self.check_running()?;
        let (parent, name) = split(path)?;
        match self.directory(&parent)?.get(&name) {
            Some(Entry::File(inode)) => Ok(inode),
            Some(Entry::Directory) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// The directories on the way to `path` that are not there, outermost first.
    pub(super) fn missing_directories(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.check_running()?;
        let mut missing: Vec<_> = path
            .ancestors()
            .filter(|path| !self.directories.contains_key(*path))
            .map(Path::to_owned)
            .collect();
        missing.reverse();
        Ok(missing)
    }

    pub(super) fn occupied(&self) -> u64 {
        let named = self.directories.values().flat_map(Directory::entries);
        let files = named.filter_map(|(_, entry)| match entry {
            Entry::File(inode) => self.files.get(&inode),
            Entry::Directory => None,
        });
        files.map(Content::occupied).sum()
    }

    pub(super) fn contents(&self, directory: &Path) -> BTreeMap<String, Vec<u8>> {
        let entries = self.directories.get(directory).into_iter().flat_map(Directory::entries);
        let files = entries.filter_map(|(name, entry)| match entry {
            Entry::File(inode) => Some((name.clone(), self.files.get(&inode)?.seen().to_vec())),
            Entry::Directory => None,
        });
        files.collect()
    }

    pub(super) fn replace(&mut self, path: &Path, content: Option<Vec<u8>>) {
        let Ok((parent, name)) = split(path) else { return };
        let entry = content.map(|content| {
            self.next_inode += 1;
            self.files.insert(self.next_inode, Content::of(content));
            Entry::File(self.next_inode)
        });
        if let Some(directory) = self.directories.get_mut(&parent) {
            directory.set(&name, entry);
            directory.sync();
        }
    }

    pub(super) fn after_kill(&self, random: &mut fastrand::Rng) -> Self {
        let mut found = self.clone();
        match found.interrupted.take() {
            // What was to be synced is still on its way.
            None | Some(Step::Sync(_) | Step::SyncDirectory(_)) => {}
            Some(step) => found.half_do(step, random),
        }
        found.start_again()
    }

    pub(super) fn after_power_loss(&self, random: &mut fastrand::Rng) -> Self {
        let mut found = self.clone();
        match found.interrupted.take() {
            // A sync under way has not promised anything; all else may have begun to reach the platter.
            None | Some(Step::Sync(_) | Step::SyncDirectory(_)) => {}
            Some(step) => drop(found.apply(&step)),
        }
        for directory in found.directories.values_mut() {
            *directory = directory.after_power_loss(random);
        }
        for content in found.files.values_mut() {
            *content = Content::of(content.after_power_loss(random));
        }
        found.forget_lost_directories();
        found.start_again()
    }

    fn start_again(mut self) -> Self {
        self.steps = 0;
        self.stop_at = None;
        self.is_stopped = false;
        self.faults = Faults::default();
        self
    }

    /// A directory whose name was lost is lost with all that was in it.
    fn forget_lost_directories(&mut self) {
        // In order of paths, so parents are decided before what is in them.
        for path in self.directories.keys().cloned().collect::<Vec<_>>() {
            let Ok((parent, name)) = split(&path) else { continue };
            let is_there = self
                .directories
                .get(&parent)
                .is_some_and(|parent| parent.get(&name) == Some(Entry::Directory));
            if !is_there {
                self.directories.remove(&path);
            }
        }
    }

    /// Does what a call may have done that was cut off: a part of a write, all or nothing of the rest.
    fn half_do(&mut self, step: Step, random: &mut fastrand::Rng) {
        match step {
            Step::Write(inode, offset, mut bytes) => {
                bytes.truncate(random.usize(..=bytes.len()));
                drop(self.apply(&Step::Write(inode, offset, bytes)));
            }
            Step::Sync(inode) => {
                if let Some(content) = self.files.get_mut(&inode) {
                    content.fail_to_sync(random);
                }
            }
            Step::SyncDirectory(_) => {}
            step if random.bool() => drop(self.apply(&step)),
            _ => {}
        }
    }

    fn apply(&mut self, step: &Step) -> io::Result<()> {
        match step {
            Step::CreateDirectory(path) => {
                let (parent, name) = split(path)?;
                self.directory_mut(&parent)?.set(&name, Some(Entry::Directory));
                self.directories.insert(path.clone(), Directory::default());
            }
            Step::Create(path) => {
                let (parent, name) = split(path)?;
                match self.directory(&parent)?.get(&name) {
                    Some(Entry::File(inode)) => self.file_mut(inode)?.set_len(0),
                    Some(Entry::Directory) => return Err(io::ErrorKind::IsADirectory.into()),
                    None => {
                        self.next_inode += 1;
                        let inode = self.next_inode;
                        self.files.insert(inode, Content::default());
                        self.directory_mut(&parent)?.set(&name, Some(Entry::File(inode)));
                    }
                }
            }
            Step::Remove(path) => {
                let (parent, name) = split(path)?;
                self.directory_mut(&parent)?.set(&name, None);
            }
            Step::SyncDirectory(path) => self.directory_mut(path)?.sync(),
            Step::Write(inode, offset, bytes) => return self.write(*inode, *offset, bytes),
            Step::SetLen(inode, len) => self.file_mut(*inode)?.set_len(*len),
            Step::Sync(inode) => self.file_mut(*inode)?.sync(),
        }
        Ok(())
    }

    /// Writes as much as fits.
    fn write(&mut self, inode: u64, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let room = self
            .faults
            .capacity
            .map_or(u64::MAX, |capacity| capacity.saturating_sub(self.occupied()));
        let file = self.file_mut(inode)?;
        let fitting = file.fitting(offset, bytes.len() as u64, room) as usize;
        file.write(offset, bytes[..fitting].to_vec());
        if fitting < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn check_running(&self) -> io::Result<()> {
        if self.is_stopped { Err(stopped()) } else { Ok(()) }
    }

    fn directory(&self, path: &Path) -> io::Result<&Directory> {
        self.directories.get(path).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn directory_mut(&mut self, path: &Path) -> io::Result<&mut Directory> {
        self.directories.get_mut(path).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn file(&self, inode: u64) -> io::Result<&Content> {
        self.files.get(&inode).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn file_mut(&mut self, inode: u64) -> io::Result<&mut Content> {
        self.files.get_mut(&inode).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn stopped() -> io::Error {
    io::Error::other("the simulated machine has stopped")
}
