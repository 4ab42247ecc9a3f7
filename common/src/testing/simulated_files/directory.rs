//! The names in a directory: as programs see them, and as they could be found after a power loss.

use std::collections::BTreeMap;

/// One directory.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    seen: BTreeMap<String, Entry>,
    synced: BTreeMap<String, Entry>,
    /// What each name became since the last sync, in order.
    unsynced: BTreeMap<String, Vec<Option<Entry>>>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    File(u64),
    Directory,
}

impl Directory {
    pub(super) fn get(&self, name: &str) -> Option<Entry> {
        self.seen.get(name).copied()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&String, Entry)> {
        self.seen.iter().map(|(name, entry)| (name, *entry))
    }

    pub(super) fn set(&mut self, name: &str, entry: Option<Entry>) {
        put(&mut self.seen, name, entry);
        self.unsynced.entry(name.to_owned()).or_default().push(entry);
    }

    pub(super) fn sync(&mut self) {
        self.synced.clone_from(&self.seen);
        self.unsynced.clear();
    }

    /// Each name on its own is as at any moment since the last sync.
    pub(super) fn after_power_loss(&self, random: &mut fastrand::Rng) -> Self {
        let mut found = self.synced.clone();
        for (name, changes) in &self.unsynced {
            let count = random.usize(..=changes.len());
            for entry in &changes[..count] {
                put(&mut found, name, *entry);
            }
        }
        Self { seen: found.clone(), synced: found, unsynced: BTreeMap::new() }
    }
}

fn put(entries: &mut BTreeMap<String, Entry>, name: &str, entry: Option<Entry>) {
    match entry {
        Some(entry) => entries.insert(name.to_owned(), entry),
        None => entries.remove(name),
    };
}
