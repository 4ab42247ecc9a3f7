//! Queue directories of every kind, and what can happen to their files.

use std::{collections::BTreeMap, ops::Range};

use super::{End, LogSettings, Op, World};
use crate::storage::record::RECORD_HEADER_BYTES;

mod tests;

/// Where the second slot of a cursor begins.
const SLOT_BYTES: usize = 1 << 16;

/// The files of a directory, by name.
pub(super) type Contents = BTreeMap<String, Vec<u8>>;

/// A sound directory.
pub(super) struct Sound {
    pub world: World,
    /// Records that a log on it delivers, in order; none is there twice.
    pub waiting: Vec<u64>,
    pub files: Contents,
}

/// What happened to the files of a directory.
pub(super) struct Damaged {
    pub files: Contents,
    /// For each name, which of its bytes are not as they were or where they were.
    touched: BTreeMap<String, Vec<Range<usize>>>,
    /// From where on sectors were made blank.
    blank: BTreeMap<String, usize>,
    /// Each in words, for whoever has to find out why a case failed.
    pub story: Vec<String>,
}

/// Lives a random life and ends well.
pub(super) fn sound(random: &mut fastrand::Rng) -> Sound {
    let segment_bytes = random.u64(1_000..30_000);
    let mut world = World::new(LogSettings { segment_bytes, is_synced: true });
    for _ in 0..random.usize(..40) {
        let op = match random.u32(..12) {
            0..5 => Op::Append {
                sizes: (0..random.usize(1..6)).map(|_| size(random)).collect(),
                claim_bytes: if random.bool() { u64::MAX } else { 0 },
            },
            5..7 => Op::Next { max_bytes: random.usize(..9_000) },
            7 => Op::Acknowledge { which: random.usize(..) },
            8 => Op::AcknowledgeOldest { count: random.usize(1..20) },
            9 => Op::SaveCursor { sync: random.bool() },
            10 => Op::Tidy,
            _ => Op::Reopen,
        };
        // What is copied forward is there twice until the cursor is saved.
        let is_tidied = matches!(op, Op::Tidy);
        world.apply(&op);
        if is_tidied {
            world.apply(&Op::SaveCursor { sync: true });
        }
    }
    world.end_and_reopen(End::Closed, 0);
    let waiting = world.live();
    let files = world.files.contents(&world.directory);
    Sound { world, waiting, files }
}

fn size(random: &mut fastrand::Rng) -> usize {
    let most = [60, 600, 6_000][random.usize(..3)];
    random.usize(..most)
}

impl Damaged {
    pub(super) fn new(files: &Contents) -> Self {
        let (touched, blank) = (BTreeMap::new(), BTreeMap::new());
        Self { files: files.clone(), touched, blank, story: Vec::new() }
    }

    /// Lets something happen to one of the files.
    pub(super) fn damage(&mut self, random: &mut fastrand::Rng) {
        let names: Vec<String> = self.files.keys().cloned().collect();
        let Some(name) = random.choice(&names) else { return };
        let len = self.files[name].len();
        match random.u32(..9) {
            0 => self.cut(name, random.usize(..=len)),
            1..4 => {
                for _ in 0..random.usize(1..4) {
                    let (at, bit) = (random.usize(..len.max(1)), random.u8(..8));
                    self.overwrite(name, at, |byte| byte ^ (1 << bit), 1);
                }
            }
            4 => {
                let (at, count) = (random.usize(..len.max(1)), random.usize(1..200));
                let mask = random.u8(1..);
                self.overwrite(name, at, |byte| byte ^ mask, count);
            }
            5 => {
                let at = random.usize(..=len / 512) * 512;
                self.overwrite(name, at, |_| 0, 512);
                let first = self.blank.entry(name.clone()).or_insert(at);
                *first = at.min(*first);
            }
            6 => self.remove(name),
            7 => self.copy(name, random),
            _ => self.append_garbage(name, random),
        }
    }

    /// Damages one of the two slots of the cursor.
    pub(super) fn damage_slot(&mut self, slot: usize, random: &mut fastrand::Rng) {
        let (at, bit) = (slot * SLOT_BYTES + random.usize(..60), random.u8(..8));
        self.overwrite("cursor", at, |byte| byte ^ (1 << bit), 1);
    }

    fn cut(&mut self, name: &str, len: usize) {
        self.story.push(format!("{name} was cut to {len} bytes"));
        self.touch(name, len..usize::MAX);
        self.file(name).truncate(len);
    }

    fn overwrite(&mut self, name: &str, at: usize, change: impl Fn(u8) -> u8, count: usize) {
        let mut changed = Vec::new();
        for (index, byte) in self.file(name).iter_mut().enumerate().skip(at).take(count) {
            let new = change(*byte);
            if new != *byte {
                changed.push(index);
            }
            *byte = new;
        }
        self.story
            .push(format!("{} of {count} bytes of {name} from {at} on changed", changed.len()));
        for index in changed {
            self.touch(name, index..index + 1);
        }
    }

    fn remove(&mut self, name: &str) {
        self.story.push(format!("{name} was removed"));
        self.touch(name, 0..usize::MAX);
        self.files.remove(name);
    }

    /// Under the name of another segment, or of none.
    fn copy(&mut self, name: &str, random: &mut fastrand::Rng) {
        let names: Vec<String> = self.files.keys().cloned().collect();
        let mut to = random.choice(&names).cloned().unwrap_or_default();
        if random.bool() || to == name {
            to = format!("{:016x}.segment", random.u64(..300));
        }
        self.story.push(format!("{name} was copied to {to}"));
        let content = self.files[name].clone();
        if to != name {
            self.touch(&to, 0..usize::MAX);
            self.files.insert(to, content);
        }
    }

    fn append_garbage(&mut self, name: &str, random: &mut fastrand::Rng) {
        let mut garbage = vec![0; random.usize(1..600)];
        if random.bool() {
            random.fill(&mut garbage);
        }
        let content = self.file(name);
        let len = content.len();
        content.extend(&garbage);
        self.story.push(format!("{name} got {} bytes more", garbage.len()));
        self.touch(name, len..len);
    }

    fn file(&mut self, name: &str) -> &mut Vec<u8> {
        self.files.entry(name.to_owned()).or_default()
    }

    fn touch(&mut self, name: &str, range: Range<usize>) {
        self.touched.entry(name.to_owned()).or_default().push(range);
    }

    pub(super) fn is_touched(&self, name: &str) -> bool {
        self.touched.contains_key(name)
    }

    /// Whether a record comes after a blank sector.
    pub(super) fn is_behind_blank(&self, place: &Place) -> bool {
        self.blank.get(&place.name).is_some_and(|blank| *blank < place.bytes.start)
    }

    /// Whether any byte of a record is not where it was.
    pub(super) fn is_hit(&self, place: &Place) -> bool {
        let ranges = self.touched.get(&place.name);
        ranges
            .into_iter()
            .flatten()
            .any(|range| range.start < place.bytes.end && place.bytes.start < range.end)
    }
}

/// Where a record is.
pub(super) struct Place {
    pub name: String,
    pub bytes: Range<usize>,
}

/// Every place at which a body is, for a record may have been copied forward.
pub(super) fn places(files: &Contents, body: &[u8]) -> Vec<Place> {
    let mut places = Vec::new();
    for (name, content) in files.iter().filter(|(name, _)| name.ends_with(".segment")) {
        for at in memchr::memmem::find_iter(content, body) {
            let bytes = at.saturating_sub(RECORD_HEADER_BYTES)..at + body.len();
            places.push(Place { name: name.clone(), bytes });
        }
    }
    places
}
