//! fjall: a log-structured tree with values kept apart, behind a journal.

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::Result;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode};

/// Records taken out at once.
const DRAINED_AT_ONCE: usize = 64;

pub struct Fjall {
    database: Database,
    records: Keyspace,
    next: AtomicU64,
    front: AtomicU64,
}

impl Fjall {
    pub fn open(directory: &Path) -> Result<Self> {
        let database = Database::builder(directory).cache_size(32 << 20).open()?;
        // Values apart from keys, so that compaction does not rewrite what waits.
        let records = database.keyspace("records", || {
            KeyspaceCreateOptions::default()
                .with_kv_separation(Some(KvSeparationOptions::default()))
        })?;
        let last = records.iter().next_back().map(|entry| entry.key()).transpose()?;
        let next = last.map_or(0, |key| key_of(&key) + 1);
        Ok(Self { database, records, next: AtomicU64::new(next), front: AtomicU64::new(0) })
    }
}

fn key_of(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}

impl super::Engine for Fjall {
    fn append(&self, records: &[&[u8]]) -> Result<()> {
        let first = self.next.fetch_add(records.len() as u64, Ordering::Relaxed);
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for (key, record) in (first..).zip(records) {
            batch.insert(&self.records, key.to_be_bytes(), *record);
        }
        batch.commit()?;
        Ok(())
    }

    fn drain_some(&self, seen: &mut dyn FnMut(&[u8])) -> Result<bool> {
        let from = self.front.load(Ordering::Relaxed).to_be_bytes();
        let mut batch = self.database.batch();
        let mut last = None;
        for entry in self.records.range(from..).take(DRAINED_AT_ONCE) {
            let (key, value) = entry.into_inner()?;
            seen(&value);
            last = Some(key_of(&key));
            batch.remove(&self.records, key);
        }
        let Some(last) = last else { return Ok(false) };
        batch.commit()?;
        self.front.store(last + 1, Ordering::Relaxed);
        Ok(true)
    }

    fn first(&self) -> Result<Option<Vec<u8>>> {
        let entry = self.records.iter().next().map(|entry| entry.into_inner()).transpose()?;
        Ok(entry.map(|(_, value)| value.to_vec()))
    }

    fn give_back(&mut self) -> Result<()> {
        self.records.rotate_memtable_and_wait()?;
        // The first pass finds out what is stale, the second drops it.
        self.records.major_compact()?;
        self.records.major_compact()?;
        Ok(())
    }
}
