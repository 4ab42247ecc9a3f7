//! `retry_on_failure`: the waits between attempts, and how long there are any.

use serde::{Deserialize, Serialize};

use crate::{
    pipeline::Backoff,
    settings::{Duration, Issues},
};

/// `retry_on_failure` as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetryKeys {
    /// Whether a failed attempt is followed by another.
    pub enabled: bool,
    /// The first wait.
    pub initial_interval: Duration,
    /// How far a wait is spread, 0 to 1.
    pub randomization_factor: f64,
    /// What a wait is multiplied with to get the next.
    pub multiplier: f64,
    /// The longest wait before it is spread.
    pub max_interval: Duration,
    /// How long one payload is tried; zero for ever. By itself 5 minutes, and for ever if the queue is
    /// durable.
    pub max_elapsed_time: Option<Duration>,
}

impl Default for RetryKeys {
    fn default() -> Self {
        let RetrySettings {
            enabled,
            initial_interval,
            randomization_factor,
            multiplier,
            max_interval,
            max_elapsed_time: _,
        } = RetrySettings::default();
        Self {
            enabled,
            initial_interval,
            randomization_factor,
            multiplier,
            max_interval,
            max_elapsed_time: None,
        }
    }
}

impl RetryKeys {
    pub(super) fn settle(self, is_durable: bool) -> RetrySettings {
        let default = RetrySettings::default().max_elapsed_time;
        let limit = if is_durable { Duration::ZERO } else { default };
        RetrySettings {
            enabled: self.enabled,
            initial_interval: self.initial_interval,
            randomization_factor: self.randomization_factor,
            multiplier: self.multiplier,
            max_interval: self.max_interval,
            max_elapsed_time: self.max_elapsed_time.unwrap_or(limit),
        }
    }
}

/// `retry_on_failure`: waits between attempts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RetrySettings {
    /// Whether a failed attempt is followed by another.
    pub enabled: bool,
    /// The first wait.
    pub initial_interval: Duration,
    /// How far a wait is spread, 0 to 1.
    pub randomization_factor: f64,
    /// What a wait is multiplied with to get the next.
    pub multiplier: f64,
    /// The longest wait before it is spread.
    pub max_interval: Duration,
    /// How long one payload is tried; zero for ever.
    pub max_elapsed_time: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            initial_interval: Duration::from_secs(5),
            randomization_factor: 0.5,
            multiplier: 1.5,
            max_interval: Duration::from_secs(30),
            max_elapsed_time: Duration::from_secs(300),
        }
    }
}

impl RetrySettings {
    /// The waits that they describe.
    #[must_use]
    pub fn backoff(&self) -> Backoff {
        Backoff {
            initial: self.initial_interval.get(),
            multiplier: self.multiplier,
            max: self.max_interval.get(),
            randomization: self.randomization_factor,
        }
    }

    /// Whether a payload that was tried for so long is given up.
    #[must_use]
    pub fn is_over(&self, elapsed: std::time::Duration) -> bool {
        let limit = self.max_elapsed_time.get();
        !limit.is_zero() && elapsed > limit
    }

    pub(super) fn validate(&self, issues: &mut Issues) {
        let mut error = |message: &str| issues.error("retry_on_failure", message);
        if self.initial_interval.is_negative() {
            error("'initial_interval' must be non-negative");
        }
        if !(0.0..=1.0).contains(&self.randomization_factor) {
            error("'randomization_factor' must be within [0, 1]");
        }
        if self.multiplier.is_nan() || self.multiplier < 0.0 {
            error("'multiplier' must be non-negative");
        }
        if self.max_interval.is_negative() {
            error("'max_interval' must be non-negative");
        }
        if self.max_elapsed_time.is_negative() {
            error("'max_elapsed_time' must be non-negative");
        }
        if self.max_elapsed_time > Duration::ZERO {
            if self.max_elapsed_time < self.initial_interval {
                error("'max_elapsed_time' must not be less than 'initial_interval'");
            }
            if self.max_elapsed_time < self.max_interval {
                error("'max_elapsed_time' must not be less than 'max_interval'");
            }
        }
    }
}
