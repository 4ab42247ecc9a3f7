//! A stage that answers at once.

use super::{Payload, Rejected};

/// Changes a payload in the caller's task: no state that outlives the call, at most one payload out.
///
/// An empty payload says that everything was dropped on purpose; the pipeline counts the difference
/// and passes nothing on.
pub trait Transform: Send + Sync {
    /// Returns the changed payload.
    ///
    /// # Errors
    /// [`Rejected`] travels back to the client; nothing is passed on.
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected>;
}
