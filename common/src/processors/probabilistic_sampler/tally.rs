//! How many items were kept and dropped, and by what.

use super::sampler::{Failure, Outcome};
use crate::{
    signal::Signal,
    telemetry::{Counter, Metrics, metrics},
};

const POLICIES: usize = 6;

/// The counts of one payload.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Dropped and kept, per policy.
    decided: [[u64; 2]; POLICIES],
    first_failure: Option<Failure>,
    failures: u64,
}

impl Tally {
    pub(super) fn note(&mut self, outcome: &Outcome) {
        let count = self.decided.get_mut(outcome.policy as usize);
        if let Some(count) = count.and_then(|both| both.get_mut(usize::from(outcome.is_kept))) {
            *count += 1;
        }
        self.failures += u64::from(outcome.failure.is_some());
        self.first_failure = self.first_failure.or(outcome.failure);
    }

    /// What was wrong with the first item that could not be sampled, and how many there were.
    pub(super) fn failed(&self) -> Option<(Failure, u64)> {
        self.first_failure.map(|failure| (failure, self.failures))
    }
}

/// The counts of a processor.
#[derive(Debug)]
pub(super) struct Counts([[Counter; 2]; POLICIES]);

impl Counts {
    pub(super) fn new(own: &Metrics, signal: Signal, from_attribute: &str) -> Self {
        let metric = match signal {
            Signal::Logs => &metrics::PROBABILISTIC_SAMPLER_LOGS,
            _ => &metrics::PROBABILISTIC_SAMPLER_TRACES,
        };
        // In the order of `Policy`.
        let policies = [
            "trace_id_hash",
            "trace_id_w3c",
            "sampling_randomness",
            "sampling_priority",
            "missing_randomness",
            from_attribute,
        ];
        Self(policies.map(|policy| {
            ["false", "true"].map(|is_sampled| own.counter(metric, &[policy, is_sampled]))
        }))
    }

    pub(super) fn add(&self, tally: &Tally) {
        for (counters, counts) in self.0.iter().zip(&tally.decided) {
            for (counter, count) in counters.iter().zip(counts) {
                counter.inc_by(*count);
            }
        }
    }
}
