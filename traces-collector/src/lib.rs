//! The collector for traces: what only traces have.
//!
//! Each list file beside its folder names the components of one kind.

pub mod processors;

use common::{component::Registry, signal::Signal};

/// Adds the components and the pipelines of this collector.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    processors::register(registry.signal(Signal::Traces))
}
