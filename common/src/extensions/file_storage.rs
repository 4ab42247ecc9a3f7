//! Keeps the queues of exporters on disk, so that what was accepted survives the process.
//!
//! Each queue that names it (`sending_queue::storage`) has a directory of its own below `directory`; what
//! is acknowledged is on the disk, unless `fsync: false` says that a power loss may cost it.
//!
//! ```yaml
//! file_storage:
//!   directory: /var/lib/otelcol/file_storage
//!   create_directory: true
//! ```
//!
//! Accepts: no telemetry by itself. Holds: nothing by itself; a queue is bounded by its `queue_size`, and
//! by `max_size` in bytes on disk. Rejects: nothing.

mod directory;
mod settings;

use futures_util::future::BoxFuture;

pub use settings::{Compaction, FileStorageConfig};

use crate::{
    component::{BuildError, Context, Extension, Lifecycle, Offer, StartError},
    storage::Storage,
};

/// The extension.
#[derive(Debug)]
pub struct FileStorage {
    config: FileStorageConfig,
    storage: Storage,
}

impl Extension for FileStorage {
    const NAME: &'static str = "file_storage";
    const OFFERS: &'static [Offer] = &[Offer::Storage];
    type Config = FileStorageConfig;

    fn build(config: FileStorageConfig, context: Context) -> Result<Self, BuildError> {
        let storage = Storage {
            directory: config.directory.clone().into(),
            lock_timeout: config.timeout.get(),
            is_synced: config.is_synced(),
            max_bytes: u64::try_from(config.max_size).ok().filter(|limit| *limit > 0),
            open: context.host.open_stores,
        };
        Ok(Self { config, storage })
    }

    fn storage(&self) -> Option<Storage> {
        Some(self.storage.clone())
    }
}

impl Lifecycle for FileStorage {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        Box::pin(async {
            let directory = self.storage.directory.clone();
            let mode = self.config.directory_mode().filter(|_| self.config.create_directory);
            // A directory may be on a disk that is slow to answer.
            let prepared =
                tokio::task::spawn_blocking(move || directory::prepare(&directory, mode));
            prepared.await.map_err(|error| StartError::new(error.to_string()))?
        })
    }
}

#[cfg(test)]
mod tests;
