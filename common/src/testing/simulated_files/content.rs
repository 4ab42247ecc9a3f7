//! What is in a file: as programs see it, and as the platter could have it.

use std::collections::{BTreeMap, BTreeSet};

const SECTOR: u64 = 512;
/// What space is given out in.
pub(super) const BLOCK: u64 = 4096;

/// One file, whatever it is called.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    /// As programs see it.
    seen: Vec<u8>,
    /// As it surely is on the platter.
    synced: Vec<u8>,
    /// What was changed since the last sync, in order.
    unsynced: Vec<Change>,
    blocks: BTreeSet<u64>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(u64, Vec<u8>),
    SetLen(u64),
}

impl Content {
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        let blocks = (0..(bytes.len() as u64).div_ceil(BLOCK)).collect();
        Self { seen: bytes.clone(), synced: bytes, unsynced: Vec::new(), blocks }
    }

    pub(super) fn seen(&self) -> &[u8] {
        &self.seen
    }

    pub(super) fn occupied(&self) -> u64 {
        self.blocks.len() as u64 * BLOCK
    }

    /// How many of these bytes fit if only `room` more bytes of blocks may be taken.
    pub(super) fn fitting(&self, offset: u64, len: u64, room: u64) -> u64 {
        let mut free = room / BLOCK;
        for block in offset / BLOCK..(offset + len).div_ceil(BLOCK) {
            if !self.blocks.contains(&block) {
                if free == 0 {
                    return (block * BLOCK).saturating_sub(offset);
                }
                free -= 1;
            }
        }
        len
    }

    pub(super) fn write(&mut self, offset: u64, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len() as u64;
        self.blocks.extend(offset / BLOCK..end.div_ceil(BLOCK));
        write_into(&mut self.seen, offset, &bytes);
        self.unsynced.push(Change::Write(offset, bytes));
    }

    pub(super) fn set_len(&mut self, len: u64) {
        self.seen.resize(len as usize, 0);
        self.blocks.split_off(&len.div_ceil(BLOCK));
        self.unsynced.push(Change::SetLen(len));
    }

    pub(super) fn sync(&mut self) {
        self.synced.clone_from(&self.seen);
        self.unsynced.clear();
    }

    /// A sync that fails: what did not reach the platter is never tried again, as on Linux, though
    /// programs go on seeing it.
    pub(super) fn fail_to_sync(&mut self, random: &mut fastrand::Rng) {
        self.synced = self.after_power_loss(random);
        self.unsynced.clear();
    }

    /// What could be on the platter: each sector and the length as at any moment since the last sync.
    pub(super) fn after_power_loss(&self, random: &mut fastrand::Rng) -> Vec<u8> {
        let mut lengths = vec![self.synced.len() as u64];
        let mut sectors = BTreeMap::<u64, Vec<(u64, Vec<u8>)>>::new();
        for change in &self.unsynced {
            let length = lengths.last().copied().unwrap_or_default();
            match change {
                Change::Write(offset, bytes) => {
                    cut_into_sectors(*offset, bytes, &mut sectors);
                    lengths.push(length.max(offset + bytes.len() as u64));
                }
                Change::SetLen(len) => {
                    let cut_off = vec![0; length.saturating_sub(*len) as usize];
                    cut_into_sectors(*len, &cut_off, &mut sectors);
                    lengths.push(*len);
                }
            }
        }
        let mut found = self.synced.clone();
        // Mostly lost, mostly there, and all between must happen often enough.
        let eagerness = [0.0, 0.1, 0.5, 0.9, 1.0][random.usize(..5)];
        for changes in sectors.values() {
            let count = changes.iter().filter(|_| random.f64() < eagerness).count();
            for (offset, bytes) in &changes[..count] {
                write_into(&mut found, *offset, bytes);
            }
        }
        let length = if random.f64() < eagerness {
            lengths[lengths.len() - 1]
        } else {
            lengths[random.usize(..lengths.len())]
        };
        found.resize(length as usize, 0);
        found
    }
}

fn write_into(target: &mut Vec<u8>, offset: u64, bytes: &[u8]) {
    let offset = offset as usize;
    let end = offset + bytes.len();
    if target.len() < end {
        target.resize(end, 0);
    }
    target[offset..end].copy_from_slice(bytes);
}

fn cut_into_sectors(
    offset: u64,
    mut bytes: &[u8],
    sectors: &mut BTreeMap<u64, Vec<(u64, Vec<u8>)>>,
) {
    let mut offset = offset;
    while !bytes.is_empty() {
        let room = (SECTOR - offset % SECTOR) as usize;
        let (part, rest) = bytes.split_at(room.min(bytes.len()));
        sectors.entry(offset / SECTOR).or_default().push((offset, part.to_vec()));
        offset += part.len() as u64;
        bytes = rest;
    }
}
