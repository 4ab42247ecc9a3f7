//! Durations in buckets of 1.6% width, so that a run of any length costs the same memory.

use std::time::Duration;

/// Buckets for each doubling.
const STEPS: u32 = 64;
const BUCKETS: usize = 64 * STEPS as usize;

/// How often each duration was seen.
pub(crate) struct Histogram {
    counts: Vec<u32>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0 }
    }
}

impl Histogram {
    /// Adds one.
    pub(crate) fn record(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).max(1);
        if let Some(count) = self.counts.get_mut(bucket(nanos)) {
            *count += 1;
            self.total += 1;
        }
    }

    /// The duration below which so much of all lies, from 0 to 1; nothing if none was seen.
    pub(crate) fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = (share * self.total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= rank {
                return Some(Duration::from_nanos(upper_bound(bucket)));
            }
        }
        None
    }
}

fn bucket(nanos: u64) -> usize {
    let doubling = nanos.ilog2();
    let Some(shift) = doubling.checked_sub(STEPS.ilog2()) else {
        return nanos as usize;
    };
    let step = (nanos >> shift) - u64::from(STEPS);
    ((shift + 1) * STEPS) as usize + step as usize
}

fn upper_bound(bucket: usize) -> u64 {
    let (doubling, step) = (bucket as u64 / u64::from(STEPS), bucket as u64 % u64::from(STEPS));
    match doubling.checked_sub(1) {
        None => step,
        Some(shift) => ((u64::from(STEPS) + step + 1) << shift) - 1,
    }
}
