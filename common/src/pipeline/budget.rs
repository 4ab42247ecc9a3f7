//! The bytes that a collector holds, counted from the first byte of a request to its last holder.
//!
//! A [`Budget`] is one atomic counter with a limit. Intake reserves before it reads and never waits
//! while it holds; what is reserved is a [`Charge`], given back when its last clone is dropped.

use std::{
    any::Any,
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

/// A limit on held bytes, shared by everything that holds payloads of a collector.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limit: AtomicU64,
    used: AtomicU64,
    peak: AtomicU64,
    guards: Mutex<HashMap<String, Weak<dyn Any + Send + Sync>>>,
}

/// The budget has no room for the bytes asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("memory budget of {limit} bytes is used up: {used} bytes held, {asked} more asked for")]
pub struct OverBudget {
    /// Bytes asked for.
    pub asked: u64,
    /// Bytes held at that moment.
    pub used: u64,
    /// The limit in bytes.
    pub limit: u64,
}

impl Budget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(limit_bytes: u64) -> Self {
        Self(Arc::new(Account {
            limit: AtomicU64::new(limit_bytes),
            used: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            guards: Mutex::default(),
        }))
    }

    /// What several stages use to guard this budget together: the guard of that name if `fits` says so,
    /// else a new one.
    pub fn shared_guard<T: Any + Send + Sync>(
        &self,
        name: &str,
        fits: impl FnOnce(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        let mut guards = self.0.guards.lock();
        let known = guards.get(name).and_then(Weak::upgrade);
        if let Some(guard) = known.and_then(|guard| guard.downcast::<T>().ok())
            && fits(&guard)
        {
            return guard;
        }
        let guard = Arc::new(make());
        let any: Arc<dyn Any + Send + Sync> = guard.clone();
        guards.retain(|_, guard| guard.strong_count() > 0);
        guards.insert(name.to_owned(), Arc::downgrade(&any));
        guard
    }

    /// Takes bytes from the budget, or says that there is no room. Never waits.
    ///
    /// # Errors
    /// [`OverBudget`] if the limit would be passed.
    pub fn reserve(&self, bytes: usize) -> Result<Charge, OverBudget> {
        let asked = bytes as u64;
        let limit = self.0.limit.load(Ordering::Relaxed);
        let before = self.0.used.fetch_add(asked, Ordering::Relaxed);
        if before.saturating_add(asked) > limit {
            self.0.used.fetch_sub(asked, Ordering::Relaxed);
            return Err(OverBudget { asked, used: before, limit });
        }
        self.0.peak.fetch_max(before + asked, Ordering::Relaxed);
        Ok(Charge(Some(Arc::new(Held {
            account: Arc::clone(&self.0),
            bytes: AtomicU64::new(asked),
        }))))
    }

    /// Takes bytes whatever the limit, for what must go on so that a full budget can empty: data
    /// read back from disk, a copy made for sending.
    #[must_use]
    pub fn take(&self, bytes: usize) -> Charge {
        let asked = bytes as u64;
        let before = self.0.used.fetch_add(asked, Ordering::Relaxed);
        self.0.peak.fetch_max(before + asked, Ordering::Relaxed);
        Charge(Some(Arc::new(Held { account: Arc::clone(&self.0), bytes: AtomicU64::new(asked) })))
    }

    /// Changes the limit; what is held already stays held.
    pub fn set_limit(&self, limit_bytes: u64) {
        self.0.limit.store(limit_bytes, Ordering::Relaxed);
    }

    /// The limit in bytes.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.0.limit.load(Ordering::Relaxed)
    }

    /// Bytes held now.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.0.used.load(Ordering::Relaxed)
    }

    /// The most bytes that were ever held at once.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.0.peak.load(Ordering::Relaxed)
    }
}

/// Bytes taken from a [`Budget`]; clones share them, and the last one gives them back.
#[derive(Clone, Debug, Default)]
pub struct Charge(Option<Arc<Held>>);

#[derive(Debug)]
struct Held {
    account: Arc<Account>,
    bytes: AtomicU64,
}

impl Charge {
    /// A charge of nothing, for payloads that no budget watches (tests, static data).
    pub const NONE: Self = Self(None);

    /// Bytes that this charge stands for.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.as_ref().map_or(0, |held| held.bytes.load(Ordering::Relaxed))
    }

    /// Raises the charge, for instance from the declared to the decompressed size.
    ///
    /// # Errors
    /// [`OverBudget`] if the limit would be passed; the charge is then unchanged.
    pub fn grow(&self, more_bytes: usize) -> Result<(), OverBudget> {
        let Some(held) = &self.0 else { return Ok(()) };
        let asked = more_bytes as u64;
        let limit = held.account.limit.load(Ordering::Relaxed);
        let before = held.account.used.fetch_add(asked, Ordering::Relaxed);
        if before.saturating_add(asked) > limit {
            held.account.used.fetch_sub(asked, Ordering::Relaxed);
            return Err(OverBudget { asked, used: before, limit });
        }
        held.account.peak.fetch_max(before + asked, Ordering::Relaxed);
        held.bytes.fetch_add(asked, Ordering::Relaxed);
        Ok(())
    }

    /// Lowers the charge to so many bytes, if it is higher.
    pub fn shrink_to(&self, bytes: usize) {
        let Some(held) = &self.0 else { return };
        let before = held.bytes.fetch_min(bytes as u64, Ordering::Relaxed);
        let surplus = before.saturating_sub(bytes as u64);
        held.account.used.fetch_sub(surplus, Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.account.used.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
