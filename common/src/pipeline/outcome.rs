//! The one answer that every payload gets, and that travels back to the client.

use std::{borrow::Cow, time::Duration};

/// What a stage answers for a payload.
pub type Outcome = Result<Accepted, Rejected>;

/// The next holder took responsibility for the payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Items that a backend refused for good while it took the rest (OTLP partial success).
    pub refused_items: u64,
    /// What the backend said of them; empty if it said nothing.
    pub message: Cow<'static, str>,
}

impl Accepted {
    /// Everything was taken.
    pub const FULLY: Self = Self { refused_items: 0, message: Cow::Borrowed("") };

    /// Joins the answers for two parts of one payload.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.refused_items += other.refused_items;
        if self.message.is_empty() {
            self.message = other.message;
        }
        self
    }
}

/// Nobody took the payload; whoever offered it still holds it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejected {
    /// Why, for the code table and the counters.
    pub reason: Reason,
    /// Why, for people: lower case, no full stop, with the setting and the value.
    pub message: Cow<'static, str>,
    /// When another try makes sense, if that is known.
    pub retry_after: Option<Duration>,
}

impl Rejected {
    /// A rejection without a retry hint.
    pub fn new(reason: Reason, message: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, message: message.into(), retry_after: None }
    }

    /// One rejection out of several: what one branch may take later is worth another try, although
    /// others will refuse it again.
    #[must_use]
    pub fn of_several(refusals: &[&Self]) -> Self {
        let retryable = refusals.iter().find(|rejected| rejected.is_retryable());
        let Some(leader) = retryable.or(refusals.first()) else {
            return Self::new(Reason::Unavailable, "no exporter takes this signal now");
        };
        let mut messages: Vec<&str> = Vec::new();
        for rejected in refusals {
            if !messages.contains(&&*rejected.message) {
                messages.push(&rejected.message);
            }
        }
        Self {
            reason: leader.reason,
            message: messages.join("; ").into(),
            retry_after: refusals.iter().filter_map(|rejected| rejected.retry_after).max(),
        }
    }

    /// The same with a hint when to try again.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Whether the same payload may be taken later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.reason.is_retryable()
    }
}

/// Why a payload was rejected. Closed, because `net::status` maps each to a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The bytes are not what they claim to be.
    Malformed,
    /// Over a size limit.
    TooLarge,
    /// No or wrong credentials.
    Unauthenticated,
    /// Credentials without the right.
    Forbidden,
    /// A signal, method, encoding or feature that is not there.
    Unsupported,
    /// A backend or stage refused this payload for good.
    Refused,
    /// No room now: a full queue, the memory limit.
    Overloaded,
    /// The next holder cannot be reached now.
    Unavailable,
    /// The next holder did not answer in time.
    TimedOut,
    /// The collector is going down.
    ShuttingDown,
    /// A fault of our own.
    Internal,
}

impl Reason {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 11] = [
        Self::Malformed,
        Self::TooLarge,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::Unsupported,
        Self::Refused,
        Self::Overloaded,
        Self::Unavailable,
        Self::TimedOut,
        Self::ShuttingDown,
        Self::Internal,
    ];

    /// Whether the same payload may be taken later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Overloaded | Self::Unavailable | Self::TimedOut | Self::ShuttingDown)
    }

    /// The word used as a metric label and in logs.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Unsupported => "unsupported",
            Self::Refused => "refused",
            Self::Overloaded => "overloaded",
            Self::Unavailable => "unavailable",
            Self::TimedOut => "timed_out",
            Self::ShuttingDown => "shutting_down",
            Self::Internal => "internal",
        }
    }

    /// A dense index, for tables with one place per reason.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}
