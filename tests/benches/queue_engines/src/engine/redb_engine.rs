//! redb: a copy-on-write B-tree in one file.

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::Result;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableError};

const RECORDS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("records");
/// Records taken out at once.
const DRAINED_AT_ONCE: usize = 64;

pub struct Redb {
    database: Database,
    next: AtomicU64,
}

impl Redb {
    pub fn open(directory: &Path) -> Result<Self> {
        let database =
            Database::builder().set_cache_size(32 << 20).create(directory.join("queue.redb"))?;
        let last = match database.begin_read()?.open_table(RECORDS) {
            Ok(table) => table.last()?.map(|(key, _)| key.value()),
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { database, next: AtomicU64::new(last.map_or(0, |key| key + 1)) })
    }
}

impl super::Engine for Redb {
    fn append(&self, records: &[&[u8]]) -> Result<()> {
        let first = self.next.fetch_add(records.len() as u64, Ordering::Relaxed);
        let mut write = self.database.begin_write()?;
        // Without it appends cost less, and a start after a kill reads the whole file.
        write.set_quick_repair(std::env::var_os("REDB_SLOW_REPAIR").is_none());
        {
            let mut table = write.open_table(RECORDS)?;
            for (key, record) in (first..).zip(records) {
                table.insert(key, *record)?;
            }
        }
        write.commit()?;
        Ok(())
    }

    fn drain_some(&self, seen: &mut dyn FnMut(&[u8])) -> Result<bool> {
        let mut write = self.database.begin_write()?;
        write.set_quick_repair(std::env::var_os("REDB_SLOW_REPAIR").is_none());
        let mut taken = 0;
        {
            let mut table = write.open_table(RECORDS)?;
            while taken < DRAINED_AT_ONCE
                && let Some((_, value)) = table.pop_first()?
            {
                seen(value.value());
                taken += 1;
            }
        }
        write.commit()?;
        Ok(taken > 0)
    }

    fn first(&self) -> Result<Option<Vec<u8>>> {
        let table = match self.database.begin_read()?.open_table(RECORDS) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(None),
            opened => opened?,
        };
        Ok(table.first()?.map(|(_, value)| value.value().to_vec()))
    }

    fn give_back(&mut self) -> Result<()> {
        while self.database.compact()? {}
        Ok(())
    }
}
