//! Any damage to the files of a log: it opens, gives only what was written, and can be emptied and used.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use common::storage::{File, Files, Log, LogSettings, NewRecord, Taken};

const SETTINGS: LogSettings = LogSettings { segment_bytes: 300, is_synced: true };
const RECORDS: u32 = 12;

type Content = Arc<Mutex<Vec<u8>>>;

/// Files in memory.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<BTreeMap<PathBuf, Content>>>);

#[derive(Debug)]
struct MemoryFile(Content);

impl Files for Memory {
    fn create_dir_all(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let files = self.0.lock().unwrap();
        let inside = files.keys().filter(|path| path.parent() == Some(directory));
        Ok(inside.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let content = Content::default();
        self.0.lock().unwrap().insert(path.to_owned(), content.clone());
        Ok(Box::new(MemoryFile(content)))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let content = self.0.lock().unwrap().get(path).cloned();
        Ok(Box::new(MemoryFile(content.ok_or(io::ErrorKind::NotFound)?)))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.lock().unwrap().remove(path);
        Ok(())
    }
    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

impl File for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().len() as u64)
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let content = self.0.lock().unwrap();
        let rest = content.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }
    fn write_all_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        let (mut content, bytes) = (self.0.lock().unwrap(), parts.concat());
        let start = usize::try_from(offset).unwrap();
        let end = start + bytes.len();
        if content.len() < end {
            content.resize(end, 0);
        }
        content[start..end].copy_from_slice(&bytes);
        Ok(())
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.lock().unwrap().resize(usize::try_from(len).unwrap(), 0);
        Ok(())
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
}

fn open(files: &Memory) -> Log {
    Log::open(Arc::new(files.clone()), Path::new("/log"), SETTINGS).expect("the disk is sound").0
}

fn body(number: u32) -> Vec<u8> {
    format!("{number:02}").repeat(number as usize + 1).into_bytes()
}

/// A log of several segments, some records of which are done.
fn written() -> Memory {
    let files = Memory::default();
    let log = open(&files);
    for number in 0..RECORDS {
        let body = body(number);
        log.append(&[NewRecord { items: number, body: &[&body] }], 0).expect("there is room");
    }
    for (index, taken) in log.next(300).expect("it can be read").into_iter().enumerate() {
        if let Taken::Record { claim, .. } = taken
            && index != 1
        {
            log.acknowledge(&claim);
        }
    }
    log.save_cursor(true).expect("there is room");
    files
}

/// What a script says to do to the files, some of which the log has and some are new.
fn damage(files: &Memory, script: &[u8]) {
    let contents: Vec<Content> = files.0.lock().unwrap().values().cloned().collect();
    let mut script = script.iter().copied();
    while let Some(step) = script.next() {
        let mut next = || script.next().unwrap_or_default();
        let mut content = contents[usize::from(step >> 3) % contents.len()].lock().unwrap();
        let at = usize::from(u16::from_le_bytes([next(), next() % 4]));
        let end = content.len();
        match step % 8 {
            0 | 1 => content.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= next()),
            2 => content.truncate(at),
            3 => content.extend(std::iter::repeat_n(next(), at)),
            // A block that never reached the disk.
            4 => content.iter_mut().skip(at).take(next().into()).for_each(|byte| *byte = 0),
            // The same twice, as a write that was repeated.
            5 => content.extend_from_within(at.min(end)..(at + usize::from(next())).min(end)),
            6 => {
                drop(content);
                let name = if next() == 0 { "cursor".into() } else { format!("{at:016x}.segment") };
                let new: Vec<u8> = (0..next()).map(|_| next()).collect();
                let path = Path::new("/log").join(name);
                files.0.lock().unwrap().insert(path, Arc::new(Mutex::new(new)));
            }
            _ => {
                let other = contents[at % contents.len()].clone();
                if !Arc::ptr_eq(&other, &contents[usize::from(step >> 3) % contents.len()]) {
                    content.clone_from(&other.lock().unwrap());
                }
            }
        }
    }
}

/// One input: what happens to the files.
pub fn run(script: &[u8]) {
    let files = written();
    damage(&files, script);
    let log = open(&files);
    let mut last = None;
    loop {
        let taken = log.next(200).expect("the disk is sound");
        if taken.is_empty() {
            break;
        }
        for one in taken {
            if let Taken::Record { claim, body: read } = one {
                assert_eq!(read, body(claim.items()));
                assert!(last < Some(claim.items()), "each once and in order");
                last = Some(claim.items());
                log.acknowledge(&claim);
            }
        }
    }
    assert_eq!(log.usage().records, 0);
    log.append(&[NewRecord { items: 1, body: &[b"new"] }], 0).expect("there is room");
    let taken = log.next(200).expect("the disk is sound");
    assert!(matches!(&taken[..], [Taken::Record { body, .. }] if body == "new"));
    log.tidy().expect("the disk is sound");
}
