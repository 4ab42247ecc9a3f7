//! Where the text goes.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
};

use parking_lot::Mutex;

use super::counts::Counts;
use crate::signal::Signal;

/// The collector's log, or streams and files.
#[derive(Debug)]
pub(super) enum Output {
    Log,
    Paths { paths: Vec<String>, sinks: Mutex<Vec<Sink>> },
}

#[derive(Debug)]
pub(super) enum Sink {
    Stdout,
    Stderr,
    File(File),
}

impl Output {
    pub(super) const fn log() -> Self {
        Self::Log
    }

    pub(super) const fn paths(paths: Vec<String>) -> Self {
        Self::Paths { paths, sinks: Mutex::new(Vec::new()) }
    }

    /// Opens the files; on failure says which.
    pub(super) fn open(&self) -> Result<(), (String, io::Error)> {
        let Self::Paths { paths, sinks } = self else {
            return Ok(());
        };
        let mut opened = Vec::with_capacity(paths.len());
        for path in paths {
            opened.push(match path.as_str() {
                "stdout" => Sink::Stdout,
                "stderr" => Sink::Stderr,
                path => {
                    let path = path.strip_prefix("file://").unwrap_or(path);
                    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
                    Sink::File(file.map_err(|error| (path.to_owned(), error))?)
                }
            });
        }
        *sinks.lock() = opened;
        Ok(())
    }

    /// Prints one record of counts.
    pub(super) fn counts(&self, counts: &Counts) {
        if let Self::Paths { .. } = self {
            return self.write(&format!("{}\t{}\n", counts.title(), counts.json()));
        }
        let Counts { resources, metrics, items, .. } = *counts;
        match counts.signal {
            Signal::Traces => tracing::info!("resource spans" = resources, spans = items, "Traces"),
            Signal::Metrics => tracing::info!(
                "resource metrics" = resources,
                metrics,
                "data points" = items,
                "Metrics"
            ),
            Signal::Logs => {
                tracing::info!("resource logs" = resources, "log records" = items, "Logs");
            }
        }
    }

    /// Prints one record of lines.
    pub(super) fn text(&self, text: &str) {
        match self {
            Self::Log => tracing::info!("{text}"),
            Self::Paths { .. } => self.write(&format!("{text}\n")),
        }
    }

    fn write(&self, text: &str) {
        let Self::Paths { sinks, .. } = self else {
            return;
        };
        for sink in sinks.lock().iter_mut() {
            let written = match sink {
                Sink::Stdout => io::stdout().lock().write_all(text.as_bytes()),
                Sink::Stderr => io::stderr().lock().write_all(text.as_bytes()),
                Sink::File(file) => file.write_all(text.as_bytes()),
            };
            if let Err(error) = written {
                tracing::debug!(%error, "cannot print telemetry");
            }
        }
    }
}
