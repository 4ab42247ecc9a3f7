//! OTTL, the OpenTelemetry Transformation Language: conditions and statements on telemetry.

pub mod math;
pub mod syntax;
pub mod time;
