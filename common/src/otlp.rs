//! OTLP: what the fields on the wire mean.
//!
//! Encoded bytes are the form in which telemetry is held; only `decode` makes structs of them.

pub mod decode;
pub mod envelope;
pub mod field_numbers;
pub mod json;
pub mod response;
pub mod schema;
