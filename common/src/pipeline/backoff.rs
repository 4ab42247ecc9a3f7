//! How long to wait before the next try.

use std::time::Duration;

/// Waits that grow with each try and differ between senders, so that a backend which comes back is
/// not met by all of them at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The first wait.
    pub initial: Duration,
    /// What a wait is multiplied with to get the next.
    pub multiplier: f64,
    /// The longest wait before it is spread.
    pub max: Duration,
    /// How far a wait is spread, 0 to 1: a wait of 10 s and a factor of 0.5 give 5 to 15 s.
    pub randomization: f64,
}

impl Backoff {
    /// The waits between collectors' own stages, where nobody can set anything.
    pub const INTERNAL: Self = Self {
        initial: Duration::from_millis(50),
        multiplier: 2.0,
        max: Duration::from_secs(5),
        randomization: 0.5,
    };

    /// The waits, one after the other, without an end.
    #[must_use]
    pub fn waits(self) -> Waits {
        Waits { backoff: self, next: self.initial }
    }
}

/// The state of a [`Backoff`] for one payload.
#[derive(Clone, Debug)]
pub struct Waits {
    backoff: Backoff,
    next: Duration,
}

impl Waits {
    /// Whether these are the waits of that back-off.
    #[must_use]
    pub fn is_of(&self, backoff: Backoff) -> bool {
        self.backoff == backoff
    }

    /// The next wait; never shorter than what the other side asked for.
    pub fn next_wait(&mut self, retry_after: Option<Duration>) -> Duration {
        let wait = self.next.min(self.backoff.max);
        self.next = scale(wait, self.backoff.multiplier).min(self.backoff.max);
        let spread = self.backoff.randomization * (fastrand::f64() * 2.0 - 1.0);
        scale(wait, 1.0 + spread).max(retry_after.unwrap_or_default())
    }
}

// `Duration::mul_f64` panics on what settings may well hold: a huge multiplier.
fn scale(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests;
