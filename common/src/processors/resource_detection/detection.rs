//! Runs the detectors, all at once, each until it succeeds or runs out of time.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    attempt::{Attempt, Failure, FailureKind, Machine, Outcome},
    detected::Detected,
    known::{self, Known},
    settings::{ResourceDetectionConfig, Wanted},
};
use crate::telemetry::metrics::{self, Metrics};

/// A detector minds its deadline by itself; this is for one that cannot.
const SLACK: Duration = Duration::from_millis(250);

/// Detects what the settings ask for.
pub(super) struct Detection {
    pub(super) config: ResourceDetectionConfig,
    pub(super) machine: Machine,
    pub(super) metrics: Metrics,
}

impl Detection {
    /// What all detectors found.
    ///
    /// # Errors
    /// Which of them failed, and why.
    pub(super) async fn run(&self) -> Result<Detected, String> {
        let known = self.config.named().filter_map(known::find);
        let runs = known.map(|known| async move { (known.name, self.detect(known).await) });
        let mut merged = Detected::default();
        let mut errors = Vec::new();
        for (name, outcome) in join_all(runs).await {
            match outcome {
                Ok(found) => merged.merge(found),
                Err(failure) => errors.push(format!("{name}: {}", failure.message)),
            }
        }
        if !errors.is_empty() {
            return Err(errors.join("; "));
        }
        if !self.config.attributes.is_empty() {
            merged.attributes.retain(|(name, _)| self.config.attributes.contains(name));
        }
        Ok(merged)
    }

    async fn detect(&self, known: &'static Known) -> Outcome {
        let start = Instant::now();
        let outcome = self.detect_again_and_again(known, start).await;
        let word = if outcome.is_ok() { "success" } else { "failure" };
        let values = [known.name, word];
        let duration = self.metrics.histogram(&metrics::DETECTOR_DURATION, &values);
        duration.observe(start.elapsed().as_secs_f64());
        let kind = outcome.as_ref().err().map(|failure| ("error_type", failure.kind.label()));
        self.metrics.counter_with(&metrics::DETECTOR_RESULTS, &values, kind.as_slice()).inc();
        outcome
    }

    async fn detect_again_and_again(&self, known: &'static Known, start: Instant) -> Outcome {
        let retry = &self.config.retry;
        let timeout = self.config.timeout.get();
        let limit = match (retry.enabled, retry.max_elapsed_time.get()) {
            (true, Duration::ZERO) | (false, _) => timeout,
            (true, limit) => limit,
        };
        let end = (!limit.is_zero()).then(|| start + limit);
        let mut waits = retry.backoff().waits();
        loop {
            let own = (!timeout.is_zero()).then(|| Instant::now() + timeout);
            let deadline = end.into_iter().chain(own).min();
            let failure = match self.attempt(known, deadline).await {
                Ok(found) => return Ok(found),
                Err(failure) => failure,
            };
            let wait = waits.next_wait(None);
            let has_time = end.is_none_or(|end| Instant::now() + wait < end);
            if !retry.enabled || failure.kind == FailureKind::Invalid || !has_time {
                return Err(failure);
            }
            let (detector, error) = (known.name, &failure.message);
            tracing::warn!(detector, error, retry_in = ?wait, "failed to detect the resource");
            sleep(wait).await;
        }
    }

    async fn attempt(&self, known: &'static Known, deadline: Option<Instant>) -> Outcome {
        let section = (known.section)(&self.config);
        let wanted = Wanted::new(known.attributes, section.map(|section| section.switches()));
        let is_required = self.config.fail_on_missing_metadata
            || section.is_some_and(|section| section.is_required());
        let attempt = Attempt { machine: &self.machine, wanted, is_required, deadline };
        let run = (known.detect)(&self.config, &attempt);
        let outcome = match deadline {
            None => run.await,
            Some(deadline) => timeout_at(deadline + SLACK, run).await.unwrap_or_else(|_| {
                let message = "it did not come to an end in time".to_owned();
                Err(Failure { message, kind: FailureKind::Timeout })
            }),
        };
        outcome.map(|found| found.only(wanted))
    }
}
