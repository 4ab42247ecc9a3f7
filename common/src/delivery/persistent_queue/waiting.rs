//! Parcels that wait for their next try, and whether others may be tried meanwhile.
//!
//! A parcel that waits takes no consumer, so that one which the backend never takes holds nobody up.
//! But when nothing at all is taken, the backend is away, and to try the whole queue on it would help
//! nobody: then, beside those that wait, only one new parcel is tried in each interval.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::parcel::Parcel;

/// How many parcels wait at most. Without their bytes they are small.
const MAX_WAITING: usize = 1024;
/// So many failures in a row may be the fault of single parcels.
const FEW: usize = 10;

#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// By the time of the next try, and a number that tells parcels of the same time apart.
    parcels: BTreeMap<(Instant, u64), Parcel>,
    count: u64,
    /// Failures since something was taken.
    failures: usize,
    next_probe: Option<Instant>,
}

impl Waiting {
    pub(super) fn put(&mut self, parcel: Parcel, due: Instant) {
        self.count += 1;
        self.parcels.insert((due, self.count), parcel);
    }

    /// How large the parcel is that [`Waiting::take_due`] would give.
    pub(super) fn due_bytes(&self, now: Instant) -> usize {
        let first = self.parcels.first_key_value().filter(|((due, _), _)| *due <= now);
        first.map_or(0, |(_, parcel)| parcel.bytes)
    }

    pub(super) fn take_due(&mut self, now: Instant) -> Option<Parcel> {
        let first = self.parcels.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(first.remove())
    }

    /// When something can be tried that cannot be now.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let due = self.parcels.first_key_value().map(|((due, _), _)| *due);
        due.into_iter().chain(self.next_probe).min()
    }

    /// Notes that the backend takes nothing now; after as many failures as there are consumers, and some,
    /// it is probed only.
    pub(super) fn note_failure(&mut self, consumers: usize, now: Instant, interval: Duration) {
        self.failures += 1;
        if self.failures >= consumers.max(FEW) && self.next_probe.is_none() {
            self.next_probe = now.checked_add(interval);
        }
    }

    /// Notes that the backend answers. After an outage those that wait need not wait longer than
    /// `within`.
    pub(super) fn note_success(&mut self, now: Instant, within: Duration) {
        self.failures = 0;
        if self.next_probe.take().is_none() {
            return;
        }
        for ((due, count), parcel) in std::mem::take(&mut self.parcels) {
            let spread = within.mul_f64(fastrand::f64());
            self.parcels.insert((due.min(now + spread), count), parcel);
        }
    }

    /// Whether what was not tried yet may be tried now.
    pub(super) fn allows_new(&self, now: Instant) -> bool {
        self.parcels.len() < MAX_WAITING && self.next_probe.is_none_or(|probe| probe <= now)
    }

    /// Notes that something new is tried.
    pub(super) fn note_new(&mut self, now: Instant, interval: Duration) {
        if self.next_probe.is_some() {
            self.next_probe = now.checked_add(interval);
        }
    }
}

#[cfg(test)]
mod tests;
