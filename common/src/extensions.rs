//! Extensions that every collector has.

pub mod basicauth;
pub mod bearertokenauth;
pub mod file_storage;
pub mod headers_setter;
pub mod health_check;
mod keyed_digest;
pub mod oauth2client;
mod page_server;
pub mod pprof;
mod watched;
pub mod zpages;

use crate::component::Registry;

/// Adds the extensions that every collector has.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .extension::<basicauth::BasicAuth>()
        .extension::<bearertokenauth::BearerTokenAuth>()
        .extension::<file_storage::FileStorage>()
        .extension::<headers_setter::HeadersSetter>()
        .extension::<health_check::HealthCheck>()
        .extension::<oauth2client::OAuth2Client>()
        .extension::<pprof::Pprof>()
        .extension::<zpages::Zpages>()
}
