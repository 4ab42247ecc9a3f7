//! What ends one pipeline and starts others.

pub mod forward;

use crate::component::Registry;

/// Adds the connectors that every collector has.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.connector::<forward::ForwardConnector>()
}
