//! Where telemetry goes out: one file per exporter.

pub mod otlp_grpc;
