//! A log, who writes to it, and what was taken out of it: what a reload hands from one queue to the next.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};

use super::{
    body,
    parcel::{Parcel, Record},
    waiting::Waiting,
    writer::{Coming, Inbox, Writer},
};
use crate::{
    delivery::{meters::Size, settings::Sizer},
    pipeline::{Budget, Fatal, Payload},
    signal::Signal,
    storage::{
        Claim, Damage, DirectoryLock, DiskFiles, Log, LogSettings, Recovered, Storage,
        StorageError, Taken, available_bytes,
    },
};

/// What one read takes from the disk.
const READ_BYTES: usize = 1 << 20;
/// What was just written is sent without being read back, as long as so much of it waits at most.
const MAX_HOT_BYTES: u64 = 8 << 20;
const MAX_HOT_RECORDS: usize = 4096;
const READ_RETRY: Duration = Duration::from_secs(1);
const MAX_SEGMENT_BYTES: u64 = 16 << 20;
/// How many segments there are at least when the queue or its disk is full.
const SEGMENTS: u64 = 16;
const MIN_SEGMENT_BYTES: u64 = 64 << 10;

/// Owns the log; when it is dropped, everything is written down and the directory is free.
pub(super) struct Store {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

/// What the store's threads share.
pub(super) struct Shared {
    pub(super) log: Log,
    pub(super) inbox: Inbox,
    signal: Signal,
    budget: Budget,
    work: Mutex<Work>,
    /// Something to send has come, or may be tried again.
    pub(super) ready: Notify,
    /// Something was dealt with.
    pub(super) room: Notify,
    users: AtomicUsize,
    _lock: DirectoryLock,
}

#[derive(Default)]
struct Work {
    ready: VecDeque<Ready>,
    ready_bytes: u64,
    waiting: Waiting,
    is_reading: bool,
    has_unread: bool,
}

/// What came out of the log.
pub(super) enum Ready {
    Record {
        record: Arc<Record>,
        origin: Option<Arc<str>>,
        payload: Payload,
    },
    /// Here something was lost.
    Damaged(Damage),
}

impl Store {
    /// Opens the log and starts its writer. Blocks.
    pub(super) fn open(
        storage: &Storage,
        directory: &Path,
        (signal, (budget, fatal)): (Signal, (Budget, Fatal)),
        max_bytes: Option<u64>,
    ) -> Result<(Self, Recovered), StorageError> {
        let lock = DirectoryLock::take(directory, storage.lock_timeout)?;
        // A segment is deleted whole, so a small queue or disk needs small ones.
        let bounds = max_bytes.into_iter().chain(available_bytes(directory));
        let bytes = bounds.min().map_or(MAX_SEGMENT_BYTES, |bytes| bytes / SEGMENTS);
        let settings = LogSettings {
            segment_bytes: bytes.clamp(MIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES),
            is_synced: storage.is_synced,
        };
        let (log, recovered) = Log::open(Arc::new(DiskFiles), directory, settings)?;
        let shared = Arc::new(Shared {
            log,
            inbox: Inbox::default(),
            signal,
            budget,
            work: Mutex::new(Work { has_unread: recovered.usage.records > 0, ..Work::default() }),
            ready: Notify::new(),
            room: Notify::new(),
            users: AtomicUsize::new(0),
            _lock: lock,
        });
        let writer = Writer::spawn(Arc::clone(&shared), fatal)
            .map_err(|source| StorageError::io("start a writer for", directory, source))?;
        Ok((Self { shared, writer: Some(writer) }, recovered))
    }

    pub(super) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.inbox.close();
        if let Some(writer) = self.writer.take() {
            // It says itself what went wrong.
            drop(writer.join());
        }
    }
}

impl Shared {
    /// How much is queued, with what is about to be, and how many bytes that is on disk.
    pub(super) fn used(&self, coming: Coming, sizer: Sizer) -> (Size, u64) {
        let written = self.log.usage();
        let disk_bytes = written.disk_bytes + coming.bytes;
        let units = match sizer {
            Sizer::Requests => written.records + coming.records,
            Sizer::Items => written.items + coming.items,
            // The bound is on the disk, so what is done with counts until its file is gone.
            Sizer::Bytes => disk_bytes,
        };
        (Size { units, bytes: written.live_bytes + coming.bytes }, disk_bytes)
    }

    /// How many bytes of what is written next may be kept for sending.
    pub(super) fn hot_room(&self) -> u64 {
        let max = MAX_HOT_BYTES.min(self.budget.limit() / 16);
        let work = self.work.lock();
        if work.ready.len() >= MAX_HOT_RECORDS {
            return 0;
        }
        max.saturating_sub(work.ready_bytes)
    }

    /// Takes what was just written, if the log gave a claim for it.
    pub(super) fn push_written(
        &self,
        written: impl Iterator<Item = (Option<Arc<Record>>, Arc<str>, Payload)>,
    ) {
        let mut work = self.work.lock();
        for (record, origin, payload) in written {
            match record {
                Some(record) => {
                    work.ready_bytes += payload.size() as u64;
                    work.ready.push_back(Ready::Record { record, origin: Some(origin), payload });
                }
                None => work.has_unread = true,
            }
        }
        drop(work);
        self.wake();
    }

    /// What comes next, if there is anything now. A caller may go away: what was read stays.
    pub(super) async fn take_ready(self: &Arc<Self>) -> Option<Ready> {
        loop {
            let ready = self.ready.notified();
            tokio::pin!(ready);
            ready.as_mut().enable();
            {
                let mut work = self.work.lock();
                if let Some(next) = work.pop() {
                    return Some(next);
                }
                if !work.has_unread {
                    return None;
                }
                if !std::mem::replace(&mut work.is_reading, true) {
                    let shared = Arc::clone(self);
                    drop(tokio::task::spawn_blocking(move || shared.fill()));
                }
            }
            ready.await;
        }
    }

    /// Reads what comes next from the disk. Blocks.
    fn fill(&self) {
        // Before the read: what is written meanwhile is unread afterwards.
        self.work.lock().has_unread = false;
        let read = self.log.next(READ_BYTES);
        let mut taken = VecDeque::new();
        let mut bytes = 0;
        let has_unread = match read {
            Ok(records) => {
                let has_more = !records.is_empty();
                for record in records {
                    let ready = self.ready_of(record);
                    bytes += ready.bytes();
                    taken.push_back(ready);
                }
                has_more
            }
            Err(error) => {
                tracing::error!(%error, "cannot read the durable queue; trying again");
                std::thread::park_timeout(READ_RETRY);
                true
            }
        };
        let mut work = self.work.lock();
        work.ready.append(&mut taken);
        work.ready_bytes += bytes;
        work.has_unread |= has_unread;
        work.is_reading = false;
        drop(work);
        self.wake();
    }

    fn ready_of(&self, taken: Taken) -> Ready {
        let (claim, bytes) = match taken {
            Taken::Record { claim, body } => (claim, body),
            Taken::Damaged(damage) => {
                // Until the cursor says so, it would be told again at the next start.
                self.inbox.note_acknowledged();
                return Ready::Damaged(damage);
            }
        };
        let items = u64::from(claim.items());
        let charge = self.budget.of(self.signal).take(bytes.len());
        match body::read(self.signal, &bytes, items, charge) {
            Some(body::Body { origin, payload }) => {
                Ready::Record { record: Arc::new(Record::new(claim)), origin, payload }
            }
            None => {
                self.acknowledge(&claim);
                Ready::Damaged(Damage { records: 1, items })
            }
        }
    }

    /// Reads a record that is tried again; nothing for what no version of ours wrote. Blocks.
    pub(super) fn read_again(&self, record: &Record) -> Result<Option<Payload>, StorageError> {
        let bytes = self.log.read(&record.claim)?;
        let charge = self.budget.of(self.signal).take(bytes.len());
        let read = body::read(self.signal, &bytes, u64::from(record.claim.items()), charge);
        Ok(read.map(|body| body.payload))
    }

    pub(super) fn acknowledge(&self, claim: &Claim) {
        self.log.acknowledge(claim);
        self.inbox.note_acknowledged();
        self.room.notify_waiters();
    }

    /// Puts a parcel aside until its next try.
    pub(super) fn put_aside(&self, parcel: Parcel, due: Instant) {
        self.work.lock().waiting.put(parcel, due);
        self.wake();
    }

    pub(super) fn with_waiting<T>(&self, use_it: impl FnOnce(&mut Waiting) -> T) -> T {
        use_it(&mut self.work.lock().waiting)
    }

    pub(super) fn wake(&self) {
        self.ready.notify_waiters();
    }

    /// Counts a queue that takes from the log until the guard is dropped.
    pub(super) fn join(self: &Arc<Self>) -> User {
        self.users.fetch_add(1, Ordering::AcqRel);
        User(Arc::clone(self))
    }

    /// Whether another queue, which a reload made, takes from the log too.
    pub(super) fn is_shared(&self) -> bool {
        self.users.load(Ordering::Acquire) > 1
    }
}

impl Work {
    fn pop(&mut self) -> Option<Ready> {
        let next = self.ready.pop_front()?;
        self.ready_bytes = self.ready_bytes.saturating_sub(next.bytes());
        Some(next)
    }
}

impl Ready {
    fn bytes(&self) -> u64 {
        match self {
            Self::Record { payload, .. } => payload.size() as u64,
            Self::Damaged(_) => 0,
        }
    }
}

/// A queue that takes from a log.
pub(super) struct User(Arc<Shared>);

impl Drop for User {
    fn drop(&mut self) {
        self.0.users.fetch_sub(1, Ordering::AcqRel);
        self.0.wake();
    }
}
