//! The collector for logs: what only logs have.
//!
//! Each list file beside its folder names the components of one kind; there are none yet that
//! other signals do not share.

use common::{component::Registry, signal::Signal};

/// Adds the components and the pipelines of this collector.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.signal(Signal::Logs)
}
