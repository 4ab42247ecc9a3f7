//! A disk that refuses.

use std::{
    io,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use super::*;
use crate::storage::File;

/// Files on which so many bytes more can be written, and whose syncs fail if they should.
#[derive(Debug, Default)]
struct Limits {
    room: AtomicU64,
    fails_to_sync: AtomicBool,
}

#[derive(Clone, Debug)]
struct LimitedFiles(Arc<Limits>);

#[derive(Debug)]
struct LimitedFile {
    file: Box<dyn File>,
    limits: Arc<Limits>,
}

impl LimitedFiles {
    fn limited(&self, file: Box<dyn File>) -> Box<dyn File> {
        Box::new(LimitedFile { file, limits: self.0.clone() })
    }
}

impl Files for LimitedFiles {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        DiskFiles.create_dir_all(path)
    }
    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        DiskFiles.list(directory)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        DiskFiles.create(path).map(|file| self.limited(file))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        DiskFiles.open(path).map(|file| self.limited(file))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        DiskFiles.remove(path)
    }
    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        DiskFiles.sync_dir(directory)
    }
}

impl File for LimitedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
    fn write_all_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        let bytes = parts.concat();
        let growth = (offset + bytes.len() as u64).saturating_sub(self.file.len()?);
        let room = self.limits.room.load(Ordering::Relaxed);
        if growth > room {
            let fitting = bytes.len() - usize::try_from(growth - room).unwrap();
            self.file.write_all_at(&[&bytes[..fitting]], offset)?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.limits.room.fetch_sub(growth, Ordering::Relaxed);
        self.file.write_all_at(&[&bytes], offset)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        match self.limits.fails_to_sync.load(Ordering::Relaxed) {
            true => Err(io::Error::other("sync failed")),
            false => self.file.sync_data(),
        }
    }
}

fn limited(directory: &TempDir, settings: LogSettings) -> (Log, Arc<Limits>) {
    let limits = Arc::new(Limits::default());
    limits.room.store(1 << 20, Ordering::Relaxed);
    let files = Arc::new(LimitedFiles(limits.clone()));
    (Log::open(files, directory.path(), settings).unwrap().0, limits)
}

#[test]
fn a_full_disk_refuses_what_is_new_and_gives_what_is_there() {
    for room in (0..160).step_by(9) {
        let directory = tempfile::tempdir().unwrap();
        let (log, limits) = limited(&directory, SMALL);
        append(&log, 0..1, 0);
        limits.room.store(room, Ordering::Relaxed);
        let error = try_append(&log, 1..3, 0).unwrap_err();
        assert!(matches!(error, StorageError::Full { .. }), "{error:?}");
        let (records, _) = drain(&log);
        assert_eq!(numbers(&records), [0]);
        log.acknowledge(&records[0].1);
        // The cursor has its room already.
        limits.room.store(0, Ordering::Relaxed);
        log.save_cursor(true).unwrap();
        log.tidy().unwrap();
        assert_eq!(log.usage().records, 0);
        limits.room.store(1 << 20, Ordering::Relaxed);
        append(&log, 3..5, 0);
        assert_eq!(numbers(&drain(&log).0), [3, 4]);
        drop(log);
        let (log, recovered) = open(&directory, SMALL);
        assert_eq!((recovered.damage, recovered.torn_bytes), (Damage::default(), 0), "{room}");
        assert_eq!(numbers(&drain(&log).0), [3, 4]);
    }
}

#[test]
fn records_that_could_not_be_synced_are_not_there() {
    for settings in [SETTINGS, SMALL] {
        let directory = tempfile::tempdir().unwrap();
        let (log, limits) = limited(&directory, settings);
        append(&log, 0..1, 0);
        limits.fails_to_sync.store(true, Ordering::Relaxed);
        let error = try_append(&log, 1..2, 0).unwrap_err();
        assert!(error.to_string().starts_with("cannot sync "), "{error}");
        assert!(log.save_cursor(true).is_err());
        limits.fails_to_sync.store(false, Ordering::Relaxed);
        assert_eq!(log.usage().records, 1);
        append(&log, 2..3, 0);
        assert_eq!(numbers(&drain(&log).0), [0, 2]);
        log.save_cursor(true).unwrap();
        drop(log);
        let (log, recovered) = open(&directory, settings);
        assert_eq!(recovered.damage, Damage::default());
        assert_eq!(numbers(&drain(&log).0), [0, 2]);
        // Nothing is written to a file whose sync failed.
        assert_eq!(segments(&directory).len(), 2);
    }
}

#[test]
fn nothing_is_copied_forward_to_a_full_disk() {
    let directory = tempfile::tempdir().unwrap();
    let (log, limits) = limited(&directory, copies::SETTINGS);
    let claims = copies::with_one_left(&log);
    limits.room.store(0, Ordering::Relaxed);
    log.tidy().unwrap();
    assert_eq!(segments(&directory).len(), 2);
    assert_eq!(log.read(&claims).unwrap(), body(3));
    limits.room.store(1 << 20, Ordering::Relaxed);
    log.tidy().unwrap();
    assert_eq!(segments(&directory).len(), 1);
}
