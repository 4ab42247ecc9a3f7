//! What a durable queue asks of an engine, and the three that are compared.

use std::path::Path;

use anyhow::{Result, bail};

mod fjall_engine;
mod redb_engine;
mod segments;

/// A queue on disk. Only one thread appends, and it brings what all writers wait for.
pub trait Engine: Send + Sync {
    /// Puts the records behind all others; they are on disk when this returns.
    fn append(&self, records: &[&[u8]]) -> Result<()>;
    /// Reads records from the front, hands each to `seen`, and takes them out for good; false when the
    /// queue is empty.
    fn drain_some(&self, seen: &mut dyn FnMut(&[u8])) -> Result<bool>;
    /// Reads the first record.
    fn first(&self) -> Result<Option<Vec<u8>>>;
    /// What has to be called by hand to get disk space back, if the engine has such a thing.
    fn give_back(&mut self) -> Result<()>;
}

pub const NAMES: [&str; 3] = ["segments", "fjall", "redb"];

/// Opens or makes the queue in `directory`.
pub fn open(name: &str, directory: &Path) -> Result<Box<dyn Engine>> {
    std::fs::create_dir_all(directory)?;
    match name {
        "segments" => Ok(Box::new(segments::Segments::open(directory)?)),
        "fjall" => Ok(Box::new(fjall_engine::Fjall::open(directory)?)),
        "redb" => Ok(Box::new(redb_engine::Redb::open(directory)?)),
        other => bail!("no engine {other:?}, there are {NAMES:?}"),
    }
}
