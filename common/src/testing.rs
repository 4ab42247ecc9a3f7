//! What tests use to make, watch and answer telemetry, here and in the collectors' packages.

mod bench;
// Made with proptest, which only this package's own tests have.
#[cfg(test)]
pub mod generate;
mod numbered;
pub mod otlp_text;
mod recording_sink;
mod scripted_consumer;
pub mod settings;

pub use bench::{Bench, StageFlow};
pub use numbered::{numbered_logs, numbers_of};
pub use recording_sink::RecordingSink;
pub use scripted_consumer::ScriptedConsumer;
