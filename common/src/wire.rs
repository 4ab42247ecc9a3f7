//! The protobuf wire format, without any knowledge of OTLP.
//!
//! Source of the rules: "Encoding" in the protobuf documentation.

pub mod reader;
pub mod splice;
pub mod writer;

pub use reader::{Field, Fields, Value, WireError, take_short};
pub use splice::Splicer;
