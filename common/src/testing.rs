//! What tests use to make, watch and answer telemetry, here and in the collectors' packages.

mod bench;
mod context;
// Made with proptest, which only this package's own tests have.
#[cfg(test)]
mod flattened;
#[cfg(test)]
pub mod generate;
#[cfg(test)]
pub mod mirror;
mod numbered;
pub mod otlp_text;
mod recording_sink;
mod scripted_consumer;
pub mod settings;
// For the tests of the log in here.
#[cfg(test)]
pub mod simulated_files;

pub use bench::{Bench, StageFlow};
pub use context::context;
#[cfg(test)]
pub use flattened::flattened;
pub use numbered::{numbered_logs, numbers_of};
pub use recording_sink::RecordingSink;
pub use scripted_consumer::ScriptedConsumer;
