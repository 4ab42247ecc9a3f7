//! Where telemetry comes in, for every signal.

pub mod nop;
pub mod otlp;

use crate::component::Registry;

/// Adds the receivers that every collector has.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.receiver::<nop::NopReceiver>().receiver::<otlp::OtlpReceiver>()
}
