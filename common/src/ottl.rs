//! OTTL, the OpenTelemetry Transformation Language: conditions and statements on telemetry.

pub mod error;
pub mod lex;
pub mod math;
pub mod parse;
pub mod syntax;

pub use error::Error;
