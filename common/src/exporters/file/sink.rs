//! The files of one exporter id, shared by its signals.

use std::{
    collections::HashMap,
    io,
    os::unix::fs::DirBuilderExt,
    path::PathBuf,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;

use super::{
    rotating::{Mode, OpenFile},
    settings::FileExporterConfig,
};

/// What is open. Files of the same settings are the same file, since an exporter is built once per
/// signal, and no two exporters write to one path as if they were alone.
static SINKS: Mutex<Vec<Weak<Sink>>> = Mutex::new(Vec::new());

/// Open files by the value that stands for `*` in the path.
#[derive(Debug)]
pub(super) struct Sink {
    owner: String,
    config: FileExporterConfig,
    is_continued: bool,
    max_open_files: usize,
    files: Mutex<Files>,
}

#[derive(Debug, Default)]
struct Files {
    open: HashMap<String, (u64, OpenFile)>,
    uses: u64,
}

impl Sink {
    /// Opens the file for an exporter, or finds it open.
    pub(super) fn shared(owner: &str, config: &FileExporterConfig) -> io::Result<Arc<Self>> {
        let path = std::path::absolute(&config.path)?;
        let settings = settings_of(config)?;
        let mut sinks = SINKS.lock();
        sinks.retain(|sink| sink.strong_count() > 0);
        let mut is_continued = false;
        for sink in sinks.iter().filter_map(Weak::upgrade) {
            if std::path::absolute(&sink.config.path)? != path {
                continue;
            }
            if settings_of(&sink.config)? == settings {
                return Ok(sink);
            }
            if sink.owner != owner {
                let message = format!(
                    "exporter \"{}\" writes to it with other settings; give each a path of its own",
                    sink.owner
                );
                return Err(io::Error::other(message));
            }
            // The same exporter before a reload, which may still have something to write.
            is_continued = true;
        }
        let group_by = config.group_by.get();
        let sink = Arc::new(Self {
            owner: owner.to_owned(),
            config: config.clone(),
            is_continued,
            max_open_files: group_by.map_or(1, |group_by| group_by.max_open_files),
            files: Mutex::default(),
        });
        if group_by.is_none() {
            let file = sink.open("")?;
            sink.files.lock().open.insert(String::new(), (0, file));
        }
        sinks.push(Arc::downgrade(&sink));
        Ok(sink)
    }

    /// Appends a record to the file of this value.
    pub(super) fn write(&self, value: &str, record: &[u8]) -> io::Result<()> {
        let mut files = self.files.lock();
        files.uses += 1;
        let uses = files.uses;
        if !files.open.contains_key(value) {
            files.make_room(self.max_open_files)?;
            let file = self.open(value)?;
            files.open.insert(value.to_owned(), (uses, file));
        }
        let Some((used, file)) = files.open.get_mut(value) else {
            return Ok(());
        };
        *used = uses;
        file.write(record)?;
        if self.config.flush_interval.get().is_zero() { file.flush() } else { Ok(()) }
    }

    /// Writes all buffers out, and logs what cannot be written; it stays in the buffer.
    pub(super) fn flush_and_tell(&self) {
        for (_, file) in self.files.lock().open.values_mut() {
            if let Err(error) = file.flush() {
                tracing::warn!(path = self.config.path, %error, "cannot write telemetry to a file");
            }
        }
    }

    fn open(&self, value: &str) -> io::Result<OpenFile> {
        let path = self.path_for(value);
        let is_grouped = self.config.group_by.get().is_some();
        if let Some(parent) = path.parent().filter(|_| self.config.create_directory || is_grouped) {
            let mode = self.config.directory_mode().unwrap_or(0o755);
            std::fs::DirBuilder::new().recursive(true).mode(mode).create(parent)?;
        }
        let mode = match self.config.rotation.get() {
            Some(rotation) => Mode::Rotate(rotation.clone()),
            None if self.config.append || is_grouped || self.is_continued => Mode::Append,
            None => Mode::Truncate,
        };
        OpenFile::open(path, mode)
    }

    /// The path with the value in it. The value comes from outside, so `..` leads no further up than
    /// to where it starts.
    fn path_for(&self, value: &str) -> PathBuf {
        if self.config.group_by.get().is_none() {
            return PathBuf::from(&self.config.path);
        }
        let mut inside: Vec<&str> = Vec::new();
        for part in value.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(inside.pop()),
                part => inside.push(part),
            }
        }
        PathBuf::from(self.config.path.replacen('*', &inside.join("/"), 1))
    }
}

/// All settings but the path, which may be written in two ways.
fn settings_of(config: &FileExporterConfig) -> io::Result<String> {
    let config = FileExporterConfig { path: String::new(), ..config.clone() };
    serde_json::to_string(&config).map_err(io::Error::other)
}

impl Files {
    fn make_room(&mut self, max_open_files: usize) -> io::Result<()> {
        while self.open.len() >= max_open_files.max(1) {
            let oldest = self.open.iter().min_by_key(|(_, (used, _))| *used);
            let Some(value) = oldest.map(|(value, _)| value.clone()) else {
                return Ok(());
            };
            if let Some((_, file)) = self.open.get_mut(&value) {
                file.flush()?;
            }
            self.open.remove(&value);
        }
        Ok(())
    }
}
