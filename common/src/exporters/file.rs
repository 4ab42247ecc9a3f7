//! Writes telemetry to files: JSON lines, or length-prefixed messages.
//!
//! All signals of one id share one file, which only its owner may read. Without `append` or `rotation`
//! the file is emptied at the start. JSON without compression is one OTLP/JSON request per line;
//! anything else is a 4-byte big-endian length and a message, each message compressed by itself.
//! `proto` keeps fields that this version does not know; JSON cannot. After a reload with other settings
//! for the same path, the file is continued, not emptied. Two ids may share a path only if all their
//! settings are equal.
//!
//! ```yaml
//! file:
//!   path: /var/lib/tercet/telemetry.jsonl
//!   rotation:
//!     max_megabytes: 50
//!     max_backups: 5
//! ```
//!
//! With `group_by`, `*` in the path stands for a resource attribute's value, and files are always
//! appended to.
//!
//! Accepts: when the data is in the write buffer, which is flushed every `flush_interval` and at the
//! stop. Holds: up to 64 KiB per open file. Rejects: retryable, when a file cannot be written; for
//! good, when a value is no file name.

mod group;
mod record;
mod rotating;
mod settings;
mod sink;

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use record::Encoder;
use sink::Sink;

pub use settings::{FileCompressionParams, FileExporterConfig, FileFormat, FileRotation, GroupBy};

use crate::{
    component::{
        BuildError, Context, DeliveryDefaults, Export, Exporter, Lifecycle, StartError, Tasks,
    },
    pipeline::{Accepted, Outcome, Payload, Reason, Rejected},
    signal::{Signal, SignalSet},
};

/// Writes payloads of one signal.
pub struct FileExporter {
    id: String,
    config: FileExporterConfig,
    encoder: Encoder,
    signal: Signal,
    tasks: Tasks,
    sink: ArcSwapOption<Sink>,
}

impl Exporter for FileExporter {
    const NAME: &'static str = "file";
    const SIGNALS: SignalSet = SignalSet::ALL;
    const DELIVERY: DeliveryDefaults = DeliveryDefaults::NONE;

    type Config = FileExporterConfig;

    fn build(config: Self::Config, context: Context) -> Result<Self, BuildError> {
        let signal = context.signal.ok_or_else(|| BuildError::new("an exporter needs a signal"))?;
        let encoder = Encoder::new(&config, signal);
        let sink = ArcSwapOption::empty();
        let id = context.id.to_string();
        Ok(Self { id, config, encoder, signal, tasks: context.tasks, sink })
    }
}

impl Lifecycle for FileExporter {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        Box::pin(async move {
            let sink = Sink::shared(&self.id, &self.config).map_err(|error| {
                let message = format!("path: cannot open {}: {error}", self.config.path);
                StartError::with_source(message, error)
            })?;
            self.sink.store(Some(Arc::clone(&sink)));
            let interval = self.config.flush_interval.get();
            if !interval.is_zero() {
                let tasks = self.tasks.clone();
                self.tasks.spawn(async move {
                    while tasks.sleep(interval).await {
                        sink.flush_and_tell();
                    }
                });
            }
            Ok(())
        })
    }

    fn stop(&self, _deadline: Instant) -> BoxFuture<'_, ()> {
        if let Some(sink) = self.sink.swap(None) {
            sink.flush_and_tell();
        }
        Box::pin(std::future::ready(()))
    }
}

impl Export for FileExporter {
    fn export(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(std::future::ready(self.write(&payload)))
    }
}

impl FileExporter {
    fn write(&self, payload: &Payload) -> Outcome {
        let Some(sink) = self.sink.load_full() else {
            return Err(Rejected::new(Reason::ShuttingDown, "the file is closed"));
        };
        let written = match self.config.group_by.get() {
            None => sink.write("", &self.encoder.encode(payload.chunks())),
            Some(group_by) => {
                let groups = group::by_attribute(payload, &group_by.resource_attribute);
                groups.into_iter().try_for_each(|(value, request)| {
                    sink.write(&value, &self.encoder.encode(&[request]))
                })
            }
        };
        written.map_err(|error| {
            let message = format!("cannot write {} to {}: {error}", self.signal, self.config.path);
            Rejected::new(reason(&error), message)
        })?;
        Ok(Accepted::FULLY)
    }
}

/// A name that cannot be a file's will not be one later either.
fn reason(error: &std::io::Error) -> Reason {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename | ErrorKind::IsADirectory => {
            Reason::Refused
        }
        _ => Reason::Unavailable,
    }
}

#[cfg(test)]
mod tests;
