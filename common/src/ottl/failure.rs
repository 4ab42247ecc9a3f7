//! Why a statement could not be run on one item.

use std::{borrow::Cow, fmt};

use super::value::Mismatch;

/// Why a statement could not be run. What happens then is said by the error mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    message: Message,
}

// Most failures are of few kinds, and are thrown away unread with `error_mode: silent`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Message {
    Text(Cow<'static, str>),
    Mismatch(Mismatch),
}

impl Failure {
    /// A failure; lower case, no full stop.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: Message::Text(message.into()) }
    }
}

impl From<Mismatch> for Failure {
    fn from(mismatch: Mismatch) -> Self {
        Self { message: Message::Mismatch(mismatch) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Message::Text(text) => f.write_str(text),
            Message::Mismatch(mismatch) => mismatch.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}
