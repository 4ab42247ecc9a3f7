//! The thread that writes to a log: all that came while it wrote goes with the next write and one sync.

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use parking_lot::{Condvar, Mutex};
use tokio::{sync::oneshot, time::Instant};

use super::{parcel::Record, store::Shared};
use crate::{
    pipeline::{Accepted, Books, Fatal, Outcome, Payload, Reason, Rejected},
    storage::{NewRecord, StorageError},
};

/// What one write takes at most, so that the first of many does not wait for the last.
const MAX_WRITE_BYTES: usize = 16 << 20;
/// How long an acknowledgement may be known to this process only.
const CURSOR_EVERY: Duration = Duration::from_millis(100);
/// How often acknowledgements are forced to the disk. After a loss of power more comes twice.
const CURSOR_SYNC_EVERY: Duration = Duration::from_secs(1);
/// How long nothing is written to a disk that refused.
const FULL_PAUSE: Duration = Duration::from_secs(1);

/// What waits to be written.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    pending: Vec<Pending>,
    coming: Coming,
    is_dirty: bool,
    is_short: bool,
    is_closed: bool,
    refused_at: Option<Instant>,
}

/// What is not yet in the log's own count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Coming {
    pub(super) records: u64,
    pub(super) items: u64,
    pub(super) bytes: u64,
}

/// A payload to be written, and who waits for it.
pub(super) struct Pending {
    pub(super) head: Vec<u8>,
    pub(super) payload: Payload,
    pub(super) origin: Arc<str>,
    pub(super) books: Books,
    pub(super) answer: oneshot::Sender<Result<Written, Rejected>>,
}

/// A payload that is in the log; counted as its caller learns it, or not.
#[derive(Debug)]
pub(super) struct Written {
    books: Books,
    items: u64,
    is_claimed: bool,
}

impl Written {
    pub(super) fn claim(mut self) -> Outcome {
        self.is_claimed = true;
        Ok(Accepted::FULLY)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if !self.is_claimed {
            // The caller still holds the whole, so what is in the log is a copy.
            self.books.created(self.items);
        }
    }
}

impl Inbox {
    /// Puts a payload in, if there is room beside what is coming already.
    pub(super) fn push(
        &self,
        pending: Pending,
        has_room: impl FnOnce(Coming) -> bool,
    ) -> Result<(), NotPut> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(NotPut::Closed);
        }
        if !has_room(state.coming) {
            if !std::mem::replace(&mut state.is_short, true) {
                drop(state);
                self.wake.notify_one();
            }
            return Err(NotPut::Full(Box::new(pending)));
        }
        state.coming.add(Coming::of(&pending));
        state.pending.push(pending);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    pub(super) fn coming(&self) -> Coming {
        self.state.lock().coming
    }

    /// Whether the disk refused a moment ago.
    pub(super) fn is_refused(&self) -> bool {
        let refused_at = self.state.lock().refused_at;
        refused_at.is_some_and(|at| at.elapsed() < FULL_PAUSE)
    }

    /// Notes that there are acknowledgements to write down.
    pub(super) fn note_acknowledged(&self) {
        let mut state = self.state.lock();
        if !std::mem::replace(&mut state.is_dirty, true) {
            drop(state);
            self.wake.notify_one();
        }
    }

    pub(super) fn close(&self) {
        self.state.lock().is_closed = true;
        self.wake.notify_one();
    }
}

/// Why a payload was not put in.
pub(super) enum NotPut {
    Full(Box<Pending>),
    Closed,
}

impl Coming {
    fn of(pending: &Pending) -> Self {
        Self {
            records: 1,
            items: pending.payload.items() as u64,
            bytes: (pending.head.len() + pending.payload.size()) as u64,
        }
    }

    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.items += other.items;
        self.bytes += other.bytes;
    }

    fn sub(&mut self, other: Self) {
        self.records = self.records.saturating_sub(other.records);
        self.items = self.items.saturating_sub(other.items);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}

/// What the thread does.
pub(super) struct Writer {
    shared: Arc<Shared>,
    saved_at: Instant,
    synced_at: Instant,
    needs_sync: bool,
}

impl Writer {
    pub(super) fn spawn(shared: Arc<Shared>, fatal: Fatal) -> std::io::Result<JoinHandle<()>> {
        let now = Instant::now();
        let watched = Watched { shared: Arc::clone(&shared), fatal };
        let mut writer = Self { shared, saved_at: now, synced_at: now, needs_sync: false };
        std::thread::Builder::new().name("queue-writer".to_owned()).spawn(move || {
            let _watched = watched;
            writer.run();
        })
    }

    fn run(&mut self) {
        loop {
            let (pending, has_chores, is_closed) = self.take();
            if !pending.is_empty() {
                self.write(pending);
            }
            self.keep_up(has_chores, is_closed);
            if is_closed {
                return;
            }
        }
    }

    /// Waits for something to do; nothing more is put in once it says that the inbox is closed.
    fn take(&self) -> (Vec<Pending>, bool, bool) {
        let inbox = &self.shared.inbox;
        let mut state = inbox.state.lock();
        loop {
            let has_chores = self.has_chores(&state);
            let due = self.saved_at + CURSOR_EVERY;
            let is_due = has_chores && due <= Instant::now();
            if !state.pending.is_empty() || state.is_closed || is_due {
                break;
            }
            if has_chores {
                inbox.wake.wait_for(&mut state, due.saturating_duration_since(Instant::now()));
            } else {
                inbox.wake.wait(&mut state);
            }
        }
        let has_chores = self.has_chores(&state);
        let mut bytes = 0;
        let fitting = state.pending.iter().take_while(|pending| {
            bytes += pending.payload.size();
            bytes <= MAX_WRITE_BYTES
        });
        let count = fitting.count().max(1).min(state.pending.len());
        let is_closed = state.is_closed && count == state.pending.len();
        (state.pending.drain(..count).collect(), has_chores, is_closed)
    }

    fn has_chores(&self, state: &State) -> bool {
        state.is_dirty || state.is_short || self.needs_sync
    }

    fn write(&self, pending: Vec<Pending>) {
        let shared = &self.shared;
        let bodies: Vec<Vec<&[u8]>> = pending.iter().map(Pending::parts).collect();
        let records: Vec<NewRecord<'_>> = pending
            .iter()
            .zip(&bodies)
            .map(|(pending, body)| NewRecord { items: pending.items(), body })
            .collect();
        let result = shared.log.append(&records, shared.hot_room());
        let mut state = shared.inbox.state.lock();
        for pending in &pending {
            state.coming.sub(Coming::of(pending));
        }
        state.refused_at = result.as_ref().err().map(|_| Instant::now());
        state.is_short |= result.is_err();
        // The cursor says how far the log goes, too: what is missing of that is counted.
        state.is_dirty |= result.is_ok();
        drop(state);
        match result {
            Ok(claims) => {
                let written = pending.into_iter().zip(claims).map(|(pending, claim)| {
                    let Pending { payload, origin, books, answer, .. } = pending;
                    let items = payload.items() as u64;
                    books.hold(items);
                    // A caller who went away drops what was written, which is counted.
                    drop(answer.send(Ok(Written { books, items, is_claimed: false })));
                    (claim.map(|claim| Arc::new(Record::new(claim))), origin, payload)
                });
                shared.push_written(written);
            }
            Err(error) => {
                let rejected = refusal(&error);
                for pending in pending {
                    drop(pending.answer.send(Err(rejected.clone())));
                }
            }
        }
    }

    /// Writes acknowledgements down and gives space back.
    fn keep_up(&mut self, has_chores: bool, is_closed: bool) {
        let now = Instant::now();
        if !is_closed && (!has_chores || now < self.saved_at + CURSOR_EVERY) {
            return;
        }
        let is_short = {
            let mut state = self.shared.inbox.state.lock();
            state.is_dirty = false;
            std::mem::take(&mut state.is_short)
        };
        let sync = is_closed || now >= self.synced_at + CURSOR_SYNC_EVERY;
        self.saved_at = now;
        self.needs_sync = !sync;
        if sync {
            self.synced_at = now;
        }
        let mut kept = self.shared.log.save_cursor(sync);
        // Deleting waits for the disk too, so it is done when that is due, or when room is short.
        if kept.is_ok() && (sync || is_short) {
            let log = &self.shared.log;
            kept = if is_short { log.make_room() } else { log.tidy() };
            self.shared.room.notify_waiters();
        }
        if let Err(error) = kept {
            tracing::warn!(%error, "cannot tidy the durable queue");
        }
    }
}

/// Sees the thread panic: nobody would write from then on.
struct Watched {
    shared: Arc<Shared>,
    fatal: Fatal,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut state = self.shared.inbox.state.lock();
            state.is_closed = true;
            state.pending.clear();
            drop(state);
            self.fatal.report("the writer of a durable queue panicked".to_owned());
        }
    }
}

impl Pending {
    fn items(&self) -> u32 {
        u32::try_from(self.payload.items()).unwrap_or(u32::MAX)
    }

    fn parts(&self) -> Vec<&[u8]> {
        let chunks = self.payload.chunks().iter().map(|chunk| &**chunk);
        std::iter::once(&*self.head).chain(chunks).collect()
    }
}

fn refusal(error: &StorageError) -> Rejected {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    let message = format!("durable queue: {error}{}", cause.unwrap_or_default());
    let reason = match error {
        StorageError::Full { .. } => Reason::Overloaded,
        StorageError::TooLarge { .. } => Reason::TooLarge,
        _ => Reason::Unavailable,
    };
    Rejected::new(reason, message).retry_after(FULL_PAUSE)
}
