//! Thins out repeated records.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use tokio::time::Instant;
use tracing::Level;

use super::Sampling;

/// Distinct messages that are counted at once. When there are more, counting starts anew, so that
/// some are written too often rather than not at all.
const MAX_MESSAGES: usize = 4096;

#[derive(Debug)]
pub(super) struct Sampler {
    sampling: Sampling,
    hasher: RandomState,
    windows: HashMap<u64, Window>,
}

#[derive(Debug)]
struct Window {
    ends: Instant,
    records: u64,
}

impl Sampler {
    pub(super) fn new(sampling: Sampling) -> Self {
        Self { sampling, hasher: RandomState::new(), windows: HashMap::new() }
    }

    /// Whether a record is written; each call counts as one.
    pub(super) fn admits(&mut self, level: Level, message: &str, now: Instant) -> bool {
        let Sampling { tick, initial, thereafter } = self.sampling;
        if self.windows.len() >= MAX_MESSAGES {
            self.windows.retain(|_, window| window.ends > now);
        }
        if self.windows.len() >= MAX_MESSAGES {
            self.windows.clear();
        }
        let key = self.hasher.hash_one((level, message));
        let fresh = || Window { ends: now + tick, records: 0 };
        let window = self.windows.entry(key).or_insert_with(fresh);
        if window.ends <= now {
            *window = fresh();
        }
        window.records += 1;
        match window.records.checked_sub(initial) {
            None | Some(0) => true,
            Some(beyond) => thereafter > 0 && beyond % thereafter == 0,
        }
    }
}

#[cfg(test)]
mod tests;
