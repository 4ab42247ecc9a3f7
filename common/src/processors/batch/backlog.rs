//! How much the shards of a batch processor may hold together.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::{Notify, futures::Notified};

use crate::pipeline::Budget;

// Small enough to leave room for queues behind, large enough for a few batches.
const SHARE_OF_BUDGET: u64 = 4;
const MIN_BYTES: usize = 1 << 20;
const MIN_ITEMS: usize = 100_000;
const BATCHES: usize = 10;

/// Bytes and items held, with a limit on both.
#[derive(Debug)]
pub(super) struct Backlog {
    budget: Budget,
    max_items: usize,
    bytes: AtomicUsize,
    items: AtomicUsize,
    room: Notify,
    is_closed: AtomicBool,
}

impl Backlog {
    pub(super) fn new(budget: Budget, batch_items: usize) -> Self {
        Self {
            budget,
            max_items: batch_items.saturating_mul(BATCHES).max(MIN_ITEMS),
            bytes: AtomicUsize::new(0),
            items: AtomicUsize::new(0),
            room: Notify::new(),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Takes room for a payload, or says that there is none. An empty backlog has room for any.
    pub(super) fn reserve(&self, items: usize, bytes: usize) -> bool {
        let bytes_before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let items_before = self.items.fetch_add(items, Ordering::Relaxed);
        let fits = bytes_before.saturating_add(bytes) <= self.max_bytes()
            && items_before.saturating_add(items) <= self.max_items;
        if fits || items_before == 0 {
            return true;
        }
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.items.fetch_sub(items, Ordering::Relaxed);
        false
    }

    pub(super) fn give_back(&self, items: usize, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.items.fetch_sub(items, Ordering::Relaxed);
        self.room.notify_waiters();
    }

    pub(super) fn has_room(&self, bytes: usize) -> bool {
        let held = self.bytes.load(Ordering::Relaxed);
        let items = self.items.load(Ordering::Relaxed);
        items == 0 || (held.saturating_add(bytes) <= self.max_bytes() && items < self.max_items)
    }

    /// Is ready when something was given back.
    pub(super) fn room(&self) -> Notified<'_> {
        self.room.notified()
    }

    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    fn max_bytes(&self) -> usize {
        // A memory limiter may set the limit after this was built.
        let share = self.budget.limit() / SHARE_OF_BUDGET;
        usize::try_from(share).unwrap_or(usize::MAX).max(MIN_BYTES)
    }
}
