//! What a log must do, as a list in memory, and a world in which a real log is held against it.
//!
//! Everything a log delivers carries its own number, so the model knows each record again. After every end
//! of a log (closed, killed, power lost) a copy of the disk is read to its end and held against what was
//! promised; what was found there is then exactly what the log that goes on must deliver.

use std::{
    collections::{BTreeMap, VecDeque},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;

use crate::storage::{
    Claim, Damage, Log, LogSettings, NewRecord, Recovered, StorageError, Taken,
    record::RECORD_HEADER_BYTES,
};
use crate::testing::simulated_files::{Call, SimulatedFiles};

mod directories;
mod promises;
mod records;
mod script;
mod tests;

use self::{
    promises::{End, Promises},
    records::{MIN_BYTES, body, items, number_of},
    script::Op,
};

const BATCH_OF_READER: usize = 4_000;

/// A log on a simulated disk, and what it promised.
struct World {
    files: SimulatedFiles,
    directory: PathBuf,
    settings: LogSettings,
    log: Log,
    promises: Promises,
    /// What the log's reader comes to next, in order.
    unread: VecDeque<u64>,
    taken: Vec<(u64, Arc<Claim>)>,
    next_number: u64,
    /// How long each body ever offered was to be.
    sizes: BTreeMap<u64, usize>,
    has_faults: bool,
    /// Whether the next tidying is to make room.
    is_short: bool,
    /// How everything ends when the disk stops, and the seed of what is found then.
    end: (End, u64),
}

impl World {
    fn new(settings: LogSettings) -> Self {
        let directory = PathBuf::from("/storage/traces.queue");
        let files = SimulatedFiles::new(&[Path::new("/storage")]);
        let (log, recovered) = opened(&files, &directory, settings);
        assert_eq!(recovered.damage, Damage::default());
        Self {
            files,
            directory,
            settings,
            log,
            promises: Promises::default(),
            unread: VecDeque::new(),
            taken: Vec::new(),
            next_number: 0,
            sizes: BTreeMap::new(),
            has_faults: false,
            is_short: false,
            end: (End::Killed, 0),
        }
    }

    /// Does one operation; if the disk stops in it, a new log goes on with what is left.
    fn apply(&mut self, op: &Op) {
        match op {
            Op::Append { sizes, claim_bytes } => self.append(sizes, *claim_bytes),
            Op::Next { max_bytes } => self.next(*max_bytes),
            Op::Read { which } => self.read(*which),
            Op::Acknowledge { which } => self.acknowledge(*which),
            Op::AcknowledgeOldest { count } => {
                for _ in 0..*count {
                    self.acknowledge(0);
                }
            }
            Op::SaveCursor { sync } => self.save_cursor(*sync),
            Op::Tidy => self.tidy(),
            Op::Reopen => self.end_and_reopen(End::Closed, 0),
            Op::StopLater { steps, end, seed } => {
                self.files.stop_at(*steps);
                // Without syncs nothing is promised for a power loss.
                let end = if self.settings.is_synced { *end } else { End::Killed };
                self.end = (end, *seed);
            }
            Op::Fail { call, spared, count } => {
                self.has_faults = true;
                self.files.fail_calls(*call, *spared, *count);
            }
            Op::FillUp { room } => {
                self.has_faults = true;
                self.files.set_capacity(Some(self.files.occupied() + room));
            }
            Op::EndFaults => self.end_faults(),
        }
        if self.files.is_stopped() {
            let (end, seed) = self.end;
            self.end_and_reopen(end, seed);
        }
        self.check_usage();
    }

    fn append(&mut self, sizes: &[usize], claim_bytes: u64) {
        let first = self.next_number;
        self.next_number += sizes.len() as u64;
        self.sizes.extend((first..).zip(sizes.iter().copied()));
        let bodies: Vec<Vec<u8>> =
            (first..).zip(sizes).map(|(number, size)| body(number, *size)).collect();
        // In two parts, as an envelope and a payload would be.
        let parts: Vec<[&[u8]; 2]> = bodies.iter().map(|body| body.split_at(5).into()).collect();
        let records: Vec<NewRecord<'_>> = (first..)
            .zip(&parts)
            .map(|(number, body)| NewRecord { items: items(number), body })
            .collect();
        match self.log.append(&records, claim_bytes) {
            Ok(claims) => {
                assert_eq!(claims.len(), sizes.len(), "one answer for each record");
                for (number, claim) in (first..).zip(claims) {
                    self.promises.accept(number);
                    match claim {
                        Some(claim) => {
                            assert!(
                                self.unread.is_empty(),
                                "a claim though {:?} come first",
                                self.unread
                            );
                            self.take(number, claim);
                        }
                        None => self.unread.push_back(number),
                    }
                }
            }
            Err(error) => {
                for number in first..self.next_number {
                    self.promises.refuse(number);
                }
                self.expect_reason(&error);
            }
        }
    }

    fn take(&mut self, number: u64, claim: Arc<Claim>) {
        assert_eq!(claim.items(), items(number));
        self.taken.push((number, claim));
    }

    fn next(&mut self, max_bytes: usize) {
        match self.log.next(max_bytes) {
            Ok(taken) => {
                assert_eq!(taken.is_empty(), self.unread.is_empty(), "unread: {:?}", self.unread);
                let mut bytes = 0;
                for (index, taken) in taken.into_iter().enumerate() {
                    let (number, claim, body) = record(taken);
                    assert_eq!(Some(number), self.unread.pop_front(), "the order of records");
                    bytes += body.len();
                    assert!(index == 0 || bytes <= max_bytes, "{bytes} of {max_bytes} bytes");
                    self.take(number, claim);
                }
            }
            Err(error) => self.expect_reason(&error),
        }
    }

    fn read(&self, which: usize) {
        if let Some((number, claim)) = self.taken.get(which % self.taken.len().max(1)) {
            match self.log.read(claim) {
                Ok(body) => assert_eq!(number_of(&body), Some(*number)),
                Err(error) => self.expect_reason(&error),
            }
        }
    }

    fn acknowledge(&mut self, which: usize) {
        if !self.taken.is_empty() {
            let (number, claim) = self.taken.remove(which % self.taken.len());
            self.log.acknowledge(&claim);
            self.promises.acknowledge(number);
        }
    }

    fn save_cursor(&mut self, sync: bool) {
        match self.log.save_cursor(sync) {
            Ok(()) => self.promises.save(sync),
            Err(error) => self.expect_reason(&error),
        }
    }

    fn tidy(&mut self) {
        // Before the call, because one that fails may have copied.
        self.promises.tidy(self.live());
        let is_short = self.is_short;
        self.is_short = !is_short;
        let tidied = if is_short { self.log.make_room() } else { self.log.tidy() };
        if let Err(error) = tidied {
            self.expect_reason(&error);
        }
    }

    fn live(&self) -> Vec<u64> {
        self.unread.iter().copied().chain(self.taken.iter().map(|(number, _)| *number)).collect()
    }

    fn end_faults(&mut self) {
        self.files.set_capacity(None);
        self.files.end_faults();
        self.has_faults = false;
    }

    /// Nothing may fail unless something was made to.
    fn expect_reason(&self, error: &StorageError) {
        assert!(self.has_faults || self.files.is_stopped(), "failed for no reason: {error:?}");
    }

    fn end_and_reopen(&mut self, end: End, seed: u64) {
        self.end_faults();
        if end != End::Closed {
            self.files.stop();
        }
        let after = || match end {
            End::Killed => self.files.after_kill(seed),
            End::Closed => self.files.after_kill(0),
            End::PowerLost => self.files.after_power_loss(seed),
        };
        let found = self.found(&after());
        self.promises.check(self.live(), &found, end);
        self.files = after();
        let (log, recovered) = opened(&self.files, &self.directory, self.settings);
        assert_eq!(recovered.usage, log.usage());
        self.log = log;
        self.taken.clear();
        self.unread = found.into();
        self.promises.begin_again(self.live());
        self.check_usage();
    }

    /// Everything that a log on this disk delivers; twice, because opening must not change that.
    fn found(&self, files: &SimulatedFiles) -> Vec<u64> {
        let read_all = || {
            let (log, recovered) = opened(files, &self.directory, self.settings);
            assert_eq!(recovered.damage, Damage::default(), "nothing was damaged");
            let mut found = Vec::new();
            loop {
                let taken = log.next(BATCH_OF_READER).expect("a sound disk can be read");
                if taken.is_empty() {
                    return found;
                }
                found.extend(taken.into_iter().map(|taken| record(taken).0));
            }
        };
        let found = read_all();
        assert_eq!(found, read_all(), "opened a second time");
        found
    }

    fn check_usage(&self) {
        let usage = self.log.usage();
        let live = self.live();
        assert_eq!(usage.records, live.len() as u64, "records of {live:?}");
        assert_eq!(usage.items, live.iter().map(|number| u64::from(items(*number))).sum::<u64>());
        let bodies: usize = live.iter().map(|number| self.sizes[number].max(MIN_BYTES)).sum();
        let headers = live.len() * RECORD_HEADER_BYTES;
        assert_eq!(usage.live_bytes, (bodies + headers) as u64);
    }

    /// Reads and acknowledges all there is, after which hardly anything may be on the disk.
    fn finish(&mut self) {
        self.end_faults();
        self.end_and_reopen(End::Closed, 0);
        while !self.unread.is_empty() {
            self.next(BATCH_OF_READER);
        }
        while !self.taken.is_empty() {
            self.acknowledge(0);
        }
        self.save_cursor(true);
        self.tidy();
        self.check_usage();
        assert_eq!(self.log.usage().live_bytes, 0);
        let segments = segment_bytes_on(&self.files, &self.directory);
        assert_eq!(self.log.usage().disk_bytes, segments.iter().sum::<u64>());
        assert!(segments.len() <= 2, "segments left of nothing: {segments:?}");
        let end = if self.settings.is_synced { End::PowerLost } else { End::Killed };
        self.end_and_reopen(end, 0);
        assert!(self.unread.is_empty(), "all was acknowledged: {:?}", self.unread);
    }
}

fn opened(files: &SimulatedFiles, directory: &Path, settings: LogSettings) -> (Log, Recovered) {
    Log::open(Arc::new(files.clone()), directory, settings).expect("a sound disk can be opened")
}

fn record(taken: Taken) -> (u64, Arc<Claim>, Bytes) {
    match taken {
        Taken::Record { claim, body } => {
            let number = number_of(&body).expect("a body as it was written");
            assert_eq!(claim.items(), items(number));
            assert_eq!(claim.bytes(), body.len());
            (number, claim, body)
        }
        Taken::Damaged(damage) => panic!("nothing was damaged, yet {damage:?} is missing"),
    }
}

fn segment_bytes_on(files: &SimulatedFiles, directory: &Path) -> Vec<u64> {
    let contents: BTreeMap<String, Vec<u8>> = files.contents(directory);
    let segments = contents.iter().filter(|(name, _)| name.ends_with(".segment"));
    segments.map(|(_, content)| content.len() as u64).collect()
}
