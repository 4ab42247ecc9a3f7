//! What ends one pipeline and starts others.

pub mod count;
pub mod failover;
pub mod forward;
pub mod round_robin;
pub mod routing;

use crate::component::Registry;

/// Adds the connectors that every collector has.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .connector::<count::CountConnector>()
        .connector::<failover::FailoverConnector>()
        .connector::<forward::ForwardConnector>()
        .connector::<round_robin::RoundRobinConnector>()
        .connector::<routing::RoutingConnector>()
}
