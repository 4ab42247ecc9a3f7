//! The counters behind a budget.

use std::{
    any::Any,
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

use super::{OverBudget, holder::Holder, limit::Limits};
use crate::signal::{Signal, SignalSet};

/// What part of the limit is a signal's own where others run beside it.
const SHARES_IN_LIMIT: u64 = 5;
/// What part of the limit intake leaves to what must go on.
const RESERVES_IN_LIMIT: u64 = 8;

#[derive(Debug)]
pub(super) struct Account {
    pub(super) limits: Limits,
    used: AtomicU64,
    peak: AtomicU64,
    /// What was taken without asking.
    draining: AtomicU64,
    /// What each signal uses, and a bit for each that has a share.
    used_by: [AtomicU64; 3],
    guaranteed: AtomicU8,
    guards: Mutex<HashMap<String, Weak<dyn Any + Send + Sync>>>,
}

impl Account {
    pub(super) fn new(limit_bytes: u64) -> Self {
        Self {
            limits: Limits::new(limit_bytes),
            used: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            draining: AtomicU64::new(0),
            used_by: Default::default(),
            guaranteed: AtomicU8::new(0),
            guards: Mutex::default(),
        }
    }

    pub(super) fn guarantee(&self, signals: SignalSet) {
        let bits = signals.iter().fold(0, |bits, signal| bits | bit(signal));
        let is_shared = signals.iter().count() > 1;
        self.guaranteed.store(if is_shared { bits } else { 0 }, Ordering::Relaxed);
    }

    /// Takes bytes if there is room.
    pub(super) fn claim(&self, holder: &Holder, asked: u64) -> Result<(), OverBudget> {
        let limit = self.limits.now();
        let kept = self.kept_for_others(holder.signal, limit) + self.kept_for_draining(limit);
        let room = limit.saturating_sub(kept);
        let before = self.used.fetch_add(asked, Ordering::Relaxed);
        let after = before.saturating_add(asked);
        let has_room = after <= room
            && holder.connection.as_ref().is_none_or(|it| it.claim(asked, room - after));
        if !has_room {
            self.used.fetch_sub(asked, Ordering::Relaxed);
            return Err(OverBudget { asked, used: before, limit });
        }
        self.note(holder, asked, before);
        Ok(())
    }

    /// Takes bytes without asking.
    pub(super) fn force(&self, holder: &Holder, asked: u64) {
        let before = self.used.fetch_add(asked, Ordering::Relaxed);
        self.note(holder, asked, before);
    }

    fn note(&self, holder: &Holder, asked: u64, before: u64) {
        if let Some(used) = self.used_by(holder.signal) {
            used.fetch_add(asked, Ordering::Relaxed);
        }
        if holder.drains {
            self.draining.fetch_add(asked, Ordering::Relaxed);
        }
        self.peak.fetch_max(before.saturating_add(asked), Ordering::Relaxed);
    }

    pub(super) fn give_back(&self, holder: &Holder, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(used) = self.used_by(holder.signal) {
            used.fetch_sub(bytes, Ordering::Relaxed);
        }
        if holder.drains {
            self.draining.fetch_sub(bytes, Ordering::Relaxed);
        }
        if let Some(connection) = &holder.connection {
            connection.give_back(bytes);
        }
    }

    /// What intake may still claim, all signals together.
    pub(super) fn free(&self) -> u64 {
        let limit = self.limits.now();
        limit.saturating_sub(self.kept_for_draining(limit)).saturating_sub(self.used())
    }

    /// What is left of the reserve.
    fn kept_for_draining(&self, limit: u64) -> u64 {
        (limit / RESERVES_IN_LIMIT).saturating_sub(self.draining.load(Ordering::Relaxed))
    }

    /// What other signals have not used of their shares.
    fn kept_for_others(&self, signal: Option<Signal>, limit: u64) -> u64 {
        let guaranteed = self.guaranteed.load(Ordering::Relaxed);
        if guaranteed == 0 {
            return 0;
        }
        let share = limit / SHARES_IN_LIMIT;
        let others = Signal::ALL.into_iter().zip(&self.used_by);
        others
            .filter(|(other, _)| Some(*other) != signal && guaranteed & bit(*other) != 0)
            .map(|(_, used)| share.saturating_sub(used.load(Ordering::Relaxed)))
            .sum()
    }

    fn used_by(&self, signal: Option<Signal>) -> Option<&AtomicU64> {
        self.used_by.get(signal? as usize)
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    pub(super) fn shared_guard<T: Any + Send + Sync>(
        &self,
        name: &str,
        fits: impl FnOnce(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        let mut guards = self.guards.lock();
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
}

const fn bit(signal: Signal) -> u8 {
    1 << signal as u8
}
