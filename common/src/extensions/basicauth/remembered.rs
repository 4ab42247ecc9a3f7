//! What was found out about credentials a short while ago.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::extensions::keyed_digest::KeyedDigest;

/// Credentials that are known to be right, or wrong.
pub(super) struct Remembered {
    until: HashMap<KeyedDigest, Instant>,
    life: Duration,
    most: usize,
}

impl Remembered {
    /// Remembers at most so many, each for so long.
    pub(super) fn new(life: Duration, most: usize) -> Self {
        Self { until: HashMap::new(), life, most }
    }

    /// Whether these are remembered.
    pub(super) fn has(&self, digest: KeyedDigest) -> bool {
        self.until.get(&digest).is_some_and(|until| *until > Instant::now())
    }

    /// Remembers these from now on, and forgets the oldest if there are too many.
    pub(super) fn note(&mut self, digest: KeyedDigest) {
        let now = Instant::now();
        if self.until.len() >= self.most && !self.until.contains_key(&digest) {
            self.until.retain(|_, until| *until > now);
        }
        if self.until.len() >= self.most && !self.until.contains_key(&digest) {
            let oldest = self.until.iter().min_by_key(|(_, until)| **until);
            if let Some(oldest) = oldest.map(|(digest, _)| *digest) {
                self.until.remove(&oldest);
            }
        }
        self.until.insert(digest, now + self.life);
    }
}
