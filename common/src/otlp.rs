//! OTLP: what the fields on the wire mean.
//!
//! Encoded bytes are the form in which telemetry is held; only `decode` makes structs of them.

pub mod decode;
pub mod envelope;
pub mod field_numbers;
pub mod json;
pub mod response;
pub mod schema;

pub mod any_value;
pub mod attributes;
pub mod edit;
pub mod item;
pub mod log_record;
pub mod message;
pub mod metric;
pub mod overlay;
pub mod resource;
pub mod scope;
pub mod span;
pub mod trace_state;
