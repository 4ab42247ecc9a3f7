//! The limit of a budget, which several may want to lower.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;

use super::account::Account;

/// The limit that holds, and those that were asked for.
#[derive(Debug)]
pub(super) struct Limits {
    now: AtomicU64,
    asked: Mutex<Asked>,
}

#[derive(Debug)]
struct Asked {
    /// Holds while nobody asks for another.
    base: u64,
    by: Vec<u64>,
}

impl Limits {
    pub(super) fn new(base: u64) -> Self {
        Self { now: AtomicU64::new(base), asked: Mutex::new(Asked { base, by: Vec::new() }) }
    }

    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub(super) fn set_base(&self, bytes: u64) {
        self.change(|asked| asked.base = bytes);
    }

    fn change(&self, change: impl FnOnce(&mut Asked)) {
        let mut asked = self.asked.lock();
        change(&mut asked);
        let limit = asked.by.iter().copied().min().unwrap_or(asked.base);
        self.now.store(limit, Ordering::Relaxed);
    }
}

/// Keeps a budget at a limit until it is dropped.
#[derive(Debug)]
pub struct LimitGuard {
    account: Arc<Account>,
    bytes: u64,
}

impl LimitGuard {
    pub(super) fn new(account: Arc<Account>, bytes: u64) -> Self {
        account.limits.change(|asked| asked.by.push(bytes));
        Self { account, bytes }
    }
}

impl Drop for LimitGuard {
    fn drop(&mut self) {
        self.account.limits.change(|asked| {
            if let Some(place) = asked.by.iter().position(|bytes| *bytes == self.bytes) {
                asked.by.swap_remove(place);
            }
        });
    }
}
