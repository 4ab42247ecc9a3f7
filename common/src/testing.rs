//! What tests use to make, watch and answer telemetry, here and in the collectors' packages.

// Made with proptest, which only this package's own tests have.
#[cfg(test)]
pub mod generate;
mod context;
mod recording_sink;
mod scripted_consumer;

pub use context::context;
pub use recording_sink::RecordingSink;
pub use scripted_consumer::ScriptedConsumer;
