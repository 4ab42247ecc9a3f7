//! Our own segments: the log that the product has.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use common::storage::{DiskFiles, Log, LogSettings, NewRecord, Taken};

const SEGMENT_BYTES: u64 = 64 << 20;
/// As much as is read at once, and after how much more that was taken out space is given back.
const READ_BYTES: usize = 8 << 20;

pub struct Segments {
    log: Log,
}

impl Segments {
    pub fn open(directory: &Path) -> Result<Self> {
        let settings = LogSettings { segment_bytes: SEGMENT_BYTES, is_synced: true };
        let (log, _) = Log::open(Arc::new(DiskFiles), directory, settings)?;
        Ok(Self { log })
    }
}

impl super::Engine for Segments {
    fn append(&self, records: &[&[u8]]) -> Result<()> {
        let bodies: Vec<[&[u8]; 1]> = records.iter().map(|record| [*record]).collect();
        let records: Vec<NewRecord<'_>> =
            bodies.iter().map(|body| NewRecord { items: 1, body }).collect();
        self.log.append(&records, 0)?;
        Ok(())
    }

    fn drain_some(&self, seen: &mut dyn FnMut(&[u8])) -> Result<bool> {
        let taken = self.log.next(READ_BYTES)?;
        for taken in &taken {
            if let Taken::Record { claim, body } = taken {
                seen(body);
                self.log.acknowledge(claim);
            }
        }
        self.log.save_cursor(false)?;
        self.log.tidy()?;
        Ok(!taken.is_empty())
    }

    fn first(&self) -> Result<Option<Vec<u8>>> {
        let Some(first) = self.log.next(1)?.into_iter().next() else { return Ok(None) };
        match first {
            Taken::Record { body, .. } => Ok(Some(body.to_vec())),
            Taken::Damaged(damage) => Err(anyhow::Error::msg(format!("{damage:?}"))),
        }
    }

    fn give_back(&mut self) -> Result<()> {
        self.log.tidy().context("tidying")
    }
}
