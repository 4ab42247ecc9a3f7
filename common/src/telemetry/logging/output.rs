//! Where records go.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt as _,
};

/// An output that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open log output {path:?}, expected stdout, stderr, or a file that can be written")]
pub struct OutputError {
    path: String,
    source: io::Error,
}

#[derive(Debug)]
pub(super) struct Outputs {
    records: Vec<Output>,
    errors: Vec<Output>,
    is_failing: bool,
}

#[derive(Debug)]
enum Output {
    Stderr,
    Stdout,
    File(File),
}

impl Outputs {
    pub(super) fn open(records: &[String], errors: &[String]) -> Result<Self, OutputError> {
        let open = |paths: &[String]| -> Result<Vec<_>, _> {
            paths.iter().map(|path| Output::open(path)).collect()
        };
        Ok(Self { records: open(records)?, errors: open(errors)?, is_failing: false })
    }

    /// Writes a record to each output in one piece. A failure is told once per series of failures,
    /// and never stops the caller.
    pub(super) fn write(&mut self, line: &str) {
        let failure =
            self.records.iter_mut().filter_map(|output| output.write(line.as_bytes()).err()).last();
        let was_failing = std::mem::replace(&mut self.is_failing, failure.is_some());
        let Some(error) = failure.filter(|_| !was_failing) else {
            return;
        };
        let message = format!("cannot write log records: {error}\n");
        for output in &mut self.errors {
            // There is nowhere left to tell.
            output.write(message.as_bytes()).ok();
        }
    }
}

impl Output {
    fn open(path: &str) -> Result<Self, OutputError> {
        let file = match path {
            "stderr" => return Ok(Self::Stderr),
            "stdout" => return Ok(Self::Stdout),
            path => path.strip_prefix("file://").unwrap_or(path),
        };
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(file);
        opened.map(Self::File).map_err(|source| OutputError { path: path.to_owned(), source })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stderr => io::stderr().write_all(bytes),
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes)?;
                stdout.flush()
            }
            Self::File(file) => file.write_all(bytes),
        }
    }
}
