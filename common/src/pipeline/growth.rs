//! Charges what an edit adds to a payload.

use std::time::Duration;

use bytes::Bytes;
use smallvec::SmallVec;

use super::{Charge, Payload, Reason, Rejected};
use crate::otlp::edit::Draft;

/// What an edit may add without asking: so many times the payload's size, or at least this. Else what
/// a batch holds could not leave it while the budget is full.
const FREE_TIMES: usize = 4;
const MIN_FREE_BYTES: usize = 1 << 20;
/// What more than that is asked for in steps of this.
const STEP_BYTES: usize = 64 << 10;
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Counts what an edit adds to a payload, so that a small request of many tiny parts cannot become one
/// that memory does not hold.
#[derive(Debug)]
pub struct Growth {
    charge: Charge,
    allowed: usize,
    claimed: usize,
    added: usize,
    is_refused: bool,
}

impl Growth {
    /// Starts an edit of a payload.
    #[must_use]
    pub fn of(payload: &Payload) -> Self {
        Self {
            charge: payload.charges().first().cloned().unwrap_or_default(),
            allowed: payload.size().saturating_mul(FREE_TIMES).max(MIN_FREE_BYTES),
            claimed: 0,
            added: 0,
            is_refused: false,
        }
    }

    /// Notes bytes that are added. Returns false if there is no room for them and the edit should end.
    pub fn add(&mut self, bytes: usize) -> bool {
        self.added = self.added.saturating_add(bytes);
        if self.added > self.allowed && !self.is_refused {
            let more = (self.added - self.allowed).max(STEP_BYTES);
            if self.charge.grow(more).is_ok() {
                self.allowed += more;
                self.claimed += more;
            } else {
                self.is_refused = true;
            }
        }
        !self.is_refused
    }

    /// Lets a function edit a message, and notes what that adds.
    pub fn edit<'m, R>(
        &mut self,
        message: &mut Draft<'m>,
        edit: impl FnOnce(&mut Draft<'m>) -> R,
    ) -> R {
        let before = message.len();
        let result = edit(message);
        self.add(message.len().saturating_sub(before));
        result
    }

    /// Whether there was room for all that was added.
    ///
    /// # Errors
    /// [`Rejected`] if there was not.
    pub fn check(&self) -> Result<(), Rejected> {
        if self.is_refused {
            let message = "data refused due to high memory usage";
            return Err(Rejected::new(Reason::Overloaded, message).retry_after(RETRY_AFTER));
        }
        Ok(())
    }

    /// The payload with its new content, charged for what it has grown by.
    ///
    /// # Errors
    /// [`Rejected`] if there was no room.
    pub fn settle(
        self,
        payload: Payload,
        chunks: SmallVec<[Bytes; 1]>,
        items: usize,
    ) -> Result<Payload, Rejected> {
        self.check()?;
        let before = payload.size();
        let payload = payload.with_content(chunks, items);
        let grown = payload.size().saturating_sub(before).saturating_sub(self.claimed);
        Ok(match self.charge.grow(grown) {
            Ok(()) => payload,
            Err(_) => payload.charged_for_copy(grown),
        })
    }
}

#[cfg(test)]
mod tests;
