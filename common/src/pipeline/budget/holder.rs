//! On whose behalf bytes are held.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::signal::Signal;

/// How many times what is free a connection may hold. A few that want all of it then leave little
/// unused, and there is always room for one that holds nothing yet.
const TIMES_FREE: u64 = 4;

/// What came over one connection and is still held; cloning shares the count.
#[derive(Clone, Debug, Default)]
pub struct Connection(Arc<AtomicU64>);

impl Connection {
    /// Bytes held now.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts bytes if they leave enough free, where `free` is what is left beside them.
    pub(super) fn claim(&self, asked: u64, free: u64) -> bool {
        let held = self.0.fetch_add(asked, Ordering::Relaxed).saturating_add(asked);
        let is_fair = held <= free.saturating_mul(TIMES_FREE);
        if !is_fair {
            self.give_back(asked);
        }
        is_fair
    }

    pub(super) fn give_back(&self, bytes: u64) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Whom bytes count for.
#[derive(Clone, Debug, Default)]
pub(super) struct Holder {
    pub(super) signal: Option<Signal>,
    pub(super) connection: Option<Connection>,
    /// Whether they were taken so that others can be given back.
    pub(super) drains: bool,
}

impl Holder {
    /// The same for bytes that no client is to blame for.
    pub(super) const fn for_draining(&self) -> Self {
        Self { signal: self.signal, connection: None, drains: true }
    }
}
