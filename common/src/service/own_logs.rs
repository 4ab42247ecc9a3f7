//! Our own log and who we say we are, from `service::telemetry`.

use crate::telemetry::{BuildInfo, Resource, logging::LogOptions, settings::TelemetrySettings};

/// The options of the logger that the settings ask for.
#[must_use]
pub fn log_options(settings: &TelemetrySettings, build_info: &BuildInfo) -> LogOptions {
    LogOptions::new(&settings.logs, &resource(settings, build_info))
}

/// Who we say we are, with what `service::telemetry::resource` adds and takes away.
#[must_use]
pub fn resource(settings: &TelemetrySettings, build_info: &BuildInfo) -> Resource {
    Resource::new(build_info, &settings.resource)
}
