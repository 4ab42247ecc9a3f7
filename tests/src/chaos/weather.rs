//! How a backend may behave.

use std::{ops::Range, time::Duration};

/// What a backend does with the requests that reach it.
#[derive(Clone, Debug)]
pub enum Weather {
    /// Takes them.
    Fine,
    /// Takes them, and says so late.
    Slow(Duration),
    /// Reads them and never answers.
    BlackHole,
    /// Refuses them.
    Refuse {
        /// The gRPC code.
        code: u32,
        /// The delay in `RetryInfo`.
        retry_after: Option<Duration>,
    },
    /// Closes the connection while a request comes in.
    Reset,
    /// Takes them, and closes the connection instead of saying so.
    Amnesia,
    /// Takes all but the first few of each.
    Partial(usize),
    /// Refuses requests of more than so many bytes with `RESOURCE_EXHAUSTED`, as a gRPC server does.
    AtMost(usize),
    /// Refuses with `UNAVAILABLE` what has one of these items.
    Poisoned(Range<u64>),
    /// One of these for each request.
    OneOf(Vec<Self>),
}

impl Weather {
    /// `UNAVAILABLE` without a hint.
    pub const UNAVAILABLE: Self = Self::Refuse { code: 14, retry_after: None };

    /// Whether a code asks for another try (OTLP specification, "Failures").
    #[must_use]
    pub const fn is_retryable(code: u32, has_retry_info: bool) -> bool {
        matches!(code, 1 | 4 | 10 | 11 | 14 | 15) || code == 8 && has_retry_info
    }

    /// Every refusal that asks for another try, with and without a delay.
    #[must_use]
    pub fn retryable_refusals() -> Vec<Self> {
        let delays = [None, Some(Duration::from_millis(30))];
        let all = (1..=16).flat_map(|code| delays.map(|retry_after| (code, retry_after)));
        all.filter(|(code, retry_after)| Self::is_retryable(*code, retry_after.is_some()))
            .map(|(code, retry_after)| Self::Refuse { code, retry_after })
            .collect()
    }

    /// Every refusal that is final.
    #[must_use]
    pub fn permanent_refusals() -> Vec<Self> {
        let codes = (1..=16).filter(|code| !Self::is_retryable(*code, false));
        codes.map(|code| Self::Refuse { code, retry_after: None }).collect()
    }
}
