//! Extensions that every collector has.

pub mod file_storage;
pub mod health_check;
mod page_server;
pub mod pprof;
pub mod zpages;

use crate::component::Registry;

/// Adds the extensions that every collector has.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .extension::<file_storage::FileStorage>()
        .extension::<health_check::HealthCheck>()
        .extension::<pprof::Pprof>()
        .extension::<zpages::Zpages>()
}
