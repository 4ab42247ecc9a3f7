//! Where telemetry goes out: one file per exporter.

pub mod debug;
pub mod file;
pub mod nop;
pub mod otlp_grpc;
pub mod otlp_http;

use crate::component::Registry;

/// Adds the exporters that every collector has.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .exporter::<debug::DebugExporter>()
        .exporter::<file::FileExporter>()
        .exporter::<nop::NopExporter>()
        .exporter::<otlp_grpc::OtlpGrpcExporter>()
        .exporter::<otlp_http::OtlpHttpExporter>()
}
