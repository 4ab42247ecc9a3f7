//! What one request looks like in a file.

use bytes::Bytes;

use super::settings::{FileExporterConfig, FileFormat};
use crate::{
    net::compression::{Coding, compress},
    otlp::json::to_json,
    signal::Signal,
};

/// Turns requests into records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoder {
    signal: Signal,
    format: FileFormat,
    /// The level, if records are compressed.
    zstd: Option<Option<i32>>,
}

impl Encoder {
    pub(super) fn new(config: &FileExporterConfig, signal: Signal) -> Self {
        let level = Some(config.compression_params.level).filter(|level| *level != 0);
        let zstd = (config.compression == "zstd").then_some(level);
        Self { signal, format: config.format, zstd }
    }

    /// One record with all that marks its end.
    pub(super) fn encode(&self, chunks: &[Bytes]) -> Vec<u8> {
        let message = match self.format {
            FileFormat::Json => to_json(self.signal, chunks),
            // The bytes as they came, so that fields we do not know stay.
            FileFormat::Proto => chunks.concat(),
        };
        match (self.zstd, self.format) {
            (None, FileFormat::Json) => {
                let mut line = message;
                line.push(b'\n');
                line
            }
            (None, FileFormat::Proto) => with_length(&message),
            (Some(level), _) => with_length(&compress(Coding::Zstd, level, &[message.into()])),
        }
    }
}

fn with_length(message: &[u8]) -> Vec<u8> {
    // No request is over 4 GiB: receivers and queues have far lower limits.
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut record = Vec::with_capacity(message.len() + 4);
    record.extend_from_slice(&length.to_be_bytes());
    record.extend_from_slice(message);
    record
}
