//! Where telemetry goes out: one file per exporter.

pub mod debug;
pub mod otlp_grpc;
pub mod otlp_http;
