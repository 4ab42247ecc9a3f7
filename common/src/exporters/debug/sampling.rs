//! Leaves records out when the same text comes too often.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use parking_lot::Mutex;
use tokio::time::{Duration, Instant};

/// Texts share counters by their hash, so that memory is bounded.
const COUNTERS: usize = 4096;
const TICK: Duration = Duration::from_secs(1);

/// Lets the first records of each text and second through, then every so many-th.
#[derive(Debug)]
pub(super) struct Sampler {
    initial: u64,
    thereafter: u64,
    /// When a counter's second began and what it counted since; nothing if all are let through.
    counters: Option<Mutex<Vec<(Instant, u64)>>>,
}

impl Sampler {
    pub(super) fn new(initial: u64, thereafter: u64) -> Self {
        let counters = (thereafter != 1).then(|| Mutex::new(vec![(Instant::now(), 0); COUNTERS]));
        Self { initial, thereafter, counters }
    }

    /// Counts a record, and says whether it is printed.
    pub(super) fn is_due(&self, text: &str) -> bool {
        let Some(counters) = &self.counters else {
            return true;
        };
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(text);
        let mut counters = counters.lock();
        let Some((began, count)) = counters.get_mut(hash as usize % COUNTERS) else {
            return true;
        };
        if began.elapsed() >= TICK {
            (*began, *count) = (Instant::now(), 0);
        }
        *count += 1;
        match count.checked_sub(self.initial) {
            None | Some(0) => true,
            Some(over) => self.thereafter != 0 && over % self.thereafter == 0,
        }
    }
}
