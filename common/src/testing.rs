//! What tests use to make, watch and answer telemetry.

// Made with proptest, which only this package's own tests have.
#[cfg(test)]
pub mod generate;
#[cfg(test)]
pub mod mirror;
pub mod otlp_text;
