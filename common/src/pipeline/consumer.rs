//! A stage that answers later.

use futures_util::future::BoxFuture;

use super::{Outcome, Payload};

/// Takes payloads and answers for each.
///
/// A caller may go away: a future dropped at any await leaves the books right and loses nothing that
/// was accepted.
pub trait Consumer: Send + Sync {
    /// Offers a payload; the answer says whether this stage took responsibility.
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome>;

    /// Whether a payload of so many bytes would find room now. Asked before a fan-out, so that a full
    /// queue refuses the whole before any branch took it.
    fn has_room(&self, _bytes: usize) -> bool {
        true
    }
}
