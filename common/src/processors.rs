//! What works on telemetry inside a pipeline.

mod batch;
mod memory_limiter;

pub use batch::{BatchProcessor, BatchProcessorConfig};
pub use memory_limiter::{MemoryLimiterConfig, MemoryLimiterProcessor};

use crate::component::Registry;

/// Adds the processors that every collector has.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.processor::<BatchProcessor>().processor::<MemoryLimiterProcessor>()
}
