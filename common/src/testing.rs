//! Doubles for tests, here and in the collectors' packages.

mod recording_sink;
mod scripted_consumer;
pub mod settings;

pub use recording_sink::RecordingSink;
pub use scripted_consumer::ScriptedConsumer;
