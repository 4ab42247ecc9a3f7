//! The bytes that a collector holds, counted from the first byte of a request to its last holder.
//!
//! A [`Budget`] is an atomic counter with a limit. Intake reserves before it reads and never waits
//! while it holds; what is reserved is a [`Charge`], given back when its last clone is dropped. Where
//! several signals run in one process, each has a share that the others cannot take; a connection that
//! holds more than four times what is free is refused while others are not; and an eighth of the limit
//! is kept from intake for what must go on ([`Budget::take`]), so that a full budget can empty.

mod account;
mod holder;
mod limit;

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use self::{account::Account, holder::Holder};
pub use self::{holder::Connection, limit::LimitGuard};
use crate::signal::{Signal, SignalSet};

/// A limit on held bytes, shared by everything that holds payloads of a collector.
///
/// Cloning shares the counter; [`Budget::of`] is the same budget as one signal may use it, and
/// [`Budget::of_connection`] as one connection may.
#[derive(Clone, Debug)]
pub struct Budget {
    account: Arc<Account>,
    holder: Holder,
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
        Self { account: Arc::new(Account::new(limit_bytes)), holder: Holder::default() }
    }

    /// The same budget for bytes of one signal, which leave the guaranteed shares of others alone.
    #[must_use]
    pub fn of(&self, signal: Signal) -> Self {
        let holder = Holder { signal: Some(signal), ..self.holder.clone() };
        Self { account: Arc::clone(&self.account), holder }
    }

    /// The same budget for bytes that come over one connection, which may hold at most four times what
    /// stays free beside it.
    ///
    /// So one that sends more than goes out leaves a fifth of the room to others, and however many such
    /// there are, they come to hold the same, and one that holds less is admitted where they are refused.
    /// Nothing counts or looks up connections for that.
    #[must_use]
    pub fn of_connection(&self, connection: &Connection) -> Self {
        let holder = Holder { connection: Some(connection.clone()), ..self.holder.clone() };
        Self { account: Arc::clone(&self.account), holder }
    }

    /// Guarantees each of these signals a fifth of the limit, if there is more than one.
    pub fn guarantee(&self, signals: SignalSet) {
        self.account.guarantee(signals);
    }

    /// What several stages use to guard this budget together: the guard of that name if `fits` says so,
    /// else a new one.
    pub fn shared_guard<T: Any + Send + Sync>(
        &self,
        name: &str,
        fits: impl FnOnce(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        self.account.shared_guard(name, fits, make)
    }

    /// Takes bytes from the budget, or says that there is no room. Never waits.
    ///
    /// # Errors
    /// [`OverBudget`] if what is kept for draining, the unused share of another signal, or what a
    /// connection may hold would be passed.
    pub fn reserve(&self, bytes: usize) -> Result<Charge, OverBudget> {
        let asked = bytes as u64;
        self.account.claim(&self.holder, asked)?;
        Ok(self.held(self.holder.clone(), asked))
    }

    /// Takes bytes whatever the limit, for what must go on so that a full budget can empty: data
    /// read back from disk, a copy made for sending. Whoever takes bounds how much that is at once; up
    /// to an eighth of the limit is kept for it, and what is over that is taken from intake.
    #[must_use]
    pub fn take(&self, bytes: usize) -> Charge {
        let asked = bytes as u64;
        let holder = self.holder.for_draining();
        self.account.force(&holder, asked);
        self.held(holder, asked)
    }

    fn held(&self, holder: Holder, bytes: u64) -> Charge {
        let account = Arc::clone(&self.account);
        Charge(Some(Arc::new(Held { account, holder, bytes: AtomicU64::new(bytes) })))
    }

    /// Changes the limit that holds while nobody sets another with [`Budget::limit_to`]; what is held
    /// already stays held.
    pub fn set_limit(&self, limit_bytes: u64) {
        self.account.limits.set_base(limit_bytes);
    }

    /// Sets a limit for as long as the guard lives. Of several, the lowest holds.
    #[must_use]
    pub fn limit_to(&self, limit_bytes: u64) -> LimitGuard {
        LimitGuard::new(Arc::clone(&self.account), limit_bytes)
    }

    /// The limit in bytes, of which an eighth is kept for what must go on.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.account.limits.now()
    }

    /// Bytes held now, of all signals.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.account.used()
    }

    /// The most bytes that were ever held at once.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.account.peak()
    }

    /// Whether three quarters are used, so that whoever holds something without need should let go.
    #[must_use]
    pub fn is_pressed(&self) -> bool {
        self.used() >= self.limit() / 4 * 3
    }

    /// Whether one holder among several, such as a queue, may come to hold so many bytes of what is
    /// charged already: no more than twice what is free. So one that does not empty leaves a third of
    /// the room to the others.
    #[must_use]
    pub fn allows_holding(&self, bytes: u64) -> bool {
        bytes <= self.account.free().saturating_mul(2)
    }
}

/// Bytes taken from a [`Budget`]; clones share them, and the last one gives them back.
#[derive(Clone, Debug, Default)]
pub struct Charge(Option<Arc<Held>>);

#[derive(Debug)]
struct Held {
    account: Arc<Account>,
    holder: Holder,
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
    /// [`OverBudget`] if there is no room; the charge is then unchanged.
    pub fn grow(&self, more_bytes: usize) -> Result<(), OverBudget> {
        let Some(held) = &self.0 else { return Ok(()) };
        let asked = more_bytes as u64;
        held.account.claim(&held.holder, asked)?;
        held.bytes.fetch_add(asked, Ordering::Relaxed);
        Ok(())
    }

    /// Lowers the charge to so many bytes, if it is higher.
    pub fn shrink_to(&self, bytes: usize) {
        let Some(held) = &self.0 else { return };
        let before = held.bytes.fetch_min(bytes as u64, Ordering::Relaxed);
        held.account.give_back(&held.holder, before.saturating_sub(bytes as u64));
    }

    /// Takes bytes from the same budget whatever its limit, for a copy made of what is charged here.
    #[must_use]
    pub fn beside(&self, bytes: usize) -> Self {
        let Some(held) = &self.0 else { return Self::NONE };
        Budget { account: Arc::clone(&held.account), holder: held.holder.clone() }.take(bytes)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.account.give_back(&self.holder, *self.bytes.get_mut());
    }
}

#[cfg(test)]
mod tests;
