//! Where telemetry comes in, for every signal.

pub mod nop;
pub mod otlp;
