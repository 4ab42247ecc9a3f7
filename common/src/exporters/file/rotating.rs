//! One open file with its buffer and its older siblings.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use time::{OffsetDateTime, UtcOffset};

use super::settings::FileRotation;

/// Written out when this much is buffered.
const BUFFER_BYTES: usize = 64 * 1024;
const MEGABYTE: u64 = 1024 * 1024;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What happens to what is in the file, and when it is full.
#[derive(Clone, Debug)]
pub(super) enum Mode {
    Truncate,
    Append,
    Rotate(FileRotation),
}

/// A file, and what is not yet written to it.
#[derive(Debug)]
pub(super) struct OpenFile {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    size: u64,
    rotation: Option<(FileRotation, UtcOffset)>,
}

impl OpenFile {
    pub(super) fn open(path: PathBuf, mode: Mode) -> io::Result<Self> {
        let rotation = match &mode {
            Mode::Rotate(rotation) if rotation.localtime => {
                let offset = UtcOffset::current_local_offset().map_err(|_| {
                    io::Error::other("rotation::localtime: the local time zone cannot be told")
                })?;
                Some((rotation.clone(), offset))
            }
            Mode::Rotate(rotation) => Some((rotation.clone(), UtcOffset::UTC)),
            _ => None,
        };
        let file = create(&path, !matches!(mode, Mode::Truncate))?;
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        Ok(Self { path, file, buffer: Vec::new(), size, rotation })
    }

    /// Takes a record into the buffer whole, or not at all.
    pub(super) fn write(&mut self, record: &[u8]) -> io::Result<()> {
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        let length = record.len() as u64;
        let is_over = self.rotation.as_ref().is_some_and(|(rotation, _)| {
            self.size > 0 && self.size + length > rotation.max_megabytes.saturating_mul(MEGABYTE)
        });
        if is_over {
            self.rotate()?;
        }
        self.buffer.extend_from_slice(record);
        self.size += length;
        if self.buffer.len() >= BUFFER_BYTES {
            // The record is taken; if this fails, the next one is refused.
            drop(self.flush());
        }
        Ok(())
    }

    /// Writes the buffer out; what cannot be written stays in it.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let mut written = 0;
        let result = loop {
            let rest = self.buffer.get(written..).unwrap_or_default();
            if rest.is_empty() {
                break Ok(());
            }
            match self.file.write(rest) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        self.buffer.drain(..written);
        if self.buffer.is_empty() && self.buffer.capacity() > 2 * BUFFER_BYTES {
            self.buffer = Vec::new();
        }
        result
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.flush()?;
        let Some((rotation, offset)) = &self.rotation else {
            return Ok(());
        };
        let now = SystemTime::now();
        let stamp = stamp(OffsetDateTime::from(now).to_offset(*offset));
        let (stem, extension) = name_parts(&self.path);
        let backup = self.path.with_file_name(format!("{stem}-{stamp}{extension}"));
        std::fs::rename(&self.path, &backup)?;
        self.file = create(&self.path, true)?;
        self.size = 0;
        if let Err(error) = remove_old(&self.path, rotation, now) {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove older files");
        }
        Ok(())
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        if let Err(error) = self.flush() {
            let bytes = self.buffer.len();
            tracing::error!(path = %self.path.display(), %error, bytes, "data is lost on closing a file");
        }
    }
}

fn create(path: &Path, is_kept: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Always at the end: after a reload two may have the file open for a while.
    let file = options.create(true).append(true).mode(0o600).open(path)?;
    if !is_kept {
        file.set_len(0)?;
    }
    Ok(file)
}

fn stamp(time: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}-{:02}-{:02}.{:03}",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}

/// `name` and `.ext`.
fn name_parts(path: &Path) -> (String, String) {
    let text = |part: Option<&std::ffi::OsStr>| {
        part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let extension = path.extension().map(|_| format!(".{}", text(path.extension())));
    (text(path.file_stem()), extension.unwrap_or_default())
}

fn remove_old(path: &Path, rotation: &FileRotation, now: SystemTime) -> io::Result<()> {
    let (stem, extension) = name_parts(path);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut backups = Vec::new();
    for entry in std::fs::read_dir(directory.unwrap_or(Path::new(".")))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let stamp =
            name.strip_prefix(&format!("{stem}-")).and_then(|rest| rest.strip_suffix(&extension));
        if stamp.is_some_and(is_stamp) {
            backups.push((name, entry));
        }
    }
    // Stamps of one length and one time zone sort by age.
    backups.sort_by(|(one, _), (other, _)| other.cmp(one));
    for (rank, (_, entry)) in backups.iter().enumerate() {
        let is_surplus = rotation.max_backups != 0 && rank >= rotation.max_backups;
        let age = entry.metadata()?.modified().ok().and_then(|time| now.duration_since(time).ok());
        let max_age = DAY.saturating_mul(u32::try_from(rotation.max_days).unwrap_or(u32::MAX));
        let is_old = rotation.max_days != 0 && age.is_some_and(|age| age > max_age);
        if is_surplus || is_old {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether the text has the form of a time stamp, so that no other file is taken for a backup.
fn is_stamp(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00-00-00.000";
    text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *form,
        })
}
